#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""The order of the operations that sched_ext calls, with their arguments: uscx against recordings of Linux 7.2.

Steps (from one call about a task to the next one about it) and turns (what is called on a CPU from one decision to the
next) of all recordings must be known to uscx, and those of uscx in the recorded workload must be in the recordings.
docs/fidelity.md explains; a step or turn that is in one only is printed with an example and has to be either repaired
or explained below."""
import functools
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
import oplog
import tap

DATA = os.path.join(tap.ROOT, "tests/data/linux-7.2")
CHANGES = os.path.join(tap.ROOT, "tests/fidelity/changes.json")
TASKS = ["hog0_n0", "hog1_n5", "hog2_n-5", "per3_n0", "per4_n0"]
RECORDED = "wl:3 hog@0 hog@5 hog@-5 per:10000:2000 per:10000:2000"

# directory of the recording: CPUs, variables of scx_simple
RECORDINGS = {
    "simple-1cpu": (1, ()),
    "simple-2cpu": (2, ()),
    "simple-2cpu-other-start": (2, ()),
    "simple-4cpu": (4, ()),
    "simple-fifo-2cpu": (2, ("fifo_sched=true",)),
}

# Times from a tick to the start of the workload, in us.
PHASES = (180, 1570, 2670)

# The recordings also have the recorded tool, shells, kernel threads. What these do, for uscx:
OTHERS = (
    "wl:1 per:10000:2000 slp:1000:500 slp:500:100#0 hog",		# CPUs that go idle, a task that is bound to one
    "wl:0.3 pip:100 slp:5000:200#0 hog",				# synchronous wake-ups
    "wl:0.2 pip:100 pip:70 slp:1000:300",
    "wl:hog slp:900:100 slp:300:500 slp:200:50#0 slp:700:20",		# tasks that go on while the scheduler is unloaded
    CHANGES,								# real-time tasks, changes of priority
)

# Steps of the kernel that no run of uscx has here, and why that is no difference.
ONLY_KERNEL = {
    "enable  then  running":
        "a task that slept since before the loading is woken during the unloading, when bypass mode calls neither "
        "select_cpu nor enqueue; in uscx no task sleeps that long",
    "enable  then  select_cpu wake_flags=0x8 -> other cpu":
        "the same, woken before that, while its CPU is busy",
}

# Steps of uscx in the recorded workload that no recording has, and why that is right.
ONLY_USCX = {
    "enqueue enq_flags=0x80008  then  running on other cpu":
        "the recorded tool forks on an idle machine, so a new task never waits in a queue; uscx forks all at once",
}


@functools.cache
def recording(name):
    return oplog.read(f"{DATA}/{name}/ops.txt.gz")


@functools.cache
def simulated(cpus, sets, workload, phase_us):
    ran = tap.run(str(cpus), "250", "1", str(phase_us), f"{DATA}/scx_simple.bpf.o", workload, *sets,
                  exe=os.path.join(tap.OUT, "tests/fidelity/record"))
    tap.equal(ran.status, 0, ran.err)
    return oplog.parse(ran.out)


def recorded_workload():
    """The runs of uscx that correspond to the recordings."""
    return [simulated(*machine, RECORDED, phase) for machine in set(RECORDINGS.values()) for phase in PHASES]


def all_runs():
    return recorded_workload() + [simulated(*machine, w, 50) for machine in set(RECORDINGS.values()) for w in OTHERS]


@functools.cache
def gather(analysis, logs):
    """@logs: one of the functions that return a list of them."""
    count, example = {}, {}
    for log in logs():
        c, e = analysis(log)
        for key in c:
            count[key] = count.get(key, 0) + c[key]
            example.setdefault(key, e[key])
    return count, example


def assert_known(analysis, logs, known, where, explained=()):
    count, example = gather(analysis, logs)
    have = gather(analysis, known)[0]
    assert len(count) > 10 and len(have) > 10, "nothing was compared"
    wrong = [f"{key}: {count[key]} times, not in {where}, e.g. {example[key]}" for key in sorted(count)
             if key not in have and key not in explained]
    assert not wrong, "\n".join(wrong)
    idle = [key for key in explained if key not in count or key in have]
    assert not idle, f"explained for nothing: {idle}"


def recordings():
    return [recording(name) for name in RECORDINGS]


def test_every_step_of_the_kernel_is_one_of_uscx():
    assert_known(oplog.transitions, recordings, all_runs, "uscx", ONLY_KERNEL)


def test_every_step_of_uscx_in_the_recorded_workload_is_one_of_the_kernel():
    assert_known(oplog.transitions, recorded_workload, recordings, "the recordings", ONLY_USCX)


def test_every_turn_of_the_kernel_is_one_of_uscx():
    assert_known(oplog.turns, recordings, all_runs, "uscx")


def test_every_turn_of_uscx_in_the_recorded_workload_is_one_of_the_kernel():
    assert_known(oplog.turns, recorded_workload, recordings, "the recordings")


def test_cpus_in_the_calls_do_not_contradict_each_other():
    for log in recordings() + all_runs():
        tap.equal(oplog.contradictions(log)[:5], [])


# What a reader wants to see by name. On machines with one CPU a task has no choice of CPU, and ops.select_cpu is not called.
ORDERS = {
    "a wake-up onto an idle CPU": ["select_cpu wake_flags=0x8 -> prev_cpu", "running"],
    "a wake-up onto another CPU that is idle": ["select_cpu wake_flags=0x8 -> other cpu", "running on other cpu"],
    "a wake-up when no CPU is idle": ["select_cpu wake_flags=0x8 -> prev_cpu", "enqueue enq_flags=0x100009", "running"],
    "a wake-up of a task with one CPU only": ["enqueue enq_flags=0x9", "running"],
    "a synchronous wake-up": ["select_cpu wake_flags=0x18 -> prev_cpu", "enqueue enq_flags=0x100009"],
    "the end of a slice": ["running", "dispatch with it as prev", "stopping runnable=1", "enqueue enq_flags=0x0", "running"],
    "a migration by the CPU that consumes the task": ["stopping runnable=1", "enqueue enq_flags=0x0", "running on other cpu"],
    "blocking": ["running", "stopping runnable=0", "dispatch with it as prev"],
    "fork onto an idle CPU": ["enable", "select_cpu wake_flags=0x4 -> other cpu", "running on other cpu", "stopping runnable=0"],
    "fork when no CPU is idle": ["enable", "select_cpu wake_flags=0x4 -> prev_cpu", "enqueue enq_flags=0x80008", "running"],
    "fork on a machine with one CPU": ["enable", "enqueue enq_flags=0x80008", "running"],
    "exit": ["running", "stopping runnable=0", "running", "stopping runnable=0", "dispatch with it as prev", "END"],
    "a new nice value of the task that runs": ["running", "stopping runnable=0", "running", "stopping runnable=0"],
    "preemption by a higher class": ["running", "stopping runnable=1", "running"],
    "loading, of a task that is runnable": ["enable", "enqueue enq_flags=0xe", "running"],
}


def has_order(log, order):
    pids = {c.pid for c in log if c.pid}
    for pid in pids:
        steps = list(oplog.task_steps([c for c in log if c.pid == pid])) + ["END"]
        if any(steps[i:i + len(order)] == order for i in range(len(steps))):
            return True
    return False


def test_the_named_orders_are_those_of_the_kernel_and_of_uscx():
    for name, order in ORDERS.items():
        assert any(has_order(log, order) for log in recordings()), f"{name}: {order} is not in the recordings"
        assert any(has_order(log, order) for log in all_runs()), f"{name}: {order} is not what uscx does"


def test_loading_and_unloading_are_framed_by_init_and_exit():
    for log in recordings() + all_runs():
        tap.equal([log[0].op, log[1].op, log[-1].op], ["init", "enable", "exit"])
        tap.equal(log[0].ret, 0)
        tap.equal([c.op for c in log if c.op in ("init", "exit")], ["init", "exit"])


def test_every_task_of_the_workload_ends_with_the_calls_of_an_exit():
    """It leaves its autogroup, is put back for it, and blocks for good."""
    for log in recordings() + recorded_workload():
        for name, calls in oplog.of_tasks(log, TASKS).items():
            steps = [s.replace(" on other cpu", "") for s in oplog.task_steps(calls)]
            # no ops.dispatch when the next task is there already, or, at the end of a slice, when nobody else is
            steps = [s for s in steps if s != "dispatch with it as prev"]
            while "stopping runnable=1" in steps[-4:]:		# a higher class came in between
                i = len(steps) - 1 - steps[::-1].index("stopping runnable=1")
                tap.equal(steps[i + 1], "running", name)
                del steps[i:i + 2]
            tap.equal(steps[-4:], ["running", "stopping runnable=0"] * 2, name)


if __name__ == "__main__":
    tap.main(__name__)
