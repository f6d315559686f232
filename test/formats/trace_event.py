"""The rules of the Trace Event Format that a viewer relies on (Google's document "Trace Event Format"; Perfetto's reader of it), and
what edgetpu_sim promises beside them. errors(trace) lists what is broken."""

NUMBER = (int, float)
METADATA = {"process_name": "name", "thread_name": "name", "process_sort_index": "sort_index", "thread_sort_index": "sort_index"}
COMMON = {"name": str, "ph": str, "pid": int, "tid": int}


def event_errors(e):
    """Of one event by itself."""
    for key, kind in COMMON.items():
        if not isinstance(e.get(key), kind):
            yield f"{key} is missing or no {kind.__name__}: {e}"
            return
    if e["ph"] == "M":
        if e["name"] not in METADATA or METADATA[e["name"]] not in e.get("args", {}):
            yield f"unknown metadata: {e}"
        return
    if not isinstance(e.get("ts"), NUMBER) or e["ts"] < 0:
        yield f"no time: {e}"
    elif e["ph"] == "X":
        if not isinstance(e.get("dur"), NUMBER) or e["dur"] < 0:
            yield f"no duration: {e}"
    elif e["ph"] == "C":
        if not e.get("args") or not all(isinstance(v, NUMBER) for v in e["args"].values()):
            yield f"a counter's values are numbers: {e}"
    elif e["ph"] in "sf":
        if "id" not in e or "cat" not in e or (e["ph"] == "f" and e.get("bp") != "e"):
            yield f"an arrow has id and category, and ends in the slice around it: {e}"
    else:
        yield f"unknown phase: {e}"


def track_errors(slices, eps):
    """Slices of a track: in order, one after the other (ours are never nested)."""
    for track, list_ in slices.items():
        for a, b in zip(list_, list_[1:]):
            if b["ts"] < a["ts"] + a["dur"] - eps:
                yield f"track {track}: {b['name']} at {b['ts']} begins inside {a['name']}"


def inside(slices, e, eps):
    """Is there a slice around the event on its track? A slice holds its beginning, not its end."""
    import bisect
    list_ = slices.get((e["pid"], e["tid"]), [])
    starts = [s["ts"] for s in list_] if not hasattr(inside, "cache") else inside.cache.setdefault(
        (id(slices), e["pid"], e["tid"]), [s["ts"] for s in list_])
    i = bisect.bisect_right(starts, e["ts"] + eps) - 1
    while i >= 0 and list_[i]["dur"] == 0:  # empty ones at the same place
        i -= 1
    return i >= 0 and e["ts"] < list_[i]["ts"] + list_[i]["dur"]


def arrow_errors(events, slices, eps):
    inside.cache = {}
    ends = {"s": {}, "f": {}}
    for e in events:
        if e["ph"] not in ends:
            continue
        if e["id"] in ends[e["ph"]]:
            yield f"arrow {e['id']} has two of {e['ph']}"
        ends[e["ph"]][e["id"]] = e
        if not inside(slices, e, eps):
            yield f"no slice around {e}"
    if ends["s"].keys() != ends["f"].keys():
        yield f"arrows without an end: {sorted(ends['s'].keys() ^ ends['f'].keys())[:5]}"
    for id_ in ends["s"].keys() & ends["f"].keys():
        s, f = ends["s"][id_], ends["f"][id_]
        if s["ts"] > f["ts"] + eps or (s["name"], s["cat"]) != (f["name"], f["cat"]):
            yield f"arrow {id_} goes back in time, or changes its name: {s} {f}"


def own_errors(trace, slices, eps):
    """Layers and phases fill their track without a gap; times are the cycles."""
    other, us = trace["otherData"], 1e6 / trace["otherData"]["clock_hz"]
    at = 0
    for e in slices.get((1, 1), []):
        if e["args"]["start_cycle"] != at:
            yield f"{e['name']} begins at cycle {e['args']['start_cycle']}, what is before it ends at {at}"
        at = e["args"]["start_cycle"] + e["args"]["cycles"]
    if at != other["cycles"] or sum(e["args"]["cycles"] for e in slices.get((1, 1), [])) != other["cycles"]:
        yield f"layers and phases end at {at}, not at {other['cycles']}"
    for track, list_ in slices.items():
        for e in list_:
            a = e["args"]
            if abs(e["ts"] - a["start_cycle"] * us) > eps or abs(e["dur"] - a["cycles"] * us) > eps:
                yield f"track {track}: time and cycles differ: {e}"
            if a["start_cycle"] + a["cycles"] > other["cycles"]:
                yield f"track {track}: ends after the inference: {e}"
            if "busy_cycles" in a and not a.get("merged") and a["busy_cycles"] > a["cycles"]:
                yield f"track {track}: busy for longer than it lasts: {e}"


def errors(trace):
    events, found = trace.get("traceEvents"), []
    if not isinstance(events, list) or trace.get("displayTimeUnit") not in ("ms", "ns"):
        return ["traceEvents is a list, displayTimeUnit ms or ns"]
    for e in events:
        found += event_errors(e)
    if found:
        return found
    eps = 1e-6 * 1e6 / trace["otherData"]["clock_hz"] + 1e-9 * max(e.get("ts", 0) for e in events)
    slices, counters, named = {}, {}, set()
    for e in events:
        if e["ph"] == "X":
            slices.setdefault((e["pid"], e["tid"]), []).append(e)
        if e["ph"] == "C":
            if e["ts"] < counters.get((e["pid"], e["name"]), 0):
                found.append(f"a counter goes back in time: {e}")
            counters[e["pid"], e["name"]] = e["ts"]
        if e["ph"] == "M" and e["name"] == "thread_name":
            named.add((e["pid"], e["tid"]))
    found += [f"track {t} has no name" for t in slices.keys() - named]
    found += track_errors(slices, eps)
    found += arrow_errors(events, slices, eps)
    found += own_errors(trace, slices, eps)
    return found
