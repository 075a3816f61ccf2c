// SPDX-License-Identifier: GPL-2.0-only
/* The BTF blobs by version, and questions about versions. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <bpf/btf.h>

#include "kabi/btf.h"
#include "kabi/scx.h"

/* kabi/btf_blob.S */
extern const unsigned char kabi_btf_7_2[], kabi_btf_7_2_end[];
extern const unsigned char kabi_btf_6_12[], kabi_btf_6_12_end[];
extern const unsigned char kabi_btf_2022[], kabi_btf_2022_end[];

static const struct {
	struct kabi_version v;
	const unsigned char *btf, *end;
} versions[] = {
	{ { KABI_2022, "2022", "6.1.0-rfc" }, kabi_btf_2022, kabi_btf_2022_end },
	{ { KABI_6_12, "6.12", "6.12.117" }, kabi_btf_6_12, kabi_btf_6_12_end },
	{ { KABI_7_2, "7.2", "7.2.13" }, kabi_btf_7_2, kabi_btf_7_2_end },
};

#define NR_VERSIONS (sizeof(versions) / sizeof(*versions))

static const struct {
	const char *name;
	u32 flags;
	enum kabi_version_id since, until;
} kfuncs[] = {
#define KFUNC(name, ret, args, flags, since, until) { #name, flags, since, until },
#include "kabi/kfuncs.def"
};

const struct kabi_version *kabi_version_at(u32 i)
{
	return i < NR_VERSIONS ? &versions[i].v : NULL;
}

const struct kabi_version *kabi_version_find(const char *name)
{
	for (u32 i = 0; i < NR_VERSIONS; i++)
		if (!strcmp(name, versions[i].v.name) || !strcmp(name, versions[i].v.release))
			return &versions[i].v;
	return NULL;
}

const char *kabi_kfunc_name(const struct kabi_version *v, u32 i, u32 *flags)
{
	for (u32 k = 0; k < sizeof(kfuncs) / sizeof(*kfuncs); k++) {
		if (v->id < kfuncs[k].since || v->id > kfuncs[k].until || i--)
			continue;
		if (flags)
			*flags = kfuncs[k].flags;
		return kfuncs[k].name;
	}
	return NULL;
}

const void *kabi_btf(const char *version, size_t *len)
{
	*len = 0;
	for (u32 i = 0; i < NR_VERSIONS; i++) {
		if (&versions[i].v != kabi_version_find(version))
			continue;
		*len = versions[i].end - versions[i].btf;
		return versions[i].btf;
	}
	return NULL;
}

static struct btf *parse(const struct kabi_version *v)
{
	size_t len;
	const void *data = kabi_btf(v->name, &len);

	return btf__new(data, len);	/* copies */
}

/* The enum @name, of either size. Its type id or -ENOENT. */
static int find_enum(const struct btf *btf, const char *name)
{
	int id = btf__find_by_name_kind(btf, name, BTF_KIND_ENUM);

	return id > 0 ? id : btf__find_by_name_kind(btf, name, BTF_KIND_ENUM64);
}

/* The index of enumerator @name in @t, or -ENOENT. */
static int find_enumerator(const struct btf *btf, const struct btf_type *t, const char *name)
{
	for (u32 i = 0; i < btf_vlen(t); i++) {
		u32 off = btf_is_enum(t) ? btf_enum(t)[i].name_off : btf_enum64(t)[i].name_off;

		if (!strcmp(btf__name_by_offset(btf, off), name))
			return i;
	}
	return -ENOENT;
}

int kabi_enum_value(const struct kabi_version *v, const char *enum_name, const char *name, u64 *value)
{
	struct btf *btf = parse(v);
	const struct btf_type *t;
	int id, i;

	if (!btf)
		return -ENOMEM;
	id = find_enum(btf, enum_name);
	t = id > 0 ? btf__type_by_id(btf, id) : NULL;
	i = t ? find_enumerator(btf, t, name) : -ENOENT;
	if (i >= 0 && btf_is_enum64(t))
		*value = btf_enum64_value(&btf_enum64(t)[i]);
	else if (i >= 0)
		*value = btf_kflag(t) ? (u64)(s64)btf_enum(t)[i].val : (u32)btf_enum(t)[i].val;
	btf__free(btf);
	return i < 0 ? i : 0;
}

int kabi_btf_for_hz(const struct kabi_version *v, u32 hz, void **out, size_t *len)
{
	const u32 timeout_s = SCX_WATCHDOG_MAX_TIMEOUT / 1000;	/* the headers are for HZ=1000 */
	const struct btf_type *t;
	struct btf *btf;
	const void *data;
	u32 size;
	int i;

	if (!hz || hz > INT32_MAX / timeout_s)
		return -EINVAL;
	btf = parse(v);
	if (!btf)
		return -ENOMEM;
	t = btf__type_by_id(btf, find_enum(btf, "scx_consts"));
	i = find_enumerator(btf, t, "SCX_WATCHDOG_MAX_TIMEOUT");
	/* 2022 has 64 bit constants in the same enum */
	if (btf_is_enum64(t))
		btf_enum64(t)[i].val_lo32 = timeout_s * hz;
	else
		btf_enum(t)[i].val = timeout_s * hz;
	data = btf__raw_data(btf, &size);
	*out = data ? malloc(size) : NULL;
	if (*out) {
		memcpy(*out, data, size);
		*len = size;
	}
	btf__free(btf);
	return *out ? 0 : -ENOMEM;
}
