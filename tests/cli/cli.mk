# SPDX-License-Identifier: GPL-2.0-only
# What the tests of the command line run.
CLI_PROGS = $(patsubst %.c,$(O)/%.o,$(wildcard tests/cli/progs/*.bpf.c))
test-programs: $(CLI_PROGS)

-include $(CLI_PROGS:.o=.d)
