# SPDX-License-Identifier: GPL-2.0-only
"""The debug dump of sched_ext as text: one grammar of its lines and of their order, for dumps of kernels and of uscx."""
import re

NUM, HEX, CPUMASK, TASK = r"-?\d+", r"0x[0-9a-f]+", r"[0-9a-f]{1,8}(?:,[0-9a-f]{8})*", r"[^\[\]\n]{1,15}\[\d+\]"

# A letter per kind of line, for ORDER; the name; what it looks like, from the first column to the last.
KINDS = (
    ("n", "blank", r""),
    ("N", "scheduler", r"\w+: root"),
    ("D", "debug dump", r"Debug dump triggered by \S.*"),
    ("X", "exit", rf"{TASK} triggered exit kind \d+(?P<cpu> on CPU \d+)?:"),
    ("R", "reason", r"  \S.* \(.*\)"),
    ("B", "Backtrace", r"Backtrace:"),
    ("f", "frame of the backtrace", rf"  [\w.]+\+{HEX}/{HEX}"),
    ("S", "CPU states", r"CPU states"),
    ("u", "rule under CPU states", r"----------"),
    ("C", "CPU", rf"CPU \d+ *: nr_run={NUM} flags={HEX} cpu_rel=[01] (?:ksync|pnt_seq)=\d+"),
    ("c", "curr", rf" {{10}}curr={TASK} class=\w+_sched_class"),
    ("m", "mask of a CPU", rf"  (?:cpus_to_kick|idle_to_kick|cpus_to_preempt|cpus_to_wait|cpus_to_sync) *: {CPUMASK}"),
    ("t", "task", rf" [* ][RSDTtXZPI] {TASK}(?P<sched> \*root)? [+-]\d+ms"),
    ("1", "state of a task", rf"      scx_state/flags=\d+/{HEX} dsq_flags={HEX} ops_state/qseq=\d+/\d+"),
    ("2", "queue of a task", rf"      sticky/holding_cpu={NUM}/{NUM} dsq_id=(?:{HEX}|\(n/a\))(?P<vtime> dsq_vtime=\d+)?"),
    ("3", "vtime of a task", r"      dsq_vtime=\d+ slice=\d+ weight=\d+"),
    ("4", "CPUs of a task", rf"      cpus={CPUMASK}(?P<no_mig> no_mig=\d+)?"),
    ("k", "frame of a task", rf"    [\w.]+\+{HEX}/{HEX}"),
    ("o", "line of ops.dump", r" *QMAP.*"),
    ("E", "Event counters", r"Event counters"),
    ("U", "rule under Event counters", r"--------------"),
    ("e", "event", r" *SCX_EV_[A-Z_]+: +-?\d+"),
)
# of the letters; the frames and ops.dump's lines are what no simulated kernel stack or other scheduler has
TASK_LINES = "nt12{}4(?:no+)?(?:nk+)?"
CPU_LINES = "nCcm*(?:no+)?(?:{})*"
ORDER = {
    "7.2": f"N(?:D|XRnBf*)(?:no+)?nSu(?:{CPU_LINES.format(TASK_LINES.format('3'))})*nEUe+",
    "6.12": f"(?:D|XRnBf*)(?:no+)?nSu(?:{CPU_LINES.format(TASK_LINES.format(''))})*",
}
WIDTHS = {"e": re.compile(r"[ \w]{40}: [ \d-]{16}$"), "C": re.compile(r"CPU .{4}: "), "m": re.compile(r"  .{15}: ")}
KERNEL_ONLY = {"frame of the backtrace", "frame of a task", "line of ops.dump"}


class BadDump(Exception):
    pass


def kinds(lines):
    """The letter of each line. A frame of the backtrace and the reason look alike only at first sight."""
    out = ""
    for i, line in enumerate(lines, 1):
        fits = [letter for letter, _, pattern in KINDS if re.fullmatch(pattern, line)]
        if len(fits) != 1:
            raise BadDump(f"line {i} is of {len(fits)} kinds: {line!r}")
        if fits[0] in WIDTHS and not WIDTHS[fits[0]].match(line):
            raise BadDump(f"line {i} has other columns: {line!r}")
        out += fits[0]
    return out


def parse(lines, kernel):
    """{name of the kind: the fields of such a line, in order} of a dump whose lines are in the order of @kernel."""
    letters = kinds(lines)
    if not re.fullmatch(ORDER[kernel], letters):
        raise BadDump(f"the lines are not in the order of {kernel}: {letters}")
    names = {letter: name for letter, name, _ in KINDS}
    out = {}
    for letter, line in zip(letters, lines):
        optional = [k for k, v in re.fullmatch(next(p for ch, _, p in KINDS if ch == letter), line).groupdict().items() if v]
        fields = tuple(re.findall(r"([\w/]+)=", line)) + tuple(f"({name})" for name in optional)
        if letter == "e":
            fields = (line.split(":")[0].strip(),)
        if letter != "o":
            out.setdefault(names[letter], []).append(fields)
    return {name: sorted(set(fields)) if name == "event" else set(fields) for name, fields in out.items()}


def in_text(text):
    """The lines of the dump that a loader printed."""
    m = re.search(r"^DEBUG DUMP\n={80}\n\n(.*?)\n\n={80}$", text, re.M | re.S)
    if not m:
        raise BadDump("there is none")
    return m[1].split("\n")
