#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""The options of uscx: what each does, and what is said when it is wrong."""
import json
import os
import re
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
import tap

VTIME = os.path.join(tap.OUT, "examples/schedulers/vtime.bpf.o")
STALL = os.path.join(tap.OUT, "tests/cli/progs/stall.bpf.o")


def run(*args, **kwargs):
    return tap.run("run", *args, **kwargs)


def bad(*args, says, status=1, obj=VTIME, env=None):
    """uscx run @args fails with one line that has @says, and does nothing else."""
    ran = run(*args, *([obj] if obj else []), env=env)
    tap.equal(ran.status, status, f"status of {args}: {ran.err}")
    tap.equal(ran.out, "", f"standard output of {args}")
    assert ran.err.startswith("uscx: ") and ran.err.count("\n") == 1, f"not one message: {ran.err!r}"
    tap.contains(ran.err, says)


def good(*args, obj=VTIME, duration="50ms"):
    ran = run("-d", duration, *args, obj)
    assert ran.status == 0, f"status {ran.status} of {args}: {ran.err}"
    tap.equal(ran.err, "", f"standard error of {args}")
    return ran


def result(*args, **kwargs):
    return json.loads(good("-q", "--json", "-", *args, **kwargs).out)


# --- help and version ---

def test_without_a_command_usage_goes_to_stderr():
    ran = tap.run()
    tap.equal((ran.status, ran.out), (1, ""))
    tap.contains(ran.err, "usage: uscx COMMAND")


def test_help_is_an_answer():
    for args in (["--help"], ["-h"], ["help"]):
        ran = tap.run(*args)
        tap.equal((ran.status, ran.err), (0, ""))
        tap.contains(ran.out, "usage: uscx COMMAND")
        tap.contains(ran.out, "run OBJECT.bpf.o")


def test_help_of_run_names_every_option():
    ran = run("--help")
    tap.equal((ran.status, ran.err), (0, ""))
    for option in ("-w, --workload", "-m, --machine", "-d, --duration", "-s, --seed", "--kernel", "--hz", "--set", "--cost",
                   "--trace", "--json", "--check", "-q, --quiet", "--version, --help"):
        tap.contains(ran.out, option)
    for status in ("0 ran to the end", "1 usage or bad input file", "2 the scheduler was refused",
                   "3 the scheduler ended\nwith an error", "4 stall", "5 a BPF program broke a run-time rule",
                   "70 internal error"):
        tap.contains(ran.out, status)
    for line in ran.out.splitlines():
        assert len(line) <= 110, line
    tap.equal(run("-h").out, ran.out)


def test_help_wins_over_what_is_missing():
    tap.equal(run("--help", "one", "two").status, 0)


def test_version():
    for args in (["--version"], ["run", "--version"]):
        ran = tap.run(*args)
        tap.equal((ran.status, ran.err), (0, ""))
        assert re.fullmatch(r"uscx \d+\.\d+ \(sched_ext of Linux 7\.2\)\n", ran.out), ran.out


def test_unknown_command():
    ran = tap.run("fly")
    tap.equal((ran.status, ran.out, ran.err), (1, "", "uscx: no command 'fly'; see uscx --help\n"))


# --- options in general ---

def test_unknown_option():
    bad("--bogus", says="there is no option '--bogus'")
    bad("-x", says="there is no option '-x'")
    bad("-qx", says="there is no option '-x'")


def test_missing_value():
    for option in ("-w", "-m", "-d", "-s", "--workload", "--machine", "--duration", "--seed", "--kernel", "--hz", "--set", "--cost",
                   "--trace", "--json"):
        bad(option, obj=None, says=f"option '{option}' needs a value; see uscx run --help")


def test_value_where_none_belongs():
    bad("--quiet=3", says="option '--quiet' takes no value")
    bad("--check=yes", says="option '--check' takes no value")


def test_object_must_be_one():
    bad(obj=None, says="which scheduler? Give its OBJECT.bpf.o")
    bad("", obj=None, says="which scheduler?")
    bad("a.bpf.o", obj="b.bpf.o", says="one OBJECT.bpf.o, not several: a.bpf.o and b.bpf.o")


def test_loader_form():
    bad("--", obj=None, says="which loader? Give its program after --")
    bad("--", "", obj=None, says="which loader?")
    bad(VTIME, "--", "scx_simple", obj=None, says="either an OBJECT.bpf.o or -- LOADER, not both")
    bad("--set", "slice_ns=1", "--", "scx_simple", obj=None, says="--set slice_ns=1: is for OBJECT.bpf.o")
    bad("--", "/nonexistent/scx_simple", obj=None, says="/nonexistent/scx_simple")


def test_options_may_stand_behind_the_object():
    ran = run(VTIME, "-q", "-d", "10ms")
    tap.equal((ran.status, ran.out, ran.err), (0, "", ""))


# --- values ---

def test_duration():
    for text, ns in (("50ms", 50e6), ("0.05s", 50e6), ("50000us", 50e6), ("60000000ns", 60e6), ("0.001m", 60e6),
                     ("0.00002h", 72e6)):
        # attaching, and up to a tick and the loader's 100 ms at the end, come on top
        got = result("-w", "wl: hog", duration=text)["virtual_ns"]
        assert ns <= got <= ns + 110e6, f"{text}: {got}"


def test_bad_duration():
    for text in ("", "5", "s", "0s", "-1s", "1e3s", "0x10s", "nans", "infs", " 5s", "5 s", "5S", "5sec", "1..5s", "100000h", "0.1ns"):
        bad("-d", text, says=f"--duration {text}: must be a time with a unit, as 500ms, 10s or 2m")


def test_seed():
    tap.equal(result()["seed"], 1)
    tap.equal(result("-s", "0x10")["seed"], 16)
    tap.equal(result("--seed", "010")["seed"], 10)
    tap.equal(result("--seed=18446744073709551615")["seed"], 18446744073709551615)


def test_bad_seed():
    for text in ("", "x", "-1", " -1", "+1", "1.5", "18446744073709551616", "0x", "0xg", "7 "):
        bad("-s", text, says=f"--seed {text}: must be a number from 0 to 18446744073709551615")


def test_hz():
    def ticks(hz):
        return result("--hz", hz, "-w", "wl: hog", "-m", "1", duration="1s")["counts"]["ticks"]

    few, many = ticks("100"), ticks("1000")
    assert 9 < many / few < 11, (few, many)


def test_bad_hz():
    for text in ("", "0", "99", "x", "1000x", "0xfa0"):
        bad("--hz", text, says=f"--hz {text}: must be 100, 250, 300 or 1000")


def test_kernel():
    tap.equal(result("--kernel", "7.2")["kernel"], "7.2")


def test_bad_kernel():
    for text in ("", "5.0", "7"):
        bad("--kernel", text, says=f"--kernel {text}: no such version; there are 2022, 6.12 and 7.2")


def test_kernels_that_messages_offer_are_there():
    for version in re.search("there are (.*), (.*) and (.*)", run("--kernel", "x", VTIME).err).groups():
        ran = run("-q", "--json", "-", "-d", "10ms", "--kernel", version, VTIME)
        # vtime is made for 7.2; others may refuse it, but they know themselves
        assert ran.status in (0, 2), ran.err
        tap.equal(json.loads(ran.out)["kernel"], version)


def test_cost():
    assert result("--cost", "none")["trace_hash"] != result()["trace_hash"]
    assert result("--cost", "fork_ns=1")["trace_hash"] != result()["trace_hash"]
    tap.equal(result("--cost", "fork_ns=30000")["trace_hash"], result()["trace_hash"], "the default, said")
    tap.equal(result("--cost", "fork_ns=1,exit_ns=2")["trace_hash"],
              result("--cost", "exit_ns=2", "--cost", "fork_ns=1")["trace_hash"])


def test_bad_cost():
    bad("--cost", "lunch=1", says="--cost lunch=1: there is no cost 'lunch'; docs/costs.md lists them")
    bad("--cost", "fork_ns=1,lunch=1", says="there is no cost 'lunch'")
    for text in ("", ","):
        bad("--cost", text, says="must be none, or NAME=NUMBER")
    for item in ("fork_ns", "fork_ns=", "fork_ns=x", "fork_ns=-1", "=1", "fork_ns=100000001", "fork_ns=1=2"):
        bad("--cost", item, says=f"--cost {item}: ")


def test_costs_that_leave_no_time():
    # the loader's task is abandoned in the middle of closing its link, with what belongs to that
    bad("--cost", "tick_ns=100000000", "-d", "50ms", env={"ASAN_OPTIONS": "detect_leaks=0"},
        says="--cost leaves no time for tasks, take smaller numbers")


def test_set():
    default = result()["trace_hash"]
    tap.equal(result("--set", "slice_ns=20000000")["trace_hash"], default, "the default, said")
    assert result("--set", "slice_ns=1000000", "-m", "1")["trace_hash"] != result("-m", "1")["trace_hash"]


def test_bad_set():
    for text in ("slice_ns", "=3", ""):
        bad("--set", text, says=f"--set {text}: must be VAR=VALUE")
    bad("--set", "lunch=3", says="--set lunch: the object has no such global variable; it has: slice_ns")
    for value in ("", "x", "-1", "1.5", "18446744073709551616"):
        bad("--set", f"slice_ns={value}", says=f"--set slice_ns={value}: it is an unsigned integer of 64 bits")


# --- outputs ---

def test_summary_is_the_default():
    out = good().out
    for part in ("run     vtime, kernel 7.2, 4 CPUs", "exit    UNREG", "hash    "):
        tap.contains(out, part)


def test_quiet_says_nothing():
    tap.equal(good("-q").out, "")


def test_quiet_keeps_the_message():
    ran = run("-q", STALL)
    tap.equal((ran.status, ran.out, ran.err.count("\n")), (4, "", 1))


def test_json_alone_on_standard_output():
    for args in ([], ["-q"]):
        out = good("--json", "-", *args).out
        assert out.startswith("{\n") and out.endswith("}\n"), out[:200]
        json.loads(out)


def test_json_to_a_file():
    with tempfile.TemporaryDirectory() as d:
        file = os.path.join(d, "result.json")
        tap.contains(good("--json", file).out, "exit    UNREG")
        with open(file) as f:
            tap.equal(json.load(f)["scheduler"], "vtime")


def test_json_says_why_when_there_is_no_run():
    """Also the scheduler that was refused leaves a result for programs that read it."""
    obj = os.path.join(tap.OUT, "tests/cli/progs/refused-flags.bpf.o")
    ran = run("--json", "-", obj)
    got = json.loads(ran.out)["exit"]
    tap.equal((ran.status, got["status"], got["loader_status"], got["kind"]), (2, 2, 1, None))
    tap.equal("uscx: " + got["msg"] + "\n", ran.err)


def test_json_that_cannot_be_written():
    # before the run, which would take very long
    bad("-d", "200h", "--json", "/nonexistent/r.json", says="--json /nonexistent/r.json: cannot be written: No such file")
    bad("-d", "10ms", "-q", "--json", "/dev/full", says="--json /dev/full: cannot be written: No space left on device")


def test_trace():
    with tempfile.TemporaryDirectory() as d:
        files = [os.path.join(d, f"{i}.pftrace") for i in range(2)]
        out = good("--trace", files[0], "--trace", files[1]).out
        for file in files:
            tap.contains(out, f"trace: {file} - open it at https://ui.perfetto.dev")
        with open(files[0], "rb") as a, open(files[1], "rb") as b:
            one, two = a.read(), b.read()
        assert len(one) > 1000 and one == two, len(one)


def test_trace_of_each_kind_that_the_message_names():
    ends = re.findall(r"\.[a-z]+\b", run("--trace", "x", VTIME).err.split("must end in", 1)[1])
    assert ".pftrace" in ends, ends
    with tempfile.TemporaryDirectory() as d:
        for end in ends:
            file = os.path.join(d, "x" + end)
            good("-q", "--trace", file)
            assert os.path.getsize(file) > 1000, file


def test_bad_trace():
    for text in ("", "x", "x.json", ".", "pftrace"):
        bad("--trace", text, says=f"--trace {text}: the name must end in .pftrace")
    bad("-d", "200h", "--trace", "/nonexistent/x.pftrace", says="/nonexistent/x.pftrace: cannot create the Perfetto trace: No such")
    with tempfile.TemporaryDirectory() as d:
        bad(*[a for i in range(5) for a in ("--trace", f"{d}/{i}.pftrace")], says="at most 4 traces")
        tap.equal(os.listdir(d), [])
        os.mkdir(f"{d}/dir.pftrace")
        bad("-d", "200h", "--trace", f"{d}/dir.pftrace", says="dir.pftrace: cannot create the Perfetto trace: Is a directory")


def test_full_disk():
    with tempfile.TemporaryDirectory() as d:
        full = os.path.join(d, "full.pftrace")
        os.symlink("/dev/full", full)
        bad("-q", "-d", "50ms", "--trace", full, says=f"{full}: cannot write the Perfetto trace: No space left on device")
        # the rest of the result is told, and no trace is promised
        ran = run("-d", "50ms", "--trace", full, VTIME)
        tap.contains(ran.out, "exit    UNREG")
        assert "trace: " not in ran.out, ran.out
        # how the scheduler ended matters more
        tap.equal(run("-q", "--trace", full, STALL).status, 4)


def test_summary_that_cannot_be_written():
    import subprocess
    with open("/dev/full", "w") as full:
        ran = subprocess.run([tap.USCX, "run", "-d", "10ms", VTIME], stdout=full, stderr=subprocess.PIPE, text=True,
                             stdin=subprocess.DEVNULL, timeout=60)
    tap.equal((ran.returncode, ran.stderr), (1, "uscx: the summary cannot be written: No space left on device\n"))


def test_check():
    good("--check", "-q")


if __name__ == "__main__":
    tap.main(__name__)
