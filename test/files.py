"""files.py PROGRAM - what the command writes is there whole or not at all: on a full disk, in a folder that is none, when
it is interrupted, stopped or killed. Each law is a function; the name says it."""
import contextlib
import json
import os
import pty
import resource
import select
import signal
import subprocess
import sys
import tempfile
import time

PROGRAM = os.path.abspath(sys.argv[1])
NET = """edgetpu_sim_model: 1
name: net
inputs: {x: [1, 16, 16, 8]}
layers:
  - {op: conv_2d, name: a, kernel: 3, out: 32}
  - {op: conv_2d, name: b, kernel: 3, out: 32}
"""
LINE = b'{"model": "net.yaml"}\n'
SWEEP = ["sweep", "efficientnet-edgetpu-s", "--vary", "clock_hz=100M..500M+4M", "-j", "1", "--format", "csv"]
LONG_SWEEP = ["sweep", "efficientnet-edgetpu-s", "--vary", "clock_hz=100M..500M+40k", "-j", "1", "--format", "csv"] # seconds


def run(*args, **more):
    return subprocess.run([PROGRAM, *args], stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=600, **more)


def until(what, seconds=300):
    end = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.002)


def beginnings(path):
    return [f for f in os.listdir(".") if f.startswith(path)]


def a_full_or_closed_standard_output_is_an_error():
    for args in (["profile", "net.yaml"], ["profile", "net.yaml", "--format", "html"], ["inspect", "net.yaml"], ["predict", "net.yaml"], ["models"], ["arch"], ["arch", "coral-usb"],
                 ["compare", "net.yaml", "--arch", "coral-usb", "--arch", "systolic-64x64"],
                 ["sweep", "net.yaml", "--vary", "clock_hz=250M"], ["--help"], ["--version"], ["profile", "--help"]):
        for output in (" > /dev/full", " >&-"):
            r = subprocess.run(["sh", "-c", f'"$0" "$@"{output}', PROGRAM, *args], capture_output=True, text=True, timeout=600)
            assert r.returncode == 1 and "standard output: cannot be written: " in r.stderr, (args, output, r)
            assert len(r.stderr.splitlines()) == 1, (args, r.stderr)


def a_reader_that_goes_away_ends_it_without_a_word():
    """As SIGPIPE ends other programs, also where the parent ignores that signal or has blocked it."""
    ignored, blocked = (lambda: signal.signal(signal.SIGPIPE, signal.SIG_IGN)), (lambda: signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGPIPE]))
    for args in (["profile", "net.yaml"], ["profile", "net.yaml", "--json"], ["predict", "net.yaml"], ["predict", "--stdin"], ["models"], ["arch"],
                 ["compare", "net.yaml", "--arch", "coral-usb", "--arch", "systolic-64x64"], ["sweep", "net.yaml", "--vary", "clock_hz=250M"],
                 ["explain", "net.yaml", "0"], ["--help"], ["complete", "pro"]):
        for before in (None, ignored, blocked):
            reader, writer = os.pipe()
            os.close(reader)
            r = subprocess.Popen([PROGRAM, *args], stdin=subprocess.PIPE, stdout=writer, stderr=subprocess.PIPE, restore_signals=False, preexec_fn=before)
            os.close(writer)
            with contextlib.suppress(BrokenPipeError):
                r.stdin.write(LINE)
                r.stdin.close()
            assert r.stderr.read() == b"" and r.wait(60) == -signal.SIGPIPE, (args, r.returncode)
    os.mkfifo("fifo")
    r = subprocess.Popen([PROGRAM, "profile", "net.yaml", "--format", "html", "-o", "fifo"], stderr=subprocess.PIPE)
    with open("fifo", "rb") as reader:
        reader.read(1)
    assert r.stderr.read() == b"" and r.wait(60) == -signal.SIGPIPE, r.returncode
    os.remove("fifo")


def a_full_disk_leaves_the_old_file_and_nothing_beside_it():
    for room, args in ((1, ["profile", "net.yaml", "--json"]), (0, ["arch", "coral-usb"]), (0, ["predict", "net.yaml"])):
        with open("report", "w") as f:
            f.write("old")
        # TMPDIR: ThreadSanitizer writes half a megabyte there before main(), and would be what the limit ends
        r = run(*args, "-o", "report", env={**os.environ, "TMPDIR": "none"},
                preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (room * 512, room * 512)))
        assert r.returncode == 1 and "report: cannot be written: File too large" in r.stderr, r
        assert beginnings("report") == ["report"] and open("report").read() == "old"
        os.remove("report")


def a_place_that_cannot_be_written_is_named():
    for path, why in (("none/report", "No such file or directory"), (".", "Is a directory"), ("net.yaml/report", "Not a directory"),
                      ("/dev/full", "No space left on device")):
        r = run("profile", "net.yaml", "-o", path)
        assert r.returncode == 1 and f"{path}: cannot be written: {why}" in r.stderr, r


def devices_links_and_rights_are_kept():
    plain = run("arch", "coral-usb").stdout
    assert run("arch", "coral-usb", "-o", "/dev/stdout").stdout == plain
    with open("all", "w") as f:
        f.write("before\n")
    subprocess.run(["sh", "-c", '"$0" arch coral-usb -o /dev/stdout >> all', PROGRAM], check=True)
    assert open("all").read() == "before\n" + plain
    os.chmod("all", 0o640)
    os.symlink("all", "link")
    assert run("arch", "coral-usb", "-o", "link").returncode == 0
    assert os.path.islink("link") and open("all").read() == plain and os.stat("all").st_mode & 0o777 == 0o640


def a_signal_ends_it_by_that_signal_and_removes_the_temporary_file():
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        # a test that runs behind nohup, or in the background, hands on that they are ignored
        p = subprocess.Popen([PROGRAM, "predict", "--stdin", "-o", "late"], stdin=subprocess.PIPE, stderr=subprocess.PIPE,
                             preexec_fn=lambda: [signal.signal(n, signal.SIG_DFL) for n in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)])
        p.stdin.write(LINE)
        p.stdin.flush()
        until(lambda: any(os.path.getsize(f) for f in beginnings("late.")))
        p.send_signal(number)
        assert p.wait(60) == -number, (number, p.returncode)
        assert beginnings("late") == []


def a_killed_prediction_leaves_the_old_file():
    with open("kept", "w") as f:
        f.write("old")
    p = subprocess.Popen([PROGRAM, "predict", "--stdin", "-o", "kept"], stdin=subprocess.PIPE)
    p.stdin.write(LINE * 1000)
    p.stdin.flush()
    until(lambda: any(os.path.getsize(f) for f in beginnings("kept.")))
    p.kill()
    p.wait()
    assert open("kept").read() == "old"
    assert run("predict", "net.yaml", "-o", "kept").returncode == 0 and open("kept").read() == run("predict", "net.yaml").stdout


def a_file_is_read_again_only_if_it_has_changed():
    """One that was not touched for two seconds is kept; what is written over it, of the same size and age, is seen."""
    def ask():
        p.stdin.write(b'{"model": "quiet.yaml"}\n')
        p.stdin.flush()
        return json.loads(p.stdout.readline())["macs"]

    def read_bytes():
        with open(f"/proc/{p.pid}/io") as f:
            return int(f.readline().split()[1])

    def write(n):
        with open("quiet.yaml", "w") as f:
            f.write(NET.replace("out: 32", f"out: {n}") + "#" * 10000)

    write(32)
    p = subprocess.Popen([PROGRAM, "predict", "--stdin"], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    at_first = ask()
    write(16) # at once
    assert ask() < at_first
    write(32)
    time.sleep(3.1)
    assert ask() == at_first
    before = read_bytes()
    assert all(ask() == at_first for _ in range(20))
    assert read_bytes() - before < 10000, "it was read again"
    old = os.stat("quiet.yaml")
    write(16)
    os.utime("quiet.yaml", ns=(old.st_atime_ns, old.st_mtime_ns))
    assert os.path.getsize("quiet.yaml") == old.st_size and ask() < at_first
    os.remove("quiet.yaml")
    p.stdin.write(b'{"model": "quiet.yaml"}\n')
    p.stdin.close()
    assert b"no such file" in p.stdout.read() and p.wait(60) == 1


def a_killed_sweep_goes_on_to_the_same_result():
    assert run(*SWEEP, "-o", "whole").returncode == 0
    for lines in (1, 30):
        p = subprocess.Popen([PROGRAM, *SWEEP, "-o", "killed"])
        until(lambda: os.path.exists("killed.part") and open("killed.part").read().count("\n") > lines or p.poll() is not None)
        p.kill()
        p.wait()
    with open("killed.part", "a") as f: # half a line, as of a machine that lost its power
        f.write("99 12")
    done = open("killed.part").read().count("\n") - 1
    assert done >= 30
    assert run(*SWEEP, "-o", "killed").returncode == 0
    assert open("whole").read() == open("killed").read() and beginnings("killed") == ["killed"]


def two_sweeps_do_not_write_the_same_file():
    p = subprocess.Popen([PROGRAM, *LONG_SWEEP, "-o", "shared"])
    until(lambda: os.path.exists("shared.part") and open("shared.part").read().count("\n") > 1)
    r = run(*LONG_SWEEP, "-o", "shared")
    assert r.returncode == 1 and "shared.part: cannot be written: another sweep is at it" in r.stderr, r
    p.kill()
    p.wait()
    os.remove("shared.part")


def the_bar_of_a_sweep_is_erased_by_signals():
    ours, theirs = pty.openpty()
    p = subprocess.Popen([PROGRAM, *LONG_SWEEP, "-o", "barred"], stderr=theirs, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                         start_new_session=True, preexec_fn=lambda: signal.signal(signal.SIGTSTP, signal.SIG_DFL))
    os.close(theirs)
    seen = b""
    while b"points" not in seen:
        seen += os.read(ours, 1000)
    # the session has no terminal of its own: SIGTSTP would be dropped in an orphaned group, its handler runs all the same
    p.send_signal(signal.SIGTSTP)
    until(lambda: b"\r\x1b[K" in read_more(ours))
    p.send_signal(signal.SIGCONT)
    p.send_signal(signal.SIGTERM)
    assert p.wait(60) == -signal.SIGTERM
    assert beginnings("barred") == ["barred.part"]
    left = read_more(ours)
    assert left.endswith(b"\r\x1b[K"), left
    os.close(ours)


def read_more(fd):
    data = b""
    try:
        while select.select([fd], [], [], 0.05)[0]:
            data += os.read(fd, 1000)
    except OSError: # the other end is closed
        pass
    return data


def main():
    laws = [a_full_or_closed_standard_output_is_an_error, a_reader_that_goes_away_ends_it_without_a_word,
            a_full_disk_leaves_the_old_file_and_nothing_beside_it, a_place_that_cannot_be_written_is_named,
            devices_links_and_rights_are_kept, a_signal_ends_it_by_that_signal_and_removes_the_temporary_file,
            a_killed_prediction_leaves_the_old_file, a_file_is_read_again_only_if_it_has_changed,
            a_killed_sweep_goes_on_to_the_same_result, two_sweeps_do_not_write_the_same_file,
            the_bar_of_a_sweep_is_erased_by_signals]
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        with open("net.yaml", "w") as f:
            f.write(NET)
        for law in laws:
            before = time.monotonic()
            law()
            print(f"{law.__name__.replace('_', ' ')}: {time.monotonic() - before:.2f} s")


main()
