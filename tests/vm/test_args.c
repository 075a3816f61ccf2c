// SPDX-License-Identifier: GPL-2.0-only
/* Arguments of helpers and kfuncs are checked before the call (bpf/call.c). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "tests/vm/program.h"

#define NO_FAULT NULL

static u64 called;

static u64 count_call(struct bpf_exec *x, const u64 a[5])
{
	called++;
	return 7;
}

/*
 * Call a function with one argument description @arg and the arguments @a0, @a1; expect a fault with @text,
 * or none.
 */
static void check(struct bpf_arg arg, u64 a0, u64 a1, const char *text)
{
	const struct bpf_func_desc d = {
		.name = "scx_bpf_test", .fn = count_call, .args = { arg, { .kind = ARG_SCALAR } },
	};
	struct bpf_exec x = world_exec(NULL, NULL, 0);
	u64 r0;

	x.insn = 12;
	called = 0;
	r0 = bpf_call(&x, &d, (u64[5]){ a0, a1 });
	if (!text) {
		if (x.fault.kind)
			fail_msg("%s", x.fault.msg);
		assert_int_equal(r0, 7);
		return;
	}
	if (!strstr(x.fault.msg, text))
		fail_msg("fault is \"%s\", without: %s", x.fault.msg, text);
	assert_int_equal(x.fault.kind, BPF_FAULT_ARG);
	assert_int_equal(x.fault.insn, 12);
	assert_int_equal(x.fault.value, a0);
	assert_int_equal(r0, 0);
	assert_int_equal(called, 0);
}

#define TASK ((u64)(uintptr_t)world.task)
#define VALUE ((u64)(uintptr_t)world.value)
#define STACK_TOP (world.stack + BPF_MAX_FRAMES * BPF_FRAME_SIZE)

static void kernel_objects_are_live_and_of_their_type(void **state)
{
	const struct bpf_arg task = { .kind = ARG_KOBJ, .type = "task_struct" };

	check(task, TASK, 0, NO_FAULT);
	check(task, 0, 0, "scx_bpf_test: argument 1 must be a task_struct, got NULL");
	check(task, 8, 0, "(NULL pointer plus 8)");
	check(task, TASK + 8, 0, "(8 bytes into a task_struct)");
	check(task, (uintptr_t)world.freed, 0, "(freed kernel object)");
	check(task, (uintptr_t)world.map, 0, "(bpf_map)");
	check(task, VALUE, 0, "(map value)");
	check(task, STACK_TOP - 8, 0, "(stack)");
	check(task, STACK_TOP, 0, "(context)");
	check(task, 0x10000, 0, "0x10000 (outside of guest memory)");
	check(task, ~0ull, 0, "(outside of guest memory)");
	check(task, world.g->hi, 0, "(outside of guest memory)");
}

static void articles_of_messages_fit(void **state)
{
	check((struct bpf_arg){.kind = ARG_KOBJ, .type = "irq_work"}, 0, 0, "must be an irq_work, got NULL");
}

static void null_is_allowed_only_where_it_says_so(void **state)
{
	const struct bpf_arg task = { .kind = ARG_KOBJ_OR_NULL, .type = "task_struct" };

	check(task, 0, 0, NO_FAULT);
	check(task, TASK, 0, NO_FAULT);
	check(task, VALUE, 0, "must be a task_struct or NULL, got 0x");
}

static void embedded_objects_count_as_what_they_are(void **state)
{
	const struct bpf_arg mask = { .kind = ARG_KOBJ, .type = "cpumask" };

	check(mask, (uintptr_t)world.task->cpus_ptr, 0, NO_FAULT);
	check(mask, (uintptr_t)world.mask, 0, NO_FAULT);
	check(mask, TASK, 0, "must be a cpumask, got 0x");
	check((struct bpf_arg){ .kind = ARG_KOBJ, .type = "bpf_cpumask" }, (uintptr_t)world.task->cpus_ptr, 0,
	      "must be a bpf_cpumask, got 0x");
}

static void read_memory_is_inside_of_guest_memory(void **state)
{
	const struct bpf_arg fixed = { .kind = ARG_MEM_READ, .size = 16 }, sized = { .kind = ARG_MEM_READ };

	check(fixed, VALUE, 0, NO_FAULT);
	check(fixed, TASK, 0, NO_FAULT);
	check(fixed, world.g->hi - 16, 0, NO_FAULT);
	check(fixed, world.g->hi - 15, 0, "argument 1 must be 16 readable bytes, got 0x");
	check(fixed, 0, 0, "16 readable bytes, got NULL");
	check(sized, VALUE, 64, NO_FAULT);
	check(sized, VALUE, 0, NO_FAULT);
	check(sized, VALUE, ~0ull, "18446744073709551615 readable bytes");
	check(sized, world.g->hi - 8, 9, "9 readable bytes");
	check(sized, 0, 0, "0 readable bytes, got NULL");
}

static void null_memory_of_no_bytes_may_be_allowed(void **state)
{
	const struct bpf_arg sized = { .kind = ARG_MEM_READ_OR_NULL };

	check(sized, 0, 0, NO_FAULT);
	check(sized, 0, 4, "4 readable bytes or NULL, got NULL");
	check(sized, VALUE, 4, NO_FAULT);
}

static void written_memory_is_no_kernel_object(void **state)
{
	const struct bpf_arg fixed = { .kind = ARG_MEM_WRITE, .size = 8 }, sized = { .kind = ARG_MEM_WRITE };

	check(fixed, VALUE, 0, NO_FAULT);
	check(fixed, STACK_TOP - 8, 0, NO_FAULT);
	check(fixed, TASK, 0, "8 bytes that the program may write, got 0x");
	check(fixed, world.g->mid - 4, 0, "8 bytes that the program may write");
	check(sized, world.g->hi - 8, 8, NO_FAULT);
	check(sized, world.g->hi - 8, 16, "16 bytes that the program may write");
}

static void strings_end_within_their_limit(void **state)
{
	const struct bpf_arg str = { .kind = ARG_STR, .size = 8 };
	char *v = (char *)world.value, *last = (char *)world.g->hi - 4;

	memcpy(v, "1234567", 8);
	check(str, VALUE, 0, NO_FAULT);
	memcpy(v, "12345678", 9);
	check(str, VALUE, 0, "argument 1 must be a string that ends within 8 bytes, got 0x");
	check(str, 0, 0, "must be a string, got NULL");
	check(str, world.g->hi, 0, "must be a string, got 0x");
	memcpy(last, "abcd", 4);
	check(str, world.g->hi - 4, 0, "a string that ends within 4 bytes");
	last[3] = 0;
	check(str, world.g->hi - 4, 0, NO_FAULT);
	world_reset();
}

static void maps_keys_and_values(void **state)
{
	const struct bpf_func_desc d = {
		.name = "bpf_map_update_elem", .fn = count_call,
		.args = { { .kind = ARG_MAP }, { .kind = ARG_MAP_KEY }, { .kind = ARG_MAP_VALUE } },
	};
	const u64 map = (uintptr_t)world.map, end = world.g->hi;
	const struct { u64 a[5]; const char *text;
	} t[] = {
		{{map, VALUE, VALUE}, NULL},
		{{map, end - 4, end - 8}, NULL},
		{{TASK, VALUE, VALUE}, "bpf_map_update_elem: argument 1 must be a map, got 0x"},
		{{map + 8, VALUE, VALUE}, "(8 bytes into a bpf_map)"},
		{{0, VALUE, VALUE}, "argument 1 must be a map, got NULL"},
		{{map, end - 3, VALUE}, "argument 2 must be 4 readable bytes, a key of the map, got 0x"},
		{{map, VALUE, end - 7}, "argument 3 must be 8 readable bytes, a value of the map, got 0x"},
	};

	for (u32 i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		struct bpf_exec x = world_exec(NULL, NULL, 0);

		bpf_call(&x, &d, t[i].a);
		if (!t[i].text)
			assert_int_equal(x.fault.kind, BPF_FAULT_NONE);
		else if (!strstr(x.fault.msg, t[i].text))
			fail_msg("fault is \"%s\", without: %s", x.fault.msg, t[i].text);
	}
}

static void maps_without_keys_take_any_key(void **state)
{
	const struct bpf_func_desc d = {
		.name = "f", .fn = count_call, .args = { { .kind = ARG_MAP }, { .kind = ARG_MAP_KEY } },
	};
	struct bpf_exec x = world_exec(NULL, NULL, 0);

	world.map[0] = 0;
	assert_int_equal(bpf_call(&x, &d, (u64[5]){ (uintptr_t)world.map, 0 }), 7);
	assert_int_equal(x.fault.kind, BPF_FAULT_NONE);
	world.map[0] = 4;
}

static void the_context_is_that_of_the_execution(void **state)
{
	const struct bpf_arg ctx = { .kind = ARG_CTX };

	check(ctx, STACK_TOP, 0, NO_FAULT);
	check(ctx, STACK_TOP + 8, 0, "must be the program's context, got 0x");
}

static void all_five_arguments_are_checked(void **state)
{
	struct bpf_func_desc d = { .name = "f", .fn = count_call };
	u64 a[5];

	for (u32 bad = 0; bad < 5; bad++) {
		struct bpf_exec x = world_exec(NULL, NULL, 0);
		char text[40];

		for (u32 k = 0; k < 5; k++) {
			d.args[k] = (struct bpf_arg){ .kind = ARG_KOBJ, .type = "task_struct" };
			a[k] = k == bad ? 0 : TASK;
		}
		bpf_call(&x, &d, a);
		snprintf(text, sizeof(text), "f: argument %u must be", bad + 1);
		assert_non_null(strstr(x.fault.msg, text));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(kernel_objects_are_live_and_of_their_type),
		cmocka_unit_test(articles_of_messages_fit),
		cmocka_unit_test(null_is_allowed_only_where_it_says_so),
		cmocka_unit_test(embedded_objects_count_as_what_they_are),
		cmocka_unit_test(read_memory_is_inside_of_guest_memory),
		cmocka_unit_test(null_memory_of_no_bytes_may_be_allowed),
		cmocka_unit_test(written_memory_is_no_kernel_object),
		cmocka_unit_test(strings_end_within_their_limit),
		cmocka_unit_test(maps_keys_and_values),
		cmocka_unit_test(maps_without_keys_take_any_key),
		cmocka_unit_test(the_context_is_that_of_the_execution),
		cmocka_unit_test(all_five_arguments_are_checked),
	};

	return cmocka_run_group_tests(tests, world_setup, world_teardown);
}
