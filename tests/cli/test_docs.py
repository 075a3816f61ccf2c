#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""The pages about the command say what it does: docs/costs.md has the table of machine/cost.def, docs/uscx.1 every option.

test_docs.py --costs prints the rows of the table for docs/costs.md.
"""
import json
import os
import re
import shutil
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
import tap

VTIME = os.path.join(tap.OUT, "examples/schedulers/vtime.bpf.o")
MIXED = os.path.join(tap.ROOT, "examples/workloads/mixed.json")
MAN = os.path.join(tap.ROOT, "docs/uscx.1")


def read(path):
    with open(os.path.join(tap.ROOT, path)) as f:
        return f.read()


def costs():
    """(name, default, unit, what it is, source) of each row of machine/cost.def"""
    for name, value, unit, what in re.findall(r'^COST\((\w+),\s*(\d+), (\w+), "(.*)"\)$', read("machine/cost.def"), re.M):
        what, _, source = what.partition("; ")
        yield name, int(value), {"pct": "%"}.get(unit, unit), what, source or "as above"


def cost_rows():
    return [f"| `{name}` | {value} {unit} | {what} | {source} |" for name, value, unit, what, source in costs()]


def result(*args):
    ran = tap.run("run", "-q", "--json", "-", *args, VTIME)
    tap.equal(ran.status, 0, ran.err)
    return json.loads(ran.out)


def test_cost_table_is_that_of_the_source():
    rows = [line for line in read("docs/costs.md").splitlines() if line.startswith("| `")]
    assert len(rows) > 15, rows
    tap.equal(rows, cost_rows(), "rows of docs/costs.md; tests/cli/test_docs.py --costs prints them")


def test_every_cost_is_paid():
    """A cost that nothing charges would be a promise; each moves something on a machine with nodes and siblings."""
    def hash_of(*args):
        return result("-w", MIXED, "-m", "numa:2 core:2 pu:2", "-d", "400ms", *args)["trace_hash"]

    default = hash_of()
    dead = [name for name, value, *_ in costs() if hash_of("--cost", f"{name}={value * 2 + 1}") == default]
    tap.equal(dead, [], "costs that change nothing")


def test_man_page_has_every_option():
    page = read("docs/uscx.1").replace("\\-", "-").replace("\\&", "")
    for option in set(re.findall(r"--([a-z-]+[a-z])", tap.run("run", "--help").out)):
        assert re.search(r"Fl -" + option + r"\b", page), f"docs/uscx.1 does not have --{option}"
    for name in re.findall(r"\.It (?:Fl \w .*)?Fl -([a-z-]+[a-z])", page):
        assert f"--{name}" in tap.run("run", "--help").out, f"there is no option --{name}"


def test_man_page_has_every_exit_status():
    page = read("docs/uscx.1").split(".Sh EXIT STATUS", 1)[1].split(".Sh ", 1)[0]
    tap.equal(re.findall(r"^\.It (\d+)$", page, re.M), ["0", "1", "2", "3", "4", "5", "70"])


def test_man_page_is_sound():
    groff = shutil.which("groff")
    if not groff:
        return
    ran = subprocess.run([groff, "-mdoc", "-Tutf8", "-P-cbou", "-ww", MAN], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    tap.equal((ran.returncode, ran.stderr), (0, ""), "groff")
    tap.contains(ran.stdout, "EXIT STATUS")


def test_files_that_are_named_exist():
    for name in ("docs/uscx.1", "docs/costs.md"):
        for path in re.findall(r"\b(?:docs|examples)/[\w./]*\w", read(name).replace("\\", "")):
            assert os.path.exists(os.path.join(tap.ROOT, path)), f"{name} names {path}"


if __name__ == "__main__":
    if sys.argv[1:] == ["--costs"]:
        print("\n".join(cost_rows()))
    else:
        tap.main(__name__)
