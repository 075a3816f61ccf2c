# SPDX-License-Identifier: GPL-2.0-only
# What is generated from kabi/: the BTF of each version, the layout assertions, vmlinux.h.

KABI_VERSIONS = 7.2 6.12 2022
KABI_GEN = $(O)/gen
KABI_BTF = $(KABI_VERSIONS:%=$(KABI_GEN)/vmlinux-%.btf)

# BPF needs a clang with enums of 64 bits in BTF: 15 or later
BPF_CLANG := $(firstword $(foreach c,clang-19 clang-18 clang-17 clang-16 clang,$(shell command -v $(c))))
BPF_CFLAGS = -target bpf -g -O2 -Wall -Wextra -Werror -Wno-unused-parameter -I. -I$(KABI_GEN) \
	     -I$(LIBBPF)/include
# in /usr/sbin, which is not in everybody's path
BPFTOOL := $(firstword $(shell command -v bpftool) $(wildcard /usr/sbin/bpftool /sbin/bpftool) bpftool)

$(KABI_GEN)/kabi.bpf.o: kabi/btf/vmlinux.c
	$(call say,BPF,$<)
	$(Q)mkdir -p $(@D)
	$(Q)$(BPF_CLANG) $(BPF_CFLAGS) -ffreestanding -MMD -MP -c -o $@ $<

# runs on this host while uscx is built: no sanitizers
$(O)/tools/mkbtf: tools/mkbtf.c kabi/kfuncs.def kabi/versions.def kabi/btf.h kabi/types.h $(LIBBPF)/libbpf.a
	$(call say,HOSTCC,$<)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(CPPFLAGS) -std=gnu17 -g -O1 $(WARN) -o $@ $< $(LIBBPF)/libbpf.a -lelf -lz

$(KABI_GEN)/vmlinux-%.btf: $(KABI_GEN)/kabi.bpf.o $(O)/tools/mkbtf
	$(call say,BTF,$@)
	$(Q)$(O)/tools/mkbtf $< $* $@.tmp && mv $@.tmp $@

$(KABI_GEN)/kabi_layout.h: $(KABI_GEN)/kabi.bpf.o $(O)/tools/mkbtf
	$(call say,GEN,$@)
	$(Q)$(O)/tools/mkbtf $< layout $@.tmp && mv $@.tmp $@

# for people who write schedulers; schedulers of the first generation need vmlinux-2022.h
$(KABI_GEN)/vmlinux.h: $(KABI_GEN)/vmlinux-7.2.btf
	$(call say,GEN,$@)
	$(Q)$(BPFTOOL) btf dump file $< format c > $@.tmp && mv $@.tmp $@

$(KABI_GEN)/vmlinux-2022.h: $(KABI_GEN)/vmlinux-2022.btf
	$(call say,GEN,$@)
	$(Q)$(BPFTOOL) btf dump file $< format c > $@.tmp && mv $@.tmp $@

# $(CC) checks the layout when it compiles kabi/layout_check.c; the other compiler here
$(KABI_GEN)/layout.checked: kabi/layout_check.c $(KABI_GEN)/kabi_layout.h
	$(Q)$(BPF_CLANG) $(CPPFLAGS) -std=gnu17 -fsyntax-only $< && touch $@

$(O)/kabi/layout_check.o: $(KABI_GEN)/kabi_layout.h $(KABI_GEN)/layout.checked
$(O)/kabi/btf_blob.o: $(KABI_BTF)

# schedulers, compiled against vmlinux.h
$(O)/%.bpf.o: %.bpf.c $(KABI_GEN)/vmlinux.h $(KABI_GEN)/vmlinux-2022.h | $(LIBBPF)/libbpf.a
	$(call say,BPF,$<)
	$(Q)mkdir -p $(@D)
	$(Q)$(BPF_CLANG) $(BPF_CFLAGS) -MMD -MP -c -o $@ $<

$(O)/tests/kabi/test_btf: $(O)/tests/kabi/minimal.bpf.o
# asks libbpf itself what is compatible, which the diverted one keeps to itself
$(O)/tests/kabi/test_btf: private LDLIBS := $(subst libbpf-diverted,libbpf,$(LDLIBS))

-include $(KABI_GEN)/kabi.bpf.d $(O)/tests/kabi/minimal.bpf.d
