#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""--at TIME EVENT: SysRq-S and SysRq-D, in objects of both versions, and how every kind of exit is reported."""
import json
import os
import re
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
import tap

SIMPLE = os.path.join(tap.ROOT, "tests/data/linux-7.2/scx_simple.bpf.o")
PROGS = os.path.join(tap.OUT, "tests/cli/progs")


def result(*args, status=0):
    ran = tap.run("run", "-q", "--json", "-", *args)
    tap.equal(ran.status, status, ran.err)
    return json.loads(ran.out), ran.err


def trace_of(*args):
    """Text of the ftrace output of a run, and its result."""
    with tempfile.TemporaryDirectory() as tmp:
        path = os.path.join(tmp, "t.txt")
        got, _ = result("--trace", path, *args)
        with open(path) as f:
            return f.read(), got


def test_sysrq_s_ends_the_scheduler():
    for version in ("7.2", "6.12"):
        text, got = trace_of("--kernel", version, "-m", "2", "--at", "1s", "sysrq-s", SIMPLE)
        tap.equal(got["exit"], {"kind": "SYSRQ", "code": 0, "reason": "disabled by sysrq-S", "msg": None, "status": 0,
                                "loader_status": 0})
        assert 1_000_000_000 < got["virtual_ns"] < 1_200_000_000, got["virtual_ns"]
        assert "sched_ext_dump" not in text, "a dump is for errors"


def test_sysrq_d_dumps_and_the_scheduler_goes_on():
    for version, first in (("7.2", "simple: root"), ("6.12", "Debug dump triggered by SysRq-D")):
        text, got = trace_of("--kernel", version, "-m", "2", "-d", "2s", "--at", "1s", "sysrq-d", SIMPLE)
        tap.equal(got["exit"]["kind"], "UNREG")
        lines = re.findall(r"sched_ext_dump: (.*)", text)
        tap.equal(lines[0].strip(), first)
        for part in ("Debug dump triggered by SysRq-D", "CPU states", "CPU 0   : nr_run="):
            assert any(part in line for line in lines), part
        assert got["virtual_ns"] > 2_000_000_000


def test_sysrq_d_changes_nothing():
    base = ("-m", "2", "-d", "1s", "--cost", "none")
    with_dump, _ = result(*base, "--at", "500ms", "sysrq-d", SIMPLE)
    without, _ = result(*base, SIMPLE)
    for key in ("switches", "wakeups", "migrations"):
        tap.equal(with_dump["counts"][key], without["counts"][key], key)


def test_dumps_are_printed_unless_quiet():
    args = ("run", "-m", "1", "-d", "1s", "--at", "200ms", "sysrq-d", "--at", "0s", "sysrq-d", SIMPLE)
    err = tap.run(*args).err
    tap.equal(len(re.findall(r"^\[ .*\] SysRq-D$", err, re.M)), 2)
    tap.equal(err.count("Debug dump triggered by SysRq-D"), 2)
    tap.equal(tap.run(args[0], "-q", *args[1:]).err, "")


def test_an_event_is_the_same_each_time():
    a, b = (result("-d", "2s", "--at", "1s", "sysrq-d", "--at", "1500ms", "sysrq-s", SIMPLE)[0] for _ in range(2))
    tap.equal(a["trace_hash"], b["trace_hash"])


def test_wrong_events_are_refused():
    for args, text in (
        (["--at", "1s", "sysrq-x", SIMPLE], "there is no such event; there are sysrq-s, sysrq-d"),
        (["--at", "1s"], "which event? There are sysrq-s, sysrq-d"),
        (["--at", "1s", "-q", SIMPLE], "which event?"),
        (["--at", "soon", "sysrq-s", SIMPLE], "must be followed by a time with a unit and an event"),
        (["-d", "1s", "--at", "1s", "sysrq-s", SIMPLE], "the workload runs for 1 s only"),
        (["--host-limit", "1s", SIMPLE], "--host-limit is for a LOADER"),
    ):
        ran = tap.run("run", *args)
        tap.equal(ran.status, 1)
        tap.contains(ran.err, text)
        tap.equal(ran.err.count("\n"), 1)


def test_every_kind_of_exit_is_told():
    for args, kind, status in (
        ([SIMPLE], "UNREG", 0), (["--at", "100ms", "sysrq-s", SIMPLE], "SYSRQ", 0), (["exit-itself"], "UNREG_BPF", 0),
        (["error-no-dsq"], "ERROR", 3), (["error-enqueue"], "ERROR_BPF", 3), (["stall"], "ERROR_STALL", 4),
    ):
        *rest, obj = args
        got, _ = result("-d", "3s", *rest, obj if os.path.isabs(obj) else os.path.join(PROGS, obj + ".bpf.o"), status=status)
        tap.equal((got["exit"]["kind"], got["exit"]["status"]), (kind, status))


if __name__ == "__main__":
    tap.main(__name__)
