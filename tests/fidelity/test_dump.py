#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""The debug dump of uscx has the lines, fields and columns of the recorded dumps of Linux 7.2 and 6.12, in the same order."""
import functools
import gzip
import os
import re
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
import dumptext
import tap

KERNELS = ("7.2", "6.12")
# of the recording; the program of uscx
FAULTS = {"scx_bpf_error": "error-enqueue", "watchdog-stall": "stall"}
WORKLOAD = "wl:3 hog hog hog@5 per:10000:2000"


def data(kernel, name):
    return os.path.join(tap.ROOT, f"tests/data/linux-{kernel}", name)


@functools.cache
def recorded(kernel, fault):
    with open(data(kernel, f"fault-{fault}.txt")) as f:
        return dumptext.in_text(f.read())


@functools.cache
def simulated(kernel, fault):
    """What uscx writes on standard error: its message, and the dump."""
    ran = tap.run("run", "--kernel", kernel, "-w", WORKLOAD, "-m", "2", "--hz", "250",
                  os.path.join(tap.OUT, f"tests/cli/progs/{FAULTS[fault]}.bpf.o"))
    assert ran.status in (3, 4), ran.err
    return ran.err


def dump(kernel, fault):
    return dumptext.in_text(simulated(kernel, fault))


def without(kinds):
    """What both must have. A mask of a CPU is printed only while a kick is under way."""
    return {name: fields for name, fields in kinds.items() if name not in dumptext.KERNEL_ONLY | {"mask of a CPU"}}


def test_every_line_has_the_kind_fields_and_place_of_the_recorded_one():
    for kernel in KERNELS:
        for fault in FAULTS:
            want, got = (without(dumptext.parse(lines, kernel)) for lines in (recorded(kernel, fault), dump(kernel, fault)))
            tap.equal(sorted(got), sorted(want), f"{kernel}, {fault}: kinds of lines")
            for name in want:
                tap.equal(got[name], want[name], f"{kernel}, {fault}: fields of the {name}")


def test_the_grammar_tells_the_kernels_apart():
    """Slices, weights, no_mig, the scheduler's name, the CPU and the events are 7.2's."""
    for fault in FAULTS:
        for kernel, other in (KERNELS, KERNELS[::-1]):
            for lines in (recorded(kernel, fault), dump(kernel, fault)):
                try:
                    dumptext.parse(lines, other)
                except dumptext.BadDump:
                    continue
                assert False, f"the dump of {kernel} passes as one of {other}"
    new, old = (dumptext.parse(dump(kernel, "watchdog-stall"), kernel) for kernel in KERNELS)
    tap.equal(sorted(set(new) - set(old)), ["Event counters", "event", "rule under Event counters", "scheduler", "vtime of a task"])
    tap.equal([new["exit"], old["exit"]], [{("(cpu)",)}, {()}])
    tap.equal([new["task"], old["task"]], [{("(sched)",)}, {()}])


def in_trace(lines):
    return [line.rstrip("\n").partition(" sched_ext_dump: ")[2] for line in lines if " sched_ext_dump: " in line]


def test_sysrq_d_writes_the_recorded_kinds_of_lines_to_the_trace():
    for kernel in KERNELS:
        with gzip.open(data(kernel, "ftrace-dump.txt.gz"), "rt") as f:
            want = in_trace(f)
        trace = os.path.join(tap.OUT, f"tests/fidelity/sysrq-{kernel}.txt")
        ran = tap.run("run", "-q", "--kernel", kernel, "-w", "wl:1 hog hog hog@5 per:10000:2000", "-m", "2", "--hz", "250", "--at",
                      "500ms", "sysrq-d", "--trace", trace, data(kernel, "scx_simple.bpf.o"))
        tap.equal(ran.status, 0, ran.err)
        with open(trace) as f:
            got = in_trace(f)
        os.unlink(trace)
        for lines in (want, got):
            tap.contains("\n".join(lines), "Debug dump triggered by SysRq-D\n")
        tap.equal(without(dumptext.parse(got, kernel)), without(dumptext.parse(want, kernel)), kernel)


def test_the_trace_has_every_line_of_the_dump():
    for kernel in KERNELS:
        trace = os.path.join(tap.OUT, f"tests/fidelity/dump-{kernel}.txt")
        ran = tap.run("run", "--kernel", kernel, "-w", WORKLOAD, "-m", "2", "--hz", "250", "--trace", trace,
                      os.path.join(tap.OUT, "tests/cli/progs/stall.bpf.o"))
        with open(trace) as f:
            lines = in_trace(f)
        os.unlink(trace)
        tap.equal(lines, dumptext.in_text(ran.err))


def test_reasons_and_kinds_are_those_of_the_recordings():
    for kernel in KERNELS:
        for fault, kind, reason in (("scx_bpf_error", 1025, "scx_bpf_error"), ("watchdog-stall", 1026, "runnable task stall")):
            for lines in (recorded(kernel, fault), dump(kernel, fault)):
                i = next(i for i, line in enumerate(lines) if " triggered exit kind " in line)
                tap.contains(lines[i], f" triggered exit kind {kind}")
                assert lines[i + 1].startswith(f"  {reason} ("), lines[i + 1]


def test_a_stall_is_told_as_recorded():
    """The words, and that it is the task that waited longest and is shown with that time."""
    for kernel in KERNELS:
        for lines in (recorded(kernel, "watchdog-stall"), dump(kernel, "watchdog-stall")):
            m = re.search(r"\n  runnable task stall \((\S+)\[(\d+)\] failed to run for (\d+)\.(\d{3})s\)\n", "\n".join(lines))
            assert m, lines[:5]
            assert any(re.match(rf"  R {re.escape(m[1])}\[{m[2]}\](?: \*root)? -{int(m[3])}{m[4]}ms$", line) for line in lines), lines


if __name__ == "__main__":
    tap.main(__name__)
