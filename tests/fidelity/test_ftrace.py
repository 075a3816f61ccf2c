#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""The text that `uscx run --trace FILE.txt` writes and that of the recorded kernels are read by one grammar."""
import functools
import gzip
import os
import re
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
import tap

KERNELS = ("7.2", "6.12")
# columns: the task in 16, its pid in 7, the CPU in 3, five flags, microseconds from the 39th column on
LINE = re.compile(r"(?P<comm> *\S.{,15})-(?P<pid>\d+) *\[(?P<cpu>\d{3})\] (?P<flags>\S{5}) (?P<time> *\d+\.\d{6}): (?P<event>\w+): (?P<text>.*)")
FLAGS = re.compile(r"[.dbD][.NnpLBbu][.hHszZ][.\d][.\d]")
COMM, PRIO = r"\S.{,15}?", r"-?\d+"
TEXTS = {
    "sched_switch": rf"prev_comm={COMM} prev_pid=\d+ prev_prio={PRIO} prev_state=(?:[RSDTtXZPI]|R\+) ==> next_comm={COMM} next_pid=\d+ "
                    rf"next_prio={PRIO}",
    "sched_wakeup": rf"comm={COMM} pid=\d+ prio={PRIO} target_cpu=\d{{3}}",
    "sched_wakeup_new": rf"comm={COMM} pid=\d+ prio={PRIO} target_cpu=\d{{3}}",
    "sched_waking": rf"comm={COMM} pid=\d+ prio={PRIO} target_cpu=\d{{3}}",
    "sched_migrate_task": rf"comm={COMM} pid=\d+ prio={PRIO} orig_cpu=\d+ dest_cpu=\d+",
    "sched_process_fork": rf"comm={COMM} pid=\d+ child_comm={COMM} child_pid=\d+",
    "sched_process_exit": rf"comm={COMM} pid=\d+ prio={PRIO}(?: group_dead=true)?",
    "sched_ext_dump": r".*",
}
MUST = {"sched_switch", "sched_wakeup", "sched_migrate_task", "sched_ext_dump"}
NOT_WRITTEN = {"sched_ext_event"}		# the counters of 7.2 are in the result



@functools.cache
def recorded(kernel):
    out = []
    for name in ("ftrace-2cpu", "ftrace-dump"):
        with gzip.open(os.path.join(tap.ROOT, f"tests/data/linux-{kernel}/{name}.txt.gz"), "rt") as f:
            out.append(f.read())
    return tuple(out)


@functools.cache
def simulated(kernel):
    """A run of scx_simple, and one that ends in a stall and so with a dump."""
    out = []
    simple = os.path.join(tap.ROOT, f"tests/data/linux-{kernel}/scx_simple.bpf.o")
    with tempfile.TemporaryDirectory() as d:
        for i, obj in enumerate((simple, os.path.join(tap.OUT, "tests/cli/progs/stall.bpf.o"))):
            trace = os.path.join(d, f"{i}.txt")
            tap.run("run", "-q", obj, "--kernel", kernel, "-w", "wl:3 hog@0 hog@5 hog@-5 per:10000:2000 per:10000:2000", "-m", "2",
                    "--hz", "250", "--trace", trace)
            with open(trace) as f:
                out.append(f.read())
    return tuple(out)


def events(text):
    """The parsed lines after the head."""
    out = []
    for line in text.splitlines():
        if line.startswith("#"):
            continue
        m = LINE.fullmatch(line)
        assert m, f"not a line of ftrace: {line!r}"
        tap.equal((len(m["comm"]), line.index("[")), (16, 25), f"columns of {line!r}")
        assert FLAGS.fullmatch(m["flags"]), line
        tap.equal(len(m["time"]), max(12, len(m["time"].strip())), f"columns of {line!r}")
        if m["event"] in NOT_WRITTEN:
            continue
        assert m["event"] in TEXTS, f"an event that is not known: {line!r}"
        assert re.fullmatch(TEXTS[m["event"]], m["text"]), f"the text of {m['event']}: {line!r}"
        out.append(m)
    return out


def test_the_heads_are_alike_but_for_the_number_of_entries():
    for kernel in KERNELS:
        for text in recorded(kernel):
            head = [line for line in text.splitlines() if line.startswith("#")]
            assert re.fullmatch(r"# entries-in-buffer/entries-written: \d+/\d+   #P:2", head[2]), head
            for mine in simulated(kernel):
                tap.equal([line for line in mine.splitlines() if line.startswith("#")], head[:1] + head[3:])


def test_every_line_of_both_is_of_the_grammar():
    for kernel in KERNELS:
        for texts in (recorded(kernel), simulated(kernel)):
            seen = {m["event"] for text in texts for m in events(text)}
            tap.equal(sorted(MUST - seen), [], f"{kernel}: events that are not there")


def test_fields_are_the_recorded_ones_in_their_order():
    def fields(texts):
        return {m["event"]: re.findall(r"(\w+)=", m["text"]) for text in texts for m in events(text)
                if m["event"] not in ("sched_ext_dump", "sched_process_exit")}

    for kernel in KERNELS:
        tap.equal(fields(simulated(kernel)), fields(recorded(kernel)), kernel)


def test_the_flags_of_an_event_are_recorded_ones():
    """Interrupts off and the preemption count, which say under which locks the event is. The dump of a CPU has its rq locked."""
    def flags(texts):
        return {(m["event"], m["flags"][0] + m["flags"][3:]) for text in texts for m in events(text)}

    for kernel in KERNELS:
        tap.equal(sorted(flags(simulated(kernel)) - flags(recorded(kernel))), [], kernel)


def test_the_flags_of_a_dumped_cpu_are_a_known_difference():
    """The kernel's lines have the lock of the run queue counted, uscx's have not (docs/fidelity.md)."""
    for kernel in KERNELS:
        kernels, mine = (next(m["flags"] for m in events(texts[1]) if m["text"].startswith("CPU 0 ")) for texts in
                         (recorded(kernel), simulated(kernel)))
        tap.equal((kernels, mine), ("d..2.", "d..1."), kernel)


def test_a_cpu_switches_from_what_it_had_switched_to():
    for kernel in KERNELS:
        for text in (*recorded(kernel)[:1], *simulated(kernel)):
            curr = {}
            for m in (m for m in events(text) if m["event"] == "sched_switch"):
                prev, now = re.search(r"prev_pid=(\d+)", m["text"])[1], re.search(r"next_pid=(\d+)", m["text"])[1]
                tap.equal(curr.get(m["cpu"], prev), prev, m[0])
                tap.equal(m["pid"], prev, m[0])
                curr[m["cpu"]] = now


if __name__ == "__main__":
    tap.main(__name__)
