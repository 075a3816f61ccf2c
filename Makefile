# SPDX-License-Identifier: GPL-2.0-only
# uscx - sched_ext in user space.
#
#   make            build/uscx
#   make run        install what is missing, build, run the default scheduler on the default workload
#   make test       install what is missing, build, run the tests
#
# Variables: CC=gcc|clang, O=build directory, OPT=-O2, SAN=address,undefined or thread, V=1 for the commands.

CC	= gcc
O	= build
OPT	= -O2
SAN	=

WARN	= -Wall -Wextra -Werror -Wno-unused-parameter -Wno-sign-compare -Wmissing-prototypes -Wstrict-prototypes
SANFLAGS = $(if $(SAN),-fsanitize=$(SAN) -fno-sanitize-recover=all)
CPPFLAGS = -I. -I$(O)/gen -I$(LIBBPF)/include -D_GNU_SOURCE
CFLAGS	= -std=gnu17 -g -fno-omit-frame-pointer $(OPT) $(WARN) $(SANFLAGS)
LDFLAGS	= $(SANFLAGS)
LDLIBS	= $(LIBBPF)/libbpf.a -lelf -lz -lhwloc -ljson-c -lxxhash -lm -lpthread

# libbpf is the same for all build directories
LIBBPF	= build/libbpf

LIBDIRS	= kabi machine machine/sim machine/threads trace sched sched/ext bpf workload
LIBSRC	= $(wildcard $(LIBDIRS:%=%/*.c)) $(wildcard $(LIBDIRS:%=%/*.S))
LIBOBJ	= $(patsubst %,$(O)/%.o,$(basename $(LIBSRC)))
CMDOBJ	= $(patsubst %.c,$(O)/%.o,$(wildcard cmd/*.c))
TESTSRC	= $(wildcard tests/*/test_*.c)
TESTS	= $(TESTSRC:%.c=$(O)/%)

Q	= $(if $(V),,@)
say	= $(if $(V),,@printf '  %-7s %s\n' $(1) $(2))

.PHONY: all test-programs clean
all: $(O)/uscx

$(O)/uscx: $(CMDOBJ) $(O)/libuscx.a $(LIBBPF)/libbpf.a
	$(call say,LINK,$@)
	$(Q)$(CC) $(LDFLAGS) -o $@ $(CMDOBJ) $(O)/libuscx.a $(LDLIBS)

$(O)/libuscx.a: $(LIBOBJ)
	$(call say,AR,$@)
	$(Q)rm -f $@ && ar rcs $@ $(LIBOBJ)

$(O)/%.o: %.c | $(LIBBPF)/libbpf.a
	$(call say,CC,$<)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(CPPFLAGS) $(CFLAGS) -MMD -MP -c -o $@ $<

$(O)/%.o: %.S
	$(call say,AS,$<)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(CPPFLAGS) $(CFLAGS) -MMD -MP -c -o $@ $<

test-programs: $(TESTS)
$(O)/tests/%: tests/%.c $(O)/libuscx.a
	$(call say,TEST,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(CPPFLAGS) $(CFLAGS) -MMD -MP -MF $@.d $(LDFLAGS) -o $@ $< $(O)/libuscx.a -lcmocka $(LDLIBS)

$(LIBBPF)/libbpf.a: scripts/build-libbpf
	$(call say,LIBBPF,$@)
	$(Q)scripts/build-libbpf $(LIBBPF)

clean:
	rm -rf $(O)

-include $(LIBOBJ:.o=.d) $(CMDOBJ:.o=.d) $(TESTS:=.d)
