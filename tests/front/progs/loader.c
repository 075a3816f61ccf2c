// SPDX-License-Identifier: GPL-2.0-only
/* A loader program: "loader OBJECT MODE". What a mode prints is what its test expects. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#define MS 1000000ll

static struct bpf_object *obj;
static struct bpf_link *attached;
static volatile sig_atomic_t stop;

static void on_sigint(int sig) { stop = 1; }

static long long now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000000000ll + ts.tv_nsec;
}

static void say(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
	putchar('\n');
	fflush(stdout);
}

static void state(const char *when)
{
	char text[32] = "";
	FILE *f = fopen("/sys/kernel/sched_ext/state", "r");

	if (f && fgets(text, sizeof(text), f))
		text[strcspn(text, "\n")] = 0;
	if (f)
		fclose(f);
	say("%s: %s", when, text);
}

static void *section(const char *name, size_t *len)
{
	struct bpf_map *map;

	bpf_object__for_each_map(map, obj)
		if (strstr(bpf_map__name(map), name))
			return bpf_map__initial_value(map, len);
	return NULL;
}

/* as ends.bpf.c has it */
enum end { END_RESTART, END_ERROR_BPF, END_ERROR, END_STALL, END_NEVER };
struct uei {
	int kind;
	long long code;
	char reason[64], msg[128];
};
static enum end how;

static volatile struct uei *uei(void)
{
	size_t len;

	return section(".data.uei", &len);
}

static int load(const char *path)
{
	static int loads;
	struct bpf_map *map;
	size_t len;
	unsigned long long *ro;

	obj = bpf_object__open_file(path, NULL);
	if (!obj)
		return 1;
	ro = section(".rodata", &len);
	if (ro)
		*ro = 5 * MS;
	if (ro && len >= sizeof(*ro) + sizeof(how))
		memcpy(ro + 1, &how, sizeof(how));
	if (uei())
		uei()->code = ++loads;
	if (bpf_object__load(obj))
		return 2;
	bpf_object__for_each_map(map, obj)
		if (bpf_map__type(map) == BPF_MAP_TYPE_STRUCT_OPS)
			attached = bpf_map__attach_struct_ops(map);
	return attached ? 0 : 3;
}

static void detach(void)
{
	bpf_link__destroy(attached);
	bpf_object__close(obj);
}

static void wait_for_sigint(void)
{
	while (!stop)
		sleep(1);
}

/* --- modes --- */

static int plain(char **argv)
{
	long long begin = now();

	while (!stop) {
		say("%lld", (now() - begin) / 1000 / MS);
		sleep(1);
	}
	detach();
	say("bye");
	return 7;
}

/* as shared.bpf.c has it */
struct shared {
	unsigned long long nr_enqueued, nr_marked, mark, ktime;
};

static int shared(char **argv)
{
	volatile struct shared *v;
	unsigned long long before;
	size_t len;

	v = section(".bss", &len);
	usleep(20000);
	say("enqueued %s", v->nr_enqueued > 0 ? "yes" : "no");
	say("marked %llu", v->nr_marked);
	say("clock %s", v->ktime > 0 && v->ktime <= (unsigned long long)now() ? "same" : "other");
	before = v->nr_enqueued;
	v->mark = 1;
	usleep(100000);
	say("more %s, marked %s", v->nr_enqueued > before ? "yes" : "no", v->nr_marked > 0 ? "yes" : "no");
	say("write to rodata: %s", mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED,
	    bpf_map__fd(bpf_object__find_map_by_name(obj, "shared.rodata")), 0) == MAP_FAILED ? strerror(errno) : "yes");
	wait_for_sigint();
	detach();
	return 0;
}

static int descriptors(char **argv)
{
	int fd = bpf_link__fd(attached), a = dup(fd), b = fcntl(fd, F_DUPFD, 100), c = 60;
	int p[2];

	dup3(fd, c, O_CLOEXEC);
	say("a %s, b %s", a > fd ? "ok" : "wrong", b == 100 ? "ok" : "wrong");
	close(fd);
	state("first closed");
	close(a);
	close(b);
	state("one left");
	if (pipe(p))
		return 1;
	/* what dup2 replaces is closed */
	dup2(p[0], c);
	state("replaced");
	usleep(1000);
	return 0;
}

static int ranges(char **argv)
{
	int fd = bpf_link__fd(attached), a = dup(fd);

	syscall(SYS_close_range, a, a, 0);
	state("copy closed");
	syscall(SYS_close_range, 3, ~0u, 0);
	state("all closed");
	return 0;
}

static int forked(char **argv)
{
	if (fork()) {
		close(bpf_link__fd(attached));
		state("parent closed");
		return 0;
	}
	usleep(50000);
	state("child");
	usleep(50000);
	return 0;
}

static int waits(char **argv)
{
	long long begin = now();
	int status, p[2];
	pid_t pid;
	char c;

	if (pipe(p))
		return 1;
	pid = fork();
	if (!pid) {
		usleep(300000);
		if (write(p[1], "x", 1) != 1)
			_exit(1);
		usleep(200000);
		_exit(9);
	}
	if (read(p[0], &c, 1) != 1)
		return 1;
	say("pipe after %lld ms", (now() - begin) / MS);
	if (waitpid(pid, &status, 0) != pid)
		return 1;
	say("child %d after %lld ms", WEXITSTATUS(status), (now() - begin) / MS);
	/* posix_spawn */
	begin = now();
	status = system("exit 3");
	say("sh %d", WEXITSTATUS(status));
	return 0;
}

static int execs(char **argv)
{
	int keep = dup(bpf_link__fd(attached));
	char *args[] = { argv[0], argv[1], "after-exec", NULL };

	say("kept %s", keep >= 0 ? "yes" : "no");
	execv(argv[0], args);
	return 1;
}

static int execs_nothing(char **argv)
{
	char *args[] = { argv[0], argv[1], "after-exec", NULL };

	execv("/nonexistent", args);
	execv(argv[0], args);
	return 1;
}

static int after_exec(char **argv)
{
	state("after exec");
	return 0;
}

static int times(char **argv)
{
	struct timespec ts = { 0, 30 * MS }, abs;
	struct timeval tv = { 0, 50000 };
	struct pollfd pfd;
	struct epoll_event ev;
	long long t = now();
	int p[2], ep, n;
	time_t wall;

	if (pipe(p))
		return 1;
	nanosleep(&ts, NULL);
	say("nanosleep %lld ms", (now() - t) / MS);
	t = now();
	clock_gettime(CLOCK_REALTIME, &abs);
	abs.tv_sec++;
	clock_nanosleep(CLOCK_REALTIME, TIMER_ABSTIME, &abs, NULL);
	say("clock_nanosleep %lld ms", (now() - t) / MS);
	t = now();
	pfd = (struct pollfd){ .fd = p[0], .events = POLLIN };
	n = poll(&pfd, 1, 40);
	say("poll %d after %lld ms", n, (now() - t) / MS);
	t = now();
	n = select(0, NULL, NULL, NULL, &tv);
	say("select %d after %lld ms", n, (now() - t) / MS);
	ep = epoll_create1(0);
	ev = (struct epoll_event){ .events = EPOLLIN };
	epoll_ctl(ep, EPOLL_CTL_ADD, p[0], &ev);
	t = now();
	n = epoll_wait(ep, &ev, 1, 60);
	say("epoll %d after %lld ms", n, (now() - t) / MS);
	if (write(p[1], "x", 1) != 1)
		return 1;
	t = now();
	n = epoll_wait(ep, &ev, 1, 60);
	say("epoll %d after %lld ms", n, (now() - t) / MS);
	say("poll %d", poll(&pfd, 1, -1));
	wall = time(NULL);
	gettimeofday(&tv, NULL);
	say("wall %s", wall == tv.tv_sec && wall < 1700000100 ? "virtual" : "of the host");
	return 0;
}

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t cond = PTHREAD_COND_INITIALIZER;
static int turn, order[12], nr_order;

static void *thread(void *arg)
{
	int me = (long)arg;

	for (int i = 0; i < 3; i++) {
		pthread_mutex_lock(&lock);
		while (turn % 4 != me)
			pthread_cond_wait(&cond, &lock);
		order[nr_order++] = me;
		turn++;
		pthread_cond_broadcast(&cond);
		pthread_mutex_unlock(&lock);
		usleep(1000 * (me + 1));
	}
	return (void *)(now() / MS);
}

static int word;

static void *waiter(void *arg)
{
	syscall(SYS_futex, &word, 0 /* FUTEX_WAIT */, 0, NULL, NULL, 0);
	order[nr_order++] = (long)arg;
	return NULL;
}

/* Who waits first is woken first. */
static void wakes_in_order(void)
{
	pthread_t t[3];

	nr_order = 0;
	for (long i = 0; i < 3; i++) {
		pthread_create(&t[i], NULL, waiter, (void *)i);
		usleep(1000);
	}
	for (int i = 0; i < 3; i++) {
		syscall(SYS_futex, &word, 1 /* FUTEX_WAKE */, 1, NULL, NULL, 0);
		usleep(1000);
	}
	for (int i = 0; i < 3; i++)
		pthread_join(t[i], NULL);
	say("woken %d %d %d", order[0], order[1], order[2]);
}

static int threads(char **argv)
{
	pthread_t t[4];
	struct timespec ts;
	long long begin;
	int err;

	for (long i = 0; i < 4; i++)
		pthread_create(&t[i], NULL, thread, (void *)i);
	for (int i = 0; i < 4; i++)
		pthread_join(t[i], NULL);
	for (int i = 0; i < nr_order; i++)
		printf("%d", order[i]);
	putchar('\n');
	wakes_in_order();
	begin = now();
	clock_gettime(CLOCK_REALTIME, &ts);
	ts.tv_sec += 2;
	pthread_mutex_lock(&lock);
	err = pthread_cond_timedwait(&cond, &lock, &ts);
	say("timed wait: %s after %lld ms", strerror(err), (now() - begin) / MS);
	return 0;
}

static int machine(char **argv)
{
	struct utsname u;
	cpu_set_t set;
	char text[64] = "";
	FILE *f;
	int fd;

	uname(&u);
	sched_getaffinity(0, sizeof(set), &set);
	say("release %s, %ld CPUs, affinity %d", u.release, sysconf(_SC_NPROCESSORS_ONLN), CPU_COUNT(&set));
	CPU_ZERO(&set);
	CPU_SET(2, &set);
	sched_setaffinity(0, sizeof(set), &set);
	say("on CPU %d", sched_getcpu());
	for (int i = 0; i < 3; i++) {
		static const char *const files[] = {
			"/sys/devices/system/cpu/possible", "/sys/devices/system/cpu/cpu1/topology/thread_siblings_list",
			"/sys/kernel/sched_ext/root/ops",
		};

		f = fopen(files[i], "r");
		say("%s", f && fgets(text, sizeof(text), f) ? (text[strcspn(text, "\n")] = 0, text) : "nothing");
		if (f)
			fclose(f);
	}
	fd = open("/proc/stat", O_RDONLY);
	say("/proc/stat: %s", fd < 0 ? strerror(errno) : "there");
	fd = openat(open("/", O_RDONLY), "sys/kernel/sched_ext/state", O_RDONLY);
	say("relative: %s", fd < 0 ? strerror(errno) : "there");
	say("timerfd: %s", syscall(SYS_timerfd_create, CLOCK_MONOTONIC, 0) < 0 ? strerror(errno) : "made");
	say("priority %d", setpriority(PRIO_PROCESS, 0, 5) ? -1 : getpriority(PRIO_PROCESS, 0));
	return 0;
}

static int sends(char **argv)
{
	char control[CMSG_SPACE(sizeof(int))] = { 0 }, c = 0;
	struct iovec iov = { &c, 1 };
	struct msghdr m = { .msg_iov = &iov, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof(control) };
	struct cmsghdr *h = CMSG_FIRSTHDR(&m);
	int s[2], fd = bpf_link__fd(attached);

	if (socketpair(AF_UNIX, SOCK_STREAM, 0, s))
		return 1;
	h->cmsg_level = SOL_SOCKET;
	h->cmsg_type = SCM_RIGHTS;
	h->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(h), &fd, sizeof(fd));
	say("send: %s", sendmsg(s[0], &m, 0) < 0 ? strerror(errno) : "done");
	return 0;
}

static int closes_early(char **argv)
{
	bpf_link__destroy(attached);
	state("closed");
	wait_for_sigint();
	return 0;
}

static int busy(char **argv)
{
	for (volatile unsigned long i = 0;; i++)
		;
	return 0;
}

static int busy_calls(char **argv)
{
	for (;;)
		syscall(SYS_brk, 0);
	return 0;
}

static int killed(char **argv)
{
	kill(getpid(), SIGKILL);
	return 0;
}

static int crashes(char **argv)
{
	*(volatile int *)8 = 1;
	return 0;
}

static int kills_parent(char **argv)
{
	pid_t parent = getpid();

	if (fork()) {
		for (;;)
			sleep(10);
	}
	usleep(10000);
	kill(parent, SIGKILL);
	state("parent killed");
	/* also by the child */
	close(bpf_link__fd(attached));
	state("closed");
	return 0;
}

static int stubborn(char **argv)
{
	signal(SIGINT, SIG_IGN);
	for (;;)
		sleep(1000);
	return 0;
}

static int outside(char **argv)
{
	int p[2];
	char c;

	if (pipe(p))
		return 1;
	/* nobody writes: only a signal ends it */
	say("read %s", read(p[0], &c, 1) < 0 ? strerror(errno) : "done");
	return 0;
}

static int restarts(char **argv)
{
	int n = 1;

	for (;; n++) {
		while (!uei()->kind && !stop)
			usleep(10000);
		say("%d: kind %d code 0x%llx: %s", n, uei()->kind, uei()->code, (char *)uei()->msg);
		if (uei()->code >> 48 != 1)
			break;
		detach();
		if (load(argv[1]))
			return 1;
	}
	say("loaded %d times", n);
	detach();
	return 0;
}

/* The scheduler ends with @end; what a loader reports of that. */
static int reports(char **argv, enum end end)
{
	how = end;
	if (load(argv[1]))
		return 1;
	while (!uei()->kind && !stop)
		usleep(10000);
	say("EXIT: %s (%s) kind %d", (char *)uei()->reason, (char *)uei()->msg, uei()->kind);
	detach();
	return 0;
}

static int ends_error_bpf(char **argv) { return reports(argv, END_ERROR_BPF); }
static int ends_error(char **argv) { return reports(argv, END_ERROR); }
static int ends_stall(char **argv) { return reports(argv, END_STALL); }
static int ends_never(char **argv) { return reports(argv, END_NEVER); }

/* A scheduler that ends at once. */
static int once(char **argv)
{
	usleep(500000);
	detach();
	return 0;
}

static const struct {
	const char *name;
	bool load;	/* and attach, before */
	int (*fn)(char **argv);
} modes[] = {
	{ "plain", true, plain }, { "shared", true, shared }, { "descriptors", true, descriptors },
	{ "ranges", true, ranges }, { "forked", true, forked }, 	{ "waits", false, waits },
	{ "execs", true, execs }, { "execs-nothing", true, execs_nothing },
	{ "after-exec", false, after_exec }, 	{ "times", false, times }, { "threads", false, threads },
	{ "machine", true, machine }, { "sends", true, sends }, 	{ "closes-early", true, closes_early },
	{ "busy", true, busy }, { "busy-calls", true, busy_calls },
	{ "killed", true, killed }, 	{ "crashes", true, crashes }, { "kills-parent", true, kills_parent },
	{ "stubborn", true, stubborn }, { "outside", true, outside },
	{ "restarts", true, restarts }, { "once", true, once }, { "ends-error-bpf", false, ends_error_bpf },
	{ "ends-error", false, ends_error }, { "ends-stall", false, ends_stall }, { "ends-never", false, ends_never },
};

static int quiet(enum libbpf_print_level level, const char *fmt, va_list ap) { return 0; }

int main(int argc, char **argv)
{
	struct sigaction sa = { .sa_handler = on_sigint };

	libbpf_set_print(quiet);
	/* without SA_RESTART */
	sigaction(SIGINT, &sa, NULL);
	for (size_t i = 0; argc == 3 && i < sizeof(modes) / sizeof(modes[0]); i++) {
		int err;

		if (strcmp(argv[2], modes[i].name))
			continue;
		err = modes[i].load ? load(argv[1]) : 0;
		if (err) {
			say("load failed: %d, %s", err, strerror(errno));
			return err;
		}
		return modes[i].fn(argv);
	}
	return 99;
}
