"""abi.py [--update] - the public interface is what test/abi.txt says: every declaration of the header, a line each, so that a
function that goes, an argument, a member or a value that changes is seen; and what the shared library exports is what the
header declares, under the version of its soname. --update writes the file."""
import glob
import os
import re
import subprocess
import sys

HEADER = "include/edgetpu_sim/edgetpu_sim.h"
LIST = "test/abi.txt"


def declarations():
    """Those of the header, without comments and macros, white space made one blank."""
    text = subprocess.run([*os.environ.get("CC", "cc").split(), "-std=c11", "-E", "-P", "-Iinclude", HEADER], capture_output=True, text=True,
                          check=True).stdout
    found, depth, one = [], 0, ""
    for c in text.replace('__attribute__((visibility("default")))', ""):
        one += c
        depth += (c == "{") - (c == "}")
        if c == ";" and depth == 0:
            line = re.sub(r"\s+", " ", one).strip().replace("_Bool", "bool")
            one = ""
            if re.search(r"\bets_\w+", line):
                found.append(line)
    return found


def exports():
    """{name: version} of the shared library."""
    (library,) = glob.glob(os.path.join(os.environ.get("BUILD", "build"), "libedgetpu_sim.so.*"))
    lines = subprocess.run(["nm", "-D", "--defined-only", "--with-symbol-versions", library], capture_output=True, text=True, check=True).stdout
    symbols = (line.split()[2].split("@@") for line in lines.splitlines() if line.split()[1] == "T")
    return {s[0]: s[1] if len(s) > 1 else "" for s in symbols}


def soname_version():
    with open(HEADER) as f:
        return "EDGETPU_SIM_" + re.search(r"#define ETS_VERSION_MAJOR (\d+)", f.read()).group(1)


def compare(now, before):
    gone, new = [d for d in before if d not in now], [d for d in now if d not in before]
    for d in gone:
        print("abi: gone or changed:", d)
    for d in new:
        print("abi: new or changed: ", d)
    if gone:
        print("abi: programs that were built against it break. If that is meant: raise ETS_VERSION_MAJOR (MINOR while MAJOR is 0), say it in\n"
              "     CHANGELOG.md, then python3 test/abi.py --update")
    elif new:
        print("abi: only additions; python3 test/abi.py --update records them")
    return bool(gone or new)


def main():
    now = declarations()
    if sys.argv[1:] == ["--update"]:
        with open(LIST, "w") as f:
            f.write("\n".join(now) + "\n")
        return 0
    with open(LIST) as f:
        bad = compare(now, f.read().splitlines())
    declared = {re.search(r"(ets_\w+)\(", d).group(1) for d in now if not d.startswith("typedef")}
    exported = exports()
    for name in sorted(declared ^ set(exported)):
        print(f"abi: {name} is", "declared, but not exported" if name in declared else "exported, but not declared")
        bad = True
    for name in sorted(n for n, version in exported.items() if version != soname_version()):
        print(f"abi: {name} has version '{exported[name]}', not {soname_version()}: lib/edgetpu_sim.map")
        bad = True
    return int(bad)


sys.exit(main())
