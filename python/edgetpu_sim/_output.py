"""Text that the library writes, and files that are whole or not there."""

from __future__ import annotations

import ctypes as c
import os
import stat
import tempfile
from typing import Any, List, Optional

from . import _interrupt, _native as n
from ._structs import CFormatOptions, CWriter, Write

TABLE, JSON, CSV, SCALESIM_COMPUTE, SCALESIM_BANDWIDTH, SCALESIM_ACCESS, _, TRACE = range(8)
SORTS = ("order", "cycles", "macs", "parameters", "energy", "utilization", "name")  # as ets_sort


def options(width: int = 0, color: bool = False, mapping: bool = False, split: bool = False, sort: Optional[str] = None, top: int = 0,
            layers: Optional[str] = None) -> CFormatOptions:
    """As the command has them: the first rows of a table are those that take most, unless `sort` says what else."""
    sort = sort or ("cycles" if top else "order")
    if sort not in SORTS:
        raise ValueError(f"sort is one of {', '.join(SORTS)}, not {sort!r}")
    most = (1 << 32) - 1
    return CFormatOptions(c.sizeof(CFormatOptions), n.whole("width", width, most), color, mapping, split, SORTS.index(sort),
                          n.whole("top", top, most), None if layers is None else layers.encode())


def written(function: str, *arguments: Any) -> str:
    """All that a function gives to the writer, its last argument."""
    parts: List[bytes] = []

    def write(_ctx: Any, text: int, size: int) -> int:
        parts.append(c.string_at(text, size))
        return 0

    writer = CWriter(Write(write), None)
    _interrupt.undisturbed(lambda: n.call(function, *arguments, c.byref(writer)))
    return b"".join(parts).decode()


def save(text: str, path: Optional[n.Path]) -> str:
    """The text, which `path` (None: nothing) then holds: a regular file is replaced at once or stays what it was."""
    if path is None:
        return text
    try:
        mode: Optional[int] = os.stat(path).st_mode
    except FileNotFoundError:
        mode = None
    if mode is not None and (not stat.S_ISREG(mode) or not os.access(path, os.W_OK)):  # a device or a pipe; what may not be written says so
        with open(path, "w", encoding="utf-8") as to:
            to.write(text)
    else:
        _replace(text, os.path.realpath(path), mode)
    return text


def _replace(text: str, target: str, mode: Optional[int]) -> None:
    try:
        file, temporary = tempfile.mkstemp(prefix=os.path.basename(target) + ".", dir=os.path.dirname(target))
    except FileNotFoundError as error:
        raise FileNotFoundError(error.errno, error.strerror, target) from None
    try:
        with open(file, "w", encoding="utf-8") as to:
            to.write(text)
            to.flush()
            os.fchmod(file, _rights() if mode is None else stat.S_IMODE(mode))
            os.fsync(file)
        os.replace(temporary, target)
    except BaseException:
        os.unlink(temporary)
        raise


def _rights() -> int:
    """What the umask leaves of a new file; it is read by setting it."""
    mask = os.umask(0o077)
    os.umask(mask)
    return 0o666 & ~mask
