"""The C library: finding it, its structs and functions (include/edgetpu_sim/edgetpu_sim.h), errors as exceptions."""

from __future__ import annotations

import ctypes as c
import enum
import operator
import os
import sys
from typing import Any, Iterator, List, Optional, Union

Path = Union[str, "os.PathLike[str]"]
SONAME = "libedgetpu_sim.so.0"


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
        return Error, (str(self), self.status, self.line, self.column, self.offset)


class CError(c.Structure):
    _fields_ = [("status", c.c_int), ("line", c.c_uint32), ("column", c.c_uint32), ("offset", c.c_uint64), ("text", c.c_char * 512)]


class CSetting(c.Structure):
    _fields_ = [("key", c.c_char_p), ("value", c.c_char_p)]


class CArchField(c.Structure):
    _fields_ = [(n, c.c_char_p) for n in ("key", "value", "unit", "doc", "origin", "mark", "source")]


class CModelInfo(c.Structure):
    _fields_ = [("name", c.c_char_p), ("format", c.c_char_p), ("n_ops", c.c_uint32), ("n_tensors", c.c_uint32),
                ("n_weighted_ops", c.c_uint32), ("macs", c.c_uint64), ("weight_count", c.c_uint64),
                ("constant_bytes", c.c_uint64), ("quantized", c.c_bool)]


class COptions(c.Structure):
    _fields_ = [("struct_size", c.c_size_t), ("multi_subgraph", c.c_bool), ("trace", c.c_bool), ("work_limit", c.c_uint64),
                ("cancelled", c.c_void_p), ("cancel_ctx", c.c_void_p)]


class CPredictorOptions(c.Structure):
    _fields_ = [("struct_size", c.c_size_t), ("memory_limit_bytes", c.c_uint64), ("multi_subgraph", c.c_bool),
                ("work_limit", c.c_uint64), ("cancelled", c.c_void_p), ("cancel_ctx", c.c_void_p)]


class CRewardOptions(c.Structure):
    _fields_ = [("struct_size", c.c_size_t), ("target_ns", c.c_uint64), ("w_below", c.c_double), ("w_above", c.c_double),
                ("onchip_bonus", c.c_double)]


class CFormatOptions(c.Structure):
    _fields_ = [("struct_size", c.c_size_t), ("width", c.c_uint32), ("color", c.c_bool), ("mapping", c.c_bool),
                ("split", c.c_bool), ("sort", c.c_int), ("top", c.c_uint32), ("layers", c.c_char_p)]


WRITE = c.CFUNCTYPE(c.c_int, c.c_void_p, c.c_void_p, c.c_size_t)
LISTED = c.CFUNCTYPE(c.c_int, c.c_void_p, c.c_char_p, c.c_char_p)


class CWriter(c.Structure):
    _fields_ = [("write", WRITE), ("ctx", c.c_void_p)]


class _Record(c.Structure):
    """Numbers with names: compares, prints and pickles as what it holds."""

    def as_dict(self) -> dict:
        """All fields by name."""
        return {name: _plain(getattr(self, name)) for name, *_ in self._fields_}

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other) and self.as_dict() == other.as_dict()  # type: ignore[attr-defined]

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(f'{k}={v!r}' for k, v in self.as_dict().items())})"


def _plain(value: Any) -> Any:
    return value.as_dict() if isinstance(value, _Record) else value


class Split(_Record):
    """Elapsed cycles by what the busiest tile did or waited for (ets_split)."""

    _fields_ = [(n, c.c_uint64) for n in ("compute_cycles", "psum_cycles", "weight_cycles", "halo_cycles", "link_cycles",
                                          "move_cycles", "sync_cycles", "memory_cycles")]


class Summary(_Record):
    """A whole inference (ets_summary): cycles of the array's clock, bytes, counts."""

    _fields_ = [(n, c.c_uint64) for n in (
        "cycles", "chip_cycles", "latency_ns", "clock_hz", "macs", "tpu_macs", "parameter_bytes", "onchip_parameter_bytes",
        "streamed_parameter_bytes", "parameter_capacity_bytes", "narrow_peak_bytes_per_tile", "link_in_bytes", "link_out_bytes",
        "instruction_bytes", "input_bytes", "output_bytes", "steps_busiest_tile", "steps_all_tiles")] + [
        ("utilization", c.c_double)] + [
        (n, c.c_uint32) for n in ("n_layers", "n_tpu_layers", "n_host_layers", "n_subgraphs")] + [
        ("complete", c.c_bool), ("quantized", c.c_bool), ("compiler_estimate_cycles", c.c_uint64), ("energy_nj", c.c_uint64),
        ("dram_read_bytes", c.c_uint64), ("dram_write_bytes", c.c_uint64), ("spilled_activation_bytes", c.c_uint64),
        ("host_cycles", c.c_uint64)]

    @property
    def latency_ms(self) -> float:
        return self.latency_ns * 1e-6

    @property
    def fits_on_chip(self) -> bool:
        """No parameters are streamed by the host at every inference."""
        return self.streamed_parameter_bytes == 0


class LayerCosts(_Record):
    """What one layer adds to the cycles of a model (ets_layer_costs)."""

    _fields_ = [("where", c.c_int), ("parameters_streamed", c.c_bool), ("cycles", c.c_uint64), ("latency_ns", c.c_uint64),
                ("macs", c.c_uint64), ("parameter_bytes", c.c_uint64), ("instruction_bytes", c.c_uint64), ("split", Split)]


class PredictorInfo(_Record):
    """What a predictor has done and keeps (ets_predictor_info)."""

    _fields_ = [(n, c.c_uint64) for n in ("predictions", "repeats", "hits", "misses", "entries", "bytes", "limit_bytes")]


WHOLE_NETWORK = 0xffffffff
MOST_NETWORK_CHANGES = 8


class Change(_Record):
    """One change (ets_change); `dimension_name` is "channels", "kernel", "fused", or of the whole network, whose `layer` is
    `WHOLE_NETWORK`: "widths", "multiple", "resolution", "link"."""

    _fields_ = [("layer", c.c_uint32), ("dimension", c.c_int), ("from_", c.c_uint32), ("to", c.c_uint32), ("latency_ns", c.c_uint64),
                ("saved_ns", c.c_int64), ("saved_macs", c.c_int64), ("saved_parameter_bytes", c.c_int64)]

    @property
    def dimension_name(self) -> str:
        return ("channels", "kernel", "fused", "widths", "multiple", "resolution", "link")[self.dimension]


class CLayer(c.Structure):
    _fields_ = [("name", c.c_char_p), ("op", c.c_char_p), ("where", c.c_int), ("reason", c.c_char_p), ("input_rank", c.c_uint32),
                ("output_rank", c.c_uint32), ("input_dims", c.c_uint32 * 8), ("output_dims", c.c_uint32 * 8), ("macs", c.c_uint64),
                ("parameter_bytes", c.c_uint64), ("parameters_streamed", c.c_bool), ("narrow_bytes_per_tile", c.c_uint64),
                ("steps_busiest_tile", c.c_uint64), ("steps_all_tiles", c.c_uint64), ("timed", c.c_bool), ("start_cycle", c.c_uint64),
                ("cycles", c.c_uint64), ("latency_ns", c.c_uint64), ("utilization", c.c_double), ("bound_by", c.c_int),
                ("split", Split), ("passes", c.c_uint32), ("energy_nj", c.c_uint64)]


class CPhase(c.Structure):
    _fields_ = [("name", c.c_char_p), ("start_cycle", c.c_uint64), ("cycles", c.c_uint64), ("bytes", c.c_uint64)]


# The C names of the structs above, for the test that compares them with the header.
STRUCTS = {
    "ets_error": CError, "ets_setting": CSetting, "ets_arch_field": CArchField, "ets_model_info": CModelInfo,
    "ets_options": COptions, "ets_predictor_options": CPredictorOptions, "ets_reward_options": CRewardOptions,
    "ets_format_options": CFormatOptions, "ets_writer": CWriter, "ets_split": Split, "ets_summary": Summary,
    "ets_layer_costs": LayerCosts, "ets_predictor_info": PredictorInfo, "ets_change": Change, "ets_layer": CLayer, "ets_phase": CPhase,
}

_P, _PP, _E, _N = c.c_void_p, c.POINTER(c.c_void_p), c.POINTER(CError), c.c_size_t
_FUNCTIONS = {
    "ets_version": (c.c_char_p, []),
    "ets_bound_name": (c.c_char_p, [c.c_int]),
    "ets_data_find": (c.c_int, [c.c_char_p, c.c_char_p, c.c_char_p, c.c_char_p, _N, _E]),
    "ets_data_list": (c.c_int, [c.c_char_p, c.c_char_p, LISTED, _P, _P, _E]),
    "ets_arch_load": (c.c_int, [c.c_char_p, c.POINTER(CSetting), _N, _P, _PP, _E]),
    "ets_arch_parse": (c.c_int, [c.c_char_p, c.c_char_p, _N, c.POINTER(CSetting), _N, _P, _PP, _E]),
    "ets_arch_with": (c.c_int, [_P, c.POINTER(CSetting), _N, _P, _PP, _E]),
    "ets_arch_free": (None, [_P]),
    "ets_arch_name": (c.c_char_p, [_P]),
    "ets_arch_field_count": (_N, [_P]),
    "ets_arch_field_at": (CArchField, [_P, _N]),
    "ets_model_load": (c.c_int, [c.c_char_p, _P, _PP, _E]),
    "ets_model_parse": (c.c_int, [c.c_char_p, c.c_char_p, _N, _P, _PP, _E]),
    "ets_model_free": (None, [_P]),
    "ets_model_describe": (CModelInfo, [_P]),
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
    "ets_report_phase_count": (_N, [_P]),
    "ets_report_phase": (c.POINTER(CPhase), [_P, _N]),
    "ets_explain": (c.c_int, [_P, _P, _N, c.POINTER(COptions), _P, _PP, _E]),
    "ets_explanation_free": (None, [_P]),
    "ets_explanation_write": (c.c_int, [_P, c.c_int, c.POINTER(CFormatOptions), c.POINTER(CWriter), _E]),
    "ets_report_write": (c.c_int, [_P, c.c_int, c.POINTER(CFormatOptions), c.POINTER(CWriter), _E]),
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

lib = _load()
for _name, (_result, _arguments) in _FUNCTIONS.items():
    _function = getattr(lib, _name)
    _function.restype, _function.argtypes = _result, _arguments


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
    raise Error(text, status, error.line, error.column, error.offset)


def call(name: str, *arguments: Any) -> None:
    """Calls a function whose last argument is the error record; raises if it fails."""
    error = CError()
    if getattr(lib, name)(*arguments, c.byref(error)) != 0:
        fail(error)


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
    number = operator.index(value)
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

    call("ets_data_list", folder.encode(), beside(), LISTED(add), None, None)
    return names
