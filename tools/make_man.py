#!/usr/bin/env python3
"""make_man.py PROGRAM FOLDER - writes the man pages: the text of man/text/NAME.md, the options as `PROGRAM COMMAND --help` has them.

Of Markdown: `## HEADING`, paragraphs, `bold`, *italic*, lists of `- `, "term" above ": meaning", and blocks of ```console, whose
commands and output test/readme.sh holds. `@OPTIONS@` stands for the options, `@COMMANDS@` for the table of commands.
"""
import pathlib
import re
import subprocess
import sys

DATE = "2026-11-25"
TEXTS = pathlib.Path(__file__).parent.parent / "man" / "text"


def plain(text):
    text = text.replace("\\", r"\e").replace("-", r"\-").replace("'", r"\(aq").replace("^", r"\(ha").replace("~", r"\(ti")
    text = "".join(c if c < "\x7f" else r"\[u%04X]" % ord(c) for c in text)
    return r"\&" + text if text.startswith((".", "'")) else text


def inline(text):
    out = []
    for part in re.split(r"(`[^`]*`|\*[^*]+\*)", text):
        if part.startswith("`"):
            out.append(r"\fB" + plain(part[1:-1]) + r"\fP")
        elif part.startswith("*") and len(part) > 2:
            out.append(r"\fI" + plain(part[1:-1]) + r"\fP")
        else:
            out.append(plain(part).replace(r"\(aq", "'") if part else "")
    line = "".join(out)
    return r"\&" + line if line.startswith((".", "'")) else line


def help_of(program, command):
    return subprocess.run([program, command, "--help"], capture_output=True, text=True, check=True).stdout


def options(program, command):
    """(names and value, what they do) of each option."""
    rows = []
    for line in help_of(program, command).splitlines():
        start = re.match(r"  (-\w, |    )(--[\w-]+)( \S+)? +(\S.*)", line)
        if start:
            rows.append([(start[1].strip(" ,"), start[2], (start[3] or "").strip()), start[4]])
        elif rows and line.startswith(" " * 29):
            rows[-1][1] += " " + line.strip()
        elif rows and not line:
            break
    return rows


def put_options(program, command):
    out = []
    for (short, name, value), text in options(program, command):
        names = (r"\fB%s\fP, " % plain(short) if short else "") + r"\fB%s\fP" % plain(name)
        out += [".TP", names + (r" \fI%s\fP" % plain(value) if value else ""), plain(text).replace(r"\(aq", "'")]
    return out


def put_commands(program):
    out = []
    for path in sorted(TEXTS.glob("edgetpu-sim-*.md")):
        name, what = path.read_text(encoding="utf-8").splitlines()[0].split(" - ", 1)
        out += [".TP", r"\fB%s\fP(1)" % plain(name), inline(what)]
    return out


def usage(program, command):
    text = help_of(program, command)
    lines = text[len("usage: "):].split("\n")
    rows = [lines[0]] + [x.strip() for x in lines[1:] if x.startswith("       edgetpu-sim ")]
    out = []
    for i, row in enumerate(rows):
        words = re.sub(r"\b([A-Z]{2,}|A|B)\b", r"*\1*", row.replace("edgetpu-sim " + command, "`edgetpu-sim " + command + "`"))
        out += ([".br"] if i else []) + [re.sub(r"(--\w+)", r"\\fB\1\\fP", inline(words)).replace("--", r"\-\-")]
    return out


def body(program, command, lines):
    out, code, paragraph = [], False, False
    for line in lines:
        if line.startswith("```"):
            code = not code
            out += ([".RS 4", ".nf"] if out[-1].startswith(".SH") else [".PP", ".RS 4", ".nf"]) if code else [".fi", ".RE"]
            paragraph = False
        elif code:
            out.append(plain(line) or ".sp")
        elif line.startswith("## "):
            out.append(".SH " + plain(line[3:]).upper())
            paragraph = True
        elif line == "@OPTIONS@":
            out += put_options(program, command)
        elif line == "@COMMANDS@":
            out += put_commands(program)
        elif line == "@USAGE@":
            out += usage(program, command)
        elif line.startswith("- "):
            out += [r".IP \(bu 2", inline(line[2:])]
            paragraph = True
        elif line.startswith(": "):
            out.insert(len(out) - 1, ".TP")
            out.append(inline(line[2:]))
            paragraph = False
        elif not line:
            paragraph = False
        else:
            out += ([] if paragraph else [".PP"]) + [inline(line)]
            paragraph = True
    text = "\n".join(out)
    return re.sub(r"\.PP\n\.TP\n", ".TP\n", text)  # a term needs no paragraph before it


def page(program, path, version):
    lines = path.read_text(encoding="utf-8").splitlines()
    name = path.stem
    command = name[len("edgetpu-sim-"):] if name != "edgetpu-sim" else ""
    head = ['.\\" Made by tools/make_man.py from man/text/%s and --help; do not edit.' % path.name,
            '.TH %s 1 "%s" "edgetpu_sim %s" "User Commands"' % (name.upper().replace("-", r"\-"), DATE, version),
            ".SH NAME", plain(name) + r" \- " + inline(lines[0].split(" - ", 1)[1])]
    if command:
        head += [".SH SYNOPSIS"] + usage(program, command)
    tail = [".SH SEE ALSO", ".BR edgetpu\\-sim (1)"] if command else []
    return "\n".join(head + [body(program, command, lines[1:])] + tail) + "\n"


def main():
    program, folder = sys.argv[1], pathlib.Path(sys.argv[2])
    version = subprocess.run([program, "--version"], capture_output=True, text=True, check=True).stdout.split()[1]
    for path in sorted(TEXTS.glob("*.md")):
        (folder / (path.stem + ".1")).write_text(page(program, path, version), encoding="utf-8")


main()
