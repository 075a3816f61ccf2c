// SPDX-License-Identifier: GPL-2.0-only
/* The loader's task: open, prepare, load, attach, wait, detach. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bpf/bpf.h"
#include "kabi/btf.h"
#include "loader/impl.h"
#include "sched/ext/scx.h"
#include "sched/sched.h"

#define LOADER_STACK (1u << 20)
#define POLL_NS 100000000ull	/* how often it looks whether it is to end */

static void loader_thread(void *arg);

struct loader *loader_current(void)
{
	struct task_priv *tp;

	if (!this_mcpu || !current)
		return NULL;
	tp = task_priv(current);
	return tp->fn == loader_thread ? tp->arg : NULL;
}

/* --- messages --- */

static void append(char **text, size_t *len, size_t *cap, const char *s, size_t n)
{
	if (*len + n + 1 > *cap) {
		size_t c = 2 * (*len + n + 1);
		char *t = realloc(*text, c);

		if (!t)
			return;
		*text = t;
		*cap = c;
	}
	memcpy(*text + *len, s, n);
	*len += n;
	(*text)[*len] = 0;
}

int loader_print(enum libbpf_print_level level, const char *fmt, va_list ap)
{
	struct loader *l = loader_current();
	char line[4096];
	int n = vsnprintf(line, sizeof(line), fmt, ap);

	if (!l || n < 0)
		return n;
	if (level == LIBBPF_WARN && !l->warning[0] && strncmp(line, "libbpf: -- BEGIN", 16))
		snprintf(l->warning, sizeof(l->warning), "%.*s", (int)strcspn(line, "\n"), line);
	append(&l->result.log, &l->log_len, &l->log_cap, line, strlen(line));
	return n;
}

void loader_note(struct loader *l, const char *fmt, ...)
{
	char line[512], *notes;
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(line, sizeof(line) - 1, fmt, ap);
	va_end(ap);
	if (n < 0)
		return;
	strcat(line, "\n");
	n = strlen(line);
	notes = realloc(l->result.notes, l->notes_len + n + 1);
	if (!notes)
		return;
	memcpy(notes + l->notes_len, line, n + 1);
	l->result.notes = notes;
	l->notes_len += n;
}

int loader_refuse(struct loader *l, int err, const char *fmt, ...)
{
	char what[1800];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(what, sizeof(what), fmt, ap);
	va_end(ap);
	snprintf(l->result.msg, sizeof(l->result.msg), "%s: %s", l->cfg.path, what);
	return err;
}

/*
 * Call of a weak kfunc that is missing: libbpf makes it a call of helper 2002000000 + n, which is refused,
 * and then says in the log whose call it was. *@len: of the name; NULL: this is not what happened.
 */
static const char *missing_kfunc(const struct loader *l, size_t *len)
{
	static const char said[] = "<invalid kfunc call>\nkfunc '";
	const char *at = NULL;

	if (l->result.log && strstr(l->why, ": invalid func unknown#2002"))
		at = strstr(l->result.log, said);
	if (!at)
		return NULL;
	*len = strcspn(at + strlen(said), "'");
	return at + strlen(said);
}

/* Refuse because libbpf failed: the reason of bpf(2), else libbpf's own first warning, else errno. */
static int refuse_libbpf(struct loader *l, const char *what, int err)
{
	static const char no_ksym[] = "extern (func ksym) '";
	const char *warning = l->warning, *name;
	size_t len;

	if (!strncmp(warning, "libbpf: ", 8))
		warning += 8;
	name = missing_kfunc(l, &len);
	if (name)
		return loader_refuse(
			l, err,
			"cannot %s: %.*s: kernel %s has no kfunc %.*s; call it only if bpf_ksym_exists() "
			"says that it is there",
			what, (int)(strstr(l->why, ": invalid func") - l->why), l->why, l->cfg.version->name,
			(int)len, name);
	if (l->why[0])
		return loader_refuse(l, err, "cannot %s: %s", what, l->why);
	if (!strncmp(warning, no_ksym, strlen(no_ksym))) {
		name = warning + strlen(no_ksym);
		return loader_refuse(
			l, err,
			"cannot %s: kernel %s has no kfunc %.*s; declare it __weak and call it only if "
			"bpf_ksym_exists() says that it is there",
			what, l->cfg.version->name, (int)strcspn(name, "'"), name);
	}
	if (*warning)
		return loader_refuse(l, err, "cannot %s: %s", what, warning);
	return loader_refuse(l, err, "cannot %s: %s", what, strerror(err < 0 ? -err : err));
}

/* --- the steps --- */

static int open_object(struct loader *l)
{
	char kconfig[64];
	LIBBPF_OPTS(bpf_object_open_opts, opts, .object_name = l->name, .kconfig = kconfig);

	snprintf(kconfig, sizeof(kconfig), "CONFIG_HZ=%u\nCONFIG_NR_CPUS=%u\n", l->cfg.hz, NR_CPUS);
	l->obj = bpf_object__open_mem(l->image, l->image_len, &opts);
	if (!l->obj)
		return loader_refuse(
			l, -errno,
			"is no BPF object that libbpf can open: %s; give the file that clang -target bpf "
			"-g makes",
			strncmp(l->warning, "libbpf: ", 8) ? strerror(errno) : l->warning + 8);
	return 0;
}

static int find_ops(struct loader *l)
{
	struct bpf_map *map;
	u32 nr = 0;

	bpf_object__for_each_map(map, l->obj) {
		if (bpf_map__type(map) != BPF_MAP_TYPE_STRUCT_OPS)
			continue;
		l->ops = map;
		nr++;
	}
	if (!nr)
		return loader_refuse(
			l, -EINVAL,
			"has no scheduler: a struct sched_ext_ops in section .struct_ops.link is needed");
	if (nr > 1)
		return loader_refuse(
			l, -EINVAL,
			"has %u struct_ops, of which one could be attached; compile each into an object "
			"of its own",
			nr);
	return 0;
}

/* Nothing calls other programs: not to load them is better than to pretend. */
static void leave_out_programs(struct loader *l)
{
	struct bpf_program *p;

	bpf_object__for_each_program(p, l->obj) {
		if (bpf_program__type(p) == BPF_PROG_TYPE_STRUCT_OPS || !bpf_program__autoload(p))
			continue;
		bpf_program__set_autoload(p, false);
		loader_note(l,
			    "program %s (section %s) is left out: only operations of the scheduler are run",
			    bpf_program__name(p), bpf_program__section_name(p));
	}
}

static int prepare(struct loader *l)
{
	int err;

	l->vmlinux = btf__new(l->cfg.btf, l->cfg.btf_len);
	if (!l->vmlinux)
		return refuse_libbpf(l, "read the kernel's BTF", -errno);
	leave_out_programs(l);
	err = loader_fix_ops(l);
	if (!err)
		err = loader_resize_dumps(l);
	if (!err)
		err = loader_set_enums(l);
	if (!err)
		err = loader_set_user_vars(l);
	return err;
}

static int load_and_attach(struct loader *l)
{
	int err;

	err = bpf_object__load(l->obj);
	if (err)
		return refuse_libbpf(l, "load", err);
	l->why[0] = l->warning[0] = 0;
	l->link = bpf_map__attach_struct_ops(l->ops);
	if (!l->link)
		return refuse_libbpf(l, "attach", -errno);
	return 0;
}

static int run_steps(struct loader *l)
{
	int err;

	err = open_object(l);
	if (!err)
		err = find_ops(l);
	if (!err)
		err = loader_check_types(l);
	if (!err)
		err = prepare(l);
	l->result.bad_input = err;
	return err ? err : load_and_attach(l);
}

static bool must_end(struct loader *l)
{
	return READ_ONCE(l->stop) || scx_result(l->cfg.kernel)->kind != SCX_EXIT_NONE;
}

static void release(struct loader *l)
{
	bpf_link__destroy(l->link);
	bpf_object__close(l->obj);
	btf__free(l->vmlinux);
	l->link = NULL;
	l->obj = NULL;
	l->vmlinux = NULL;
	divert_close_all(l);
}

static void loader_thread(void *arg)
{
	struct loader *l = arg;

	libbpf_set_print(loader_print);
	l->files = bpf_files_create(l->cfg.rt, NULL, NULL);
	if (!l->files) {
		loader_refuse(l, -ENOMEM, "out of memory");
	} else if (!run_steps(l)) {
		l->result.state = LOADER_ATTACHED;
		while (!must_end(l))
			kernel_sleep_until(l->cfg.kernel, mach_now() + POLL_NS);
	}
	release(l);
	l->result.state = l->result.state == LOADER_ATTACHED ? LOADER_ENDED : LOADER_REFUSED;
	if (l->cfg.done)
		l->cfg.done(l->cfg.arg);
}

/* --- from outside --- */

static int read_image(struct loader *l, char *err, size_t err_len)
{
	const char *path = l->cfg.path, *slash = strrchr(path, '/');
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK), ret;
	struct stat st;
	ssize_t n = -1;

	if (fd < 0 || fstat(fd, &st)) {
		ret = -errno;
		snprintf(err, err_len, "%s: cannot open the object file: %s", path, strerror(-ret));
		goto out;
	}
	ret = -EINVAL;
	if (!S_ISREG(st.st_mode) || !st.st_size) {
		snprintf(err, err_len, "%s: is %s; give the scheduler's .bpf.o", path,
			 S_ISDIR(st.st_mode)   ? "a directory"
			 : S_ISREG(st.st_mode) ? "empty"
					       : "no regular file");
		goto out;
	}
	l->image_len = st.st_size;
	l->image = malloc(l->image_len);
	if (l->image)
		n = read(fd, l->image, l->image_len);
	if (n != (ssize_t)l->image_len) {
		snprintf(err, err_len, "%s: cannot read the object file: %s", path,
			 n < 0 ? strerror(errno) : "it has changed");
		goto out;
	}
	snprintf(l->name, sizeof(l->name), "%s", slash ? slash + 1 : path);
	l->name[strcspn(l->name, ".")] = 0;
	ret = 0;
out:
	if (fd >= 0)
		close(fd);
	return ret;
}

int loader_start(struct loader **out, const struct loader_config *cfg, char *err, size_t err_len)
{
	struct loader *l = calloc(1, sizeof(*l));
	int ret;

	if (!l) {
		snprintf(err, err_len, "out of memory");
		return -ENOMEM;
	}
	l->cfg = *cfg;
	ret = read_image(l, err, err_len);
	if (!ret) {
		ret = kernel_add_thread(cfg->kernel, l->name, LOADER_STACK, loader_thread, l, cfg->start_ns);
		if (ret < 0)
			snprintf(err, err_len, "%s: cannot make the loader's task: %s", cfg->path,
				 strerror(-ret));
	}
	if (ret < 0) {
		loader_free(l);
		return ret;
	}
	l->result.pid = ret;
	*out = l;
	return 0;
}

void loader_stop(struct loader *l)
{
	WRITE_ONCE(l->stop, true);
}

const struct loader_result *loader_result(const struct loader *l)
{
	return &l->result;
}

void loader_free(struct loader *l)
{
	if (!l)
		return;
	release(l);
	free(l->image);
	free(l->result.log);
	free(l->result.notes);
	free(l);
}
