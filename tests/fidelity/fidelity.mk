# SPDX-License-Identifier: GPL-2.0-only
# What test_callbacks.py compares the recordings of real kernels with.
test-programs: $(O)/tests/fidelity/record
