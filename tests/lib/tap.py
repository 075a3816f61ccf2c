# SPDX-License-Identifier: GPL-2.0-only
"""Minimal test runner: every function test_* of the calling module, results as TAP. A test fails by an exception."""
import os
import subprocess
import sys
import traceback

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
OUT = os.path.join(ROOT, os.environ.get("O", "build"))
USCX = os.path.join(ROOT, os.environ.get("USCX", "build/uscx"))


class Ran:
    def __init__(self, proc):
        self.status, self.out, self.err = proc.returncode, proc.stdout, proc.stderr


def run(*args, exe=USCX, timeout=120, cwd=ROOT, env=None):
    """Run uscx (or @exe) with @args; text of both outputs and the status."""
    proc = subprocess.run([exe, *args], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          text=True, timeout=timeout, cwd=cwd, env=env and {**os.environ, **env})
    return Ran(proc)


def equal(got, want, what=""):
    assert got == want, f"{what}: got {got!r}, want {want!r}"


def contains(text, part):
    assert part in text, f"{part!r} is not in {text!r}"


def main(module):
    tests = [(n, f) for n, f in vars(sys.modules[module]).items() if n.startswith("test_") and callable(f)]
    only = sys.argv[1:]
    failed = 0
    print(f"1..{len(tests)}")
    for i, (name, fn) in enumerate(tests, 1):
        if only and not any(o in name for o in only):
            continue
        try:
            fn()
            print(f"ok {i} - {name}", flush=True)
        except Exception:
            failed += 1
            print(f"not ok {i} - {name}", flush=True)
            for line in traceback.format_exc().splitlines():
                print("#", line)
    sys.exit(1 if failed else 0)
