# SPDX-License-Identifier: GPL-2.0-only
# Small schedulers that the tests load.
BPF_TEST_PROGS = $(patsubst %.c,$(O)/%.o,$(wildcard tests/bpf/progs/*.bpf.c))

$(addprefix $(O)/tests/bpf/test_,loader map_scheduler timer storage kptr spin): | $(BPF_TEST_PROGS)

-include $(BPF_TEST_PROGS:.o=.d)
