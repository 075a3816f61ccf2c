# SPDX-License-Identifier: GPL-2.0-only
# uscx - sched_ext in user space.
#
#   make            build/uscx and what it needs
#   make run        install what is missing, build, run the default scheduler on the default workload
#   make test       install what is missing, build, run the tests
#   make test-long  the long ones: other compilers, optimisation levels, sanitizers, many runs
#   make bench      measure the speed of the simulation
#   make install-packages   install what is missing (needs root)
#
# Variables: CC=gcc|clang-19, O=build directory, OPT=-O2, SAN=address,undefined or thread, V=1 to see the commands.

CC	= gcc
O	= build
OPT	= -O2
SAN	=

WARN	= -Wall -Wextra -Werror -Wno-unused-parameter -Wno-sign-compare -Wmissing-prototypes -Wstrict-prototypes
SANFLAGS = $(if $(SAN),-fsanitize=$(SAN) -fno-sanitize-recover=all)
CPPFLAGS = -I. -I$(O)/gen -I$(LIBBPF)/include -D_GNU_SOURCE
CFLAGS	= -std=gnu17 -g $(if $(SAN),-fno-omit-frame-pointer) $(OPT) $(WARN) $(SANFLAGS)
LDFLAGS	= $(SANFLAGS)
LDLIBS	= $(LIBBPF)/libbpf-diverted.a -lelf -lz -lhwloc -ljson-c -lxxhash -lm -lpthread

# libbpf is the same for all build directories
LIBBPF	= build/libbpf

LIBDIRS	= kabi machine machine/sim machine/threads trace sched sched/ext bpf loader workload front
LIBSRC	= $(wildcard $(LIBDIRS:%=%/*.c)) $(wildcard $(LIBDIRS:%=%/*.S))
LIBOBJ	= $(patsubst %,$(O)/%.o,$(basename $(LIBSRC)))
CMDOBJ	= $(patsubst %.c,$(O)/%.o,$(wildcard cmd/*.c))
SCHEDS	= $(patsubst %.c,$(O)/%.o,$(wildcard examples/schedulers/*.bpf.c))
TESTSRC	= $(wildcard tests/*/test_*.c)
TESTS	= $(TESTSRC:%.c=$(O)/%)
TESTSH	= $(wildcard tests/*/test_*.py)

Q	= $(if $(V),,@)
say	= $(if $(V),,@printf '  %-7s %s\n' $(1) $(2))

.PHONY: all run test test-programs test-long bench install-packages packages clean
all: $(O)/uscx $(SCHEDS)

include kabi/kabi.mk
-include $(wildcard tests/*/*.mk)

$(O)/uscx: $(CMDOBJ) $(O)/libuscx.a $(LIBBPF)/libbpf-diverted.a
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

$(O)/tests/%: tests/%.c $(O)/libuscx.a $(LIBBPF)/libbpf-diverted.a
	$(call say,TEST,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(CPPFLAGS) $(CFLAGS) -MMD -MP -MF $@.d $(LDFLAGS) -o $@ $< $(O)/libuscx.a -lcmocka $(LDLIBS)

$(LIBBPF)/libbpf.a: scripts/build-libbpf
	$(call say,LIBBPF,$@)
	$(Q)scripts/build-libbpf $(LIBBPF)

$(LIBBPF)/libbpf-diverted.a: $(LIBBPF)/libbpf.a scripts/divert-libbpf
	$(call say,LIBBPF,$@)
	$(Q)scripts/divert-libbpf $(LIBBPF)

# --- what people type: install first, so that the build that follows sees it ---

install-packages:
	@scripts/install-packages

packages:
	@scripts/install-packages build

run: packages
	$(Q)$(MAKE) --no-print-directory all
	$(Q)mkdir -p out
	$(O)/uscx run $(O)/examples/schedulers/vtime.bpf.o -w examples/workloads/mixed.json -m 8 --trace out/run.pftrace

test: install-packages
	$(Q)$(MAKE) --no-print-directory all test-programs
	$(Q)USCX=$(O)/uscx O=$(O) scripts/run-tests $(TESTS) $(TESTSH)

test-programs: $(TESTS)

test-long: install-packages
	$(Q)scripts/test-long

bench: packages
	$(Q)$(MAKE) --no-print-directory all
	$(Q)scripts/bench $(O)

clean:
	rm -rf $(O) out

-include $(LIBOBJ:.o=.d) $(CMDOBJ:.o=.d) $(SCHEDS:.o=.d) $(TESTS:=.d)
