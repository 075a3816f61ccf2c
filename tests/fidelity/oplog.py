# SPDX-License-Identifier: GPL-2.0-only
"""Logs of sched_ext operations, of real kernels (tests/data) and of uscx (tests/fidelity/record), in one format:

    TIME CPU OP TASK ARGS [-> RETURN]

and what can be compared of them: figures of tasks, and the steps that tasks and CPUs take from one call to the next.
"""
import collections
import gzip
import re
import statistics

Call = collections.namedtuple("Call", "ns cpu op comm pid args ret")
LINE = re.compile(r"(\d+)\.(\d{9}) (\d+) (\w+) (\S+)((?: [\w.]+=\S+)*)(?: -> (-?\d+))?$")
SCALARS = ("prev_cpu", "wake_flags", "enq_flags", "deq_flags", "cpu", "runnable", "idle", "weight", "args.fork",
           "args.cancelled", "args.reason", "info.kind")
SEC = 1000000000
WAKEUP = 0x1		# of enq_flags: SCX_ENQ_WAKEUP
NEW = 0x80000 | 0x80	# ENQUEUE_INITIAL of 7.2, and of 6.12; each is no flag of the other
RESTORE = 0x2		# ENQUEUE_RESTORE: put back after a change of class, group or priority


def read(path):
    """The calls of a file (plain or .gz), in the order in which they were made."""
    with (gzip.open if path.endswith(".gz") else open)(path, "rt") as f:
        return parse(f.read())


def parse(text):
    calls = []
    for line in text.splitlines():
        if line.startswith("#"):
            lost = re.search(r", (\d+) lost", line)
            assert not lost or lost[1] == "0", f"a recording with gaps: {line}"
            continue
        m = LINE.match(line)
        assert m, f"not a call: {line!r}"
        comm, _, pid = m[5].rpartition("-")
        args = dict(a.split("=", 1) for a in m[6].split())
        args = {k: int(v, 0) for k, v in args.items() if k in SCALARS}
        calls.append(Call(int(m[1]) * SEC + int(m[2]), int(m[3]), m[4], comm, int(pid) if comm else 0, args,
                          m[7] and int(m[7])))
    # uscx writes calls as its CPUs make them, which are not at the same time
    return sorted(calls, key=lambda c: c.ns)


def of_tasks(calls, names):
    """The calls about each of @names, from when the task was forked under another name on."""
    pids = {c.pid: c.comm for c in calls if c.comm in names}
    by = {name: [] for name in names}
    for c in calls:
        if c.pid in pids:
            by[pids[c.pid]].append(c)
    return by


# --- figures ---

def workload_start(calls, names):
    """The instant at which all tasks of the workload are woken to begin.

    In uscx they are forked at that instant. The recorded tool forks them earlier; they set their names and priorities
    and poll until all are ready; then all sleep until an instant that is 50 ms away, the only time at which nothing is
    called for any of them for more than 30 ms."""
    times = sorted(c.ns for log in of_tasks(calls, names).values() for c in log)
    after_gap = [b for a, b in zip(times, times[1:]) if b - a > 30000000]
    return after_gap[0] if after_gap else times[0]


def figures_of(stays, begin, length):
    """Of (from, to) times on a CPU: share of a CPU in percent, times switched to, median time on a CPU in ns, all of the
    @length ns after @begin; the median of stays that are wholly in it."""
    end = begin + length
    ran = sum(max(0, min(b, end) - max(a, begin)) for a, b in stays)
    return (100.0 * ran / length, len([a for a, b in stays if begin <= a < end]),
            statistics.median([b - a for a, b in stays if a >= begin and b <= end]))


def figures(calls, names, length):
    begin = workload_start(calls, names)
    out = {}
    for name, log in of_tasks(calls, names).items():
        marks = [c for c in log if c.op in ("running", "stopping")]
        stays = [(a.ns, b.ns) for a, b in zip(marks, marks[1:]) if a.op == "running"]
        out[name] = figures_of(stays, begin, length)
    return out


# --- steps ---

def flags(c):
    return "".join(f" {k}={v:#x}" for k, v in c.args.items() if k.endswith("_flags"))


def is_change(c):
    """Part of a change of a task's class, priority or CPUs. Who makes it may be on another CPU than the task: all calls
    are made there."""
    return (c.op in ("enable", "set_weight", "set_cpumask") or c.op == "stopping" and not c.args["runnable"] or
            c.op in ("runnable", "enqueue") and c.args["enq_flags"] & RESTORE)


def task_steps(log):
    """What is called for one task, one after the other, without numbers of CPUs, and without ops.tick, which comes at any
    time while it runs."""
    cpu = before = None
    for c in log:
        if c.op == "select_cpu":
            cpu = c.args["prev_cpu"]
            yield "select_cpu" + flags(c) + (" -> prev_cpu" if c.ret == cpu else " -> other cpu")
        elif c.op == "running" and before and is_change(before):
            cpu = None
            yield "running"
        elif c.op == "running":
            yield "running" + (" on other cpu" if cpu not in (None, c.cpu) else "")
            cpu = c.cpu
        elif c.op == "stopping":
            yield f"stopping runnable={c.args['runnable']}"
        elif c.op == "dispatch":
            yield "dispatch with it as prev"
        elif c.op != "tick":
            yield c.op + flags(c) + "".join(f" {k}={v}" for k, v in c.args.items() if k.startswith("args."))
        if c.op != "tick":
            before = c


def transitions(calls):
    """Counter of pairs of neighbouring steps of all tasks, with an example of each."""
    by_pid = collections.defaultdict(list)
    for c in calls:
        if c.pid:
            by_pid[c.pid].append(c)
    count, example = collections.Counter(), {}
    for log in by_pid.values():
        steps = list(task_steps(log))
        for i, pair in enumerate(zip(steps, steps[1:])):
            key = "  then  ".join(pair)
            count[key] += 1
            example.setdefault(key, log[i + 1])
    return count, example


def is_wakeup(c):
    return c.op == "select_cpu" or c.op == "enqueue" and c.args["enq_flags"] & (WAKEUP | NEW | RESTORE)


def turns(calls):
    """Counter of what is called on a CPU from one decision to the next, with an example of each. A decision is to run
    another task, to go on with the one that runs, or to go idle. Wake-ups and forks are left out, they come at any time."""
    count, example = collections.Counter(), {}
    turn, curr, began = collections.defaultdict(list), {}, {}
    last_of = {}		# pid: the last call about the task
    away = {}			# pid: the CPU on which it runs while another CPU changes it

    def close(cpu, how, c, begin=()):
        turn[cpu].append(how)
        key = ", ".join(turn[cpu])
        if curr.get(cpu):
            count[key] += 1
            example.setdefault(key, c)
        turn[cpu] = list(begin)

    for c in calls:
        before = last_of.get(c.pid)
        if c.pid and c.op not in ("dispatch", "tick"):
            last_of[c.pid] = c
        if c.op == "dispatch" and turn[c.cpu] == ["idle", "dispatch prev=-", "update_idle idle=0"]:
            # the CPU had looked in vain, and later a task of a higher class came
            turn[c.cpu] = ["idle", "dispatch prev=-"]
            close(c.cpu, "goes idle", c, ["idle", "update_idle idle=0"])
        if c.op == "update_idle" and c.args["idle"]:
            turn[c.cpu].append("update_idle idle=1")
            close(c.cpu, "goes idle", c, ["idle"])
            began[c.cpu] = c.ns
            continue
        if c.op in ("update_idle", "cpu_acquire", "cpu_release"):
            turn[c.cpu].append(c.op + "".join(f" {k}={v}" for k, v in c.args.items() if k != "cpu"))
            continue
        if is_wakeup(c) or c.op not in ("enqueue", "dispatch", "running", "stopping"):
            continue
        who = "-" if not c.pid else "curr" if curr.get(c.cpu) == c.pid else "other"
        if c.op == "dispatch":
            if turn[c.cpu] and turn[c.cpu][-1].startswith("dispatch"):
                close(c.cpu, "goes idle" if who == "-" else "goes on", c, ["idle"] if who == "-" else [])
            turn[c.cpu].append(f"dispatch prev={who}")
        elif c.op == "stopping" and who == "other" and not c.args["runnable"]:
            away.update({c.pid: cpu for cpu, pid in curr.items() if pid == c.pid})
            continue
        elif c.op == "stopping":
            if turn[c.cpu] == ["dispatch prev=curr"] and not c.args["runnable"]:
                close(c.cpu, "goes on", c)
            turn[c.cpu].append(f"stopping {who} runnable={c.args['runnable']}")
        elif c.op == "enqueue":
            turn[c.cpu].append(f"enqueue {who}{flags(c)}")
        elif c.pid in away:
            del away[c.pid]
            continue
        elif before and is_change(before) and who == "other":
            # a task that runs comes into the class: on which CPU is not known
            curr[c.cpu], turn[c.cpu] = None, []
            continue
        else:
            if before and is_wakeup(before) and turn[c.cpu] and turn[c.cpu][0] != "idle" and before.ns > began[c.cpu]:
                close(c.cpu, "goes idle", c, ["idle"])
            close(c.cpu, "running " + ("the same" if who == "curr" else "another") +
                  (" that select_cpu placed" if before and before.op == "select_cpu" else ""), c)
            curr[c.cpu] = c.pid
        began[c.cpu] = c.ns
    return count, example


def contradictions(calls):
    """Calls whose CPUs contradict each other, as text. None is a property of any correct log."""
    ran_on, last, out = {}, {}, []
    for c in calls:
        if not c.pid or c.op == "tick":
            continue
        prev, want = last.get(c.pid), ran_on.get(c.pid)
        if c.op == "select_cpu" and want is not None and c.args["prev_cpu"] != want:
            out.append(f"{c}: it ran on CPU {want} last")
        if c.op in ("stopping", "dispatch") and want is not None and c.cpu != want and not is_change(c):
            out.append(f"{c}: it ran on CPU {want}")
        if c.op == "running" and prev and prev.op == "select_cpu" and c.cpu != prev.ret:
            out.append(f"{c}: ops.select_cpu had placed it on CPU {prev.ret}")
        if c.op == "enqueue" and prev and prev.op == "stopping" and prev.args["runnable"] and c.cpu != prev.cpu:
            out.append(f"{c}: it was stopped on CPU {prev.cpu}")
        if c.op == "running":
            ran_on[c.pid] = None if prev and is_change(prev) else c.cpu
        last[c.pid] = c
    return out
