// SPDX-License-Identifier: GPL-2.0-only
/* Loader programs as processes: tests/front/progs/loader.c and what becomes of the machine. */
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "front/front.h"
#include "kabi/ops.h"
#include "tests/bpf/machine.h"
#include "trace/hash.h"

struct ran {
	char out[8192];
	struct front_result result;	/* @notes: a copy */
	char notes[2048];
	enum scx_exit_kind kind, first_kind;	/* of the scheduler loaded last, and first */
	u32 nr_loaded;
	char name[SCX_OPS_NAME_LEN];	/* of the scheduler loaded last */
	char state[32];			/* of sched_ext at the end */
	u64 end_ns;			/* when the last process of the loader had ended; 0: not of itself */
	u64 hash;
};

struct how {
	u64 ns;			/* how long until SIGINT; default 3 s */
	u32 host_limit_ms;
	u32 kill_at_bpf;
	bool kill_late;
	const char *topo;
	bool fixed;		/* the static program */
	const char *twice;	/* not NULL: this loader program, two times, instead */
};

struct watch {
	struct world *w;
	u64 ended;
};

static void ended(void *arg)
{
	struct watch *watch = arg;

	watch->ended = mach_now();
}

static int saved_stdout = -1;

/* The loader's standard output goes to a file while it starts. */
static int capture(char *path)
{
	int fd;

	strcpy(path, "/tmp/uscx-front-XXXXXX");
	fd = mkstemp(path);
	assert_true(fd >= 0);
	fflush(stdout);
	saved_stdout = dup(1);
	dup2(fd, 1);
	return fd;
}

static void release(void)
{
	dup2(saved_stdout, 1);
	close(saved_stdout);
}

static struct ran run(const char *mode, const struct how *how)
{
	static const struct how none;
	struct ran r = { 0 };
	struct watch watch = { 0 };
	char program[256], object[256], path[64], err[512] = "";
	char *argv[] = { program, object, (char *)mode, NULL };
	char *twice[] = { "/bin/sh", "-c", "\"$0\"; exec \"$0\"", NULL, NULL };
	struct front *f = NULL;
	struct world *w;
	void *hash;
	u64 ns;
	int fd, ret;
	ssize_t n;

	how = how ? how : &none;
	twice[3] = (char *)how->twice;
	ns = how->ns ? how->ns : 3 * SEC;
	snprintf(program, sizeof(program), "%s/tests/front/progs/%s", BUILD_DIR, how->fixed ? "loader-static" : "loader");
	snprintf(object, sizeof(object), "%s/tests/front/progs/shared.bpf.o", BUILD_DIR);
	w = watch.w = world_new(how->topo ? how->topo : "4", "7.2");
	assert_int_equal(trace_hash_create(&hash), 0);
	trace_add_sink(w->trace, &trace_hash_ops, hash);
	for (int i = 0; i < 6; i++)
		world_add_task(w, "per", 2 * MS, 3 * MS);
	fd = capture(path);
	ret = front_start(&f, &(struct front_config){
		.kernel = w->k, .rt = w->rt, .version = w->version, .btf = w->btf, .btf_len = w->btf_len,
		.nr_cpus = w->topo.nr_cpus, .seed = 1, .argv = how->twice ? twice : argv, .host_limit_ms = how->host_limit_ms,
		.kill_at_bpf = how->kill_at_bpf, .kill_late = how->kill_late, .done = ended, .arg = &watch },
		err, sizeof(err));
	release();
	if (ret)
		fail_msg("%s", err);
	world_run(w, ns);
	r.end_ns = watch.ended;
	snprintf(r.state, sizeof(r.state), "%s", scx_state(w->k));
	front_interrupt(f);
	world_run(w, ns + 2 * SEC);
	if (!watch.ended) {
		front_kill(f);
		world_run(w, ns + 4 * SEC);
	}
	assert_true(watch.ended);
	assert_string_equal(scx_state(w->k), "disabled");
	r.result = *front_result(f);
	snprintf(r.notes, sizeof(r.notes), "%s", r.result.notes ? r.result.notes : "");
	r.kind = scx_result(w->k)->kind;
	snprintf(r.name, sizeof(r.name), "%s", scx_result(w->k)->name);
	for (const struct scx_result *res = scx_results(w->k); res; res = res->next)
		r.nr_loaded++;
	r.first_kind = r.nr_loaded ? scx_results(w->k)->kind : SCX_EXIT_NONE;
	assert_null(bpf_rt_fault(w->rt));
	r.hash = trace_hash_value(hash);
	front_free(f);
	world_free(w);
	n = pread(fd, r.out, sizeof(r.out) - 1, 0);
	assert_true(n >= 0);
	close(fd);
	unlink(path);
	return r;
}

static void a_loader_runs_until_sigint_and_its_status_is_known(void **state)
{
	for (int fixed = 0; fixed < 2; fixed++) {
		struct ran r = run("plain", &(struct how){ .ns = 3500 * MS, .fixed = fixed });

		assert_string_equal(r.out, "0\n1\n2\n3\nbye\n");
		assert_string_equal(r.state, "enabled");
		assert_int_equal(r.result.status, 7);
		assert_true(r.result.attached);
		assert_int_equal(r.kind, SCX_EXIT_UNREG);
	}
}

static void the_same_seed_gives_the_same_trace(void **state)
{
	static const char *const modes[] = { "plain", "threads", "waits", "shared", "kills-parent" };

	for (u32 i = 0; i < sizeof(modes) / sizeof(modes[0]); i++) {
		struct ran a = run(modes[i], NULL), b = run(modes[i], NULL);

		assert_string_equal(a.out, b.out);
		assert_int_equal(a.hash, b.hash);
	}
}

static void maps_are_shared_while_programs_run(void **state)
{
	struct ran r = run("shared", NULL);

	assert_string_equal(r.out, "enqueued yes\nmarked 0\nclock same\nmore yes, marked yes\n"
			    "write to rodata: Operation not permitted\n");
	assert_int_equal(r.result.status, 0);
}

static void a_link_lives_as_long_as_one_descriptor_of_it(void **state)
{
	struct ran r = run("descriptors", NULL);

	assert_string_equal(r.out, "a ok, b ok\nfirst closed: enabled\none left: enabled\nreplaced: disabled\n");
	r = run("ranges", NULL);
	assert_string_equal(r.out, "copy closed: enabled\nall closed: disabled\n");
}

static void a_forked_child_keeps_the_link(void **state)
{
	struct ran r = run("forked", NULL);

	assert_string_equal(r.out, "parent closed: enabled\nchild: enabled\n");
	assert_true(r.end_ns >= 100 * MS && r.end_ns < 300 * MS);
	assert_string_equal(r.state, "disabled");
}

static void exec_keeps_what_is_not_close_on_exec(void **state)
{
	struct ran r = run("execs", NULL);

	assert_string_equal(r.out, "kept yes\nafter exec: enabled\n");
	r = run("execs-nothing", NULL);
	assert_string_equal(r.out, "after exec: disabled\n");
}

static void children_and_pipes_wait_in_virtual_time(void **state)
{
	struct ran r = run("waits", NULL);

	assert_string_equal(r.out, "pipe after 300 ms\nchild 9 after 500 ms\nsh 3\n");
}

static void clocks_and_time_outs_are_virtual(void **state)
{
	for (int fixed = 0; fixed < 2; fixed++) {
		struct ran r = run("times", &(struct how){ .fixed = fixed });

		assert_string_equal(r.out, "nanosleep 30 ms\nclock_nanosleep 1000 ms\npoll 0 after 40 ms\n"
				    "select 0 after 50 ms\nepoll 0 after 60 ms\nepoll 1 after 0 ms\npoll 1\nwall virtual\n");
	}
}

static void threads_hand_over_at_calls(void **state)
{
	for (int fixed = 0; fixed < 2; fixed++) {
		struct ran r = run("threads", &(struct how){ .fixed = fixed });

		assert_string_equal(r.out, "012301230123\nwoken 0 1 2\ntimed wait: Connection timed out after 2000 ms\n");
	}
}

static void the_machine_is_the_simulated_one(void **state)
{
	struct ran r = run("machine", &(struct how){ .topo = "core:3 pu:2" });

	assert_string_equal(r.out, "release 7.2.13, 6 CPUs, affinity 6\non CPU 2\n0-5\n0-1\nshared\n"
			    "/proc/stat: No such file or directory\nrelative: there\ntimerfd: Function not implemented\n"
			    "priority 5\n");
	assert_non_null(strstr(r.notes, "/proc/stat: does not exist"));
	assert_non_null(strstr(r.notes, "timerfd_create(2) is not served"));
}

static void objects_are_not_sent_through_sockets(void **state)
{
	struct ran r = run("sends", NULL);

	assert_string_equal(r.out, "send: Operation not permitted\n");
}

static void the_machine_goes_on_when_the_link_is_closed_early(void **state)
{
	struct ran r = run("closes-early", NULL);

	assert_string_equal(r.out, "closed: disabled\n");
	assert_int_equal(r.kind, SCX_EXIT_UNREG);
	assert_int_equal(r.result.status, 0);
}

static void a_loader_that_dies_is_a_closed_link(void **state)
{
	struct ran r = run("killed", NULL);

	assert_int_equal(r.result.status, 128 + SIGKILL);
	assert_string_equal(r.state, "disabled");
	r = run("crashes", NULL);
	assert_int_equal(r.result.status, 128 + SIGSEGV);
	assert_int_equal(r.kind, SCX_EXIT_UNREG);
	r = run("kills-parent", NULL);
	assert_string_equal(r.out, "parent killed: enabled\nclosed: disabled\n");
	assert_int_equal(r.result.status, 128 + SIGKILL);
}

/* scx_simple of Linux 7.2, unpacked into a file that is removed in the end. */
static const char *scx_simple(void)
{
	static char path[] = "/tmp/uscx-scx_simple-XXXXXX";
	char cmd[256];
	int fd = mkstemp(path);

	assert_true(fd >= 0);
	fchmod(fd, 0755);
	close(fd);
	snprintf(cmd, sizeof(cmd), "xz -dc tests/front/data/scx_simple-7.2.xz > %s", path);
	assert_int_equal(system(cmd), 0);
	return path;
}

/*
 * Two loaders, one after the other, the first killed at each of its calls in turn: it leaves nothing, and the second
 * attaches and runs to the end. @late: when the call has been served. Returns at how many calls the first had attached.
 */
static u32 kill_everywhere(const char *loader, bool late)
{
	u32 n, nr = 0, attached = 0;

	for (n = 1; n <= nr || !nr; n++) {
		struct ran r = run(NULL, &(struct how){ .ns = 1500 * MS, .kill_at_bpf = n, .kill_late = late, .twice = loader });

		/* as many calls as the second has made the first would have, too */
		if (!nr)
			nr = r.result.nr_bpf - 1;
		/* it was killed there, and the second called as often as it does alone, give or take its statistics */
		assert_in_range(r.result.nr_bpf, n + nr - 8, n + nr + 8);
		assert_in_range(r.nr_loaded, 1, 2);
		assert_int_equal(r.first_kind, SCX_EXIT_UNREG);
		attached += r.nr_loaded == 2;
		assert_string_equal(r.state, "enabled");
		assert_string_equal(r.name, "simple");
		assert_int_equal(r.kind, SCX_EXIT_UNREG);
		assert_int_equal(r.result.status, 0);
		assert_non_null(strstr(r.out, "local="));
	}
	assert_in_range(nr, 20, 200);
	return attached;
}

static void killed_at_any_call_of_bpf_it_leaves_nothing_and_the_next_attaches(void **state)
{
	const char *loader = scx_simple();

	/* the call that makes the link is the difference */
	assert_int_equal(kill_everywhere(loader, true), kill_everywhere(loader, false) + 1);
	unlink(loader);
}

static void a_loader_that_computes_without_end_is_killed(void **state)
{
	struct ran r = run("busy", &(struct how){ .host_limit_ms = 200 });

	assert_true(r.result.killed);
	assert_non_null(strstr(r.result.why, "ran for 200 ms"));
	assert_int_equal(r.result.status, 128 + SIGKILL);
	r = run("busy-calls", &(struct how){ .host_limit_ms = 200 });
	assert_true(r.result.killed);
}

static void a_loader_that_ignores_sigint_can_be_killed(void **state)
{
	struct ran r = run("stubborn", NULL);

	assert_int_equal(r.result.status, 128 + SIGKILL);
	assert_false(r.result.killed);
}

static void sigint_interrupts_what_waits_for_ever(void **state)
{
	struct ran r = run("outside", NULL);

	assert_string_equal(r.out, "read Interrupted system call\n");
	assert_int_equal(r.result.status, 0);
}

static void what_cannot_be_executed_is_refused_with_a_reason(void **state)
{
	/* a directory of PATH that may not be searched would be another reason */
	setenv("PATH", "/usr/bin:/bin", 1);
	static char *const bad[][2] = { { "/etc/passwd" }, { "no-such-loader" }, { "/" } };
	static const char *const why[] = { "Permission denied", "No such file or directory in PATH", "Permission denied" };

	for (u32 i = 0; i < 3; i++) {
		struct world *w = world_new("1", "7.2");
		struct front *f;
		char err[512] = "";

		assert_true(front_start(&f, &(struct front_config){
			.kernel = w->k, .rt = w->rt, .version = w->version, .btf = w->btf, .btf_len = w->btf_len,
			.nr_cpus = 1, .argv = bad[i] }, err, sizeof(err)) < 0);
		assert_non_null(strstr(err, why[i]));
		assert_non_null(strstr(err, bad[i][0]));
		world_free(w);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_loader_runs_until_sigint_and_its_status_is_known),
		cmocka_unit_test(the_same_seed_gives_the_same_trace),
		cmocka_unit_test(maps_are_shared_while_programs_run),
		cmocka_unit_test(a_link_lives_as_long_as_one_descriptor_of_it),
		cmocka_unit_test(a_forked_child_keeps_the_link),
		cmocka_unit_test(exec_keeps_what_is_not_close_on_exec),
		cmocka_unit_test(children_and_pipes_wait_in_virtual_time),
		cmocka_unit_test(clocks_and_time_outs_are_virtual),
		cmocka_unit_test(threads_hand_over_at_calls),
		cmocka_unit_test(the_machine_is_the_simulated_one),
		cmocka_unit_test(objects_are_not_sent_through_sockets),
		cmocka_unit_test(the_machine_goes_on_when_the_link_is_closed_early),
		cmocka_unit_test(a_loader_that_dies_is_a_closed_link),
		cmocka_unit_test(killed_at_any_call_of_bpf_it_leaves_nothing_and_the_next_attaches),
		cmocka_unit_test(a_loader_that_computes_without_end_is_killed),
		cmocka_unit_test(a_loader_that_ignores_sigint_can_be_killed),
		cmocka_unit_test(sigint_interrupts_what_waits_for_ever),
		cmocka_unit_test(what_cannot_be_executed_is_refused_with_a_reason),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
