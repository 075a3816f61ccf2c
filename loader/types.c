// SPDX-License-Identifier: GPL-2.0-only
/*
 * What libbpf takes on trust of an object's types when it loads it. A file that was cut or changed must end
 * in a message, not in a crash.
 */
#include <errno.h>

#include "loader/impl.h"

/*
 * More typedefs and qualifiers than this on top of each other are a circle: libbpf itself gives up at 32
 * elsewhere.
 */
#define MAX_CHAIN 32

static bool chain_ends(const struct btf *btf, const struct btf_type *t)
{
	for (u32 i = 0; t && i < MAX_CHAIN; i++) {
		if (!btf_is_mod(t) && !btf_is_typedef(t))
			return true;
		t = btf__type_by_id(btf, t->type);
	}
	return false;
}

/* libbpf follows what functions return, and chains of typedefs, without a look at them. */
static int check_type(struct loader *l, const struct btf *btf, u32 id)
{
	const struct btf_type *t = btf__type_by_id(btf, id);

	if (btf_is_func_proto(t) && !btf__type_by_id(btf, t->type))
		return loader_refuse(
			l, -EINVAL,
			"its BTF is corrupt: function type %u returns type %u, which there is not; "
			"compile it again",
			id, t->type);
	if (!chain_ends(btf, t))
		return loader_refuse(l, -EINVAL,
				     "its BTF is corrupt: type %u leads to itself; compile it again", id);
	return 0;
}

/* libbpf copies members of the operations to where the object's BTF has them. */
static int check_ops(struct loader *l, const struct btf *btf)
{
	const struct btf_type *t = btf__type_by_id(btf, bpf_map__btf_value_type_id(l->ops));
	const struct btf_member *m = t && btf_is_struct(t) ? btf_members(t) : NULL;
	size_t len = 0;

	bpf_map__initial_value(l->ops, &len);
	for (u32 i = 0; m && i < btf_vlen(t); i++, m++) {
		s64 size = btf__resolve_size(btf, m->type);

		if (size < 0 || btf_member_bit_offset(t, i) / 8 + (u64)size > len)
			return loader_refuse(
				l, -EINVAL,
				"its BTF is corrupt: member %s is not inside of struct %s; compile it again",
				btf__name_by_offset(btf, m->name_off), btf__name_by_offset(btf, t->name_off));
	}
	return 0;
}

int loader_check_types(struct loader *l)
{
	const struct btf *btf = bpf_object__btf(l->obj);
	int err = 0;

	for (u32 id = 1; id < btf__type_cnt(btf) && !err; id++)
		err = check_type(l, btf, id);
	return err ? err : check_ops(l, btf);
}
