// SPDX-License-Identifier: GPL-2.0-only
/* "deny NR[:ERRNO][,NR...] PROGRAM [ARGS]": run PROGRAM without those system calls (EPERM), as a container's profile does. */
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	struct sock_filter f[256] = { BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)) };
	struct sock_fprog prog = { .filter = f };
	char *s = argc > 2 ? argv[1] : "";
	int n = 1;

	while (*s && n < 252) {
		int err = EPERM;

		f[n++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, strtoul(s, &s, 10), 0, 1);
		if (*s == ':')
			err = strtoul(s + 1, &s, 10);
		f[n++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | err);
		s += *s == ',';
	}
	f[n++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
	prog.len = n;
	if (argc < 3 || prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) || prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &prog))
		return 99;
	execv(argv[2], argv + 2);
	return 99;
}
