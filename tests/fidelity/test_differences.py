#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""The known differences from the kernel (docs/fidelity.md) are as that table says, so that a change of one is noticed."""
import json
import os
import re
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
import dumptext
import tap

SIMPLE = os.path.join(tap.ROOT, "tests/data/linux-7.2/scx_simple.bpf.o")
STALL = os.path.join(tap.OUT, "tests/cli/progs/stall.bpf.o")
TICK_NS, MS = 4000000, 1000000


def run(*args, status=0):
    """Standard error, and the result."""
    ran = tap.run("run", "-q", "--json", "-", "--hz", "250", *args)
    tap.equal(ran.status, status, ran.err)
    return ran.err, json.loads(ran.out)


def with_workload(tasks, *args, **kwargs):
    with tempfile.TemporaryDirectory() as d:
        path = os.path.join(d, "workload.json")
        with open(path, "w") as f:
            json.dump({"global": {"duration": 2}, "tasks": tasks}, f)
        return run("-w", path, *args, **kwargs)


def test_real_time_tasks_starve_others_and_no_server_helps():
    """The kernel's fair_server and ext_server would give them 50 ms of each second."""
    _, result = with_workload({"rt": {"policy": "SCHED_FIFO", "priority": 10, "run": 1900000},
                               "other": {"run": 1900000, "delay": 100000}}, SIMPLE, "-m", "1", "-d", "1s")
    ns = {t["name"]: t["cpu_ns"] for t in result["tasks"]}
    rt, other = (sum(ns[n] for n in ns if n.startswith(name)) for name in ("rt", "other"))
    assert rt > 900 * MS and other < 5 * MS, ns


def test_bypass_mode_ends_before_a_load_balancer_would_act():
    """The kernel's looks every 500 ms; it has nothing to do in a bypass that is shorter."""
    ran = tap.run("run", SIMPLE, "-w", "wl:2 hog hog hog hog per:10000:2000", "-m", "4")
    tap.equal(ran.status, 0, ran.err)
    duration, times = (int(re.search(rf"{name} +(\d+)", ran.out)[1]) for name in ("BYPASS_DURATION", "BYPASS_ACTIVATE"))
    assert 0 < duration / times < 500 * MS, (duration, times)


def test_kernel_threads_are_few():
    """No ksoftirqd, RCU threads, kcompactd and so on, which take CPU time and places in queues."""
    _, result = run(SIMPLE, "-m", "2", "-w", "wl:1 hog", "-d", "1s")
    names = [t["name"] for t in result["tasks"]]
    threads = {re.sub(r"[0-9].*", "", n) for n in names} - {"hog", "scx_simple"}
    tap.equal(threads, {"init", "launcher", "kthreadd", "migration/", "kworker/u", "scx_enable_help", "sched_ext_helpe"})


def test_tasks_do_not_exec():
    with tempfile.TemporaryDirectory() as d:
        path = os.path.join(d, "workload.json")
        with open(path, "w") as f:
            json.dump({"tasks": {"a": {"exec": 5}}}, f)
        ran = tap.run("run", "-q", "-w", path, SIMPLE)
    tap.equal(ran.status, 1)
    tap.contains(ran.err, "tasks.a.exec: unknown key")


def test_speed_jiffies_and_task_ids_are_simple():
    """CPUs have one speed, whatever is asked for; jiffies start at 0, not 5 min before they wrap; ids of tasks are counted
    for all CPUs together, where the kernel hands each CPU 1024 at a time."""
    _, result = run(os.path.join(tap.OUT, "tests/fidelity/known.bpf.o"), "-w",
                    "wl:5 hog slp:1000:200 slp:1100:200 slp:900:200 slp:800:300", "-m", "4", "-d", "5s")
    tap.equal(result["exit"]["kind"], "UNREG_BPF")
    seen = {k: int(v) for k, v in re.findall(r"(\w+)=(\d+)", result["exit"]["msg"])}
    tap.equal(seen["cpuperf"], 1024)
    assert 0 < seen["jiffies"] <= result["virtual_ns"] // TICK_NS, seen
    assert 5 < seen["tid_max"] < 64, seen


def test_backtraces_are_empty():
    err = tap.run("run", "-w", "wl:2 hog hog", "-m", "2", STALL).err
    kinds = dumptext.parse(dumptext.in_text(err), "7.2")
    assert "Backtrace" in kinds and not any("frame" in kind for kind in kinds), kinds


def test_all_cpus_tick_at_the_same_instant():
    """Ends of slices on two CPUs that are always busy, in the time within a tick."""
    with tempfile.TemporaryDirectory() as d:
        path = os.path.join(d, "run.ops")
        run(SIMPLE, "-w", "wl:2 hog hog hog hog", "-m", "2", "--trace", path)
        with open(path) as f:
            calls = [line.split() for line in f if " stopping hog" in line and " runnable=1" in line]
    begin = {cpu: [int(c[0].replace(".", "")) % TICK_NS for c in calls if c[1] == cpu][5:] for cpu in ("0", "1")}
    assert all(len(times) > 20 for times in begin.values()), begin
    for times in begin.values():
        assert max(times) < 20000, times		# in ns after the tick


def test_delayed_work_comes_to_the_nanosecond():
    """The watchdog's work comes half a timeout after it was queued; a timer wheel would let it wait for a tick."""
    with tempfile.TemporaryDirectory() as d:
        path = os.path.join(d, "run.txt")
        run(STALL, "-w", "wl:3 hog hog hog", "-m", "2", "--trace", path, status=4)
        with open(path) as f:
            wakes = [float(re.search(r"(\d+\.\d{6}): sched_waking: comm=kworker", line)[1]) for line in f
                     if "sched_waking: comm=kworker/u" in line]
    gaps = [b - a for a, b in zip(wakes, wakes[1:]) if b - a > 0.4]
    assert gaps and all(abs(gap - 0.5) < 0.001 for gap in gaps), wakes
    phases = [t * 1e9 % TICK_NS for t in wakes[1:]]
    assert any(20000 < phase < TICK_NS - 20000 for phase in phases), phases


if __name__ == "__main__":
    tap.main(__name__)
