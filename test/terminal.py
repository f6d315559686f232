#!/usr/bin/env python3
"""terminal.py PROGRAM - tables on terminals of several widths, in pipes, and with COLUMNS: no line is wider than the terminal, a pipe gets
all, and what a narrow table shows is what the whole one says."""
import fcntl
import os
import pty
import re
import struct
import subprocess
import sys
import termios

program = os.path.abspath(sys.argv[1])
bad = 0
COMMANDS = (
    ["profile", "deeplab-v3-mobilenet-v2-1.0-513"], ["profile", "ssd-mobilenet-v1-300", "--split"], ["inspect", "deeplab-v3-mobilenet-v2-1.0-513"],
    ["explain", "efficientnet-edgetpu-s", "b5b.depthwise"], ["models"], ["arch"], ["arch", "coral-usb"], ["arch", "systolic-64x64"],
    ["compare", "inception-v1-224", "--arch", "coral-usb", "--arch", "coral-usb-pi4"],
    ["predict", "mobilenet-v2-1.0-224-inat-insect", "ssd-mobilenet-v1-300"],
    ["sweep", "mobilenet-v1-0.25-128", "--vary", "clock_hz=250M,500M", "--vary", "link.in_bytes_per_s,link.out_bytes_per_s=100M,200M"],
    ["--help"], *([c, "--help"] for c in ("profile", "inspect", "explain", "predict", "compare", "sweep", "arch", "models")))


def say(text):
    global bad
    bad += 1
    print("terminal: " + text)


def environment(columns):
    env = {k: v for k, v in os.environ.items() if k != "COLUMNS"} | {"TERM": "dumb"}
    return env | ({"COLUMNS": columns} if columns else {})


def on_a_terminal(args, width, columns=None):
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 50, width, 0, 0))
    child = subprocess.Popen([program, *args], stdin=subprocess.DEVNULL, stdout=theirs, stderr=subprocess.DEVNULL, env=environment(columns))
    os.close(theirs)
    data = b""
    while True:
        try:
            more = os.read(ours, 65536)
        except OSError:  # the other end is closed
            break
        if not more:
            break
        data += more
    os.close(ours)
    if child.wait():
        say(f"{args}: status {child.returncode}")
    return data.decode().replace("\r\n", "\n").splitlines()


def in_a_pipe(args, columns=None):
    return subprocess.run([program, *args], capture_output=True, check=True, env=environment(columns)).stdout.decode().splitlines()


def check_lines(what, lines, width):
    for line in lines:
        if len(line) > width:
            say(f"{what}: {len(line)} columns: {line}")
        if line != line.rstrip():
            say(f"{what}: ends in blanks: {line!r}")


for args in COMMANDS:
    whole = in_a_pipe(args)
    for width in (80, 100, 120):
        lines = on_a_terminal(args, width)
        check_lines(f"{args} at {width}", lines, width)
        if lines != in_a_pipe(args, str(width)):
            say(f"{args}: COLUMNS={width} is not a terminal of that width")
        if lines != on_a_terminal(args, 200, str(width)):
            say(f"{args}: COLUMNS={width} on a wider terminal")
    if "--help" not in args and any(re.search(r"(^|\s)\.\.[^.\s]|[^.\s]\.\.($|\s)", line) for line in whole):
        say(f"{args}: cut in a pipe")
    if "--help" not in args and args[0] != "explain":
        rows = [[line.split() for line in lines if re.match(r"\s*[a-z0-9.-]+  ", line)][:8] for lines in (on_a_terminal(args, 400), whole)]
        if not rows[1] or rows[0] != rows[1]:
            say(f"{args}: a wide terminal shows other rows than a pipe")
sys.exit(bad > 0)
