#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""The JSON result: its shape (docs/trace.md), its sums, and that it is the same for the same seed - on any build."""
import json
import os
import re
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
import tap

VTIME = os.path.join(tap.OUT, "examples/schedulers/vtime.bpf.o")
SIMPLE = os.path.join(tap.ROOT, "tests/data/linux-7.2/scx_simple.bpf.o")
STALL = os.path.join(tap.OUT, "tests/cli/progs/stall.bpf.o")
RULE = os.path.join(tap.OUT, "tests/cli/progs/rule-wild-store.bpf.o")
MIXED = os.path.join(tap.ROOT, "examples/workloads/mixed.json")
SECOND = os.path.join(tap.OUT, "second/uscx")

U64, S64, TEXT = range(3)
OR_NULL = {"scheduler", "exit.kind", "exit.reason", "exit.msg"}
SHAPE = {
    "scheduler": TEXT, "kernel": TEXT, "seed": U64,
    "machine": {"spec": TEXT, "cpus": U64},
    "virtual_ns": U64,
    "exit": {"kind": TEXT, "code": S64, "reason": TEXT, "msg": TEXT, "status": S64, "loader_status": S64},
    "trace_hash": TEXT,
    "counts": {"switches": U64, "wakeups": U64, "migrations": U64, "ticks": U64, "ipis": U64, "bpf_calls": U64, "bpf_insns": U64},
    "tasks": [{"name": TEXT, "pid": S64, "cpu_ns": U64, "switches": U64, "preempted": U64, "migrations": U64, "wakeups": U64,
               "wake_latency_ns": {"p50": U64, "p90": U64, "p99": U64, "max": U64}}],
    "cpus": [{"id": U64, "busy_ns": U64, "idle_ns": U64, "queued_idle_ns": U64}],
    "host": {"wall_ns": U64, "max_rss_kb": U64},
}


def run(*args, status=0, exe=tap.USCX):
    ran = tap.run("run", "-q", "--json", "-", *args, exe=exe)
    assert ran.status == status, f"status {ran.status} of {args}: {ran.err}"
    return json.loads(ran.out)


def mixed(*args, **kwargs):
    return run("-w", MIXED, "-d", "300ms", "-m", "l3:2 core:2 pu:2", *args, VTIME, **kwargs)


def check_shape(got, want, path=""):
    """All members of @want, in its order, and no others."""
    if isinstance(want, dict):
        assert isinstance(got, dict), f"{path}: {got!r}"
        tap.equal(list(got), list(want), f"members of {path or 'the result'}")
        for key in want:
            check_shape(got[key], want[key], f"{path}.{key}" if path else key)
    elif isinstance(want, list):
        assert isinstance(got, list), f"{path}: {got!r}"
        for i, item in enumerate(got):
            check_shape(item, want[0], f"{path}[{i}]")
    elif want == TEXT:
        assert isinstance(got, str) or (got is None and path in OR_NULL), f"{path}: {got!r}"
        assert got != "" or path not in OR_NULL, f"{path} is empty, not null"
    else:
        assert isinstance(got, int) and not isinstance(got, bool), f"{path}: {got!r}"
        assert (0 if want == U64 else -1 << 63) <= got < 1 << 64, f"{path}: {got!r}"


def leaves(value, path=""):
    """Path and value of everything in a result."""
    if isinstance(value, (dict, list)):
        for key, item in value.items() if isinstance(value, dict) else enumerate(value):
            yield from leaves(item, f"{path}.{key}" if path else str(key))
    else:
        yield path, value


def same(a, b, what=""):
    """The results are equal but for "host"."""
    a, b = (dict(x for x in leaves(r) if not x[0].startswith("host.")) for r in (a, b))
    tap.equal(list(a), list(b), f"{what}: members")
    different = [(path, a[path], b[path]) for path in a if a[path] != b[path]]
    assert not different, f"{what}: {len(different)} members differ: {different[:10]}"


# --- shape ---

def test_shape():
    got = mixed()
    check_shape(got, SHAPE)
    assert re.fullmatch("[0-9a-f]{16}", got["trace_hash"]), got["trace_hash"]
    tap.equal((got["scheduler"], got["kernel"], got["machine"]), ("vtime", "7.2", {"spec": "l3:2 core:2 pu:2", "cpus": 8}))
    tap.equal(got["exit"], {"kind": "UNREG", "code": 0, "reason": "unregistered from user space", "msg": None, "status": 0,
                            "loader_status": 0})
    tap.equal([c["id"] for c in got["cpus"]], list(range(8)))


def test_shape_is_the_one_documented():
    with open(os.path.join(tap.ROOT, "docs/trace.md")) as f:
        text = re.search(r"```jsonc\n(.*?)```", f.read(), re.S).group(1)
    check_shape(json.loads(re.sub(r"//.*", "", text)), SHAPE)


def test_shape_after_failures():
    for obj, status, kind in ((STALL, 4, "ERROR_STALL"), (RULE, 5, "ERROR")):
        got = run(obj, status=status)
        check_shape(got, SHAPE)
        tap.equal((got["scheduler"], got["exit"]["kind"], got["exit"]["status"]), ("test", kind, status))
    for name, status in (("refused-flags", 2), ("input-no-scheduler", 1)):
        got = run(os.path.join(tap.OUT, f"tests/cli/progs/{name}.bpf.o"), status=status)
        check_shape(got, SHAPE)
        tap.equal((got["exit"]["kind"], got["exit"]["status"], got["exit"]["loader_status"]), (None, status, 1))
    for name, code in (("exit-itself", 3),):
        got = run(os.path.join(tap.OUT, f"tests/cli/progs/{name}.bpf.o"))
        tap.equal((got["exit"]["kind"], got["exit"]["code"], got["exit"]["msg"]), ("UNREG_BPF", code, "seen enough"))


def test_tasks_of_the_workload_are_there():
    names = [t["name"] for t in mixed()["tasks"]]
    for name in ("hog_hi-0", "pinned-10", "phased-11"):
        assert name in names, names
    assert not [n for n in names if n.startswith("swapper")], "idle tasks are no tasks"


# --- sums ---

def test_sums():
    got = mixed()
    # a CPU's kernel code may have run ahead of the others' when the run ended
    ahead = 20_000
    for cpu in got["cpus"]:
        assert 0 <= cpu["busy_ns"] + cpu["idle_ns"] - got["virtual_ns"] < ahead, f"{cpu} in {got['virtual_ns']}"
        assert cpu["queued_idle_ns"] <= cpu["idle_ns"], cpu
    busy = sum(c["busy_ns"] for c in got["cpus"])
    assert abs(sum(t["cpu_ns"] for t in got["tasks"]) - busy) < ahead, f"CPU time of all tasks is not that of all CPUs, {busy}"
    # the others are switches to idle tasks
    assert sum(t["switches"] for t in got["tasks"]) <= got["counts"]["switches"], got["counts"]
    tap.equal(sum(t["wakeups"] for t in got["tasks"]), got["counts"]["wakeups"], "wake-ups")
    tap.equal(sum(t["migrations"] for t in got["tasks"]), got["counts"]["migrations"], "migrations")
    for t in got["tasks"]:
        lat = t["wake_latency_ns"]
        assert lat["p50"] <= lat["p90"] <= lat["p99"] <= lat["max"], t
    assert got["counts"]["bpf_insns"] > got["counts"]["bpf_calls"] > 0, got["counts"]


def test_hog_uses_all_of_its_cpu():
    got = run("-m", "1", "-w", "wl:1 hog", VTIME)
    hog = [t for t in got["tasks"] if t["name"] == "hog0_n0"][0]
    assert 0.95e9 < hog["cpu_ns"] < 1.001e9, hog


# --- the same, again ---

def test_same_seed_same_result():
    a, b = mixed("-s", "5"), mixed("-s", "5")
    same(a, b)
    assert a["host"]["wall_ns"] > 0 and a["host"]["max_rss_kb"] > 1000, a["host"]


def test_same_seed_same_summary():
    def text():
        out = tap.run("run", "-d", "100ms", "-w", MIXED, VTIME).out
        return [line for line in out.splitlines() if not line.startswith("host ")]

    tap.equal(text(), text())


def test_other_seed_other_result():
    tap.equal(len({mixed("-s", str(s))["trace_hash"] for s in range(5)}), 5, "hashes")


def test_outputs_change_nothing():
    with tempfile.TemporaryDirectory() as d:
        same(mixed(), mixed("--trace", os.path.join(d, "x.pftrace")), "with a trace")
    same(mixed(), mixed("--check"), "with checks")


def test_surroundings_change_nothing():
    """Neither environment nor working directory, whose texts move the host's stack, are seen."""
    args = ("run", "-q", "--json", "-", "-d", "100ms", "-w", MIXED, VTIME)
    a = tap.run(*args)
    b = tap.run(*args, cwd="/", env={"LONG": "x" * 10000, "LC_ALL": "tr_TR.UTF-8", "TZ": "Asia/Tokyo"})
    same(json.loads(a.out), json.loads(b.out))


def test_two_builds_three_seeds():
    """Compilers and optimisation levels change nothing."""
    for seed in ("1", "2", "3"):
        same(mixed("-s", seed), mixed("-s", seed, exe=SECOND), f"vtime, seed {seed}")
        args = ("-s", seed, "-d", "300ms", "-m", "2", SIMPLE)
        same(run(*args), run(*args, exe=SECOND), f"scx_simple, seed {seed}")


def test_two_builds_same_fault():
    def text(exe):
        return tap.run("run", "-w", "wl:hog", RULE, exe=exe).err

    tap.equal(text(tap.USCX), text(SECOND))


# --- memory, traces ---

def test_memory_does_not_grow_with_time():
    def kb(duration):
        return run("-d", duration, "-w", MIXED, VTIME)["host"]["max_rss_kb"]

    short, long = kb("5s"), kb("60s")
    assert long < short * 1.05 + 512, (short, long)


def test_perfetto_trace_has_the_tasks():
    with tempfile.TemporaryDirectory() as d:
        file = os.path.join(d, "x.pftrace")
        mixed("--trace", file)
        with open(file, "rb") as f:
            data = f.read()
    assert len(data) > 10000, len(data)
    for name in (b"hog_hi-0", b"pinned-10"):
        assert name in data, name


def test_trace_of_a_failed_run_is_whole():
    """The trace is most wanted when something went wrong."""
    with tempfile.TemporaryDirectory() as d:
        file = os.path.join(d, "x.pftrace")
        tap.equal(tap.run("run", "-q", "--trace", file, STALL).status, 4)
        assert os.path.getsize(file) > 1000


if __name__ == "__main__":
    tap.main(__name__)
