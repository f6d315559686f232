"""A simulation and what it found, layer by layer."""

from __future__ import annotations

import ctypes as c
import json
from dataclasses import dataclass
from typing import Any, List, Tuple, Union

from . import _native as n
from .machine import Arch, as_arch
from .model import Network, as_model, layer_number


@dataclass(frozen=True)
class Layer:
    """One operator (ets_layer); `where` is "tpu" or "host"; of one that is not `timed`, nobody knows how long it takes."""

    name: str
    op: str
    where: str
    reason: str
    input_dims: Tuple[int, ...]
    output_dims: Tuple[int, ...]
    macs: int
    parameter_bytes: int
    parameters_streamed: bool
    narrow_bytes_per_tile: int
    steps_busiest_tile: int
    steps_all_tiles: int
    timed: bool
    start_cycle: int
    cycles: int
    latency_ns: int
    utilization: float
    bound_by: str
    split: n.Split
    passes: int
    energy_nj: int


@dataclass(frozen=True)
class Phase:
    """What is not a layer: the call, transfers (ets_phase)."""

    name: str
    start_cycle: int
    cycles: int
    bytes: int


def _layer(l: n.CLayer) -> Layer:
    return Layer(l.name.decode(), l.op.decode(), ("tpu", "host")[l.where], l.reason.decode(), tuple(l.input_dims[:l.input_rank]),
                 tuple(l.output_dims[:l.output_rank]), l.macs, l.parameter_bytes, l.parameters_streamed, l.narrow_bytes_per_tile,
                 l.steps_busiest_tile, l.steps_all_tiles, l.timed, l.start_cycle, l.cycles, l.latency_ns, l.utilization,
                 n.lib.ets_bound_name(l.bound_by).decode(), n.Split.from_buffer_copy(l.split), l.passes, l.energy_nj)


TABLE, JSON, CSV = range(3)


def _written(function: str, what: n.Handle, format: int, width: int = 0) -> str:
    """All that the library writes of it."""
    parts: List[bytes] = []

    def write(_ctx: Any, text: int, size: int) -> int:
        parts.append(c.string_at(text, size))
        return 0

    writer = n.CWriter(n.WRITE(write), None)
    options = n.CFormatOptions(c.sizeof(n.CFormatOptions), width, False, False)
    n.call(function, what, format, c.byref(options), c.byref(writer))
    return b"".join(parts).decode()


class Report(n.Handle):
    """What `simulate` found; read-only."""

    _free = "ets_report_free"

    def __init__(self) -> None:
        raise TypeError("simulate() makes a Report")

    def __repr__(self) -> str:
        return f"<Report of {self.summary.latency_ms:.3f} ms>"

    @property
    def summary(self) -> n.Summary:
        return n.Summary.from_buffer_copy(n.lib.ets_report_summary(self).contents)

    @property
    def layers(self) -> List[Layer]:
        """In execution order."""
        return [_layer(n.lib.ets_report_layer(self, i).contents) for i in range(n.lib.ets_report_layer_count(self))]

    @property
    def phases(self) -> List[Phase]:
        found = (n.lib.ets_report_phase(self, i).contents for i in range(n.lib.ets_report_phase_count(self)))
        return [Phase(p.name.decode(), p.start_cycle, p.cycles, p.bytes) for p in found]

    def table(self, width: int = 0) -> str:
        """As `edgetpu-sim profile` prints it."""
        return _written("ets_report_write", self, TABLE, width)

    def json(self) -> dict:
        """docs/FORMATS.md describes it."""
        return json.loads(_written("ets_report_write", self, JSON))

    def csv(self) -> str:
        """A row an operator and transfer (docs/FORMATS.md)."""
        return _written("ets_report_write", self, CSV)


def simulate(arch: Union[Arch, n.Path], model: Network, multi_subgraph: bool = False) -> Report:
    """Schedules and runs a network on a machine; both may be given by name or path."""
    report = Report._to_fill()
    options = n.COptions(c.sizeof(n.COptions), multi_subgraph)
    n.call("ets_simulate", as_arch(arch), as_model(model), c.byref(options), None, c.byref(report._as_parameter_))
    return report


class Explanation(n.Handle):
    """What `explain` found; read-only."""

    _free = "ets_explanation_free"

    def __init__(self) -> None:
        raise TypeError("explain() makes an Explanation")

    def table(self, width: int = 0) -> str:
        """As `edgetpu-sim explain` prints it."""
        return _written("ets_explanation_write", self, TABLE, width)

    def json(self) -> dict:
        """docs/FORMATS.md describes it."""
        return json.loads(_written("ets_explanation_write", self, JSON))


def explain(arch: Union[Arch, n.Path], model: Network, layer: Union[int, str], multi_subgraph: bool = False) -> Explanation:
    """One layer in detail: how it lies on the machine, its formulas with their numbers, what each unit did, and what it would take as
    something else, each simulated. `layer` is its number or its name; ValueError if no layer, or several, have that name."""
    explanation, network = Explanation._to_fill(), as_model(model)
    options = n.COptions(c.sizeof(n.COptions), multi_subgraph)
    n.call("ets_explain", as_arch(arch), network, layer_number(network, layer), c.byref(options), None, c.byref(explanation._as_parameter_))
    return explanation
