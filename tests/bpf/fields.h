/* SPDX-License-Identifier: GPL-2.0-only */
/* Maps whose values have special fields, for tests: BTF of such a value, and maps of it. */
#ifndef TESTS_BPF_FIELDS_H
#define TESTS_BPF_FIELDS_H

#include "tests/bpf/sys.h"

/* BTF of a value to be: type 1 is int, 2 u64. */
static inline struct btf *value_btf(void)
{
	struct btf *b = btf__new_empty();

	btf__add_int(b, "int", 4, BTF_INT_SIGNED);
	btf__add_int(b, "unsigned long", 8, 0);
	return b;
}

/* struct NAME of @size bytes with one plain member: the type id */
static inline int field_struct(struct btf *b, const char *name, u32 size)
{
	int id = btf__add_struct(b, name, size);

	btf__add_field(b, "opaque", size == 4 ? 1 : 2, 0, 0);
	return id;
}

/* A map with values of type @value in @b, which is freed: descriptor or -errno */
static inline long map_of(struct env *e, struct btf *b, u32 type, u32 value, u32 n, u32 flags)
{
	int btf_fd = btf_load(e, b);
	u32 size = btf__resolve_size(b, value);
	long fd;

	assert_true(btf_fd >= 0);
	fd = CALL(e, BPF_MAP_CREATE, a.map_type = type, a.key_size = 4, a.value_size = size, a.max_entries = n,
		  a.map_flags = flags, a.btf_fd = btf_fd, a.btf_key_type_id = 1, a.btf_value_type_id = value,
		  SET_NAME(a.map_name, "m"));
	bpf_files_close(e->f, btf_fd);
	btf__free(b);
	return fd;
}

/* struct { u64 a; struct FIELD f; u64 b } */
static inline int value_with(struct btf *b, const char *field, u32 size)
{
	int f = field_struct(b, field, size), v = btf__add_struct(b, "value", 16 + (size + 7) / 8 * 8);

	btf__add_field(b, "a", 2, 0, 0);
	btf__add_field(b, "f", f, 64, 0);
	btf__add_field(b, "b", 2, (8 + (size + 7) / 8 * 8) * 8, 0);
	return v;
}

static inline long array_with(struct env *e, const char *field, u32 size, u32 n)
{
	struct btf *b = value_btf();
	int v = value_with(b, field, size);

	return map_of(e, b, BPF_MAP_TYPE_ARRAY, v, n, 0);
}

#endif
