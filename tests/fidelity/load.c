// SPDX-License-Identifier: GPL-2.0-only
/*
 * load OBJECT.bpf.o - attach the scheduler of an object on a real kernel until SIGINT or SIGTERM. For making recordings
 * (README.md in tests/data/linux-7.2); uscx has a loader of its own.
 */
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

#include <bpf/libbpf.h>

static void stop(int sig)
{
}

int main(int argc, char **argv)
{
	struct sigaction sa = { .sa_handler = stop };
	struct bpf_object *obj;
	struct bpf_link *link;
	struct bpf_map *map;

	if (argc != 2) {
		fprintf(stderr, "usage: load OBJECT.bpf.o\n");
		return 2;
	}
	obj = bpf_object__open_file(argv[1], NULL);
	if (!obj || bpf_object__load(obj))
		return 1;
	map = bpf_object__next_map(obj, NULL);
	while (map && bpf_map__type(map) != BPF_MAP_TYPE_STRUCT_OPS)
		map = bpf_object__next_map(obj, map);
	link = map ? bpf_map__attach_struct_ops(map) : NULL;
	if (!link)
		return 1;
	sigaction(SIGINT, &sa, NULL);
	sigaction(SIGTERM, &sa, NULL);
	pause();
	bpf_link__destroy(link);
	bpf_object__close(obj);
	return 0;
}
