#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""--trace FILE.txt and FILE.ops of whole runs: what tools that read the kernel's files expect, and that the files say what
the result says."""
import functools
import json
import os
import re
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
import tap

SIMPLE = os.path.join(tap.ROOT, "tests/data/linux-7.2/scx_simple.bpf.o")
CALLS = os.path.join(tap.OUT, "tests/trace/progs/calls.bpf.o")
STALL = os.path.join(tap.OUT, "tests/cli/progs/stall.bpf.o")
RECORDED = "wl:3 hog@0 hog@5 hog@-5 per:10000:2000 per:10000:2000"
TASKS = ["hog0_n0", "hog1_n5", "hog2_n-5", "per3_n0", "per4_n0"]
CHANGES = json.dumps({"tasks": {
    "moves": {"loop": 3, "phases": {"a": {"cpus": [1], "run": 500}, "b": {"cpus": [0], "run": 500}}},
    "nice": {"loop": 2, "phases": {"a": {"priority": 5, "run": 500}, "b": {"priority": 0, "run": 500}}},
    "yields": {"loop": 3, "run": 500, "yield": ""},
}})

# As programs that read the kernel's trace file look for its lines.
EVENT = re.compile(r"\s*(.{1,16})-(\d+)\s+\[(\d{3,})\] ([.dDbnNpsShH0-9a-f]{5}) +(\d+)\.(\d{6}): (\w+): (.*)$")
SWITCH = re.compile(r"prev_comm=(.*) prev_pid=(\d+) prev_prio=\d+ prev_state=([RSDX]\+?) ==> next_comm=(.*) next_pid=(\d+) "
                    r"next_prio=\d+$")
WAKEUP = re.compile(r"comm=.* pid=\d+ prio=\d+ target_cpu=\d{3}$")
FIELDS = {
    "sched_switch": SWITCH,
    "sched_waking": WAKEUP,
    "sched_wakeup": WAKEUP,
    "sched_wakeup_new": WAKEUP,
    "sched_migrate_task": re.compile(r"comm=.* pid=\d+ prio=\d+ orig_cpu=\d+ dest_cpu=\d+$"),
    "sched_process_fork": re.compile(r"comm=.* pid=\d+ child_comm=.* child_pid=\d+$"),
    "sched_process_exit": re.compile(r"comm=.* pid=\d+ prio=\d+ group_dead=true$"),
    "sched_ext_dump": re.compile(r""),
}
CALL = re.compile(r"(\d+\.\d{9}) (\d+) (\w+) (-|\S+-\d+)((?: [\w.]+=\S+)*)( -> -?\d+)?$")


def run(*args, obj=SIMPLE, status=0, **kwargs):
    """Text of the .txt, text of the .ops, and what came out of the run."""
    with tempfile.TemporaryDirectory() as d:
        txt, ops = os.path.join(d, "x.txt"), os.path.join(d, "x.ops")
        ran = tap.run("run", "--trace", txt, "--trace", ops, *args, obj, **kwargs)
        tap.equal(ran.status, status, ran.err)
        with open(txt) as f, open(ops) as g:
            return f.read(), g.read(), ran


@functools.cache
def recorded_workload(cpus=2):
    return run("-w", RECORDED, "-m", str(cpus), "--hz", "250", "--json", "-")


def events(txt):
    lines = [line for line in txt.splitlines() if not line.startswith("#")]
    assert lines, "no events"
    for line in lines:
        m = EVENT.match(line)
        assert m, f"not an event: {line!r}"
        yield int(m[5]) * 1000000 + int(m[6]), int(m[3]), int(m[2]), m[7], m[8]


def calls(ops):
    lines = [line for line in ops.splitlines() if not line.startswith("#")]
    assert lines, "no calls"
    for line in lines:
        m = CALL.match(line)
        assert m, f"not a call: {line!r}"
        yield m.groups()


def test_every_line_of_the_ftrace_text_is_an_event_in_order_of_time():
    for cpus in (1, 2, 4):
        before = 0
        for us, cpu, _, name, fields in events(recorded_workload(cpus)[0]):
            assert FIELDS[name].match(fields), f"{name}: {fields}"
            assert us >= before and cpu < cpus, (us, before, cpu)
            before = us


def test_the_ftrace_text_has_the_switches_and_cpu_times_of_the_result():
    txt, _, ran = recorded_workload()
    current, since, time, switches = {}, {}, {}, {}
    for us, cpu, who, name, fields in events(txt):
        if name != "sched_switch":
            continue
        m = SWITCH.match(fields)
        prev, next_ = int(m[2]), int(m[5])
        tap.equal(current.get(cpu, 0), prev, f"what runs on CPU {cpu} at {us} us")
        tap.equal(who, prev, "the task that switches")
        time[prev] = time.get(prev, 0) + us - since.get(cpu, 0)
        current[cpu], since[cpu], switches[next_] = next_, us, switches.get(next_, 0) + 1
    tasks = [t for t in json.loads(ran.out)["tasks"] if t["name"] in TASKS]
    tap.equal(len(tasks), 5)
    for t in tasks:
        tap.equal(switches[t["pid"]], t["switches"], f"switches of {t['name']}")
        # each stay on a CPU has two times that are rounded to us
        assert abs(1000 * time[t["pid"]] - t["cpu_ns"]) <= 1000 * t["switches"], (t["name"], time[t["pid"]], t["cpu_ns"])


def test_every_line_of_the_log_is_a_call_in_order_of_time():
    returning = {"select_cpu", "init", "init_task", "yield"}
    for cpus in (1, 2, 4):
        before = 0.0
        seen = set()
        for time, cpu, op, task, _, ret in calls(recorded_workload(cpus)[1]):
            assert float(time) >= before and int(cpu) < cpus, (time, before, cpu)
            before = float(time)
            tap.equal(bool(ret), op in returning, op)
            assert not task.startswith("<"), task
            seen.add(op)
        # with one CPU there is no choice of CPUs
        tap.equal(sorted(seen - {"select_cpu"}), ["dispatch", "enable", "enqueue", "exit", "init", "running", "stopping"])
    tap.equal(re.sub(r"^[\d.]+ \d+", "", recorded_workload()[1].splitlines()[2]), " init - -> 0")
    tap.equal(re.sub(r"^[\d.]+ \d+", "", recorded_workload()[1].splitlines()[-1]), " exit - info.kind=64")


def test_calls_of_a_fork_have_the_name_of_the_task():
    _, ops, _ = run("-w", "wl:0.02 hog hog@5", "-m", "2", obj=CALLS)
    for task, weight in (("hog0_n0", 100), ("hog1_n5", 33)):
        mine = [(op + args + (ret or "")) for _, _, op, who, args, ret in calls(ops) if who.rpartition("-")[0] == task]
        start = mine.index("init_task args.fork=1 -> 0")
        tap.equal(mine[start:start + 3], ["init_task args.fork=1 -> 0", "enable", f"set_weight weight={weight}"], task)
        tap.equal(mine[-1], "exit_task args.cancelled=0", task)
    assert "<...>" not in ops


def test_masks_weights_and_second_tasks_are_in_the_log():
    with tempfile.NamedTemporaryFile("w", suffix=".json") as f:
        f.write(CHANGES)
        f.flush()
        _, ops, _ = run("-w", f.name, "-m", "4", "-d", "100ms", obj=CALLS)
    found = {(who.rpartition("-")[0], op + args + (ret or "")) for _, _, op, who, args, ret in calls(ops)}
    for want in (("init", "set_cpumask mask.bits=0xf"), ("moves-0", "set_cpumask mask.bits=0x1"),
                 ("moves-0", "set_cpumask mask.bits=0x2"), ("nice-1", "set_weight weight=33"),
                 ("nice-1", "set_weight weight=100"), ("yields-2", "yield to=- -> 0")):
        assert want in found, f"{want} is not in {sorted(found)}"


def test_the_dump_of_an_error_is_in_the_ftrace_text():
    txt, _, ran = run("-w", "wl:hog hog hog", "-m", "2", obj=STALL, status=4)
    rule = "=" * 80
    printed = ran.err.split(rule)[1].strip("\n").split("\n")
    traced = [fields for _, _, _, name, fields in events(txt) if name == "sched_ext_dump"]
    assert any("runnable task stall" in line for line in printed), printed
    tap.equal(traced, printed)


def test_the_files_are_the_same_for_the_same_seed():
    once, again = (run("-w", RECORDED, "-m", "2", "-d", "300ms") for _ in range(2))
    tap.equal(once[0] == again[0], True, "ftrace text")
    tap.equal(once[1] == again[1], True, "log of operations")


def test_a_trace_changes_nothing():
    args = ("run", "-q", "-w", RECORDED, "-m", "2", "-d", "300ms", "--json", "-")
    with_trace = json.loads(run(*args[1:])[2].out)
    without = json.loads(tap.run(*args, SIMPLE).out)
    tap.equal(with_trace["trace_hash"], without["trace_hash"])


def test_6_12_has_no_group_dead():
    txt, _, _ = run("-w", "wl:0.02 hog", "-m", "2", "--kernel", "6.12", obj=os.path.join(tap.OUT, "tests/trace/progs/any.bpf.o"))
    exits = [fields for _, _, _, name, fields in events(txt) if name == "sched_process_exit"]
    assert any(re.fullmatch(r"comm=hog0_n0 pid=\d+ prio=120", e) for e in exits), exits


if __name__ == "__main__":
    tap.main(__name__)
