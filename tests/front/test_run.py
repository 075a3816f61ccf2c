#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""uscx run -- LOADER: the loader programs of scx_simple of Linux 7.2 and 6.12, and what the command says of loaders that fail."""
import json
import lzma
import os
import re
import shutil
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from tap import ROOT, OUT, USCX, contains, equal, main, run  # noqa: E402

DIR = tempfile.mkdtemp(prefix="uscx-front-")
os.chmod(DIR, 0o755)


def unpack(version):
    path = os.path.join(DIR, version, "scx_simple")
    os.mkdir(os.path.dirname(path))
    with lzma.open(os.path.join(ROOT, f"tests/front/data/scx_simple-{version}.xz")) as packed, open(path, "wb") as program:
        program.write(packed.read())
    os.chmod(path, 0o755)
    return path


SCX_SIMPLES = {version: unpack(version) for version in ("7.2", "6.12")}
SCX_SIMPLE = SCX_SIMPLES["7.2"]
DENY = os.path.join(OUT, "tests/front/progs/deny")
LOADER = os.path.join(OUT, "tests/front/progs/loader")
OBJECT = os.path.join(OUT, "tests/front/progs/shared.bpf.o")
# What Docker's default profile (profiles/seccomp/default.json of moby) does not list for a container without capabilities, and
# io_uring, which newer ones refuse as well. personality(2) is refused with the flag that uscx asks for; clone3(2) does not exist.
DOCKER = (
    "103,134,135,136,139,153,155,156,161,163,164,165,166,167,168,169,170,171,172,173,174,175,176,177,178,"
    "179,180,181,182,183,184,185,212,227,236,237,238,239,246,248,249,250,256,272,279,298,300,304,308,312,"
    "313,320,321,323,425,426,427,428,429,430,431,432,433,435:38,438,440,442,443,450"
)


def run_json(*args, env=None):
    path = os.path.join(DIR, "result.json")
    ran = run("run", "-q", "--json", path, *args, env=env)
    with open(path) as f:
        return ran, json.load(f)


def test_scx_simple_runs_60_seconds_and_prints_every_second():
    for version, args in (("7.2", []), ("7.2", ["-f"]), ("6.12", []), ("6.12", ["-f"])):
        results = []
        for _ in range(2):
            ran, result = run_json("--kernel", version, "-m", "4", "-d", "60s", "--", SCX_SIMPLES[version], *args)
            equal(ran.status, 0, ran.err)
            contains(ran.err, "EXIT: unregistered from user space")
            lines = ran.out.splitlines()
            equal(len(lines), 61)
            assert all(re.fullmatch(r"local=\d+ global=\d+", line) for line in lines), lines
            counts = [sum(int(n) for n in re.findall(r"\d+", line)) for line in lines]
            assert all(a < b for a, b in zip(counts, counts[1:])), counts
            equal(result["exit"]["loader_status"], 0)
            equal(result["exit"]["kind"], "UNREG")
            equal(result["scheduler"], "simple")
            results.append((result["trace_hash"], ran.out))
        equal(results[0], results[1])


def test_the_environment_does_not_show_in_the_trace():
    _, a = run_json("-d", "1s", "--", SCX_SIMPLE)
    _, b = run_json("-d", "1s", "--", SCX_SIMPLE, env={"LC_ALL": "C.UTF-8", "LD_LIBRARY_PATH": "/nonexistent:/usr/lib"})
    equal(a["trace_hash"], b["trace_hash"])


def test_another_seed_gives_another_trace():
    _, a = run_json("-d", "1s", "--", SCX_SIMPLE)
    _, b = run_json("-d", "1s", "-s", "2", "--", SCX_SIMPLE)
    assert a["trace_hash"] != b["trace_hash"]


def test_json_on_standard_output_is_not_mixed_with_the_loader_s():
    ran = run("run", "--json", "-", "-d", "1s", "--", SCX_SIMPLE)
    equal(ran.status, 0)
    equal(json.loads(ran.out)["exit"]["loader_status"], 0)
    contains(ran.err, "local=")


def test_a_loader_that_does_not_attach_is_refused():
    ran = run("run", "--", SCX_SIMPLE, "-h")
    equal(ran.status, 2)
    contains(ran.err, "ended with exit status 0 before it attached a scheduler")
    ran = run("run", "--", LOADER, "/nonexistent", "plain")
    equal(ran.status, 2)
    contains(ran.err, "ended with exit status 1 before it attached a scheduler")


def test_a_loader_without_its_library_is_refused():
    broken = os.path.join(DIR, "broken")
    shutil.copy(SCX_SIMPLE, broken)
    with open(broken, "r+b") as f:
        data = f.read().replace(b"libelf.so.1\0", b"libnix.so.1\0")
        f.seek(0)
        f.write(data)
    ran, result = run_json("--", broken)
    equal(ran.status, 2)
    contains(ran.err, "libnix.so.1")
    contains(ran.err, "exit status 127")
    equal(result["exit"]["loader_status"], 127)


def test_what_is_no_program_is_a_usage_error():
    for path, why in (("/etc/passwd", "Permission denied"), ("/nonexistent", "No such file"), ("nonexistent", "in PATH")):
        ran = run("run", "--", path)
        equal(ran.status, 1)
        contains(ran.err, path)
        contains(ran.err, why)
        equal(ran.err.count("\n"), 1)


def test_usage_of_the_loader_form():
    for args, text in (
        (["--"], "which loader?"), (["--", ""], "which loader?"), ([OBJECT, "--", SCX_SIMPLE], "not both"),
        (["--set", "a=1", "--", SCX_SIMPLE], "a loader has options of its own"),
    ):
        ran = run("run", *args)
        equal(ran.status, 1)
        contains(ran.err, text)
        equal(ran.err.count("\n"), 1)
    # what follows is the loader's, also if it looks like an option of uscx
    contains(run("run", "--", SCX_SIMPLE, "--json").err, "Usage: scx_simple")


def test_a_loader_that_dies_leaves_the_tasks_on_fair():
    for mode, status in (("killed", 137), ("crashes", 139), ("closes-early", 0)):
        ran, result = run_json("-d", "2s", "--", LOADER, OBJECT, mode)
        equal(ran.status, 0, ran.err)
        equal(result["exit"]["loader_status"], status)
        equal(result["exit"]["kind"], "UNREG")
        assert result["virtual_ns"] > 2 * 10**9


def test_nothing_of_it_is_left_when_uscx_is_killed():
    uscx = subprocess.Popen([USCX, "run", "-q", "-d", "1000000s", "--", LOADER, OBJECT, "plain"], stdin=subprocess.DEVNULL,
                            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    uscx.stdout.readline()
    uscx.kill()
    uscx.wait()
    # the end of the pipe: nobody has it open any more
    while uscx.stdout.read(65536):
        pass


def test_without_user_notification_one_message_says_so():
    # a filter that refuses seccomp(2), as some containers have
    deny = os.path.join(OUT, "tests/front/progs/deny")
    ran = run("317", USCX, "run", "--", SCX_SIMPLE, exe=deny)
    equal(ran.status, 1)
    contains(ran.err, "seccomp user notification: Operation not permitted")
    equal(ran.err.count("\n"), 1)


def test_what_docker_s_profile_refuses_is_not_needed():
    path = os.path.join(DIR, "denied.json")
    args = ("run", "-q", "-d", "5s", "--at", "2s", "sysrq-s", "--json", path, "--", "sh", "-c", f"{SCX_SIMPLE}; {SCX_SIMPLE} -f")
    free = run(*args)
    with open(path) as f:
        want = json.load(f)
    ran = run(DOCKER, USCX, *args, exe=DENY)
    equal(ran.status, 0, ran.err)
    equal((ran.out, ran.err), (free.out, free.err))
    with open(path) as f:
        got = json.load(f)
    equal(got["trace_hash"], want["trace_hash"])
    ran = run(DOCKER, USCX, "run", "-q", "-d", "1s", "--", LOADER, OBJECT, "waits", exe=DENY)
    contains(ran.out, "pipe after 300 ms\nchild 9 after 500 ms\n")


def test_where_docker_s_profile_refuses_more_one_message_says_so():
    # ptrace, too, as old versions did; LeakSanitizer would need it
    ran = run("101," + DOCKER, USCX, "run", "--", SCX_SIMPLE, exe=DENY, env={"ASAN_OPTIONS": "detect_leaks=0"})
    equal(ran.status, 1)
    contains(ran.err, "bpf(2) cannot be trapped, which a seccomp profile around uscx refuses: ptrace(2)")
    equal(ran.err.count("\n"), 1)


def test_a_scheduler_that_ended_can_be_started_again():
    for version, exe in SCX_SIMPLES.items():
        ran, result = run_json("--kernel", version, "-d", "6s", "--at", "2s", "sysrq-s", "--", "sh", "-c",
                               f"{exe}; cat /sys/kernel/sched_ext/enable_seq; {exe} -f; cat /sys/kernel/sched_ext/enable_seq")
        equal(ran.status, 0, ran.err)
        equal(ran.err, "EXIT: disabled by sysrq-S\nEXIT: unregistered from user space\n")
        lines = ran.out.splitlines()
        equal(lines[3], "1")
        assert all(line.startswith("local=") for line in lines[:3] + lines[4:7]), lines
        equal(result["exit"]["kind"], "UNREG")


def test_a_loader_restarts_when_its_scheduler_says_so():
    ran, result = run_json("-d", "3s", "--", LOADER, os.path.join(OUT, "tests/front/progs/ends.bpf.o"), "restarts")
    equal(ran.status, 0, ran.err)
    equal(ran.out, "1: kind 65 code 0x1000000000000: again\n2: kind 65 code 0x1000000000000: again\n3: kind 65 code 0x7: enough\n"
                   "loaded 3 times\n")
    equal((result["exit"]["kind"], result["exit"]["code"], result["exit"]["loader_status"]), ("UNREG_BPF", 7, 0))


def test_a_loader_reports_how_its_scheduler_ended():
    ends = os.path.join(OUT, "tests/front/progs/ends.bpf.o")
    for mode, at, status, kind, report in (
        ("ends-error-bpf", [], 3, "ERROR_BPF", r"EXIT: scx_bpf_error \(task \d+\) kind 1025"),
        ("ends-error", [], 3, "ERROR", r"EXIT: runtime error \(non-existent DSQ 0x1267\) kind 1024"),
        ("ends-stall", [], 4, "ERROR_STALL", r"EXIT: runnable task stall \(.* failed to run for .*\) kind 1026"),
        ("ends-never", ["--at", "1s", "sysrq-s"], 0, "SYSRQ", r"EXIT: disabled by sysrq-S \(\) kind 67"),
    ):
        ran, result = run_json("-d", "5s", "-w", "wl: hog slp:1000:1000", *at, "--", LOADER, ends, mode)
        equal((ran.status, result["exit"]["kind"], result["exit"]["loader_status"]), (status, kind, 0), ran.err)
        assert re.fullmatch(report + "\n", ran.out), ran.out
        # all tasks go on under fair
        assert all(t["cpu_ns"] > 10**9 for t in result["tasks"] if t["name"].startswith(("hog", "slp"))), result["tasks"]


def test_an_error_is_not_hidden_by_the_next_scheduler():
    bad = os.path.join(OUT, "tests/cli/progs/error-enqueue.bpf.o")
    ran, result = run_json("-d", "4s", "--", "sh", "-c", f"{LOADER} {bad} once; exec {SCX_SIMPLE}")
    equal(ran.status, 3, ran.err)
    contains(ran.err, 'the scheduler "test" ended: ')
    equal((result["scheduler"], result["exit"]["kind"], result["exit"]["status"]), ("simple", "UNREG", 3))


def test_one_that_never_returns_is_named_with_its_program_counter():
    ran, result = run_json("--host-limit", "300ms", "--", LOADER, OBJECT, "busy")
    equal(ran.status, 2)
    assert re.search(r"it ran for 300 ms at 0x[0-9a-f]+ \(loader\+0x[0-9a-f]+\) without a system call", ran.err), ran.err
    equal(ran.err.count("\n"), 1)
    equal(result["exit"]["loader_status"], 137)
    equal(run("run", "--host-limit", "0s", "--", LOADER).status, 1)


try:
    main(__name__)
finally:
    shutil.rmtree(DIR)
