#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Objects, workloads and machines that cannot be used: status 1 and one message with the place and the reason."""
import os
import random
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
import tap

VTIME = os.path.join(tap.OUT, "examples/schedulers/vtime.bpf.o")


def bad(*args, says):
    """uscx run @args fails with status 1 and one line that has all of @says."""
    ran = tap.run("run", "-q", "-d", "20ms", *args)
    tap.equal(ran.status, 1, f"status of {args}: {ran.err[:300]}")
    tap.equal(ran.out, "", f"standard output of {args}")
    assert ran.err.startswith("uscx: ") and ran.err.count("\n") == 1, f"not one message: {ran.err[:1000]!r}"
    for part in [says] if isinstance(says, str) else says:
        tap.contains(ran.err, part)


def bad_file(name, data, option, says):
    """The same with a file that has @data, as value of @option or, if that is None, as the object."""
    with tempfile.TemporaryDirectory() as d:
        file = os.path.join(d, name)
        with open(file, "wb") as f:
            f.write(data if isinstance(data, bytes) else data.encode())
        says = [says] if isinstance(says, str) else says
        bad(*([option, file, VTIME] if option else [file]), says=[file, *says])


# --- objects ---

def test_object_that_is_no_file():
    bad("/nonexistent/x.bpf.o", says="/nonexistent/x.bpf.o: cannot open the object file: No such file or directory")
    bad("/", says="/: is a directory; give the scheduler's .bpf.o")
    bad("/dev/null", says="/dev/null: is no regular file; give")
    with tempfile.TemporaryDirectory() as d:
        os.mkfifo(f"{d}/fifo")
        bad(f"{d}/fifo", says="is no regular file")
    if os.geteuid():        # root may read everything
        with tempfile.NamedTemporaryFile() as f:
            os.chmod(f.name, 0)
            bad(f.name, says="cannot open the object file: Permission denied")


def test_object_that_is_no_elf():
    bad_file("x.bpf.o", "", None, "is empty; give")
    bad_file("x.bpf.o", "int main() {}\n", None, "is no BPF object that libbpf can open: elf: ")
    bad_file("x.bpf.o", "\x7fELF", None, "is no BPF object")


def test_object_of_another_machine():
    bad(tap.USCX, says="is not a valid eBPF object file; give the file that clang -target bpf -g makes")


def read(path):
    with open(path, "rb") as f:
        return f.read()


def test_object_that_is_cut():
    data = read(VTIME)
    for n in (1, 64, len(data) // 2, len(data) - 1):
        bad_file("x.bpf.o", data[:n], None, "is no BPF object that libbpf can open")


def test_object_whose_types_are_corrupt():
    """An object with any byte changed runs, is refused or ends with an error; uscx does not crash."""
    data, rng = read(VTIME), random.Random(1)
    with tempfile.TemporaryDirectory() as d:
        file = os.path.join(d, "x.bpf.o")
        for i in range(40):
            changed = bytearray(data)
            for _ in range(rng.choice((1, 3, 10))):
                changed[rng.randrange(len(changed))] = rng.randrange(256)
            with open(file, "wb") as f:
                f.write(changed)
            ran = tap.run("run", "-q", "-d", "5ms", file)
            assert ran.status in (0, 1, 2, 3, 4, 5), f"round {i}: status {ran.status}: {ran.err[-500:]}"
            tap.equal(ran.err.count("\n"), 1 if ran.status else 0, f"round {i}: {ran.err!r}")


# --- workloads: files ---

def bad_json(text, says):
    bad_file("w.json", text, "-w", says)


def test_workload_that_cannot_be_read():
    bad("-w", "/nonexistent/w.json", VTIME, says="/nonexistent/w.json: cannot open it: No such file or directory")
    bad("-w", "/", VTIME, says="/: cannot read it: Is a directory")
    bad("-w", "", VTIME, says="--workload: the name is empty")
    bad("-w", "-", VTIME, says="standard input:1:1: is empty")


def test_json_text_has_line_and_column():
    bad_json("", "w.json:1:1: is empty")
    bad_json("{", "w.json:1:2: text ends before the object does")
    bad_json('{\n"tasks":{\n"a":{"run":nope}}}', "w.json:3:")
    bad_json('{"tasks":{"a":{"run" 1}}}', "w.json:1:22: object property name separator ':' expected")
    bad_json('{"tasks":{"a":{"run":5}}} more', "w.json:1:27: text after the end of the object")
    bad_json('{"a":' * 1000, ["w.json:1:", "nested too deep"])
    bad_json(b"\x00\x01\x02", "NUL byte; this is no JSON text")


def test_json_of_the_wrong_shape_has_a_path():
    bad_json("[]", "must be an object, is an array")
    bad_json("{}", "tasks: is missing; a workload is { \"tasks\"")
    bad_json('{"tasks":{}}', "tasks: has no task; it needs at least one")
    bad_json('{"tasks":{"a":{"instance":0,"run":5}}}', "tasks: has no task")
    bad_json('{"tasks":{"a":{"run":"x"}}}', "tasks.a.run: must be an integer, is a string")
    bad_json('{"tasks":{"a":{"run":1e99}}}', "tasks.a.run: must be an integer, is a fraction")


def test_unknown_keys():
    bad_json('{"tasks":{"a":{"run":5}},"x":1}', "x: unknown key; known: tasks, global")
    bad_json('{"tasks":{"a":{"run":5,"bogus":1}}}', ["tasks.a.bogus: unknown key; known: instance, ", "events: "])
    bad_json('{"tasks":{"a":{"run":5}},"global":{"bogus":1}}', "global.bogus: unknown key")
    bad_json('{"tasks":{"a":{"phases":{"p":{"run":5,"iorun":3}}}}}', "tasks.a.phases.p.iorun: event is not supported; supported: ")


def test_impossible_values():
    bad_json('{"tasks":{"a":{"run":99999999999}}}', "tasks.a.run: 99999999999 is out of range; a time in us is 0..2147483647")
    bad_json('{"tasks":{"a":{"run":5,"priority":20}}}', "tasks.a.priority: 20 is out of range; a nice value is -20..19")
    bad_json('{"tasks":{"a":{"run":5,"instance":1000000000}}}', "tasks.a.instance: 1000000000 is out of range")
    bad_json('{"tasks":{"a":{"run":5}},"global":{"duration":-5}}', "global.duration: -5 is out of range")


def test_impossible_affinity():
    bad_json('{"tasks":{"a":{"run":5,"cpus":[]}}}', "tasks.a.cpus: is empty; the task could run nowhere")
    bad_json('{"tasks":{"a":{"run":5,"cpus":[0,4]}}}', "tasks.a.cpus[1]: CPU 4 does not exist; the machine has CPUs 0..3")
    bad_json('{"tasks":{"a":{"run":5,"cpus":[-1]}}}', "tasks.a.cpus[0]: CPU -1 does not exist")
    bad_json('{"tasks":{"a":{"run":5,"cpus":"0"}}}', "tasks.a.cpus: must be an array, is a string")


def test_what_would_never_end():
    bad_json('{"tasks":{"a":{"run":0}}}', "tasks.a: a loop in which no time passes")
    bad_json('{"tasks":{"a":{"run":5,"lock":"m"}}}', "tasks.a: mutex 'm' is still locked at the end of the phase")


# --- workloads: wl ---

def test_wl():
    for text, says in (
            ("", "no task; a task is hog, per:PERIOD_US:RUN_US"),
            ("5", "no task"),
            ("0 hog", "'0': the duration must be more than 0 seconds"),
            ("foo", "'foo': unknown kind of task"),
            ("hog foo", "'foo': "),
            ("hog@20", "'hog@20': nice 20 is out of range; it is -20..19"),
            ("hog@x", "'hog@x': a number must follow '@'"),
            ("hog#4", "'hog#4': CPU 4 does not exist; the machine has CPUs 0..3"),
            ("hog#", "'hog#': a number must follow '#'"),
            ("per:1", "'per:1': needs 2 numbers in us after 'per'"),
            ("per:0:0", "the period is 0; it must be at least 1 us"),
            ("slp:99999999999999999999:1", "each at most 2147483647")):
        bad("-w", "wl:" + text, VTIME, says=["wl: ", says])


# --- machines ---

def test_machine_of_too_few_or_too_many_cpus():
    bad("-m", "0", VTIME, says='machine "0": a machine needs a CPU; give a number from 1 to 4096')
    for spec in ("4097", "100000", "18446744073709551617", "numa:64 core:64 pu:2", "numa:4294967296 pu:4294967296"):
        bad("-m", spec, VTIME, says=[f'machine "{spec}": ', "CPUs are more than the 4096 that a machine can have"])


def test_machine_that_is_no_machine():
    bad("-m", "", VTIME, says='machine "": it is empty; write a number of CPUs')
    for spec in ("-1", "foo", "4x", "core:2 pu:x", "/"):
        bad("-m", spec, VTIME, says=[f'machine "{spec}": ', "has no count; write a number of CPUs (8), levels with their counts"])
    bad("-m", "pu:0", VTIME, says='"pu:0" leaves no CPU')
    bad("-m", "bogus:2 pu:2", VTIME, says='"bogus" is not a level; levels are package, numa, ')


def test_machine_file():
    bad("-m", "/nonexistent/m.xml", VTIME, says="cannot read the file: No such file or directory")
    for data in (b"", b"<topology>", b"<a></a>", bytes(range(256)) * 10):
        bad_file("m.xml", data, "-m", "the file is not a topology of hwloc; export one with: lstopo machine.xml")


def test_machine_of_one_cpu_and_of_many():
    for spec in ("1", "1024"):
        ran = tap.run("run", "-q", "-d", "5ms", "-m", spec, VTIME)
        tap.equal((ran.status, ran.err), (0, ""), spec)


if __name__ == "__main__":
    tap.main(__name__)
