"""The C library: finding it, its functions (include/edgetpu_sim/edgetpu_sim.h), errors as exceptions."""

from __future__ import annotations

import ctypes as c
import enum
import operator
import os
import sys
from typing import Any, Iterator, List, Optional, Union

from . import _interrupt
from ._structs import (LISTED, ArchSize, CArchField, CArrayLayer, CError, CFormatOptions, Change, CLayer, CModelInfo, COptions, CPagePart,
                       CPhase, CPredictorOptions, CRewardOptions, CSetting, CWriter, LayerCosts, PredictorInfo, Summary)

Path = Union[str, "os.PathLike[str]"]
SONAME = "libedgetpu_sim.so.0"
VERSION = "0.1"  # whose structs and functions these are


def _candidates() -> Iterator[str]:
    here = os.path.dirname(os.path.abspath(__file__))
    named = os.environ.get("EDGETPU_SIM_LIBRARY")
    if named:
        yield named
        return
    yield os.path.join(here, "_lib", SONAME)  # in a wheel
    build = os.path.join(here, "..", "..", "build")  # in the source tree
    if os.path.isfile(os.path.join(here, "..", "..", "include", "edgetpu_sim", "edgetpu_sim.h")) and os.path.isdir(build):
        for name in sorted(os.listdir(build)):
            if name.startswith(SONAME):
                yield os.path.join(build, name)
    yield os.path.join(here, "..", "..", "..", "..", "lib", SONAME)  # below the same prefix
    yield SONAME  # wherever the system looks


def _load() -> c.CDLL:
    tried: List[str] = []
    for path in _candidates():
        if os.path.sep in path and not os.path.exists(path):
            tried.append(path)
            continue
        try:
            return c.CDLL(path)
        except OSError as error:
            tried.append(f"{path} ({error})")
    raise ImportError(
        "edgetpu_sim: the C library was not found; 'make' builds it in the source tree, 'make install' puts it into the system, "
        "EDGETPU_SIM_LIBRARY names another one. Looked at: " + ", ".join(tried))


class Status(enum.IntEnum):
    """Why a call failed: ets_status of the header."""

    OK = 0
    NOMEM = 1
    ARGUMENT = 2
    IO = 3
    SYNTAX = 4
    SCHEMA = 5
    RANGE = 6
    UNSUPPORTED = 7
    CAPACITY = 8
    INTERNAL = 9
    CANCELLED = 10
    CONFLICT = 11


class Error(Exception):
    """What the library says is wrong, in one line, with its status and the place in the input (0: none)."""

    def __init__(self, text: str, status: Status = Status.ARGUMENT, line: int = 0, column: int = 0, offset: int = 0) -> None:
        super().__init__(text)
        self.status, self.line, self.column, self.offset = status, line, column, offset

    def __reduce__(self) -> Any:
        return type(self), (str(self), self.status, self.line, self.column, self.offset)


class WorkLimitError(Error):
    """More work than `work_limit` allows."""


_P, _PP, _E, _N = c.c_void_p, c.POINTER(c.c_void_p), c.POINTER(CError), c.c_size_t
_FUNCTIONS = {
    "ets_version": (c.c_char_p, []),
    "ets_bound_name": (c.c_char_p, [c.c_int]),
    "ets_data_find": (c.c_int, [c.c_char_p, c.c_char_p, c.c_char_p, c.c_char_p, _N, _E]),
    "ets_data_list": (c.c_int, [c.c_char_p, c.c_char_p, LISTED, _P, _P, _E]),
    "ets_arch_load_beside": (c.c_int, [c.c_char_p, c.c_char_p, c.POINTER(CSetting), _N, _P, _PP, _E]),
    "ets_arch_parse": (c.c_int, [c.c_char_p, c.c_char_p, _N, c.POINTER(CSetting), _N, _P, _PP, _E]),
    "ets_arch_with": (c.c_int, [_P, c.POINTER(CSetting), _N, _P, _PP, _E]),
    "ets_arch_free": (None, [_P]),
    "ets_arch_name": (c.c_char_p, [_P]),
    "ets_arch_size_of": (ArchSize, [_P]),
    "ets_arch_field_count": (_N, [_P]),
    "ets_arch_field_at": (CArchField, [_P, _N]),
    "ets_model_load": (c.c_int, [c.c_char_p, _P, _PP, _E]),
    "ets_model_parse": (c.c_int, [c.c_char_p, c.c_char_p, _N, _P, _PP, _E]),
    "ets_model_as_int8": (c.c_int, [_P, _P, _PP, _E]),
    "ets_model_free": (None, [_P]),
    "ets_model_describe": (CModelInfo, [_P]),
    "ets_model_name": (c.c_char_p, [_P]),
    "ets_model_layer_name": (c.c_char_p, [_P, _N]),
    "ets_builder_new": (c.c_int, [c.c_char_p, _P, _PP, _E]),
    "ets_builder_free": (None, [_P]),
    "ets_build_rows": (c.c_int, [_P, _P, _N, _E]),
    "ets_build_model": (c.c_int, [_P, _PP, _E]),
    "ets_simulate": (c.c_int, [_P, _P, c.POINTER(COptions), _P, _PP, _E]),
    "ets_report_free": (None, [_P]),
    "ets_report_summary": (c.POINTER(Summary), [_P]),
    "ets_report_layer_count": (_N, [_P]),
    "ets_report_layer": (c.POINTER(CLayer), [_P, _N]),
    "ets_report_array_layer": (c.POINTER(CArrayLayer), [_P, _N]),
    "ets_report_model_name": (c.c_char_p, [_P]),
    "ets_report_arch_name": (c.c_char_p, [_P]),
    "ets_report_phase_count": (_N, [_P]),
    "ets_report_phase": (c.POINTER(CPhase), [_P, _N]),
    "ets_explain": (c.c_int, [_P, _P, _N, c.POINTER(COptions), _P, _PP, _E]),
    "ets_explanation_free": (None, [_P]),
    "ets_explanation_write": (c.c_int, [_P, c.c_int, c.POINTER(CFormatOptions), c.POINTER(CWriter), _E]),
    "ets_report_write": (c.c_int, [_P, c.c_int, c.POINTER(CFormatOptions), c.POINTER(CWriter), _E]),
    "ets_page_write": (c.c_int, [c.POINTER(CPagePart), _N, c.POINTER(CWriter), _E]),
    "ets_predictor_new": (c.c_int, [_P, c.POINTER(CPredictorOptions), _P, _PP, _E]),
    "ets_predictor_free": (None, [_P]),
    "ets_predict": (c.c_int, [_P, _P, _P, _E]),
    "ets_predict_batch": (c.c_int, [_P, _P, _N, c.c_uint32, _P, _P, _E]),
    "ets_predict_rows": (c.c_int, [_P, _P, _P, _N, c.c_uint32, _P, _P, _E]),
    "ets_predictor_describe": (PredictorInfo, [_P]),
    "ets_layer_cost": (c.c_int, [_P, _P, _N, c.POINTER(LayerCosts), _E]),
    "ets_network_changes": (c.c_int, [_P, _P, c.POINTER(Change), _N, c.POINTER(_N), _E]),
    "ets_sensitivity": (c.c_int, [_P, _P, c.POINTER(Change), _N, c.POINTER(_N), _E]),
    "ets_reward": (c.c_double, [c.POINTER(CRewardOptions), c.c_double, c.POINTER(Summary)]),
}


def _bind(library: c.CDLL) -> c.CDLL:
    """With the types of its functions; an ImportError if it is not the one that this module is for."""
    try:
        for name, (result, arguments) in _FUNCTIONS.items():
            function = getattr(library, name)
            function.restype, function.argtypes = result, arguments
        version = library.ets_version().decode()
    except AttributeError as error:
        raise ImportError(f"edgetpu_sim: {library._name} is not the C library of version {VERSION} that this module is for ({error})") from None
    if not version.startswith(VERSION + "."):
        raise ImportError(f"edgetpu_sim: {library._name} has version {version}; this module is for {VERSION}. Build or install both from "
                          "the same sources, or name another library in EDGETPU_SIM_LIBRARY")
    return library


lib = _bind(_load())


def beside() -> Optional[bytes]:
    """The folder that holds arch/ and models/ next to this package: in a wheel, or the source tree."""
    here = os.path.dirname(os.path.abspath(__file__))
    for folder in (os.path.join(here, "_data"), os.path.join(here, "..", "..")):
        if os.path.isfile(os.path.join(folder, "arch", "coral-usb.yaml")):
            return os.fsencode(os.path.normpath(folder))
    installed = os.path.join(here, "..", "..", "..", "..", "share", "edgetpu_sim")
    return os.fsencode(os.path.normpath(installed)) if os.path.isdir(installed) else None


def fail(error: CError) -> None:
    """Raises what the record says."""
    text = error.text.decode("utf-8", "replace")
    status = Status(error.status)
    if status == Status.NOMEM:
        raise MemoryError(text)
    raise (WorkLimitError if status == Status.CANCELLED else Error)(text, status, error.line, error.column, error.offset)


def call(name: str, *arguments: Any) -> None:
    """Calls a function whose last argument is the error record; raises if it fails."""
    error = CError()
    if getattr(lib, name)(*arguments, c.byref(error)) != 0:
        fail(error)


def call_long(name: str, *arguments: Any) -> None:
    """The same of one that asks _interrupt.STOPPED: Ctrl-C ends it."""
    error = CError()
    if _interrupt.run(getattr(lib, name), *arguments, c.byref(error)) != 0:
        fail(error)


def work_limit(units: Optional[int]) -> int:
    """As C has it; None: what it takes for enough."""
    return 0 if units is None else whole("work_limit", units, (1 << 64) - 1, least=1)


class Handle:
    """Owns an object of the library."""

    _free = ""

    def __init__(self) -> None:
        self._as_parameter_ = c.c_void_p()

    @classmethod
    def _to_fill(cls) -> Any:
        """One that a call of the library is about to make."""
        handle = cls.__new__(cls)
        Handle.__init__(handle)
        return handle

    def __reduce__(self) -> Any:  # a copy would free the same object again
        raise TypeError(f"{type(self).__name__} cannot be pickled or copied; what its properties and json() give can")

    def __del__(self) -> None:
        pointer = getattr(self, "_as_parameter_", None)
        if pointer and not sys.is_finalizing():
            getattr(lib, self._free)(pointer)
            self._as_parameter_ = c.c_void_p()


def whole(what: str, value: Any, most: int, least: int = 0) -> int:
    """A number that C has room for; ctypes would wrap one that it has not."""
    try:
        number = operator.index(value)
    except TypeError:
        raise TypeError(f"{what}: a whole number is needed, not {value!r}") from None
    if not least <= number <= most:
        raise ValueError(f"{what}: a whole number from {least} to {most} is needed, not {value!r}")
    return number


def find(folder: str, path: Path) -> str:
    """The path of something shipped; a path that exists is taken as it is."""
    name = os.fsdecode(path)
    if os.path.sep in name or os.path.exists(name):
        return name
    found = c.create_string_buffer(4096)
    call("ets_data_find", folder.encode(), os.fsencode(name), beside(), found, len(found))
    return os.fsdecode(found.value)


def shipped(folder: str) -> List[str]:
    """Names of what is shipped, in order."""
    names: List[str] = []

    def add(_ctx: Any, name: bytes, _path: bytes) -> int:
        names.append(name.decode())
        return 0

    _interrupt.undisturbed(lambda: call("ets_data_list", folder.encode(), beside(), LISTED(add), None, None))
    return names
