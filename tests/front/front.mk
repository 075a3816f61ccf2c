# SPDX-License-Identifier: GPL-2.0-only
# The loader programs that the tests of the front door run, with libbpf as it is, and their scheduler.
FRONT_DIR = $(O)/tests/front/progs
test-programs: $(FRONT_DIR)/loader $(FRONT_DIR)/loader-static $(FRONT_DIR)/deny $(FRONT_DIR)/shared.bpf.o \
	$(FRONT_DIR)/ends.bpf.o

$(FRONT_DIR)/loader: tests/front/progs/loader.c $(LIBBPF)/libbpf.a
	$(call say,CC,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) -I$(LIBBPF)/include -D_GNU_SOURCE -std=gnu17 -g -O1 $(WARN) -o $@ $< $(LIBBPF)/libbpf.a -lelf -lz -lpthread

$(FRONT_DIR)/loader-static: tests/front/progs/loader.c $(LIBBPF)/libbpf.a
	$(call say,CC,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) -static -I$(LIBBPF)/include -D_GNU_SOURCE -std=gnu17 -g -O1 $(WARN) -o $@ $< $(LIBBPF)/libbpf.a \
		-lelf -lz -lpthread

$(FRONT_DIR)/deny: tests/front/progs/deny.c
	$(call say,CC,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) -D_GNU_SOURCE -std=gnu17 -g -O1 $(WARN) -o $@ $<

-include $(FRONT_DIR)/shared.bpf.d $(FRONT_DIR)/ends.bpf.d
