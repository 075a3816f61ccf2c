// SPDX-License-Identifier: GPL-2.0-only
/*
 * The calls that the loader of scx_simple makes to a real Linux, made here in the same order with the same
 * attributes: each must have the same result, down to the numbers of descriptors. What the recording does not
 * have (text of programs, BTF) is put in by this test: something of the same size that refers to the same
 * ids.
 */
#include "tests/bpf/machine.h"
#include "tests/bpf/sys.h"

#define LINE_LEN 8192

struct replay {
	struct world *w;
	struct bpf_rt *rt;
	struct bpf_files *f;
	struct env env;			/* for kernel_id() and op_index() */
	const char *path;
	u32 line_nr, calls;
	int big_btf;			/* descriptor of the object's own BTF */
	/* of the sections .rodata, .data.uei_dump, .data, .bss */
	struct {
		u32 id, size;
	} sec[4];
	struct {
		void *map;
		bool writable;
	} mmaps[16];
	u32 nr_mmaps;
	char failed[LINE_LEN + 256];	/* first difference; "": none */
};

static void differs(struct replay *r, const char *line, const char *what, long got)
{
	if (!r->failed[0])
		snprintf(r->failed, sizeof(r->failed), "%s:%u: %s, got %ld (%s): %.300s", r->path, r->line_nr,
			 what, got, bpf_rt_why(r->rt), line);
}

/* --- reading a line --- */

/*
 * The number behind "@key=" in the call's text; false: it is not there. Known names of constants are numbers,
 * too.
 */
static bool number(const char *line, const char *key, long *v)
{
	static const struct { const char *name; long v;
	} names[] = {
		{"BPF_PROG_TYPE_SOCKET_FILTER", BPF_PROG_TYPE_SOCKET_FILTER},
		{"BPF_PROG_TYPE_KPROBE", BPF_PROG_TYPE_KPROBE},
		{"BPF_PROG_TYPE_TRACEPOINT", BPF_PROG_TYPE_TRACEPOINT},
		{"BPF_PROG_TYPE_STRUCT_OPS", BPF_PROG_TYPE_STRUCT_OPS},
		{"BPF_MAP_TYPE_ARRAY", BPF_MAP_TYPE_ARRAY},
		{"BPF_MAP_TYPE_PERCPU_ARRAY", BPF_MAP_TYPE_PERCPU_ARRAY},
		{"BPF_MAP_TYPE_STRUCT_OPS", BPF_MAP_TYPE_STRUCT_OPS},
		{"BPF_F_SLEEPABLE", BPF_F_SLEEPABLE},
		{"BPF_F_RDONLY_PROG|BPF_F_MMAPABLE", BPF_F_RDONLY_PROG | BPF_F_MMAPABLE},
		{"BPF_F_MMAPABLE", BPF_F_MMAPABLE},
		{"BPF_F_LINK", BPF_F_LINK},
		{"BPF_STRUCT_OPS", BPF_STRUCT_OPS},
		{"BPF_ANY", BPF_ANY},
		{"NULL", 0},
	};
	char pattern[64];
	const char *p = line;

	snprintf(pattern, sizeof(pattern), "%s=", key);
	do {
		p = strstr(p, pattern);
		if (!p)
			return false;
		p += strlen(pattern);
	} while (p[-strlen(pattern) - 1] != ' ' && p[-strlen(pattern) - 1] != '{');
	for (u32 i = 0; i < sizeof(names) / sizeof(*names); i++) {
		size_t n = strlen(names[i].name);

		if (!strncmp(p, names[i].name, n) && (p[n] == ',' || p[n] == '}')) {
			*v = names[i].v;
			return true;
		}
	}
	*v = strtol(p, NULL, 10);
	return true;
}

static long value(const char *line, const char *key)
{
	long v = 0;

	number(line, key, &v);
	return v;
}

static void text(const char *line, const char *key, char *out, size_t len)
{
	char pattern[64];
	const char *p;

	snprintf(pattern, sizeof(pattern), "%s=\"", key);
	p = strstr(line, pattern);
	snprintf(out, len, "%.*s", p ? (int)strcspn(p + strlen(pattern), "\"") : 0,
		 p ? p + strlen(pattern) : "");
}

/* What the call returned: a number, or -errno by its name. */
static long recorded(const char *line)
{
	const char *p = strrchr(line, '=') + 2;
	const char *eq;

	/* the last "= " of the line may be within a comment behind it */
	for (eq = line; (eq = strstr(eq, ") ")); eq += 2) {
		const char *e = eq + 1 + strspn(eq + 1, " ");

		if (*e == '=' && e[1] == ' ')
			p = e + 2;
	}
	if (strstr(p, "ENOENT"))
		return -ENOENT;
	if (strstr(p, "EOPNOTSUPP"))
		return -EOPNOTSUPP;
	return strtol(p, NULL, 0);
}

static u32 attr_size(const char *line)
{
	const char *p = strstr(line, "}, ");

	while (p && strstr(p + 1, "}, "))
		p = strstr(p + 1, "}, ");
	return strtoul(p + 3, NULL, 10);
}

/* --- what the recording does not have --- */

/* BTF of exactly @size bytes: an int, and a string that fills. */
static char *small_btf(u32 size)
{
	struct btf_header h = {
		.magic = BTF_MAGIC, .version = 1, .hdr_len = sizeof(h), .type_len = 16, .str_off = 16};
	u32 type[4] = { 1, BTF_KIND_INT << 24, 4, 32 };
	char *b = calloc(1, size);

	h.str_len = size - sizeof(h) - sizeof(type);
	memcpy(b, &h, sizeof(h));
	memcpy(b + sizeof(h), type, sizeof(type));
	memset(b + sizeof(h) + sizeof(type) + 1, 'a', h.str_len - 2);
	return b;
}

/* The object's BTF: a function (3), and at the recorded ids sections of the recorded sizes. */
static struct btf *object_btf(struct replay *r)
{
	struct btf *b = btf__new_empty();
	char name[32];

	btf__add_int(b, "int", 4, BTF_INT_SIGNED);
	btf__add_func_proto(b, 1);
	btf__add_func(b, "op", BTF_FUNC_STATIC, 2);
	btf__add_int(b, "char", 1, BTF_INT_SIGNED);
	for (u32 i = 0; i < 4; i++) {
		int a = btf__add_array(b, 1, 4, r->sec[i].size);

		snprintf(name, sizeof(name), "v%u", i);
		btf__add_var(b, name, BTF_VAR_STATIC, a);
	}
	for (u32 i = 0; i < 4; i++) {
		while (btf__type_cnt(b) < r->sec[i].id) {
			snprintf(name, sizeof(name), "t%u", btf__type_cnt(b));
			btf__add_typedef(b, name, 1);
		}
		snprintf(name, sizeof(name), ".sec%u", i);
		btf__add_datasec(b, name, r->sec[i].size);
		btf__add_datasec_var_info(b, 6 + 2 * i, 0, r->sec[i].size);
	}
	return b;
}

static long replay_btf_load(struct replay *r, const char *line)
{
	u32 size = value(line, "btf_size");
	ATTR(a, a.btf_size = size);
	struct btf *big = NULL;
	char *small = NULL;
	long ret;

	if (size > 10000) {
		big = object_btf(r);
		a.btf = ptr(btf__raw_data(big, &a.btf_size));
	} else {
		small = small_btf(size);
		a.btf = ptr(small);
	}
	ret = sys_bpf(r->rt, r->f, BPF_BTF_LOAD, &a, attr_size(line));
	if (big)
		r->big_btf = ret;
	btf__free(big);
	free(small);
	return ret;
}

static long replay_prog_load(struct replay *r, const char *line)
{
	u8 attr[256] = {};
	union bpf_attr *a = (union bpf_attr *)attr;
	u32 n = value(line, "insn_cnt");
	struct bpf_insn *insns = calloc(n, sizeof(*insns));
	struct bpf_func_info funcs[2] = { { 0, 3 }, { n - 1, 3 } };
	struct bpf_line_info *lines = calloc(n, sizeof(*lines));
	char name[32];
	long ret;

	for (u32 i = 0; i + 1 < n; i++)
		insns[i] = (struct bpf_insn){ .code = BPF_ALU64 | BPF_MOV | BPF_K };
	insns[n - 1] = (struct bpf_insn){ .code = BPF_JMP | BPF_EXIT };
	for (u32 i = 0; i < n; i++)
		lines[i].insn_off = i;
	text(line, "prog_name", name, sizeof(name));
	a->prog_type = value(line, "prog_type");
	a->insn_cnt = n;
	a->insns = ptr(insns);
	a->license = ptr("GPL");
	a->kern_version = strstr(line, "KERNEL_VERSION(0") ? 0 : 7 << 16;
	a->prog_flags = value(line, "prog_flags");
	memcpy(a->prog_name, name, strlen(name));
	a->prog_btf_fd = value(line, "prog_btf_fd");
	/* the probes' BTF has one type here, so their functions cannot be described */
	if ((int)a->prog_btf_fd == r->big_btf && value(line, "func_info_cnt") == 1) {
		a->func_info = ptr(funcs);
		a->func_info_rec_size = sizeof(*funcs);
		a->func_info_cnt = 1;
		a->line_info = ptr(lines);
		a->line_info_rec_size = sizeof(*lines);
		a->line_info_cnt = value(line, "line_info_cnt") < n ? value(line, "line_info_cnt") : n;
	}
	if (a->prog_type == BPF_PROG_TYPE_STRUCT_OPS) {
		const char *op = strchr(name, '_') + 1;

		a->attach_btf_id = kernel_id(&r->env, "sched_ext_ops", BTF_KIND_STRUCT);
		a->expected_attach_type = op_index(&r->env, !strcmp(op, "select_c") ? "select_cpu" : op);
	}
	ret = sys_bpf(r->rt, r->f, BPF_PROG_LOAD, a, attr_size(line));
	free(insns);
	free(lines);
	return ret;
}

static long replay_map_create(struct replay *r, const char *line)
{
	u8 attr[256] = {};
	union bpf_attr *a = (union bpf_attr *)attr;
	char name[32];

	text(line, "map_name", name, sizeof(name));
	a->map_type = value(line, "map_type");
	a->key_size = value(line, "key_size");
	a->value_size = value(line, "value_size");
	a->max_entries = value(line, "max_entries");
	a->map_flags = value(line, "map_flags");
	memcpy(a->map_name, name, strlen(name));
	a->btf_fd = value(line, "btf_fd");
	a->btf_key_type_id = value(line, "btf_key_type_id");
	a->btf_value_type_id = value(line, "btf_value_type_id");
	/* the kernel's BTF has other ids, and its own layout */
	if (value(line, "btf_vmlinux_value_type_id")) {
		a->btf_vmlinux_value_type_id =
			kernel_id(&r->env, "bpf_struct_ops_sched_ext_ops", BTF_KIND_STRUCT);
		a->value_size = kbtf_size(r->rt->vmlinux, a->btf_vmlinux_value_type_id);
	}
	return sys_bpf(r->rt, r->f, BPF_MAP_CREATE, a, attr_size(line));
}

/*
 * A struct_ops value has the name, and the programs that were loaded (10 ...), by the operation in their
 * names. But those that would have to do something, or no task would run any more: without them the class
 * decides itself.
 */
static void fill_ops(struct replay *r, char *data)
{
	const struct kbtf *b = r->rt->vmlinux;
	const struct btf_type *t = kbtf_type(b, r->rt->scx.type_id);

	data += r->rt->scx.data_off;
	strcpy(data + kbtf_member_bit_offset(t, kbtf_member(b, t, "name")) / 8, "simple");
	for (u32 fd = 10; bpf_files_is_open(r->f, fd); fd++) {
		struct bpf_prog_info i = {};
		ATTR(a, a.info = (__typeof__(a.info)){ fd, sizeof(i), ptr(&i) });
		const char *op;

		if (sys_bpf(r->rt, r->f, BPF_OBJ_GET_INFO_BY_FD, &a, 16) ||
		    i.type != BPF_PROG_TYPE_STRUCT_OPS)
			continue;
		op = strchr(i.name, '_') + 1;
		if (!strcmp(op, "select_c") || !strcmp(op, "enqueue") || !strcmp(op, "dispatch"))
			continue;
		*(u64 *)(data + kbtf_member_bit_offset(t, kbtf_member(b, t, op)) / 8) = fd;
	}
}

static long replay_elem(struct replay *r, const char *line, int cmd)
{
	struct bpf_map_info i = {};
	u32 key = 0, fd = value(line, "map_fd");
	ATTR(info, info.info = (__typeof__(info.info)){ fd, sizeof(i), ptr(&i) });
	ATTR(a, a.map_fd = fd, a.key = ptr(&key));
	char *data = calloc(1, 65536);
	long ret;

	sys_bpf(r->rt, r->f, BPF_OBJ_GET_INFO_BY_FD, &info, 16);
	if (cmd == BPF_MAP_UPDATE_ELEM && i.type == BPF_MAP_TYPE_STRUCT_OPS)
		fill_ops(r, data);
	a.value = ptr(data);
	ret = sys_bpf(r->rt, r->f, cmd, &a, attr_size(line));
	free(data);
	return ret;
}

/* --- the calls --- */

static long replay_bpf(struct replay *r, const char *line)
{
	u8 buf[256] = {};
	union bpf_attr a = {};
	u32 size = attr_size(line);
	long ret;

#define IS(cmd) !strncmp(line, "bpf(BPF_" #cmd ",", strlen("bpf(BPF_" #cmd ","))
	if (IS(PROG_LOAD))
		return replay_prog_load(r, line);
	if (IS(BTF_LOAD))
		return replay_btf_load(r, line);
	if (IS(MAP_CREATE))
		return replay_map_create(r, line);
	if (IS(MAP_UPDATE_ELEM))
		return replay_elem(r, line, BPF_MAP_UPDATE_ELEM);
	if (IS(MAP_LOOKUP_ELEM))
		return replay_elem(r, line, BPF_MAP_LOOKUP_ELEM);
	if (IS(TOKEN_CREATE)) {
		a.token_create.bpffs_fd = value(line, "bpffs_fd");
		return sys_bpf(r->rt, r->f, BPF_TOKEN_CREATE, &a, size);
	}
	if (IS(OBJ_GET_INFO_BY_FD)) {
		a.info.bpf_fd = value(line, "bpf_fd");
		a.info.info_len = value(line, "info_len");
		a.info.info = ptr(buf);
		return sys_bpf(r->rt, r->f, BPF_OBJ_GET_INFO_BY_FD, &a, size);
	}
	if (IS(BTF_GET_NEXT_ID)) {
		a.start_id = value(line, "start_id");
		ret = sys_bpf(r->rt, r->f, BPF_BTF_GET_NEXT_ID, &a, size);
		if (!ret && a.next_id != value(line, "next_id"))
			differs(r, line, "another id", a.next_id);
		return ret;
	}
	if (IS(BTF_GET_FD_BY_ID)) {
		a.btf_id = value(line, "btf_id");
		return sys_bpf(r->rt, r->f, BPF_BTF_GET_FD_BY_ID, &a, size);
	}
	if (IS(MAP_FREEZE)) {
		a.map_fd = value(line, "map_fd");
		return sys_bpf(r->rt, r->f, BPF_MAP_FREEZE, &a, size);
	}
	if (IS(PROG_BIND_MAP)) {
		a.prog_bind_map.prog_fd = value(line, "prog_fd");
		a.prog_bind_map.map_fd = value(line, "map_fd");
		return sys_bpf(r->rt, r->f, BPF_PROG_BIND_MAP, &a, size);
	}
	if (IS(LINK_CREATE)) {
		a.link_create.map_fd = value(line, "prog_fd");
		a.link_create.attach_type = BPF_STRUCT_OPS;
		return sys_bpf(r->rt, r->f, BPF_LINK_CREATE, &a, size);
	}
	differs(r, line, "the test does not know this call", 0);
	return -ENOSYS;
}

static long replay_mmap(struct replay *r, const char *line)
{
	const char *fd = strstr(line, "MAP_FIXED, ");
	bool writable = strstr(line, "PROT_WRITE");
	int memfd;
	size_t len;
	long ret = bpf_files_mmap(r->f, atoi(fd + 11), writable, &memfd, &len, &r->mmaps[r->nr_mmaps].map);

	if (!ret)
		r->mmaps[r->nr_mmaps++].writable = writable;
	return ret;
}

static void replay_line(struct replay *r, const char *line)
{
	long got, want = recorded(line);

	if (!strncmp(line, "bpf(", 4)) {
		got = replay_bpf(r, line);
	} else if (!strncmp(line, "close(", 6)) {
		got = bpf_files_close(r->f, atoi(line + 6));
	} else if (!strncmp(line, "dup3(", 5)) {
		got = bpf_files_dup_to(r->f, atoi(line + 5), atoi(strstr(line, ", ") + 2));
	} else if (!strncmp(line, "memfd_create(", 13)) {
		got = bpf_files_placeholder(r->f);
	} else if (!strncmp(line, "openat(", 7)) {
		got = strstr(line, "\"/sys/fs/bpf\"") ? bpf_files_bpffs(r->f) : bpf_files_placeholder(r->f);
	} else if (!strncmp(line, "mmap(", 5) && strstr(line, "bpf-map")) {
		got = replay_mmap(r, line);
		want = want > 0 ? 0 : want;	/* an address */
	} else {
		return;		/* reads of virtual files: the front door's business */
	}
	r->calls++;
	if (got != want)
		differs(r, line, "another result", got);
}

static void replay_thread(void *arg)
{
	struct replay *r = arg;
	FILE *f = fopen(r->path, "r");
	char *line = malloc(LINE_LEN);

	if (!f)
		snprintf(r->failed, sizeof(r->failed), "%s cannot be opened", r->path);
	while (f && fgets(line, LINE_LEN, f) && !r->failed[0]) {
		r->line_nr++;
		replay_line(r, line);
	}
	if (f)
		fclose(f);
	free(line);
	for (u32 i = 0; i < r->nr_mmaps; i++)
		bpf_files_munmap(r->f, r->mmaps[i].map, r->mmaps[i].writable);
	bpf_files_destroy(r->f);
	r->w->done = true;
}

static void replay(const char *version, const char *path, const u32 sec[8])
{
	struct world *w = world_new("2", version);
	struct replay r = { .w = w, .rt = w->rt, .path = path, .big_btf = -1 };

	memcpy(r.sec, sec, sizeof(r.sec));
	r.env.rt = w->rt;
	r.f = bpf_files_create(w->rt, NULL, NULL);
	assert_true(kernel_add_thread(w->k, "loader", 256 << 10, replay_thread, &r, 0) > 0);
	world_run(w, 5 * SEC);
	if (r.failed[0])
		fail_msg("%s", r.failed);
	assert_true(w->done);
	assert_true(r.calls > 100);
	/* nothing is left */
	for (u32 kind = 0; kind < NR_OBJ_IDS; kind++)
		assert_true(!w->rt->objs[kind].first || (kind == OBJ_BTF && !w->rt->objs[kind].first->next));
	world_free(w);
}

static void linux_7_2_answers_the_same(void **state)
{
	replay("7.2", "tests/bpf/data/bpf-sequence-7.2.txt",
	       (u32[8]){694, 360, 695, 32768, 696, 1219, 698, 8});
}

static void linux_6_12_answers_the_same(void **state)
{
	replay("6.12", "tests/bpf/data/bpf-sequence-6.12.txt",
	       (u32[8]){581, 8, 582, 32768, 583, 1168, 585, 8});
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(linux_7_2_answers_the_same),
		cmocka_unit_test(linux_6_12_answers_the_same),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
