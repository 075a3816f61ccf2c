// SPDX-License-Identifier: GPL-2.0-only
/* Helpers: one row each, by the kernel's number. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "bpf/bstr.h"
#include "bpf/disasm.h"
#include "bpf/fields.h"
#include "bpf/kptr.h"
#include "bpf/map.h"
#include "bpf/map_task.h"
#include "bpf/run.h"
#include "bpf/timer.h"
#include "sched/sched.h"

#define MAX_LOOPS (8u << 20)	/* BPF_MAX_LOOPS */
#define PRINTK_SIZE 1024	/* MAX_BPRINTF_BUF */

#define HELPER(name) static u64 name(struct bpf_exec *x, const u64 a[5])

static void *host(u64 addr) { return (void *)(uintptr_t)addr; }

/* --- maps --- */

/*
 * The map of argument 1, if helper @id takes it. Otherwise NULL, with a fault: only a map that was not known
 * when the program was loaded gets here.
 */
static struct bmap *take_map(struct bpf_exec *x, const u64 a[5], s32 id)
{
	struct bmap *m = bmap_of(run_rt(x), a[0]);

	if (bmap_takes_helper(m, id))
		return m;
	bpf_fault(x, BPF_FAULT_ARG, a[0], 0, "%s: argument 1 cannot be map %s of type %s",
		  bpf_helper_name(id), m->name, bmap_type_name(m->type));
	return NULL;
}

HELPER(bpf_map_lookup_elem)
{
	struct bmap *m = take_map(x, a, BPF_FUNC_map_lookup_elem);

	return m ? (uintptr_t)m->t->lookup(m, host(a[1])) : 0;
}

/* Programs must not change what is read-only for them; the kernel's verifier knows that at load. */
static bool map_is_writable(struct bpf_exec *x, const struct bmap *m)
{
	if (m->flags & BPF_F_RDONLY_PROG)
		bpf_fault(x, BPF_FAULT_STORE, (uintptr_t)m->guest, 0, "map %s is read-only for programs",
			  m->name);
	return !(m->flags & BPF_F_RDONLY_PROG);
}

HELPER(bpf_map_update_elem)
{
	struct bmap *m = take_map(x, a, BPF_FUNC_map_update_elem);

	return m && map_is_writable(x, m) ? m->t->update(m, host(a[1]), host(a[2]), a[3]) : 0;
}

HELPER(bpf_map_delete_elem)
{
	struct bmap *m = take_map(x, a, BPF_FUNC_map_delete_elem);

	return m && map_is_writable(x, m) ? m->t->remove(m, host(a[1])) : 0;
}

HELPER(bpf_map_lookup_percpu_elem)
{
	struct bmap *m = take_map(x, a, BPF_FUNC_map_lookup_percpu_elem);

	return m ? (uintptr_t)m->t->lookup_percpu(m, host(a[1]), a[2]) : 0;
}

HELPER(bpf_map_push_elem)
{
	struct bmap *m = take_map(x, a, BPF_FUNC_map_push_elem);

	return m ? m->t->push(m, host(a[1]), a[2]) : 0;
}

HELPER(bpf_map_pop_elem)
{
	struct bmap *m = take_map(x, a, BPF_FUNC_map_pop_elem);

	return m ? m->t->pop(m, host(a[1])) : 0;
}

HELPER(bpf_map_peek_elem)
{
	struct bmap *m = take_map(x, a, BPF_FUNC_map_peek_elem);

	return m ? m->t->peek(m, host(a[1])) : 0;
}

/* The callback is called with map, key, value and context; it may change the map. */
HELPER(bpf_for_each_map_elem)
{
	struct bmap *m = take_map(x, a, BPF_FUNC_for_each_map_elem);
	void *key = host(x->stack + BPF_SCRATCH_OFFSET + (x->frames - 1) * 8), *value;
	u64 pos = 0, nr = 0, ret = 0;

	if (!m)
		return 0;
	if (a[3])
		return -EINVAL;
	while (!ret && m->t->walk(m, &pos, &key, &value)) {
		nr++;
		ret = bpf_vm_callback(x, a[1], (u64[5]){ a[0], (uintptr_t)key, (uintptr_t)value, a[2] });
		if (x->fault.kind)
			return 0;
	}
	return nr;
}

/* Without a PMU every place of the map is empty. */
HELPER(bpf_perf_event_read_value)
{
	struct bmap *m = take_map(x, a, BPF_FUNC_perf_event_read_value);
	u32 index = a[1];

	if (!m)
		return 0;
	memset(host(a[2]), 0, (u32)a[3]);
	if (a[3] != sizeof(struct bpf_perf_event_value) || a[1] & ~(u64)BPF_F_INDEX_MASK)
		return -EINVAL;
	if (index == BPF_F_CURRENT_CPU)
		index = bmap_this_cpu();
	return index >= m->max_entries ? -E2BIG : -ENOENT;
}

/* --- time, CPU, task --- */

HELPER(bpf_ktime_get_ns) { return this_mcpu ? mach_now() : 0; }
HELPER(bpf_jiffies64) { return this_mcpu ? jiffies() : 0; }
HELPER(bpf_get_smp_processor_id) { return this_mcpu ? this_mcpu->id : 0; }
HELPER(bpf_get_prandom_u32) { return this_mcpu ? mach_choose(this_mcpu->m, CHOOSE_BPF_RANDOM, 0) : 0; }
HELPER(bpf_get_current_task_btf) { return this_mcpu ? (uintptr_t)current : 0; }

HELPER(bpf_get_current_pid_tgid)
{
	if (!this_mcpu)
		return -EINVAL;
	return (u64)current->tgid << 32 | (u32)current->pid;
}

HELPER(bpf_get_current_comm)
{
	char *buf = host(a[0]);
	u64 n;

	memset(buf, 0, a[1]);
	if (!this_mcpu)
		return -EINVAL;
	n = strnlen(current->comm, TASK_COMM_LEN - 1);
	if (a[1])
		memcpy(buf, current->comm, n < a[1] ? n : a[1] - 1);
	return 0;
}

/* --- memory --- */

HELPER(bpf_probe_read_kernel)
{
	if (!gmem_can_read(x->g, a[2], (u32)a[1])) {
		memset(host(a[0]), 0, (u32)a[1]);
		return -EFAULT;
	}
	memmove(host(a[0]), host(a[2]), (u32)a[1]);
	return 0;
}

HELPER(bpf_probe_read_kernel_str)
{
	s64 n = bpf_copy_string(x->g, host(a[0]), a[2], (u32)a[1]);

	if (n < 0)
		memset(host(a[0]), 0, (u32)a[1]);
	return n;
}

HELPER(bpf_strncmp)
{
	/* the first string need not end within its size, the second does */
	return strncmp(host(a[0]), host(a[2]), (u32)a[1]);
}

/* --- text --- */

/* @data: @len bytes of arguments as u64. -EINVAL: not that. */
static int check_data(u64 data, u64 len)
{
	return len % 8 || len > BSTR_MAX_ARGS * 8 || (len && !data) ? -EINVAL : 0;
}

static u64 printk(struct bpf_exec *x, u64 fmt, u32 fmt_size, const u64 *args, u32 nr_args)
{
	struct bpf_rt *rt = run_rt(x);
	char text[PRINTK_SIZE];
	int n = bpf_bstr_format(x->g, text, sizeof(text), host(fmt), fmt_size, args, nr_args, !rt->v7);

	if (n >= 0 && rt->k)
		kernel_printk(rt->k, "bpf_trace_printk: %.*s", (int)strcspn(text, "\n"), text);
	return n;
}

HELPER(bpf_trace_printk)
{
	return printk(x, a[0], a[1], a + 2, 3);
}

HELPER(bpf_trace_vprintk)
{
	int err = check_data(a[2], (u32)a[3]);

	return err ? err : printk(x, a[0], a[1], host(a[2]), (u32)a[3] / 8);
}

HELPER(bpf_snprintf)
{
	u32 size = a[1], len = a[4];
	int err = check_data(a[3], len), n;

	if (err)
		return err;
	if (size && !gmem_can_write(x->g, a[0], size)) {
		bpf_fault(x, BPF_FAULT_ARG, a[0], size,
			  "bpf_snprintf: argument 1 must be %u bytes that the program may write", size);
		return 0;
	}
	n = bpf_bstr_format(x->g, host(a[0]), size, host(a[2]), UINT32_MAX, host(a[3]), len / 8,
			    !run_rt(x)->v7);
	return n < 0 ? n : n + 1;
}

/* --- control --- */

HELPER(bpf_loop)
{
	u32 nr = a[0];

	if (a[3])
		return -EINVAL;
	if (nr > MAX_LOOPS)
		return -E2BIG;
	for (u32 i = 0; i < nr; i++) {
		u64 ret = bpf_vm_callback(x, a[1], (u64[5]){ i, a[2] });

		if (x->fault.kind)
			return 0;
		if (ret)
			return i + 1;
	}
	return nr;
}

/* --- the table --- */

#define SCALAR { ARG_SCALAR, 0, NULL }
#define MAP { ARG_MAP, 0, NULL }
#define KEY { ARG_MAP_KEY, 0, NULL }
#define VALUE { ARG_MAP_VALUE, 0, NULL }
#define VALUE_OUT { ARG_MAP_VALUE_OUT, 0, NULL }
#define READ_SIZED { ARG_MEM_READ, 0, NULL }
#define READ_SIZED_OR_NULL { ARG_MEM_READ_OR_NULL, 0, NULL }
#define WRITE_SIZED { ARG_MEM_WRITE, 0, NULL }
#define VALUE_OR_NULL { ARG_MAP_VALUE_OR_NULL, 0, NULL }
#define TASK_OR_NULL { ARG_KOBJ_OR_NULL, 0, "task_struct" }
#define STRING { ARG_STR, 0, NULL }

struct helper_row {
	s32 id;
	bool gpl;		/* only for programs with a GPL compatible license */
	bool v7;		/* programs of schedulers have it only in 7.x */
	struct bpf_func_desc d;
};

#define ROW(name, gpl, flags, ...) \
	{ BPF_FUNC_##name, gpl, false, { "bpf_" #name, bpf_##name, { __VA_ARGS__ }, flags } }

static const struct helper_row rows[] = {
	ROW(map_lookup_elem, false, 0, MAP, KEY),
	ROW(map_update_elem, false, 0, MAP, KEY, VALUE, SCALAR),
	ROW(map_delete_elem, false, 0, MAP, KEY),
	ROW(map_lookup_percpu_elem, false, 0, MAP, KEY, SCALAR),
	ROW(map_push_elem, false, 0, MAP, VALUE, SCALAR),
	ROW(map_pop_elem, false, 0, MAP, VALUE_OUT),
	ROW(map_peek_elem, false, 0, MAP, VALUE_OUT),
	ROW(for_each_map_elem, false, 0, MAP, SCALAR, SCALAR, SCALAR),
	{ BPF_FUNC_perf_event_read_value, true, true,
	  { "bpf_perf_event_read_value", bpf_perf_event_read_value, { MAP, SCALAR, WRITE_SIZED, SCALAR }, 0 } },
	ROW(ktime_get_ns, false, 0),
	/* there is no suspend: both clocks are the same */
	{ BPF_FUNC_ktime_get_boot_ns, false, false, { "bpf_ktime_get_boot_ns", bpf_ktime_get_ns, {}, 0 } },
	ROW(jiffies64, false, 0),
	ROW(get_smp_processor_id, false, 0),
	ROW(get_prandom_u32, false, 0),
	ROW(get_current_task_btf, true, BPF_FUNC_RET_KPTR),
	ROW(get_current_pid_tgid, false, 0),
	ROW(get_current_comm, false, 0, WRITE_SIZED, SCALAR),
	ROW(probe_read_kernel, true, 0, WRITE_SIZED, SCALAR, SCALAR),
	ROW(probe_read_kernel_str, true, 0, WRITE_SIZED, SCALAR, SCALAR),
	ROW(strncmp, false, 0, READ_SIZED, SCALAR, STRING),
	/* the arguments of the format are not checked: as many registers as it has conversions are read */
	ROW(trace_printk, true, 0, READ_SIZED, SCALAR),
	ROW(trace_vprintk, true, 0, READ_SIZED, SCALAR, READ_SIZED_OR_NULL, SCALAR),
	ROW(snprintf, true, 0, SCALAR, SCALAR, STRING, READ_SIZED_OR_NULL, SCALAR),
	/* addresses of fields are looked up by the functions */
	ROW(spin_lock, false, BPF_FUNC_LOCKED, SCALAR),
	ROW(spin_unlock, false, BPF_FUNC_LOCKED, SCALAR),
	ROW(kptr_xchg, false, BPF_FUNC_RET_KPTR, SCALAR, SCALAR),
	ROW(timer_init, true, 0, SCALAR, MAP, SCALAR),
	ROW(timer_set_callback, true, 0, SCALAR, SCALAR),
	ROW(timer_start, true, 0, SCALAR, SCALAR, SCALAR),
	ROW(timer_cancel, true, 0, SCALAR),
	ROW(task_storage_get, false, 0, MAP, TASK_OR_NULL, VALUE_OR_NULL, SCALAR),
	ROW(task_storage_delete, false, 0, MAP, TASK_OR_NULL),
	ROW(loop, false, 0, SCALAR, SCALAR, SCALAR, SCALAR),
};

const struct bpf_func_desc *bpf_helper(void *prog, s32 id, const char **why)
{
	const struct bprog *p = prog;

	for (u32 i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		if (rows[i].id != id)
			continue;
		if (rows[i].v7 && !p->obj.rt->v7 && p->type == BPF_PROG_TYPE_STRUCT_OPS) {
			*why = "kernel 6.12 does not have it for schedulers";
			return NULL;
		}
		if (!rows[i].gpl || p->gpl)
			return &rows[i].d;
		*why = "cannot call GPL-restricted function from non-GPL compatible program";
		return NULL;
	}
	*why = "this helper is not supported yet";
	return NULL;
}

const char *bpf_helper_refuse_map(void *prog, s32 id, u64 map)
{
	struct bprog *p = prog;

	for (u32 i = 0; i < p->nr_maps; i++) {
		const struct bmap *m = p->maps[i];

		if ((uintptr_t)m->guest != map || bmap_takes_helper(m, id))
			continue;
		snprintf(p->why, sizeof(p->why), "cannot pass map_type %u (%s) into func %s#%d", m->type,
			 bmap_type_name(m->type), bpf_helper_name(id), id);
		return p->why;
	}
	return NULL;
}
