# SPDX-License-Identifier: GPL-2.0-only
# The schedulers of test_text.py.
TRACE_PROGS = $(patsubst %.c,$(O)/%.o,$(wildcard tests/trace/progs/*.bpf.c))
test-programs: $(TRACE_PROGS)

-include $(TRACE_PROGS:.o=.d)
