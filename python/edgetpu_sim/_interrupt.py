"""Ctrl-C ends a call of the library that takes long.

Python runs the handlers of signals between two of its own steps, in the main thread; while that is in C, a signal only leaves its
number in the file that signal.set_wakeup_fd() names. Here that file is memory, which the library looks at whenever it asks whether to
go on: `strlen` of it is 0 until a signal came. So nothing of Python is called from inside C, no thread is needed, and a call that
is not interrupted costs a microsecond more. Calls from other threads do not get signals; one that was stopped because the main
thread's was is made again. Where the system has no such files, calls end when they end."""

from __future__ import annotations

import contextlib
import ctypes as c
import fcntl
import mmap
import os
import signal
import threading
import time
from signal import set_wakeup_fd
from threading import get_ident
from typing import Any, Callable, TypeVar

Result = TypeVar("Result")
_SIZE_BYTES = 4096
_libc = c.CDLL(None)
_libc.mmap.restype = c.c_void_p
_libc.mmap.argtypes = [c.c_void_p, c.c_size_t, c.c_int, c.c_int, c.c_int, c.c_long]
_MAP_FIXED = 0x10


def _file() -> int:
    """One byte less than the memory and never more, so that a 0 always ends the text; -1: there are no such files."""
    try:
        file = os.memfd_create("edgetpu_sim", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
    except (AttributeError, OSError):
        return -1
    os.set_blocking(file, False)  # as set_wakeup_fd() demands
    os.ftruncate(file, _SIZE_BYTES - 1)
    fcntl.fcntl(file, fcntl.F_ADD_SEALS, fcntl.F_SEAL_GROW | fcntl.F_SEAL_SHRINK)
    return file


def _map(file: int, at: int = 0) -> int:
    flags = mmap.MAP_SHARED | (_MAP_FIXED if at else 0)
    address = _libc.mmap(at or None, _SIZE_BYTES, mmap.PROT_READ | mmap.PROT_WRITE, flags, file, 0)
    if address == c.c_void_p(-1).value:
        raise MemoryError("edgetpu_sim: no memory for signals")
    return int(address)


_fd = _file()
FLAG = _map(_fd) if _fd >= 0 else 0  # what STOPPED is asked with
STOPPED = (c.cast(_libc.strlen, c.c_void_p).value or 0) if FLAG else 0  # an ets_cancelled
_flag = c.c_ubyte.from_address(FLAG) if FLAG else c.c_ubyte()
_main = threading.main_thread().ident
_stops = 0  # how often the flag was taken back


def _after_fork() -> None:
    """The child has a file of its own under the same number, at the same address: its predictors refer to that."""
    global _main
    _main = get_ident()
    file = _file()
    os.dup2(file, _fd, inheritable=False)
    os.close(file)
    _map(_fd, FLAG)


if FLAG:
    os.register_at_fork(after_in_child=_after_fork)


def _take_back() -> bytes:
    """The numbers of signals that came."""
    global _stops
    seen = c.string_at(FLAG)
    os.lseek(_fd, 0, os.SEEK_SET)
    c.memset(FLAG, 0, _SIZE_BYTES - 1)
    _stops += 1
    return seen


def _pass_on(to: int, seen: bytes) -> None:
    """An event loop waits for them."""
    if to not in (-1, _fd):
        with contextlib.suppress(BlockingIOError):  # it has as many as it can take
            os.write(to, seen)


def run(function: Callable[..., int], *arguments: Any) -> int:
    """What function(*arguments) returns, a status; the call must ask STOPPED. Raises what the handler of a signal raises."""
    if not FLAG:
        return function(*arguments)
    if get_ident() != _main:
        return _run_beside(function, arguments)
    seen = b""
    before = set_wakeup_fd(_fd)
    try:
        failed = function(*arguments)
    finally:
        set_wakeup_fd(before if before != _fd else -1)  # ours if a handler raised before this `try`, in an earlier call
        if _flag.value:
            seen = _take_back()
            _pass_on(before, seen)
    if not failed or not seen:
        return failed
    # Handlers have run and raised nothing. A program that lives with other signals, of a timer, must get on.
    return run(function, *arguments) if signal.SIGINT in seen else function(*arguments)


def _run_beside(function: Callable[..., int], arguments: Any) -> int:
    while True:
        stops = _stops
        failed = function(*arguments)
        if not failed or (stops == _stops and not _flag.value):
            return failed
        time.sleep(0.02)  # by then whoever is to stop has asked
        if _flag.value:
            _take_back()


def undisturbed(work: Callable[[], Result]) -> Result:
    """work() where no handler runs: what one raises in a function that C called would be lost, and what that should have done, too."""
    if get_ident() != _main:
        return work()
    found: list[Any] = []

    def keep() -> None:
        try:
            found.append((work(), None))
        except BaseException as error:  # raised below
            found.append((None, error))

    thread = threading.Thread(target=keep)
    try:
        thread.start()
    except RuntimeError:  # Python is about to end, or there are no more threads
        return work()
    thread.join()
    result, error = found[0]
    if error is not None:
        raise error
    return result  # type: ignore[no-any-return]
