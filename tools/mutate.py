#!/usr/bin/env python3
"""mutate.py [--count N] [--seed N] [--jobs N] [--known FILE] [--list] [SOURCE...] - do the tests notice a wrong constant?

Changes one constant, comparison, sum or minimum of the timing code at a time, in a copy of the tree, and runs the unit tests
until one fails: the suites that hold times, with --address the fast ones of them under AddressSanitizer, then the command's cases. Prints what each change met, and the share that was noticed. Changes that nobody
can notice are judged by hand, one line each in FILE (test/mutation.txt); what is listed there is left out of the share.
Without SOURCE: all of lib/timing, lib/schedule and lib/engine."""
import argparse
import glob
import os
import queue
import random
import re
import shutil
import subprocess
import sys
import tempfile
import threading
import time

ROOMS = ["lib/timing", "lib/schedule", "lib/engine"]
# The suites that hold times, fast ones first.
FAST = ["vectors", "commands", "wide", "partition", "program", "estimate", "engine", "trace", "zoo", "models", "systolic_schedule", "scalesim", "systolic"]
SUITES = FAST + ["tile_grid", "tile_clock", "dram", "predict", "shared", "laws"]
PLAIN = ["make", "-s", "BUILD=build", "SAN=", "CFLAGS=-O1 -w"]
TESTS, PROGRAM = ["build/unit-tests"], ["build/edgetpu-sim"]
# each object a block of its own, as `make nomem`: what is read behind one is seen
ADDRESS = ["make", "-s", "BUILD=address", "SAN=address", "CFLAGS=-O1 -w -DETI_ONE_OBJECT_A_REQUEST", "address/unit-tests"]
SWAPS = {"<": "<=", "<=": "<", ">": ">=", ">=": ">", "==": "!=", "!=": "==", "+": "-", "-": "+", "+=": "-=", "-=": "+=",
         "eti_min": "eti_max", "eti_max": "eti_min"}
TOKEN = re.compile(r"""(?P<skip>/\*.*?\*/|"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])+'|^[ \t]*\#(?:\\\n|[^\n])*|assert\([^;]*;)
    |(?P<number>\b(?:0[xX][0-9a-fA-F]+|\d+)(?:[uUlL]*)\b(?![.\w]))
    |(?P<name>\b[A-Za-z_]\w*\b|\d+\.\d+\w*)
    |(?P<operator>->|\+\+|--|<<=|>>=|<<|>>|[<>=!+\-*/%&|^]=|&&|\|\||[-+<>(){}\[\];,?:=*/%&|^!~.])""", re.S | re.M | re.X)


class Mutant:
    def __init__(self, path, text, start, end, new):
        self.path, self.start, self.end, self.new = path, start, end, new
        self.line = text.count("\n", 0, start) + 1
        first, last = text.rfind("\n", 0, start) + 1, text.find("\n", start)
        self.before = text[first:last].strip()
        self.after = (text[first:start] + new + text[end:last]).strip()
        self.text = text[:start] + new + text[end:]

    def key(self):
        return f"{self.path}: {self.before} => {self.after}"


def mutants_of(path):
    """One change each; every token has at most one."""
    with open(path) as f:
        text = f.read()
    found, before = [], ""
    for m in TOKEN.finditer(text):
        kind, word = m.lastgroup, m.group()
        if kind == "skip":
            continue
        new = None
        if kind == "number":
            digits = word.rstrip("uUlL")
            new = str(int(digits, 0) + 1) + word[len(digits):]
            # the size of an array, of a table of strings and the like is no figure of time
            if before == "[" and re.match(r"[^\n]*;", text[m.end():]) and re.search(r"^\s*(static |const |struct )*\w+ \w[^=(]*$",
                                                                                   text[text.rfind("\n", 0, m.start()) + 1:m.start()]):
                new = None
        elif word in ("+", "-"):
            new = SWAPS[word] if re.fullmatch(r"[\w)\]]+", before) and before not in ("return", "case") else None
        elif word in SWAPS:
            # the declaration of eti_min itself is not in these rooms; '<' of an #include was skipped
            new = SWAPS[word]
        if new is not None:
            found.append(Mutant(path, text, m.start(), m.end(), new))
        before = word
    return found


def copy_tree(to):
    os.makedirs(to)
    names = subprocess.run(["git", "ls-files", "-z"], capture_output=True, check=True).stdout.decode().split("\0")
    for name in filter(None, names):
        os.makedirs(os.path.join(to, os.path.dirname(name)), exist_ok=True)
        if os.path.exists(name):
            shutil.copy2(name, os.path.join(to, name))


class Tree:
    """A built copy of the project, with ../shared beside it if that is here."""

    def __init__(self, folder, address):
        self.address = address
        self.top = folder
        copy_tree(folder)
        for command in (PLAIN + TESTS, PLAIN + PROGRAM, ADDRESS)[:3 if address else 2]:
            assert self.run(command + ["-j2"], 600) == 0, "the unchanged tree does not build"
        assert self.run(["sh", "test/cli/run.sh"], 300) == 0, "the command's cases fail on the unchanged tree"

    def run(self, command, seconds):
        """The exit status; 'slow' if it takes longer."""
        p = subprocess.Popen(command, cwd=self.top, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, stdin=subprocess.DEVNULL,
                             env={**os.environ, "CK_FORK": "no", "BUILD": "build", "ASAN_OPTIONS": "detect_leaks=0"}, start_new_session=True)
        try:
            return p.wait(seconds)
        except subprocess.TimeoutExpired:
            os.killpg(p.pid, 9)
            p.wait()
            return "slow"

    def time_of(self, suite):
        before = time.monotonic()
        assert self.run(["build/unit-tests", suite], 600) == 0, f"suite {suite} fails on the unchanged tree"
        return time.monotonic() - before

    def judge(self, mutant, suites, times):
        """What noticed it: a suite, 'address', 'cli', 'compiler', or None."""
        path = os.path.join(self.top, mutant.path)
        shutil.copy2(path, path + ".kept")
        with open(path, "w") as f:
            f.write(mutant.text)
        try:
            if self.run(PLAIN + TESTS, 300) != 0:
                return "compiler"
            for suite in suites:
                if self.run(["build/unit-tests", suite], 20 + 10 * times[suite]) != 0:
                    return suite
            if self.address and (self.run(ADDRESS, 300) != 0 or self.run(["address/unit-tests", *FAST], 300) != 0):
                return "address"
            return None if self.run(PLAIN + PROGRAM, 300) == 0 and self.run(["sh", "test/cli/run.sh"], 300) == 0 else "cli"
        finally:
            os.replace(path + ".kept", path)
            os.utime(path)


def known_lines(path):
    """Changes that were judged: 'file: before => after', each below a comment that says why nobody can notice it."""
    if not os.path.exists(path):
        return set()
    with open(path) as f:
        return {line.strip() for line in f if line.strip() and not line.startswith("#")}


def stale_lines(known):
    """Those whose line is no longer in its file: nobody needs them, or they have to be judged again."""
    def gone(line):
        path, change = line.split(": ", 1)
        with open(path) as f:
            return change.split(" => ")[0] not in (of_file.strip() for of_file in f)
    return sorted(filter(gone, known))


def judge_all(sample, jobs, address, folder):
    with open("test/suites.def") as f:
        all_suites = re.findall(r"^SUITE\((\w+)\)", f.read(), re.M)
    suites = [s for s in SUITES if s in all_suites]
    if os.path.isdir("../shared"):
        os.symlink(os.path.abspath("../shared"), os.path.join(folder, "shared"))
    trees = [Tree(os.path.join(folder, f"tree{i}"), address) for i in range(jobs)]
    times = {s: trees[0].time_of(s) for s in suites}
    todo, lock, noticed_by, results = queue.Queue(), threading.Lock(), {}, []
    for m in sample:
        todo.put(m)

    def work(tree):
        while True:
            try:
                m = todo.get_nowait()
            except queue.Empty:
                return
            # what noticed the last change of that file is the likeliest to notice this one
            likely = noticed_by.get(m.path, [])
            by = tree.judge(m, sorted(suites, key=lambda s: -likely.count(s)), times)
            with lock:
                noticed_by.setdefault(m.path, []).append(by)
                results.append((m, by))
                print(f"{len(results):4}/{len(sample)} {'NOBODY' if by is None else by:17} {m.path}:{m.line}: {m.before} => {m.after}", flush=True)

    threads = [threading.Thread(target=work, args=(t,)) for t in trees]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    return results


def report(results, known):
    built = [(m, by) for m, by in results if by != "compiler"]
    left = sorted((m for m, by in built if by is None), key=lambda m: (m.path, m.line))
    equal = [m for m in left if m.key() in known]
    counted = len(built) - len(equal)
    killed = sum(by is not None for _, by in built)
    print(f"\n{len(built)} changes: {killed} noticed ({sum(by == 'cli' for _, by in built)} of them by the command's printed figures only), "
          f"{len(equal)} that nobody can notice, {len(left) - len(equal)} not noticed: {100 * killed / max(1, counted):.1f} %")
    for m in left:
        if m.key() not in known:
            print(f"not noticed: {m.path}:{m.line}\n    {m.key()}")
    return killed >= 0.9 * counted


def main():
    p = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    p.add_argument("--count", type=int, default=120)
    p.add_argument("--seed", type=int, default=1)
    p.add_argument("--jobs", type=int, default=1)
    p.add_argument("--address", action="store_true", help="look with AddressSanitizer at what no suite noticed")
    p.add_argument("--known", default="test/mutation.txt")
    p.add_argument("--list", action="store_true", help="print the sample only")
    p.add_argument("--match", default="", help="only changes whose line in the known file would contain this")
    p.add_argument("sources", nargs="*")
    a = p.parse_args()
    for line in stale_lines(known_lines(a.known)):
        print(f"{a.known}: no longer there: {line}")
    sources = a.sources or sorted(f for room in ROOMS for f in glob.glob(room + "/*.c"))
    everything = [m for f in sources for m in mutants_of(f) if a.match in m.key()]
    sample = random.Random(a.seed).sample(everything, min(a.count, len(everything)))
    sample.sort(key=lambda m: (m.path, m.start))
    if a.list:
        for m in sample:
            print(f"{m.path}:{m.line}: {m.before} => {m.after}")
        print(f"{len(sample)} of {len(everything)} changes of {len(sources)} files")
        return
    with tempfile.TemporaryDirectory() as folder:
        results = judge_all(sample, a.jobs, a.address, folder)
    sys.exit(0 if report(results, known_lines(a.known)) else 1)


main()
