#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""CPU shares, switches and slices of `uscx run` against recordings of Linux 7.2 and 6.12 (tests/data).

Compared are the 3 s from the common start of the tasks on: the recorded tool forks its tasks and lets them poll before,
which is no part of the workload. docs/fidelity.md has the reasons and the table, which this program prints."""
import functools
import glob
import itertools
import json
import os
import re
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
import oplog
import pftrace
import tap

DATA = os.path.join(tap.ROOT, "tests/data/linux-")
KERNELS = ("7.2", "6.12")
TASKS = ["hog0_n0", "hog1_n5", "hog2_n-5", "per3_n0", "per4_n0"]
WORKLOAD = "wl:3 hog@0 hog@5 hog@-5 per:10000:2000 per:10000:2000"
LENGTH = 3 * oplog.SEC
TICK_MS = 4.0
SEEDS = (1, 2, 3, 4, 5)

# The rule: shares within 1 point, switches within 5 % or 3, median slices within one tick.
SHARE_POINTS = 1.0
SWITCHES_PART, SWITCHES = 0.05, 3


@functools.cache
def recorded(kernel, name):
    return oplog.figures(oplog.read(f"{DATA}{kernel}/{name}/ops.txt.gz"), TASKS, LENGTH)


@functools.cache
def simulated(kernel, cpus, seed, sets):
    """Figures of a run, from its trace; its result; all times on a CPU."""
    with tempfile.TemporaryDirectory() as tmp:
        trace = os.path.join(tmp, "run.pftrace")
        ran = tap.run("run", f"{DATA}{kernel}/scx_simple.bpf.o", "--kernel", kernel, "-w", WORKLOAD, "-m", str(cpus), "--hz", "250", "--seed", str(seed),
                      "--json", "-", "--trace", trace, *(x for s in sets for x in ("--set", s)))
        tap.equal(ran.status, 0, ran.err)
        events = pftrace.sched_events(trace)
    begin = min(e.ns for e in events if e.kind == "sched_wakeup_new" and e.fields[pftrace.COMM].decode() in TASKS)
    stays = pftrace.stays(events)
    return {n: oplog.figures_of(stays[n], begin, LENGTH) for n in TASKS}, json.loads(ran.out), stays


def text(figures):
    return f"{figures[0]:6.2f} {figures[1]:4d} {figures[2] / 1e6:6.2f}"


def differences(what, got, want, part=SWITCHES_PART):
    """What of the figures @got is further from @want than the rule allows, as text."""
    if abs(got[0] - want[0]) > SHARE_POINTS:
        yield f"{what}: share {got[0]:.2f} %, recorded {want[0]:.2f} %"
    if abs(got[1] - want[1]) > max(SWITCHES, part * want[1]):
        yield f"{what}: {got[1]} switches, recorded {want[1]}"
    if abs(got[2] - want[2]) > TICK_MS * 1e6:
        yield f"{what}: median slice {got[2]} ns, recorded {want[2]} ns"


def compare(name, cpus, sets=()):
    """All tasks of both kernels with all seeds; every figure that is out of tolerance is reported."""
    wrong = []
    for kernel in KERNELS:
        print(f"# {kernel} {name}: share % / switches / median slice ms: recorded, then uscx with seeds {SEEDS}")
        for task in TASKS:
            want, runs = recorded(kernel, name)[task], [simulated(kernel, cpus, seed, sets)[0][task] for seed in SEEDS]
            print(f"#   {task:9s} " + " | ".join(text(x) for x in [want, *runs]))
            for seed, figures in zip(SEEDS, runs):
                wrong += differences(f"{kernel}, {task}, seed {seed}", figures, want)
    assert not wrong, "\n".join(wrong)


def test_vtime_on_1_cpu_is_as_recorded():
    compare("simple-1cpu", 1)


def test_vtime_on_2_cpus_is_as_recorded():
    compare("simple-2cpu", 2)


def test_fifo_on_1_cpu_is_as_recorded():
    compare("simple-fifo-1cpu", 1, ("fifo_sched=true",))


def test_fifo_on_2_cpus_is_as_recorded():
    compare("simple-fifo-2cpu", 2, ("fifo_sched=true",))


def test_who_gets_the_cpus_first_decides_as_recorded():
    """In this recording a hog and a periodic task got the two CPUs, not two hogs: slices of the hogs then end at different
    ticks for good, and the periodic tasks run more often. uscx does the same when the tasks come in that order, and at
    the same time after a tick as recorded. The number of switches is compared to 10 %: nothing holds the ends of the
    slices in place here, so every kernel thread that ran in the recording shifts what comes after it."""
    rec = oplog.read(f"{DATA}7.2/simple-2cpu-other-start/ops.txt.gz")
    phase_us = oplog.workload_start(rec, TASKS) % int(TICK_MS * 1e6) // 1000
    order = ["hog2_n-5", "per3_n0", "per4_n0", "hog0_n0", "hog1_n5"]
    names = ["hog0_n-5", "per1_n0", "per2_n0", "hog3_n0", "hog4_n5"]
    ran = tap.run("7.2", "2", "250", "1", str(phase_us), f"{DATA}7.2/scx_simple.bpf.o",
                  "wl:3 hog@-5 per:10000:2000 per:10000:2000 hog@0 hog@5", exe=os.path.join(tap.OUT, "tests/fidelity/record"))
    tap.equal(ran.status, 0, ran.err)
    figures = oplog.figures(oplog.parse(ran.out), names, LENGTH)
    print("# simple-2cpu-other-start: share % / switches / median slice ms: recorded, then uscx")
    wrong = []
    for task, name in zip(order, names):
        want, got = recorded("7.2", "simple-2cpu-other-start")[task], figures[name]
        print(f"#   {task:9s} {text(want)} | {text(got)}")
        wrong += differences(task, got, want, 0.1)
    assert not wrong, "\n".join(wrong)


def test_the_result_has_the_shares_and_switches_of_the_trace():
    """What a user reads in the JSON is what was compared: the tasks live for the workload only."""
    for kernel, cpus in itertools.product(KERNELS, (1, 2)):
        _, result, stays = simulated(kernel, cpus, 1, ())
        for task in (t for t in result["tasks"] if t["name"] in TASKS):
            tap.equal(task["switches"], len(stays[task["name"]]), f"switches of {task['name']}")
            tap.equal(task["cpu_ns"], sum(b - a for a, b in stays[task["name"]]), f"CPU time of {task['name']}")


def test_the_compared_3_s_are_what_the_recorded_analysis_counts():
    """Of the analysis of the kernel's own tracepoints nothing is left out but the tool's start and end."""
    for path in sorted(glob.glob(f"{DATA}*/simple-[!4]*/analysis.txt")):
        kernel, name = re.search(r"linux-([^/]+)/([^/]+)/", path).groups()
        with open(path) as f:
            analysis = {m[1]: (float(m[2]), int(m[3])) for m in re.finditer(r"^(\S+) +\d+ +([\d.]+) +[\d.]+ +(\d+) ", f.read(), re.M)}
        for task in TASKS:
            share, switches, _ = recorded(kernel, name)[task]
            ms = share * LENGTH / 1e8
            assert ms - 3 < analysis[task][0] < ms + 6, (path, task, ms, analysis[task])
            assert switches - 1 <= analysis[task][1] <= switches + 6, (path, task, switches, analysis[task])


if __name__ == "__main__":
    tap.main(__name__)
