#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""uscx run -- LOADER: the loader program of Linux 7.2's scx_simple, and what the command says of loaders that fail."""
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
SCX_SIMPLE = os.path.join(DIR, "scx_simple")
with lzma.open(os.path.join(ROOT, "tests/front/data/scx_simple-7.2.xz")) as packed, open(SCX_SIMPLE, "wb") as program:
    program.write(packed.read())
os.chmod(SCX_SIMPLE, 0o755)
LOADER = os.path.join(OUT, "tests/front/progs/loader")
OBJECT = os.path.join(OUT, "tests/front/progs/shared.bpf.o")


def run_json(*args, env=None):
    path = os.path.join(DIR, "result.json")
    ran = run("run", "-q", "--json", path, *args, env=env)
    with open(path) as f:
        return ran, json.load(f)


def test_scx_simple_of_7_2_runs_60_seconds_and_prints_every_second():
    for args in ([], ["-f"]):
        results = []
        for _ in range(2):
            ran, result = run_json("-m", "4", "-d", "60s", "--", SCX_SIMPLE, *args)
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
    # personality, pidfd_getfd
    deny = os.path.join(OUT, "tests/front/progs/deny")
    ran = run("135,438", USCX, "run", "-q", "-d", "1s", "--", SCX_SIMPLE, exe=deny)
    equal(ran.status, 0, ran.err)
    ran = run("135,438", USCX, "run", "-q", "-d", "1s", "--", LOADER, OBJECT, "waits", exe=deny)
    contains(ran.out, "pipe after 300 ms\nchild 9 after 500 ms\n")


try:
    main(__name__)
finally:
    shutil.rmtree(DIR)
