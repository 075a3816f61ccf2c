/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The system interface that libbpf sees (scripts/divert-libbpf lists the same names). All of it serves the
 * loader whose task is running, from the simulated kernel and a few virtual files; nothing reaches the host's
 * kernel but anonymous memory and mappings of a map's own memfd.
 */
#ifndef LOADER_DIVERT_H
#define LOADER_DIVERT_H

#include <stdio.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/types.h>
#include <sys/utsname.h>
#include <sys/vfs.h>
#include <zlib.h>

long uscx_libbpf_syscall(long nr, ...);
int uscx_libbpf_close(int fd);
int uscx_libbpf_open64(const char *path, int flags, ...);
ssize_t uscx_libbpf_read(int fd, void *buf, size_t n);
ssize_t uscx_libbpf_write(int fd, const void *buf, size_t n);
off64_t uscx_libbpf_lseek64(int fd, off64_t off, int whence);
FILE *uscx_libbpf_fopen64(const char *path, const char *mode);
gzFile uscx_libbpf_gzopen64(const char *path, const char *mode);
int uscx_libbpf_access(const char *path, int mode);
int uscx_libbpf_faccessat(int dir, const char *path, int mode, int flags);
char *uscx_libbpf_realpath(const char *path, char *resolved);
void *uscx_libbpf_mmap64(void *addr, size_t len, int prot, int flags, int fd, off64_t off);
int uscx_libbpf_munmap(void *addr, size_t len);
int uscx_libbpf_fcntl64(int fd, int cmd, ...);
int uscx_libbpf_uname(struct utsname *u);
int uscx_libbpf_setrlimit64(int resource, const struct rlimit64 *r);
int uscx_libbpf_getrlimit64(int resource, struct rlimit64 *r);
int uscx_libbpf_ioctl(int fd, unsigned long request, ...);
int uscx_libbpf_mkdir(const char *path, mode_t mode);
int uscx_libbpf_unlink(const char *path);
int uscx_libbpf_statfs64(const char *path, struct statfs64 *s);
int uscx_libbpf_epoll_create1(int flags);
int uscx_libbpf_epoll_ctl(int epfd, int op, int fd, struct epoll_event *ev);
int uscx_libbpf_epoll_wait(int epfd, struct epoll_event *ev, int n, int timeout_ms);
int uscx_libbpf_socket(int domain, int type, int protocol);
int uscx_libbpf_bind(int fd, const struct sockaddr *addr, socklen_t len);
int uscx_libbpf_getsockname(int fd, struct sockaddr *addr, socklen_t *len);
int uscx_libbpf_setsockopt(int fd, int level, int name, const void *value, socklen_t len);
ssize_t uscx_libbpf_send(int fd, const void *buf, size_t n, int flags);
ssize_t uscx_libbpf_recvmsg(int fd, struct msghdr *msg, int flags);

#endif
