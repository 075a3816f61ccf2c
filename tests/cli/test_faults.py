#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Schedulers with a fault each (tests/cli/progs): status, one message that says what and where, and the kernel's dump."""
import glob
import os
import re
import shlex
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
import tap

PROGS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "progs")
ENDED = (3, 4, 5)       # the scheduler was loaded, and ended with an error


class Prog:
    """A program and what its first comment says must come of it."""

    def __init__(self, path):
        self.name = os.path.basename(path)[:-len(".bpf.c")]
        self.object = os.path.join(tap.OUT, "tests/cli/progs", self.name + ".bpf.o")
        with open(path) as f:
            text = f.read()
        here = [str(i) for i, line in enumerate(text.split("\n"), 1) if "/* HERE */" in line]
        said = re.findall(r"^ \* (status|stderr|args): (.*)$", text, re.M)
        self.status = int(dict(said)["status"])
        self.args = shlex.split(dict(said).get("args", ""))
        self.stderr = [v.replace("@LINE", here[0]) if here else v for k, v in said if k == "stderr"]

    def run(self, *args):
        return tap.run("run", "-d", "3s", *self.args, *args, self.object)


def check(prog):
    quiet, loud = prog.run("-q"), prog.run()
    for ran in (quiet, loud):
        assert ran.status == prog.status, f"status {ran.status}, want {prog.status}; {ran.err[:1000]}"
        message = ran.err.split("\n")[0]
        for part in prog.stderr:
            tap.contains(message, part)
    tap.equal(quiet.out, "", "standard output with -q")
    if prog.status == 0:
        tap.equal(quiet.err, "", "standard error of a run without fault")
        return
    # one message, of one line, that names the object
    tap.equal(quiet.err.count("\n"), 1, f"lines of {quiet.err!r}")
    assert quiet.err.startswith(f"uscx: {prog.object}: "), quiet.err
    assert all(c == "\n" or c.isprintable() for c in loud.err), f"control characters in {loud.err!r}"
    if prog.status in ENDED and "2022" in prog.args:
        tap.equal(loud.err, quiet.err, "there is no debug dump in 2022")
        tap.contains(loud.out, "\nexit ")
    elif prog.status in ENDED:
        tap.contains(loud.err, "\nDEBUG DUMP\n")
        tap.contains(loud.err, "triggered exit kind")
        tap.contains(loud.out, "\nexit ")
    else:
        tap.equal(loud.err, quiet.err, "message without -q")
        tap.equal(loud.out, "", "standard output of what was refused")


for _path in sorted(glob.glob(os.path.join(PROGS, "*.bpf.c"))):
    _prog = Prog(_path)
    globals()["test_" + _prog.name.replace("-", "_")] = lambda prog=_prog: check(prog)


def test_left_out_programs_are_named():
    ran = Prog(os.path.join(PROGS, "other-program.bpf.c")).run()
    tap.contains(ran.out, "program sched_switch (section tp_btf/sched_switch) is left out")


def test_stall_follows_timeout_ms():
    """timeout_ms = 1000, looked at every half of it"""
    ran = Prog(os.path.join(PROGS, "stall.bpf.c")).run("-q")
    seconds = float(re.search(r"failed to run for ([0-9.]+)s", ran.err).group(1))
    assert 1.0 <= seconds <= 1.6, seconds


def test_fault_is_the_same_each_time():
    """Addresses in messages are those of guest memory, which does not move."""
    for name in ("rule-value-as-task", "rule-task-store"):
        prog = Prog(os.path.join(PROGS, name + ".bpf.c"))
        tap.equal(prog.run().err, prog.run().err, name)


if __name__ == "__main__":
    tap.main(__name__)
