# SPDX-License-Identifier: GPL-2.0-only
"""The scheduler events of a Perfetto trace, decoded from the bytes. Field numbers are those that the Perfetto project
publishes; this knows nothing of uscx's writer."""
import collections

Event = collections.namedtuple("Event", "ns cpu kind fields")
PACKET, BUNDLE = 1, 1			# Trace.packet, TracePacket.ftrace_events
CPU, EVENT, TIMESTAMP = 1, 2, 1		# FtraceEventBundle.cpu, .event; FtraceEvent.timestamp
KINDS = {4: "sched_switch", 114: "sched_wakeup_new"}
PREV_PID, NEXT_COMM, NEXT_PID = 2, 5, 6	# SchedSwitchFtraceEvent
COMM, PID = 1, 2			# SchedWakeupNewFtraceEvent


def varint(data, i):
    value = shift = 0
    while True:
        byte = data[i]
        value |= (byte & 127) << shift
        i, shift = i + 1, shift + 7
        if byte < 128:
            return value, i


def fields(data):
    """(number, value) of each field of a message: an int, or bytes."""
    i = 0
    while i < len(data):
        key, i = varint(data, i)
        if key & 7 == 0:
            value, i = varint(data, i)
        elif key & 7 == 2:
            size, i = varint(data, i)
            value, i = data[i:i + size], i + size
            assert len(value) == size, "a message ends in a field"
        else:
            raise ValueError(f"field {key >> 3} of wire type {key & 7}")
        yield key >> 3, value


def sched_events(path):
    """Its sched_switch and sched_wakeup_new, in order of time."""
    events = []
    with open(path, "rb") as f:
        trace = f.read()
    for number, packet in fields(trace):
        assert number == PACKET
        for number, bundle in fields(packet):
            if number != BUNDLE:
                continue
            parts = list(fields(bundle))
            cpu = dict(parts)[CPU]
            for event in (v for n, v in parts if n == EVENT):
                event = dict(fields(event))
                events += [Event(event[TIMESTAMP], cpu, KINDS[n], dict(fields(event[n]))) for n in KINDS if n in event]
    return sorted(events, key=lambda e: e.ns)


def stays(events):
    """name: [(from, to)] of the times on a CPU of each task; what the end of the trace cuts off is left out."""
    running, out = {}, collections.defaultdict(list)
    for e in events:
        if e.kind != "sched_switch":
            continue
        name, since = running.get(e.cpu, ("", 0))
        if name:
            out[name].append((since, e.ns))
        running[e.cpu] = (e.fields[NEXT_COMM].decode() if e.fields.get(NEXT_PID) else "", e.ns)
    return out
