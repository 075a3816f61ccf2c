// SPDX-License-Identifier: GPL-2.0-only
/*
 * The same random calls to the maps of this machine's kernel and to uscx's: results and contents must be the
 * same, down to the order of keys and to what LRU maps evict. Skipped where bpf(2) is not permitted, and with
 * kernels older than 6.16, whose LRU maps fetch 128 free elements at once, however small the map is.
 */
#include <sched.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <unistd.h>

/* Those that are possible: as many as there are values per key. */
static inline int host_cpus(void)
{
	FILE *f = fopen("/sys/devices/system/cpu/possible", "re");
	int first = 0, last = 0;

	if (f) {
		if (fscanf(f, "%d-%d", &first, &last) < 2)
			last = first;
		fclose(f);
	}
	return last + 1;
}
#define NR_CPUS_TEST host_cpus()
#include "tests/bpf/sys.h"

#define NR_OPS 4000
#define MAX_BYTES 8192	/* of a value, or of the values of a batch */

struct config {
	u32 type, key_size, value_size, max_entries, flags;
};

static const struct config configs[] = {
	{ BPF_MAP_TYPE_ARRAY, 4, 12, 20, 0 },
	{ BPF_MAP_TYPE_PERCPU_ARRAY, 4, 8, 20, 0 },
	{ BPF_MAP_TYPE_QUEUE, 0, 6, 7, 0 },
	{ BPF_MAP_TYPE_STACK, 0, 8, 7, 0 },
	{ BPF_MAP_TYPE_BLOOM_FILTER, 0, 8, 30, BPF_F_ZERO_SEED },
	{ BPF_MAP_TYPE_HASH, 4, 8, 20, BPF_F_ZERO_SEED },
	{ BPF_MAP_TYPE_HASH, 7, 3, 33, BPF_F_ZERO_SEED },
	{ BPF_MAP_TYPE_HASH, 24, 16, 100, BPF_F_ZERO_SEED | BPF_F_NO_PREALLOC },
	{ BPF_MAP_TYPE_PERCPU_HASH, 8, 8, 20, BPF_F_ZERO_SEED },
	{ BPF_MAP_TYPE_PERCPU_HASH, 4, 16, 20, BPF_F_ZERO_SEED | BPF_F_NO_PREALLOC },
	{ BPF_MAP_TYPE_LRU_HASH, 4, 8, 20, BPF_F_ZERO_SEED },
	{ BPF_MAP_TYPE_LRU_HASH, 4, 8, 300, BPF_F_ZERO_SEED },
	{ BPF_MAP_TYPE_LRU_HASH, 4, 8, 40, BPF_F_ZERO_SEED | BPF_F_NO_COMMON_LRU },
	{ BPF_MAP_TYPE_LRU_PERCPU_HASH, 4, 8, 20, BPF_F_ZERO_SEED },
	{ BPF_MAP_TYPE_LRU_PERCPU_HASH, 4, 8, 40, BPF_F_ZERO_SEED | BPF_F_NO_COMMON_LRU },
	{ BPF_MAP_TYPE_LPM_TRIE, 8, 4, 30, BPF_F_NO_PREALLOC },
};

/* One side: what a call is given and what it leaves. */
struct side {
	bool host;
	struct env *e;
	int fd;
	long ret;
	u8 key[32], next[32], keys[MAX_BYTES], value[MAX_BYTES];
	u32 in, out, count;
};

static long do_call(struct side *s, int cmd, union bpf_attr *a)
{
	if (!s->host)
		return call_attr(s->e, cmd, a);
	return syscall(SYS_bpf, cmd, a, sizeof(*a)) < 0 ? -errno : 0;
}

static void create(struct side *s, const struct config *c)
{
	ATTR(a, a.map_type = c->type, a.key_size = c->key_size, a.value_size = c->value_size,
	     a.max_entries = c->max_entries, a.map_flags = c->flags);

	s->fd = s->host ? syscall(SYS_bpf, BPF_MAP_CREATE, &a, sizeof(a)) : call_attr(s->e, BPF_MAP_CREATE, &a);
	assert_true(s->fd > 0);
}

static void element_call(struct side *s, const struct config *c, int cmd, u64 flags)
{
	ATTR(a, a.map_fd = s->fd, a.key = c->key_size ? ptr(s->key) : 0);

	if (cmd == BPF_MAP_GET_NEXT_KEY)
		a.next_key = ptr(s->next);
	else if (cmd != BPF_MAP_DELETE_ELEM)
		a.value = ptr(s->value);
	if (cmd == BPF_MAP_UPDATE_ELEM || cmd == BPF_MAP_LOOKUP_ELEM)
		a.flags = flags;
	s->ret = do_call(s, cmd, &a);
}

static void batch_call(struct side *s, int cmd, u32 count)
{
	ATTR(a, a.batch.map_fd = s->fd, a.batch.in_batch = s->in ? ptr(&s->in) : 0, a.batch.out_batch = ptr(&s->out),
	     a.batch.keys = ptr(s->keys), a.batch.values = ptr(s->value), a.batch.count = count);

	s->ret = do_call(s, cmd, &a);
	s->count = a.batch.count;
}

static u32 random_u32(u32 *x) { return (*x = *x * 1664525 + 1013904223) >> 8; }

static void random_bytes(u32 *x, u8 *to, u32 n)
{
	for (u32 i = 0; i < n; i++)
		to[i] = random_u32(x);
}

static void make_key(u32 *x, const struct config *c, u8 *key)
{
	u32 k = random_u32(x) % (c->max_entries * 2);

	memset(key, 0x5a, c->key_size);
	if (c->type == BPF_MAP_TYPE_LPM_TRIE)
		memcpy(key, (u32[]){ random_u32(x) % 34, (random_u32(x) & 0x81) | (random_u32(x) & 0xc0) << 8 }, 8);
	else if (c->key_size)
		memcpy(key, &k, c->key_size < 4 ? c->key_size : 4);
}

static void compare(const struct config *c, u32 n, int cmd, const struct side *a, const struct side *b)
{
	if (a->ret == b->ret && a->count == b->count && a->out == b->out && !memcmp(a->next, b->next, sizeof(a->next)) &&
	    !memcmp(a->keys, b->keys, sizeof(a->keys)) && !memcmp(a->value, b->value, sizeof(a->value)))
		return;
	fail_msg("map type %u, flags 0x%x, call %u, command %d: the kernel returns %ld (count %u, out %u), uscx %ld (%u, %u)",
		 c->type, c->flags, n, cmd, a->ret, a->count, a->out, b->ret, b->count, b->out);
}

static void run_config(struct env *e, const struct config *c)
{
	static struct side side[2];
	static const int cmds[] = { BPF_MAP_UPDATE_ELEM, BPF_MAP_UPDATE_ELEM, BPF_MAP_UPDATE_ELEM, BPF_MAP_LOOKUP_ELEM,
				    BPF_MAP_DELETE_ELEM, BPF_MAP_LOOKUP_AND_DELETE_ELEM, BPF_MAP_GET_NEXT_KEY,
				    BPF_MAP_LOOKUP_BATCH, BPF_MAP_LOOKUP_AND_DELETE_BATCH, BPF_MAP_UPDATE_BATCH,
				    BPF_MAP_DELETE_BATCH };
	u32 x = c->type * 77 + c->flags, value_max = c->value_size < 64 ? 64 * host_cpus() : MAX_BYTES;

	memset(side, 0, sizeof(side));
	for (u32 i = 0; i < 2; i++) {
		side[i].host = !i;
		side[i].e = e;
		create(&side[i], c);
	}
	for (u32 n = 0; n < NR_OPS; n++) {
		u32 pick = random_u32(&x) % 64, count = random_u32(&x) % 8, flags = random_u32(&x) % 5;
		/* batches are rare, since they empty the map */
		int cmd = cmds[pick < 56 ? pick % 7 : 7 + pick % 4];

		if (cmd == BPF_MAP_LOOKUP_ELEM)
			flags = 0;
		make_key(&x, c, side[0].key);
		random_bytes(&x, side[0].value, value_max < MAX_BYTES ? value_max : MAX_BYTES);
		for (u32 k = 0; k < 8 && c->key_size; k++)
			make_key(&x, c, side[0].keys + k * c->key_size);
		side[0].in = random_u32(&x) % 4 ? 0 : random_u32(&x) % 8;
		for (u32 i = 0; i < 2; i++) {
			memcpy(side[1].key, side[0].key, sizeof(side[0].key));
			if (!i) {
				memcpy(side[1].value, side[0].value, sizeof(side[0].value));
				memcpy(side[1].keys, side[0].keys, sizeof(side[0].keys));
				side[1].in = side[0].in;
			}
			if (cmd >= BPF_MAP_LOOKUP_BATCH && cmd <= BPF_MAP_DELETE_BATCH)
				batch_call(&side[i], cmd, count);
			else
				element_call(&side[i], c, cmd, flags);
		}
		compare(c, n, cmd, &side[0], &side[1]);
	}
	close(side[0].fd);
	bpf_files_close(e->f, side[1].fd);
}

/* major * 1000 + minor */
static u32 kernel_version(void)
{
	struct utsname u;
	u32 major = 0, minor = 0;

	assert_int_equal(uname(&u), 0);
	assert_int_equal(sscanf(u.release, "%u.%u", &major, &minor), 2);
	return major * 1000 + minor;
}

/* What of this machine's kernel is as in that version of uscx. */
static int setup(void **state)
{
	*state = calloc(1, sizeof(struct env));
	env_create(*state, kernel_version() >= 7000 ? "7.2" : "6.12");
	return 0;
}

static void maps_do_what_those_of_the_kernel_do(void **state)
{
	cpu_set_t one, all;
	ATTR(a, a.map_type = BPF_MAP_TYPE_HASH, a.key_size = 4, a.value_size = 4, a.max_entries = 1);
	int fd = syscall(SYS_bpf, BPF_MAP_CREATE, &a, sizeof(a));

	if (fd < 0) {
		print_message("bpf(2) is not permitted here: %s\n", strerror(errno));
		skip();
	}
	close(fd);
	if (kernel_version() < 6016) {
		print_message("this kernel is older than 6.16\n");
		skip();
	}
	/* uscx does everything on CPU 0 outside of a machine, too */
	assert_int_equal(sched_getaffinity(0, sizeof(all), &all), 0);
	CPU_ZERO(&one);
	CPU_SET(0, &one);
	if (sched_setaffinity(0, sizeof(one), &one))
		skip();
	for (u32 i = 0; i < sizeof(configs) / sizeof(*configs); i++)
		run_config(*state, &configs[i]);
	sched_setaffinity(0, sizeof(all), &all);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(maps_do_what_those_of_the_kernel_do, setup, env_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
