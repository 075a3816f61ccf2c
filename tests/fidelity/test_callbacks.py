#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""The order of the operations that sched_ext calls, with their arguments: uscx against recordings of Linux 7.2
and 6.12.

Steps (from one call about a task to the next one about it) and turns (what is called on a CPU from one decision to the
next) of all recordings must be known to uscx, and those of uscx in the recorded workload must be in the recordings.
docs/fidelity.md explains; a step or turn that is in one only is printed with an example and has to be either repaired
or explained below."""
import functools
import os
import re
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
import oplog
import tap

DATA = os.path.join(tap.ROOT, "tests/data/linux-")
CHANGES = os.path.join(tap.ROOT, "tests/fidelity/changes.json")
TASKS = ["hog0_n0", "hog1_n5", "hog2_n-5", "per3_n0", "per4_n0"]


class Group:
    """Recordings of one scheduler on one kernel, and the runs of uscx that they are compared with."""

    def __init__(self, kernel, obj, recordings, workloads, others, only_kernel, only_uscx):
        self.kernel = kernel
        self.obj = obj
        self.recordings = recordings	# directory: CPUs, variables of the scheduler
        self.workloads = workloads	# that were recorded
        self.others = others		# for uscx: what the shells, kernel threads and tools in the recordings do
        self.only_kernel = only_kernel	# steps and turns that no run of uscx has here, and why that is no difference
        self.only_uscx = only_uscx	# those of uscx in the recorded workloads that no recording has, and why that is right

    def recorded(self):
        return [recording(self.kernel, name) for name in self.recordings]

    def workload_runs(self):
        return [simulated(self.kernel, self.obj, *machine, w, phase) for machine in sorted(set(self.recordings.values()))
                for w in self.workloads for phase in PHASES]

    def all_runs(self):
        return self.workload_runs() + [simulated(self.kernel, self.obj, *machine, w, phase)
                                       for machine in sorted(set(self.recordings.values()))
                                       for w, phase in self.others if w not in ON_2_CPUS or machine[0] > 1]


# Times from a tick to the start of the workload, in us.
PHASES = (180, 2670)

# Workloads for uscx, with the phase; a negative one: the scheduler is loaded when the workload runs already.
OTHERS = (
    ("wl:1 per:10000:2000 slp:1000:500 slp:500:100#0 hog", 50),		# CPUs that go idle, a task that is bound to one
    ("wl:0.3 pip:100 slp:5000:200#0 hog", 50),				# synchronous wake-ups
    ("wl:0.2 pip:100 pip:70 slp:1000:300", 50),
    ("wl:hog slp:900:100 slp:300:500 slp:200:50#0 slp:700:20", 50),	# tasks that go on while the scheduler is unloaded
    ("wl:0.2 hog hog@5 per:10000:2000 slp:500:300 slp:300:100", -20300),	# and while it is loaded
    (CHANGES, 50),							# real-time tasks, changes of priority, CPU, class
)

UNLOADING = ("the unloading kthread, a real-time task, came on a CPU with several tasks: bypass mode calls neither ops.enqueue "
             "nor ops.dispatch. The fair class may end a balance pass in which it looked for tasks of other CPUs, and "
             "ops.cpu_acquire then waits for the next pass; docs/fidelity.md")

SLEEPERS = "wl:slp:300:500 slp:700:200 slp:500:200 slp:130:100 slp:100:130#0 slp:150:130#1"
ON_2_CPUS = (CHANGES, SLEEPERS)		# they name both

# A synchronous wake-up goes to the waker's CPU although the CPU where the task slept is idle: tasks that wake each other
# meet on one CPU, which 7.2 does only when no other is idle.
OTHERS_6_12 = OTHERS + (
    ("wl:0.2 pip:100", 50),
    ("wl:0.2 pip:100 pip:70", 50),
    ("wl:hog hog slp:900:100 slp:500:50", 50),		# bypass mode has one queue for all CPUs
    (SLEEPERS, 50),						# wake-ups in bypass mode
)

SLEPT = "the first wake-up of a kernel thread that slept since before the loading, while its CPU is busy"

SIMPLE = Group(
    "7.2",
    f"{DATA}7.2/scx_simple.bpf.o",
    {
        "simple-1cpu": (1, ()),
        "simple-fifo-1cpu": (1, ("fifo_sched=true",)),
        "simple-2cpu": (2, ()),
        "simple-2cpu-other-start": (2, ()),
        "simple-4cpu": (4, ()),
        "simple-fifo-2cpu": (2, ("fifo_sched=true",)),
    },
    ("wl:3 hog@0 hog@5 hog@-5 per:10000:2000 per:10000:2000",),
    OTHERS,
    {
        "enable  then  select_cpu wake_flags=0x8 -> other cpu": SLEPT,
    },
    {
        "enqueue enq_flags=0x80008  then  running on other cpu":
            "the recorded tool forks on an idle machine, so a new task never waits in a queue; uscx forks all at once",
    },
)

EVERY = Group(
    "7.2",
    os.path.join(tap.OUT, "tests/fidelity/every.bpf.o"),
    {"every-2cpu": (2, ())},
    ("wl:0.5 hog@0 hog@5 per:10000:2000 slp:3000:500 pip:100", CHANGES),
    OTHERS,
    {
        "set_cpumask  then  runnable enq_flags=0x9": SLEPT,
        "set_cpumask  then  select_cpu wake_flags=0x8 -> other cpu": SLEPT,
        "idle, dispatch prev=-, goes idle":
            "a timer that another CPU started on this one, for the kernel's random numbers; docs/fidelity.md",
        "dispatch prev=curr, stopping curr runnable=1, cpu_release args.reason=2, cpu_acquire, running the same":
            "a slice ended and nobody waited, and later the stopper came",
        "idle, running another":
            "the CPU had gone idle when the unloading began; bypass mode does not call ops.update_idle",
    },
    {
        "set_weight  then  runnable enq_flags=0x80008":
            "uscx forks a task with its CPUs; rt-app's threads set theirs when they run",
        "quiescent deq_flags=0x9  then  select_cpu wake_flags=0x8 -> prev_cpu":
            "the local DSQ had a task, so ops.dispatch was not called; recorded is the same without ops.quiescent",
        "yield  then  stopping runnable=1": "a real-time task came, which comes at any time",
    },
)
SIMPLE_6_12 = Group(
    "6.12",
    f"{DATA}6.12/scx_simple.bpf.o",
    {
        "simple-1cpu": (1, ()),
        "simple-fifo-1cpu": (1, ("fifo_sched=true",)),
        "simple-2cpu": (2, ()),
        "simple-fifo-2cpu": (2, ("fifo_sched=true",)),
    },
    SIMPLE.workloads,
    OTHERS_6_12,
    {
        "enable  then  select_cpu wake_flags=0x8 -> other cpu": SLEPT,
        "idle, running another": "another CPU enqueued the task while this one was in ops.dispatch, which then found it",
    },
    {
        "enqueue enq_flags=0x88  then  running on other cpu": SIMPLE.only_uscx["enqueue enq_flags=0x80008  then  running on other cpu"],
    },
)

EVERY_6_12 = Group(
    "6.12",
    EVERY.obj,
    {"every-2cpu": (2, ()), "every-rt-2cpu": (2, ())},
    EVERY.workloads,
    OTHERS_6_12,
    {
        "set_cpumask  then  runnable enq_flags=0x9": SLEPT,
        "set_cpumask  then  select_cpu wake_flags=0x8 -> other cpu": SLEPT,
        "dispatch prev=curr, stopping curr runnable=1, running another":
            "a task that exits ran to the end of its slice; it goes to the local DSQ, without ops.enqueue",
        "stopping curr runnable=1, cpu_release args.reason=0, running another": UNLOADING,
        "stopping curr runnable=1, cpu_release args.reason=0, cpu_acquire, running another": UNLOADING,
        "stopping curr runnable=0, cpu_acquire, running another": UNLOADING,
    },
    {
        "set_weight  then  runnable enq_flags=0x88": EVERY.only_uscx["set_weight  then  runnable enq_flags=0x80008"],
        "yield  then  stopping runnable=1": EVERY.only_uscx["yield  then  stopping runnable=1"],
    },
)
GROUPS = (SIMPLE, EVERY, SIMPLE_6_12, EVERY_6_12)


@functools.cache
def recording(kernel, name):
    return oplog.read(f"{DATA}{kernel}/{name}/ops.txt.gz")


@functools.cache
def simulated(kernel, obj, cpus, sets, workload, phase_us):
    ran = tap.run(kernel, str(cpus), "250", "1", str(phase_us), obj, workload, *sets,
                  exe=os.path.join(tap.OUT, "tests/fidelity/record"))
    tap.equal(ran.status, 0, ran.err)
    return oplog.parse(ran.out)


@functools.cache
def gather(analysis, logs):
    """Counts and examples over several logs; @logs: a method of a group."""
    count, example = {}, {}
    for log in logs():
        c, e = analysis(log)
        for key in c:
            count[key] = count.get(key, 0) + c[key]
            example.setdefault(key, e[key])
    return count, example


def calls_of_turn(key):
    """Without the decision at its end, which is up to the other tasks."""
    return key.rpartition(", ")[0].removesuffix(", update_idle idle=1")


def unknown(analysis, logs, known, where, explained, simplify=str):
    """What of @logs is neither in @known nor explained, as text."""
    count, example = gather(analysis, logs)
    have = {simplify(key) for key in gather(analysis, known)[0]}
    assert len(count) > 5 and len(have) > 5, "nothing was compared"
    for key in sorted(count):
        if simplify(key) not in have and key not in explained:
            yield f"{key}: {count[key]} times, not in {where}, e.g. {example[key]}"


def assert_known(analysis, simplify=str):
    wrong = []
    for g in GROUPS:
        wrong += unknown(analysis, g.recorded, g.all_runs, f"uscx with {g.kernel}", g.only_kernel)
        wrong += unknown(analysis, g.workload_runs, g.recorded, f"the recordings of {g.kernel}", g.only_uscx, simplify)
    assert not wrong, "\n".join(wrong)


def test_every_step_of_a_task_is_taken_by_the_kernel_and_by_uscx():
    assert_known(oplog.transitions)


def test_every_turn_of_a_cpu_is_taken_by_the_kernel_and_by_uscx():
    assert_known(oplog.turns, calls_of_turn)


def test_what_is_explained_is_as_said_in_the_recordings():
    for g in GROUPS:
        recorded = set(gather(oplog.transitions, g.recorded)[0]) | set(gather(oplog.turns, g.recorded)[0])
        tap.equal([key for key in g.only_kernel if key not in recorded], [])
        tap.equal([key for key in g.only_uscx if key in recorded], [])


def all_logs():
    return [log for g in GROUPS for log in g.recorded() + g.all_runs()]


def test_cpus_in_the_calls_do_not_contradict_each_other():
    for log in all_logs():
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

EVERY_ORDERS = {
    "a wake-up when no CPU is idle": ["select_cpu wake_flags=0x8 -> prev_cpu", "runnable enq_flags=0x100009",
                                      "enqueue enq_flags=0x100009", "dequeue deq_flags=0x0", "running"],
    "a wake-up onto an idle CPU": ["select_cpu wake_flags=0x8 -> prev_cpu", "runnable enq_flags=0x100009", "running"],
    "a wake-up onto another CPU that is idle": ["select_cpu wake_flags=0x8 -> other cpu", "runnable enq_flags=0x140009",
                                                "running on other cpu"],
    "the end of a slice": ["running", "dispatch with it as prev", "stopping runnable=1", "enqueue enq_flags=0x0",
                           "dequeue deq_flags=0x0", "running"],
    "blocking": ["running", "stopping runnable=0", "quiescent deq_flags=0x9", "dispatch with it as prev"],
    "fork": ["init_task args.fork=1", "enable", "set_weight", "select_cpu wake_flags=0x4 -> other cpu",
             "runnable enq_flags=0x80008", "running on other cpu"],
    "exit": ["stopping runnable=0", "quiescent deq_flags=0x20000000e", "runnable enq_flags=0xe", "running",
             "stopping runnable=0", "quiescent deq_flags=0x10009", "dispatch with it as prev", "disable",
             "exit_task args.cancelled=0", "END"],
    "a new nice value of the task that runs": ["running", "stopping runnable=0", "quiescent deq_flags=0x20000000a",
                                               "set_weight", "runnable enq_flags=0xa", "running"],
    "new CPUs for the task that runs": ["running", "stopping runnable=0", "quiescent deq_flags=0x20000000a", "set_cpumask",
                                        "runnable enq_flags=0xa", "running"],
    "off a CPU that is no longer allowed": ["set_cpumask", "runnable enq_flags=0xa", "running", "stopping runnable=1",
                                            "enqueue enq_flags=0x40000", "dequeue deq_flags=0x0", "running"],
    "out of the class": ["stopping runnable=0", "quiescent deq_flags=0x20000004e", "disable", "enable", "set_weight",
                         "set_cpumask", "runnable enq_flags=0x1004e", "running"],
    "yielding with slice left": ["running", "yield", "stopping runnable=0"],
    "loading": ["init_task args.fork=0", "enable", "set_weight", "set_cpumask"],
    "unloading, of a task that sleeps": ["disable", "exit_task args.cancelled=0", "END"],
}

# The same with the values of 6.12's flags; what 6.12 does in another way stands here. It has no autogroup to leave at the
# end, no flag for a task that is taken off and put back, and no ops.dequeue for a task that leaves the queues to run.
FLAGS_6_12 = {"0x100009": "0x409", "0x140009": "0x449", "0x80008": "0x88", "0x40000": "0x40", "0x20000000a": "0xa"}
ORDERS_6_12 = {
    "exit": ["running", "stopping runnable=0", "dispatch with it as prev", "END"],
    "loading, of a task that is runnable": None,	# none was while 6.12 was recorded
}
EVERY_ORDERS_6_12 = {
    "exit": ["running", "stopping runnable=0", "quiescent deq_flags=0x19", "dispatch with it as prev", "disable",
             "exit_task args.cancelled=0", "END"],
    "out of the class": ["stopping runnable=0", "quiescent deq_flags=0xe", "set_weight", "disable", "enable", "set_weight",
                         "set_cpumask", "runnable enq_flags=0x1e", "running"],
}


def as_in_6_12(orders, others):
    orders = {name: [re.sub(r"0x[0-9a-f]+", lambda m: FLAGS_6_12.get(m[0], m[0]), step) for step in order
                     if step != "dequeue deq_flags=0x0"] for name, order in orders.items()}
    return {name: order for name, order in {**orders, **others}.items() if order}


def has_order(log, order):
    pids = {c.pid for c in log if c.pid}
    for pid in pids:
        steps = list(oplog.task_steps([c for c in log if c.pid == pid])) + ["END"]
        if any(steps[i:i + len(order)] == order for i in range(len(steps))):
            return True
    return False


def test_the_named_orders_are_those_of_the_kernel_and_of_uscx():
    for g, orders in ((SIMPLE, ORDERS), (EVERY, EVERY_ORDERS), (SIMPLE_6_12, as_in_6_12(ORDERS, ORDERS_6_12)),
                      (EVERY_6_12, as_in_6_12(EVERY_ORDERS, EVERY_ORDERS_6_12))):
        for name, order in orders.items():
            what = f"{g.kernel}, {name}: {order}"
            assert any(has_order(log, order) for log in g.recorded()), f"{what} is not in the recordings"
            assert any(has_order(log, order) for log in g.all_runs()), f"{what} is not what uscx does"


def test_loading_and_unloading_are_framed_by_init_and_exit():
    for log in all_logs():
        tap.equal([c.op for c in log if c.op in ("init", "exit")], ["init", "exit"])
        tap.equal([log[0].op, log[0].ret, log[-1].op], ["init", 0, "exit"])
        tap.equal(log[-1].args, {"info.kind": 64})


def test_every_task_of_the_workload_ends_with_the_calls_of_an_exit():
    """It leaves its autogroup, is put back for it, and blocks for good. The recorded 6.12 has no autogroups."""
    for pairs, log in [(2, log) for log in SIMPLE.recorded() + SIMPLE.workload_runs()] + \
            [(1, log) for log in SIMPLE_6_12.recorded() + SIMPLE_6_12.workload_runs()]:
        for name, calls in oplog.of_tasks(log, TASKS).items():
            steps = [s.replace(" on other cpu", "") for s in oplog.task_steps(calls)]
            # no ops.dispatch when the next task is there already, or, at the end of a slice, when nobody else is
            steps = [s for s in steps if s != "dispatch with it as prev"]
            while "stopping runnable=1" in steps[-2 * pairs:]:		# a higher class came in between
                i = len(steps) - 1 - steps[::-1].index("stopping runnable=1")
                tap.equal(steps[i + 1], "running", name)
                del steps[i:i + 2]
            tap.equal(steps[-2 * pairs:], ["running", "stopping runnable=0"] * pairs, name)
            assert pairs == 2 or steps[-3] != "stopping runnable=0", (name, steps[-4:])


if __name__ == "__main__":
    tap.main(__name__)
