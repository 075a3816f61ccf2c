// SPDX-License-Identifier: GPL-2.0-only
/* BTF_LOAD: what the kernel's checks let through and what not, and that damaged BTF harms nobody. */
#include "tests/bpf/sys.h"

/* BTF is written by hand here, since libbpf refuses to make most of the broken kinds. */
struct blob {
	struct btf_header h;
	u32 type[256];
	u32 nr;			/* words of types */
	char str[256];
	u32 str_len;
};

static void blob_init(struct blob *b)
{
	memset(b, 0, sizeof(*b));
	b->h = (struct btf_header){ .magic = BTF_MAGIC, .version = BTF_VERSION, .hdr_len = sizeof(b->h) };
	b->str_len = 1;
}

static u32 str(struct blob *b, const char *s)
{
	u32 off = b->str_len;

	strcpy(b->str + off, s);
	b->str_len += strlen(s) + 1;
	return off;
}

#define INFO(kind, vlen) ((u32)(kind) << 24 | (vlen))
#define ADD(b, ...) \
	do { \
		u32 words_[] = { __VA_ARGS__ }; \
		memcpy((b)->type + (b)->nr, words_, sizeof(words_)); \
		(b)->nr += sizeof(words_) / 4; \
	} while (0)

static void add_int(struct blob *b)
{
	ADD(b, str(b, "int"), INFO(BTF_KIND_INT, 0), 4, BTF_INT_SIGNED << 24 | 32);
}

static u32 blob_build(struct blob *b, char *out)
{
	b->h.type_len = b->nr * 4;
	b->h.str_off = b->h.type_len;
	b->h.str_len = b->str_len;
	memcpy(out, &b->h, sizeof(b->h));
	memcpy(out + sizeof(b->h), b->type, b->h.type_len);
	memcpy(out + sizeof(b->h) + b->h.type_len, b->str, b->str_len);
	return sizeof(b->h) + b->h.type_len + b->str_len;
}

static long load_bytes(struct env *e, const char *data, u32 size)
{
	return CALL(e, BPF_BTF_LOAD, a.btf = ptr(data), a.btf_size = size);
}

static long load(struct env *e, struct blob *b)
{
	char out[2048];

	return load_bytes(e, out, blob_build(b, out));
}

static void accepts(struct env *e, struct blob *b)
{
	long fd = load(e, b);

	if (fd < 0)
		fail_msg("%ld: %s", fd, bpf_rt_why(e->rt));
	bpf_files_close(e->f, fd);
}

#define REFUSES(e, b, err, why) \
	do { \
		assert_int_equal(load(e, b), err); \
		assert_why(e, why); \
	} while (0)

static void header_and_sections_are_checked(void **state)
{
	struct env *e = *state;
	struct blob b;
	char out[2048];
	u32 size;

	blob_init(&b);
	add_int(&b);
	accepts(e, &b);
	b.h.magic++;
	REFUSES(e, &b, -EINVAL, "Invalid magic");
	b.h.magic--;
	b.h.version = 2;
	REFUSES(e, &b, -ENOTSUPP, "Unsupported version");
	b.h.version = 1;
	b.h.flags = 1;
	REFUSES(e, &b, -ENOTSUPP, "Unsupported flags");
	b.h.flags = 0;
	size = blob_build(&b, out);
	for (u32 n = 0; n < size; n++)
		assert_true(load_bytes(e, out, n) < 0);
	out[size] = 0;
	assert_int_equal(load_bytes(e, out, size + 1), -EINVAL);
	((struct btf_header *)out)->str_off--;
	assert_int_equal(load_bytes(e, out, size), -EINVAL);
	assert_why(e, "overlap");
	assert_int_equal(CALL(e, BPF_BTF_LOAD, a.btf = ptr(out), a.btf_size = 17 << 20), -E2BIG);
	assert_int_equal(CALL(e, BPF_BTF_LOAD, a.btf = 0, a.btf_size = 100), -EFAULT);
}

static void a_longer_header_must_be_zero_behind_what_is_known(void **state)
{
	struct env *e = *state;
	struct blob b;
	char in[2048], out[2048];
	u32 size;

	blob_init(&b);
	add_int(&b);
	b.h.hdr_len += 16;
	size = blob_build(&b, in);
	memcpy(out, in, sizeof(b.h));
	memset(out + sizeof(b.h), 0, 16);
	memcpy(out + sizeof(b.h) + 16, in + sizeof(b.h), size - sizeof(b.h));
	assert_true(load_bytes(e, out, size + 16) > 0);
	out[sizeof(b.h) + 8] = 1;
	assert_int_equal(load_bytes(e, out, size + 16), -E2BIG);
}

/* int with a layout section between types and strings, as libbpf 1.7 writes it */
static u32 build_layout(char *out, u32 layout_len)
{
	struct blob b;
	u32 *w = (u32 *)out;

	blob_init(&b);
	add_int(&b);
	b.h.hdr_len = 32;
	b.h.type_len = b.nr * 4;
	b.h.str_off = b.h.type_len + layout_len;
	b.h.str_len = b.str_len;
	memset(out, 0, 256);
	memcpy(out, &b.h, sizeof(b.h));
	w[6] = b.h.type_len;
	w[7] = layout_len;
	memcpy(out + 32, b.type, b.h.type_len);
	memcpy(out + 32 + b.h.str_off, b.str, b.str_len);
	return 32 + b.h.str_off + b.str_len;
}

static void a_layout_section_is_known_in_7_x(void **state)
{
	struct env *e = *state;
	char out[256];

	assert_true(load_bytes(e, out, build_layout(out, 8)) > 0);
	assert_int_equal(load_bytes(e, out, build_layout(out, 8) + 4), -EINVAL);
	assert_why(e, "Unsupported section");
	assert_int_equal(load_bytes(e, out, build_layout(out, 6)), -EINVAL);
	assert_why(e, "layout_len");
}

static void a_layout_section_is_unknown_in_6_12(void **state)
{
	struct env *e = *state;
	char out[256];

	assert_int_equal(load_bytes(e, out, build_layout(out, 8)), -E2BIG);
}

static void strings_begin_and_end_with_nul(void **state)
{
	struct env *e = *state;
	struct blob b;

	blob_init(&b);
	add_int(&b);
	b.str[0] = 'x';
	REFUSES(e, &b, -EINVAL, "string section");
	b.str[0] = 0;
	b.str[b.str_len - 1] = 'x';
	REFUSES(e, &b, -EINVAL, "string section");
}

static void types_that_do_not_exist_are_refused(void **state)
{
	struct env *e = *state;
	struct blob b;

	blob_init(&b);
	ADD(&b, 0, INFO(BTF_KIND_PTR, 0), 2);
	REFUSES(e, &b, -EINVAL, "Invalid type_id");
	blob_init(&b);
	ADD(&b, 0, INFO(BTF_KIND_ARRAY, 0), 0, 1, 2, 3);
	REFUSES(e, &b, -EINVAL, "Invalid");
	blob_init(&b);
	ADD(&b, str(&b, "s"), INFO(BTF_KIND_STRUCT, 1), 4, str(&b, "m"), 9, 0);
	REFUSES(e, &b, -EINVAL, "type_id");
	blob_init(&b);
	ADD(&b, 0, INFO(20, 0), 0);
	REFUSES(e, &b, -EINVAL, "Invalid kind:20");
	blob_init(&b);
	ADD(&b, 0, INFO(0, 0), 0);
	REFUSES(e, &b, -EINVAL, "Invalid kind:0");
	blob_init(&b);
	ADD(&b, str(&b, "t"), INFO(BTF_KIND_INT, 0), 4);
	REFUSES(e, &b, -EINVAL, "meta_left");
}

static void each_kind_is_checked(void **state)
{
	struct env *e = *state;
	struct blob b;

	blob_init(&b);
	ADD(&b, str(&b, "int"), INFO(BTF_KIND_INT, 0), 4, 40);
	REFUSES(e, &b, -EINVAL, "nr_bits");
	blob_init(&b);
	ADD(&b, str(&b, "int"), INFO(BTF_KIND_INT, 0), 4, 3 << 24 | 32);
	REFUSES(e, &b, -ENOTSUPP, "encoding");
	blob_init(&b);
	ADD(&b, str(&b, "int"), INFO(BTF_KIND_INT, 0) | 1u << 30, 4, 32);
	REFUSES(e, &b, -EINVAL, "btf_info");
	blob_init(&b);
	add_int(&b);
	ADD(&b, str(&b, "a b"), INFO(BTF_KIND_TYPEDEF, 0), 1);
	REFUSES(e, &b, -EINVAL, "Invalid name");
	blob_init(&b);
	add_int(&b);
	ADD(&b, str(&b, "p"), INFO(BTF_KIND_PTR, 0), 1);
	REFUSES(e, &b, -EINVAL, "Invalid name");
	blob_init(&b);
	add_int(&b);
	ADD(&b, str(&b, "s"), INFO(BTF_KIND_STRUCT, 1), 4, str(&b, "m"), 1, 40);
	REFUSES(e, &b, -EINVAL, "exceeds");
	blob_init(&b);
	add_int(&b);
	ADD(&b, str(&b, "s"), INFO(BTF_KIND_STRUCT, 2), 8, str(&b, "m"), 1, 32, str(&b, "n"), 1, 0);
	REFUSES(e, &b, -EINVAL, "bits_offset");
	blob_init(&b);
	ADD(&b, str(&b, "e"), INFO(BTF_KIND_ENUM, 0), 3);
	REFUSES(e, &b, -EINVAL, "size");
	blob_init(&b);
	ADD(&b, str(&b, "f"), INFO(BTF_KIND_FLOAT, 0), 3);
	REFUSES(e, &b, -EINVAL, "type_size");
	blob_init(&b);
	add_int(&b);
	ADD(&b, str(&b, "v"), INFO(BTF_KIND_VAR, 0), 1, 2);
	REFUSES(e, &b, -EINVAL, "Linkage");
	blob_init(&b);
	add_int(&b);
	ADD(&b, 0, INFO(BTF_KIND_FUNC_PROTO, 0), 0);
	ADD(&b, str(&b, "f"), INFO(BTF_KIND_FUNC, 2), 2);
	REFUSES(e, &b, -EINVAL, "linkage");
	blob_init(&b);
	add_int(&b);
	ADD(&b, str(&b, "f"), INFO(BTF_KIND_FUNC, 0), 1);
	REFUSES(e, &b, -EINVAL, "type_id");
}

static void sections_must_hold_their_variables(void **state)
{
	struct env *e = *state;
	struct blob b;

	for (u32 size = 3; size <= 8; size++) {
		blob_init(&b);
		add_int(&b);
		ADD(&b, str(&b, "v"), INFO(BTF_KIND_VAR, 0), 1, 1);
		ADD(&b, str(&b, ".data"), INFO(BTF_KIND_DATASEC, 1), size, 2, 0, 4);
		if (size < 4)
			REFUSES(e, &b, -EINVAL, "variable");
		else
			accepts(e, &b);
	}
	blob_init(&b);
	add_int(&b);
	ADD(&b, str(&b, "v"), INFO(BTF_KIND_VAR, 0), 1, 1);
	ADD(&b, str(&b, ".data"), INFO(BTF_KIND_DATASEC, 2), 8, 2, 0, 4, 2, 2, 4);
	REFUSES(e, &b, -EINVAL, "offset");
	blob_init(&b);
	add_int(&b);
	ADD(&b, str(&b, ".data"), INFO(BTF_KIND_DATASEC, 1), 4, 1, 0, 4);
	REFUSES(e, &b, -EINVAL, "type_id");
	blob_init(&b);
	add_int(&b);
	ADD(&b, str(&b, "v"), INFO(BTF_KIND_VAR, 0), 1, 1);
	ADD(&b, str(&b, ".data"), INFO(BTF_KIND_DATASEC, 1), 8, 2, 0, 2);
	REFUSES(e, &b, -EINVAL, "size");
}

static void what_contains_itself_is_refused(void **state)
{
	struct env *e = *state;
	struct blob b;

	blob_init(&b);
	ADD(&b, str(&b, "s"), INFO(BTF_KIND_STRUCT, 1), 8, str(&b, "m"), 1, 0);
	REFUSES(e, &b, -EINVAL, "Loop");
	blob_init(&b);
	ADD(&b, str(&b, "a"), INFO(BTF_KIND_TYPEDEF, 0), 2);
	ADD(&b, str(&b, "b"), INFO(BTF_KIND_TYPEDEF, 0), 1);
	REFUSES(e, &b, -EINVAL, "Loop");
	blob_init(&b);
	ADD(&b, 0, INFO(BTF_KIND_PTR, 0), 2);
	ADD(&b, 0, INFO(BTF_KIND_CONST, 0), 1);
	REFUSES(e, &b, -EINVAL, "Loop");
	blob_init(&b);
	add_int(&b);
	ADD(&b, str(&b, "s"), INFO(BTF_KIND_STRUCT, 1), 8, str(&b, "m"), 3, 0);
	ADD(&b, 0, INFO(BTF_KIND_ARRAY, 0), 0, 2, 1, 4);
	REFUSES(e, &b, -EINVAL, "Loop");
}

static void a_structure_may_point_to_itself(void **state)
{
	struct env *e = *state;
	struct blob b;

	blob_init(&b);
	ADD(&b, str(&b, "s"), INFO(BTF_KIND_STRUCT, 2), 16, str(&b, "next"), 2, 0, str(&b, "prev"), 3, 64);
	ADD(&b, 0, INFO(BTF_KIND_PTR, 0), 4);
	ADD(&b, 0, INFO(BTF_KIND_PTR, 0), 1);
	ADD(&b, str(&b, "s_t"), INFO(BTF_KIND_TYPEDEF, 0), 1);
	accepts(e, &b);
}

static void deep_nesting_is_refused_before_it_overflows_a_stack(void **state)
{
	struct env *e = *state;
	struct btf *b = btf__new_empty();

	/*
	 * struct 1 contains struct 2 contains ... : each refers to a later one, so that none is resolved
	 * before
	 */
	for (int i = 1; i <= 3000; i++) {
		char name[16];

		snprintf(name, sizeof(name), "s%d", i);
		btf__add_struct(b, name, 4);
		btf__add_field(b, "m", i + 1, 0, 0);
	}
	btf__add_int(b, "int", 4, 0);
	assert_int_equal(btf_load(e, b), -E2BIG);
	assert_why(e, "depth");
	btf__free(b);
}

static void any_single_damaged_word_is_refused_or_harmless(void **state)
{
	struct env *e = *state;
	static const u32 evil[] = { 0, 1, 0x7fffffff, 0xffffffff, 0x80000000, 5, 0x00ffffff };
	struct btf *b = btf__new_empty();
	u32 size, *words;
	const void *data;
	char *copy;

	btf__add_int(b, "int", 4, BTF_INT_SIGNED);
	btf__add_struct(b, "pair", 8);
	btf__add_field(b, "a", 1, 0, 0);
	btf__add_field(b, "b", 1, 32, 0);
	btf__add_array(b, 2, 1, 2);
	btf__add_var(b, "v", BTF_VAR_GLOBAL_ALLOCATED, 3);
	btf__add_datasec(b, ".data", 16);
	btf__add_datasec_var_info(b, 4, 0, 16);
	btf__add_func_proto(b, 1);
	btf__add_func_param(b, "x", 1);
	btf__add_func(b, "f", BTF_FUNC_GLOBAL, 6);
	btf__add_decl_tag(b, "tag", 2, 1);
	btf__add_enum64(b, "e", 8, false);
	btf__add_enum64_value(b, "E", 1ull << 40);
	btf__add_ptr(b, 2);
	data = btf__raw_data(b, &size);
	copy = malloc(size);
	words = (u32 *)copy;
	for (u32 i = 0; i < size / 4; i++) {
		for (u32 k = 0; k < sizeof(evil) / sizeof(*evil); k++) {
			long fd;

			memcpy(copy, data, size);
			words[i] = evil[k];
			fd = load_bytes(e, copy, size);
			if (fd > 0) {
				/* whatever was let through can be used */
				CALL(e, BPF_MAP_CREATE, a.map_type = BPF_MAP_TYPE_ARRAY, a.key_size = 4,
				     a.value_size = 16, a.max_entries = 1, a.btf_fd = fd,
				     a.btf_value_type_id = 5);
				bpf_files_close(e->f, fd);
			}
		}
	}
	free(copy);
	btf__free(b);
}

static void the_log_names_the_type(void **state)
{
	struct env *e = *state;
	char log[256] = "", out[2048];
	union bpf_attr a = {};
	struct blob b;

	blob_init(&b);
	ADD(&b, 0, INFO(BTF_KIND_PTR, 0), 2);
	a.btf = ptr(out);
	a.btf_size = blob_build(&b, out);
	a.btf_log_buf = ptr(log);
	a.btf_log_size = sizeof(log);
	assert_int_equal(call_attr(e, BPF_BTF_LOAD, &a), -EINVAL);
	a.btf_log_level = 1;
	assert_int_equal(call_attr(e, BPF_BTF_LOAD, &a), -EINVAL);
	assert_non_null(strstr(log, "[1]"));
	assert_int_equal(a.btf_log_true_size, strlen(log) + 1);
	a.btf_log_size = 4;
	assert_int_equal(call_attr(e, BPF_BTF_LOAD, &a), -ENOSPC);
	assert_int_equal(strlen(log), 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(header_and_sections_are_checked),
		TEST(a_longer_header_must_be_zero_behind_what_is_known),
		TEST(a_layout_section_is_known_in_7_x),
		TEST_612(a_layout_section_is_unknown_in_6_12),
		TEST(strings_begin_and_end_with_nul),
		TEST(types_that_do_not_exist_are_refused),
		TEST(each_kind_is_checked),
		TEST(sections_must_hold_their_variables),
		TEST(what_contains_itself_is_refused),
		TEST(a_structure_may_point_to_itself),
		TEST(deep_nesting_is_refused_before_it_overflows_a_stack),
		TEST(any_single_damaged_word_is_refused_or_harmless),
		TEST(the_log_names_the_type),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
