# SPDX-License-Identifier: GPL-2.0-only
# What the tests here compare recordings of the kernel with.
test-programs: $(O)/tests/fidelity/record $(O)/tests/fidelity/every.bpf.o $(O)/tests/fidelity/known.bpf.o
-include $(O)/tests/fidelity/record.d $(O)/tests/fidelity/every.bpf.d $(O)/tests/fidelity/known.bpf.d
