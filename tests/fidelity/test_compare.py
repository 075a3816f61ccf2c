#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""compare finds the first difference between two logs, whatever it is, and nothing in logs that say the same."""
import functools
import gzip
import os
import re
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
import tap

COMPARE = os.path.join(tap.ROOT, "tests/fidelity/compare")
DATA = os.path.join(tap.ROOT, "tests/data/linux-7.2")
RECORDING = os.path.join(DATA, "simple-2cpu/ops.txt.gz")
TASKS = ["hog0_n0", "hog1_n5", "hog2_n-5", "per3_n0", "per4_n0"]


@functools.cache
def recorded():
    with gzip.open(RECORDING, "rt") as f:
        return tuple(f.read().splitlines())


def compare(*args):
    return tap.run(*args, exe=COMPARE)


def with_log(lines, *args):
    """What compare says of the recording and @lines."""
    with tempfile.TemporaryDirectory() as d:
        log = os.path.join(d, "run.ops")
        with open(log, "w") as f:
            f.write("\n".join(lines) + "\n")
        return compare(*args, RECORDING, log)


def index(pattern, after=0.5):
    """The first line of the recording that matches, in part @after of it: the workload runs there."""
    lines = recorded()
    return next(i for i in range(int(after * len(lines)), len(lines)) if re.search(pattern, lines[i]))


def changed(i, *new):
    return recorded()[:i] + new + recorded()[i + 1:]


def names(ran, task, place):
    """One task differs, at this line of the recording."""
    tap.equal((ran.status, ran.err), (1, ""))
    tap.contains(ran.out, f"\n    > {RECORDING}:{place}: {recorded()[place - 1]}\n")
    tap.equal(ran.out.count(" the next differs "), 1, ran.out)
    tap.equal(len(re.findall(r"all \d+ calls are the same", ran.out)), 4, ran.out)
    assert re.search(rf"^first difference: {task}, \d+\.\d{{3}} s (after|before) the start", ran.out, re.M), ran.out


def test_a_log_is_the_same_as_itself():
    for args in ((), ("--all",), ("--cpus",), ("--all", "--cpus")):
        ran = compare(*args, RECORDING, RECORDING)
        tap.equal((ran.status, ran.err), (0, ""))
        tap.equal([line.split(":")[0] for line in ran.out.splitlines()], TASKS)
        tap.equal(len(re.findall(r"all \d\d+ calls are the same", ran.out)), 5, ran.out)


def test_times_pids_and_numbers_of_cpus_are_not_compared():
    def other(line):
        if line.startswith("#"):
            return line
        time, cpu, op, task, *args = line.split(" ")
        if op == "select_cpu":
            args[-1] = str(1 - int(args[-1]))
        args = [re.sub("cpu=(.)", lambda m: f"cpu={1 - int(m[1])}", a) for a in args]
        return " ".join(["7" + time, str(1 - int(cpu)), op, task if task == "-" else task + "0", *args])

    lines = [other(line) for line in recorded()]
    assert lines[1000] != recorded()[1000]
    ran = with_log(lines)
    tap.equal((ran.status, ran.out.count("calls are the same")), (0, 5), ran.out)
    tap.equal(with_log(lines, "--cpus").status, 1)


def test_another_flag_is_a_difference():
    i = index(r" enqueue hog1_n5-\d+ enq_flags=0x0$")
    names(with_log(changed(i, recorded()[i].replace("=0x0", "=0x1"))), "hog1_n5", i + 1)


def test_another_argument_is_a_difference():
    i = index(r" stopping hog2_n-5-\d+ runnable=1$")
    names(with_log(changed(i, recorded()[i].replace("=1", "=0"))), "hog2_n-5", i + 1)


def test_another_choice_of_cpu_is_a_difference():
    i = index(r" select_cpu per3_n0-\d+ prev_cpu=0 .*-> 0$")
    names(with_log(changed(i, recorded()[i][:-1] + "1")), "per3_n0", i + 1)


def test_a_call_more_or_less_is_a_difference():
    i = index(r" dispatch hog0_n0-\d+ ")
    ran = with_log(changed(i))
    names(ran, "hog0_n0", i + 1)
    ran = with_log(changed(i, recorded()[i], recorded()[i]))
    tap.equal(ran.status, 1)
    tap.equal(ran.out.count(recorded()[i]), 3, ran.out)		# before the difference in both, and where it is


def test_another_order_is_a_difference():
    i = index(r" stopping per4_n0-\d+ ")
    k = next(k for k in range(i + 1, len(recorded())) if " per4_n0-" in recorded()[k])
    lines = list(recorded())
    lines[i], lines[k] = lines[k], lines[i]
    names(with_log(lines), "per4_n0", i + 1)


def test_the_end_of_a_log_is_a_difference():
    last = max(i for i, line in enumerate(recorded()) if " hog1_n5-" in line)
    ran = with_log(changed(last))
    names(ran, "hog1_n5", last + 1)
    tap.contains(ran.out, "run.ops: no more calls about it\n")


def test_a_task_that_is_in_one_log_only_is_named():
    ran = with_log([line for line in recorded() if " hog1_n5-" not in line])
    tap.equal(ran.status, 1)
    tap.contains(ran.out, f"hog1_n5: only in {RECORDING}\n")
    tap.equal(ran.out.count("calls are the same"), 4)


def test_prefixes_choose_tasks():
    ran = compare(RECORDING, RECORDING, "per", "rcu_")
    tap.equal({line.split("_")[0] for line in ran.out.splitlines()}, {"per3", "per4", "rcu"})
    tap.contains(ran.out, "rcu_preempt: all ")


def test_operations_can_be_left_out():
    i = index(r" dispatch hog0_n0-\d+ ")
    tap.equal(with_log(changed(i), "--ignore", "dispatch").status, 0)


def test_before_the_common_start_only_all_compares():
    i = next(i for i, line in enumerate(recorded()) if " stopping hog0_n0-" in line)
    lines = changed(i)
    tap.equal(with_log(lines).status, 0)
    names(with_log(lines, "--all"), "hog0_n0", i + 1)


def test_a_run_is_compared_with_the_recording_of_its_kernel():
    """The tasks of both are found and compared for a long way, in all hundreds of calls; in which way they may differ is a
    matter of test_callbacks.py. In the recording of the other kernel the first wake-up with flags differs."""
    for kernel, other, least in (("7.2", "6.12", 1000), ("6.12", "7.2", 2000)):
        recording = os.path.join(tap.ROOT, f"tests/data/linux-{kernel}/simple-2cpu/ops.txt.gz")
        with tempfile.TemporaryDirectory() as d:
            log = os.path.join(d, "run.ops")
            ran = tap.run("run", "-q", os.path.join(tap.ROOT, f"tests/data/linux-{kernel}/scx_simple.bpf.o"), "--kernel", kernel,
                          "-w", "wl:3 hog@0 hog@5 hog@-5 per:10000:2000 per:10000:2000", "-m", "2", "--hz", "250", "--trace", log)
            tap.equal(ran.status, 0, ran.err)
            ran, wrong = compare(recording, log), compare(recording.replace(f"linux-{kernel}", f"linux-{other}"), log)
        tap.equal((ran.err, wrong.err, wrong.status), ("", "", 1))
        same = sum(same_calls(ran.out).values())
        tap.equal(sorted(same_calls(ran.out)), sorted(TASKS))
        assert same >= least, (kernel, same, ran.out)
        assert max(same_calls(wrong.out)[task] for task in ("per3_n0", "per4_n0")) < 10, (kernel, wrong.out)
        assert ran.status == 0 or re.search(r"^first difference: \S+, \d+\.\d{3} s after the start of the workload", ran.out, re.M), ran.out


def same_calls(out):
    return {m[1]: int(m[2]) for m in re.finditer(r"^(\S+): (?:all )?(\d+) calls are the same", out, re.M)}


def test_what_is_no_log_is_refused():
    for lines, says in ((["1.2 0 x - -> 0"], "run.ops:1: not a call of an operation"),
                        (["# sched_ext_ops: 8 callbacks traced, 9 records, 3 lost"], "run.ops:1: 3 calls are missing"),
                        (["1.000000000 0 running other-1"], "no task in both")):
        ran = with_log(lines)
        tap.equal((ran.status, ran.out), (2, ""))
        tap.contains(ran.err, says)
    ran = compare(RECORDING, "/nonexistent.ops")
    tap.equal(ran.status, 2)
    tap.contains(ran.err, "/nonexistent.ops")


def test_usage():
    ran = compare(RECORDING)
    tap.equal((ran.status, ran.out), (2, ""))
    tap.contains(ran.err, "compare [OPTIONS] RECORDING.ops[.gz] RUN.ops[.gz] [PREFIX...]")
    ran = compare("--help")
    tap.equal((ran.status, ran.err), (0, ""))


if __name__ == "__main__":
    tap.main(__name__)
