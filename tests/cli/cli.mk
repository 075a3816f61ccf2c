# SPDX-License-Identifier: GPL-2.0-only
# What the tests of the command line run: schedulers with a fault each, and a second uscx that another compiler made in
# another way, which must do the same as the first to the byte.
CLI_PROGS = $(patsubst %.c,$(O)/%.o,$(wildcard tests/cli/progs/*.bpf.c))
CLI_OTHER_CC = $(if $(findstring clang,$(CC)),gcc,$(BPF_CLANG))

.PHONY: second-uscx
# after the first, so that not both build what they share (libbpf)
second-uscx: $(O)/uscx
	$(Q)$(MAKE) -s --no-print-directory O=$(O)/second CC=$(CLI_OTHER_CC) OPT=-O1 SAN= $(O)/second/uscx

test-programs: $(CLI_PROGS) second-uscx

-include $(CLI_PROGS:.o=.d)
