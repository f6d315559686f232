#!/usr/bin/env python3
"""completion.py FOLDER - in real shells on a terminal, the tabulator completes commands, options, names of machines, models and layers.

FOLDER has the program. bash has to be there; zsh and fish are tried if they are. What was completed is seen by running it.
"""
import os
import pty
import re
import select
import shutil
import subprocess
import sys
import time

bad = 0
here = os.getcwd()
env = {"PATH": os.path.abspath(sys.argv[1]) + ":/usr/local/bin:/usr/bin:/bin", "HOME": "/nonexistent", "TERM": "dumb", "NO_COLOR": "1", "LC_ALL": "C.UTF-8"}


def say(text):
    global bad
    bad += 1
    print("completion: " + text)


# typed (TAB is the key), and what the line that it becomes prints
CASES = [
    ("edgetpu-sim arch coral-pc\t| head -n 1", "coral-pcie: "),
    ("edgetpu-sim ar\tcoral-usb2 | head -n 1", "coral-usb2: "),
    ("edgetpu-sim predict mobilenet-v1-0.25\t--js\t| cut -c 1-40", '{"model": "mobilenet-v1-0.25-128"'),
    ("edgetpu-sim profile squeezenet-1.0-224 --arch=systolic-16\t| head -n 1", "squeezenet-1.0-224 on systolic-16x16"),
    ("edgetpu-sim explain efficientnet-edgetpu-s b1a.e\t| head -n 1", "efficientnet-edgetpu-s on coral-usb: b1a.expand"),
    ("edgetpu-sim arch coral-usb --set scalar.fe\t123 | grep fence_cyc", " 123  cycle"),
    ("edgetpu-sim profile squeezenet-1.0-224 --sort utili\t--top 1 | head -n 1", "squeezenet-1.0-224 on coral-usb"),
    ("edgetpu-sim inspect CHANGE\t2>&1", "CHANGELOG.md"),
]


def typed(argv, lines):
    """Types each line on a terminal; what the shell printed after each."""
    pid, terminal = pty.fork()
    if pid == 0:
        os.chdir(here)
        os.execve(shutil.which(argv[0]), argv, env)
    out, started = [], time.monotonic()

    def read_until(mark, seconds):
        text, end = "", time.time() + seconds
        while mark not in text and time.time() < end:
            if select.select([terminal], [], [], 0.1)[0]:
                text += os.read(terminal, 65536).decode(errors="replace")
        return text

    def read_what_comes(seconds):
        """Waits for the first of it, then until no more comes."""
        text = ""
        while select.select([terminal], [], [], pause if text else seconds)[0]:
            text += os.read(terminal, 65536).decode(errors="replace")
        return text

    # a busy machine starts a shell slowly, and pauses as long before what it completes
    pause = 0.2
    read_what_comes(60)
    pause = max(0.2, time.monotonic() - started - pause)
    for n, line in enumerate(lines):
        before = ""
        for piece in re.split(r"(\t)", line):
            os.write(terminal, piece.encode())
            before += read_what_comes(60) if piece else ""  # the echo; what was completed
        os.write(terminal, b"\necho en'd'%d\n" % n)
        out.append(before + read_until("end%d" % n, 120))
    os.write(terminal, b"exit\n")
    os.close(terminal)
    os.waitpid(pid, 0)
    return out


def try_shell(name, argv, setup):
    if not shutil.which(name, path=env["PATH"]):
        if name == "bash":
            say("there is no bash")
        return
    for (line, want), got in zip(CASES, typed(argv, setup + [line for line, _ in CASES])[len(setup):]):
        if want not in got:
            say(f"{name}: {line!r} became\n{got}")


try_shell("bash", ["bash", "--norc", "--noprofile", "-i"], ["bind 'set enable-bracketed-paste off'", ". share/completion/edgetpu-sim.bash"])
try_shell("zsh", ["zsh", "-f", "-i"], ["unsetopt zle_bracketed_paste 2>/dev/null; fpath=($PWD/share/completion $fpath); autoload -U compinit; compinit -u -D"])
if shutil.which("fish", path=env["PATH"]):
    os.makedirs("/tmp", exist_ok=True)
    for asked, want in (("edgetpu-sim arch coral-pc", "coral-pcie"), ("edgetpu-sim ex", "explain"), ("edgetpu-sim profile mobilenet-v1-0.25", "mobilenet-v1-0.25-128"),
                        ("edgetpu-sim predict --thr", "--threads"), ("edgetpu-sim explain efficientnet-edgetpu-s b1a.e", "b1a.expand"),
                        ("edgetpu-sim profile x --arch=systolic-16", "--arch=systolic-16x16"), ("edgetpu-sim inspect CHANGE", "CHANGELOG.md")):
        r = subprocess.run(["fish", "--no-config", "-c", "source share/completion/edgetpu-sim.fish; complete -C '%s'" % asked], capture_output=True, text=True, env=env)
        if want not in [line.split("\t")[0] for line in r.stdout.splitlines()]:
            say(f"fish: {asked!r} became {r.stdout!r} {r.stderr!r}")
sys.exit(1 if bad else 0)
