#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""uscx run --kernel 2022: the two schedulers of the first generation, and which tasks are theirs."""
import json
import os
import re
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
import tap

SCHEDULERS = os.path.join(tap.OUT, "examples/schedulers")
CONSUME = os.path.join(SCHEDULERS, "consume.bpf.o")
DIRECT = os.path.join(SCHEDULERS, "direct.bpf.o")
MIXED = os.path.join(tap.ROOT, "examples/workloads/mixed.json")
DIR = tempfile.mkdtemp(prefix="uscx-2022-")


def result(*args, kernel="2022"):
    ran = tap.run("run", "-q", "--json", "-", "--kernel", kernel, *args)
    tap.equal(ran.status, 0, ran.err)
    return json.loads(ran.out)


def ops(*args):
    """Lines (operation, task or CPU, the rest) of a run's callback log."""
    path = os.path.join(DIR, "run.ops")
    result("--trace", path, *args)
    with open(path) as f:
        return [line.split() for line in f if not line.startswith("#")]


def enqueued(lines):
    return {re.sub(r"-\d+$", "", line[3]) for line in lines if line[2] == "enqueue"}


def test_both_serve_all_tasks_of_the_mixed_workload():
    names = ("hog_hi-0", "hog_lo-4", "periodic-5", "frames-7", "sleeper-8", "pinned-10", "phased-11")
    for scheduler in (CONSUME, DIRECT):
        lines = ops(scheduler, "-w", MIXED, "-m", "8")
        for name in names:
            assert name in enqueued(lines), f"{name} in {enqueued(lines)}"


def test_shares_on_a_full_machine_are_those_of_a_fifo():
    res = result(DIRECT, "-w", "wl: hog hog hog hog", "-m", "2", "-d", "4s")
    shares = [t["cpu_ns"] for t in res["tasks"] if t["name"].startswith("hog")]
    tap.equal(len(shares), 4)
    assert max(shares) < 1.05 * min(shares), shares


def test_the_same_seed_gives_the_same_hash():
    for scheduler in (CONSUME, DIRECT):
        first = result(scheduler, "-w", MIXED, "-m", "8")
        tap.equal(result(scheduler, "-w", MIXED, "-m", "8")["trace_hash"], first["trace_hash"])
        assert result(scheduler, "-w", MIXED, "-m", "8", "-s", "2")["trace_hash"] != first["trace_hash"]


def test_consume_final_comes_when_nothing_was_dispatched():
    lines = [line[2] for line in ops(CONSUME, "-w", "wl: per:10000:2000", "-m", "1", "-d", "100ms")]
    pairs = set(zip(lines, lines[1:]))
    assert ("consume", "dispatch") in pairs and ("dispatch", "consume_final") in pairs, pairs
    assert all(a == "dispatch" for a, b in pairs if b == "consume_final"), pairs


def test_with_enq_last_a_task_that_is_alone_comes_back_with_its_flag():
    lines = ops(DIRECT, "-w", "wl: hog", "-m", "1", "-d", "200ms")
    last = [float(line[0]) for line in lines if line[2] == "enqueue" and int(line[4].split("=")[1], 16) == 3 << 41]
    assert len(last) >= 8, len(last)
    # its slice is 20 ms then, and ends at a tick
    assert all(0.0199 < b - a < 0.0212 for a, b in zip(last, last[1:])), last


def test_tasks_that_say_another_policy_are_not_the_schedulers():
    path = os.path.join(DIR, "two.json")
    with open(path, "w") as f:
        f.write('{ "tasks": { "mine": { "run": 1000, "sleep": 1000 },'
                ' "other": { "policy": "SCHED_OTHER", "run": 1000, "sleep": 1000 },'
                ' "batch": { "policy": "SCHED_BATCH", "run": 1000, "sleep": 1000 } },'
                ' "global": { "duration": 1 } }')
    names = enqueued(ops(CONSUME, "-w", path, "-m", "1"))
    assert any(n.startswith("mine") for n in names), names
    assert not any(n.startswith(("other", "batch")) for n in names), names
    names = enqueued(ops("--set", "switch_all=1", CONSUME, "-w", path, "-m", "1"))
    assert any(n.startswith("other") for n in names), names


def test_all_tasks_are_prepared_and_enabled_whatever_their_policy():
    lines = [line[2] for line in ops(DIRECT, "-w", "wl: hog", "-m", "1", "-d", "50ms")]
    tap.equal(lines.count("enable"), lines.count("disable"))
    assert lines.count("enable") > 3, lines


def test_objects_of_other_versions_are_refused():
    for args, what in ((("--kernel", "2022", os.path.join(SCHEDULERS, "vtime.bpf.o")), "vtime"),
                       (("--kernel", "7.2", CONSUME), "consume")):
        ran = tap.run("run", "-q", *args)
        tap.equal(ran.status, 2, ran.err)
        tap.contains(ran.err, what)


def test_sysrq_s_has_the_type_of_that_time_and_sysrq_d_is_unknown():
    ran = tap.run("run", "--kernel", "2022", "--at", "1s", "sysrq-s", CONSUME, "-w", "wl:3 hog hog", "-m", "2")
    tap.equal(ran.status, 0, ran.err)
    tap.contains(ran.out, "SYSRQ (65): disabled by sysrq-S")
    ran = tap.run("run", "--at", "1s", "sysrq-d", "--kernel", "2022", CONSUME)
    tap.equal(ran.status, 1, ran.err)
    tap.contains(ran.err, "--at 1s sysrq-d: kernel 2022 does not know it")


def test_the_release_is_a_name_of_our_own():
    ran = tap.run("run", "--kernel", "2022", "--", "/bin/uname", "-r")
    tap.equal(ran.out, "6.1.0-rfc\n")


def test_debugfs_has_the_state_and_sysfs_does_not():
    ran = tap.run("run", "--kernel", "2022", "--", "/bin/cat", "/sys/kernel/debug/sched/ext")
    tap.equal(ran.out, "".join(f"{name:30}: {value}\n" for name, value in (
        ("ops", ""), ("enabled", 0), ("enable_state", "disabled"), ("nr_rejected", 0))))
    tap.contains(tap.run("run", "--kernel", "2022", "--", "/bin/cat", "/sys/kernel/sched_ext/state").err, "No such file")


if __name__ == "__main__":
    tap.main(__name__)
