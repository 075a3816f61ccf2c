# SPDX-License-Identifier: GPL-2.0-only
# Small schedulers that the tests of the loader load.
BPF_TEST_PROGS = $(patsubst %.c,$(O)/%.o,$(wildcard tests/bpf/progs/*.bpf.c))

$(O)/tests/bpf/test_loader $(O)/tests/bpf/test_timer: | $(BPF_TEST_PROGS)

-include $(BPF_TEST_PROGS:.o=.d)
