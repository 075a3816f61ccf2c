# SPDX-License-Identifier: GPL-2.0-only
# Small schedulers that the tests load.
BPF_TEST_PROGS = $(patsubst %.c,$(O)/%.o,$(wildcard tests/bpf/progs/*.bpf.c))

$(O)/tests/bpf/test_loader $(O)/tests/bpf/test_map_scheduler: | $(BPF_TEST_PROGS)

-include $(BPF_TEST_PROGS:.o=.d)
