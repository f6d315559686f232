"""A simulation and what it found, layer by layer."""

from __future__ import annotations

import ctypes as c
import json
import os
from dataclasses import dataclass
from typing import Any, Dict, List, Optional, Tuple, Union

from . import _interrupt, _native as n, _output
from ._structs import CArrayLayer, CLayer, COptions, Split, Summary
from .machine import Arch, as_arch
from .model import Model, Network, as_model, layer_number
from ._page import write_page


@dataclass(frozen=True)
class ArrayLayer:
    """A layer on a systolic array (ets_array_layer): how it was cut, and what went where. Sizes of the product are elements."""

    dataflow: str
    pixels: int
    depth: int
    outputs: int
    groups: int
    folds: int
    parts: int
    part_pixels: int
    part_channels: int
    part_outputs: int
    array_cycles: int
    mapping_efficiency: float
    dram_read_bytes: int
    dram_write_bytes: int
    input_sram_bytes: int
    weight_sram_bytes: int
    output_sram_bytes: int


@dataclass(frozen=True)
class Layer:
    """One operator (ets_layer); `where` is "tpu" or "host"; of one that is not `timed`, nobody knows how long it takes; `array` is None
    but on systolic arrays."""

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
    wide_bytes_per_tile: int
    overfull: bool
    steps_busiest_tile: int
    steps_all_tiles: int
    timed: bool
    start_cycle: int
    cycles: int
    latency_ns: int
    utilization: float
    bound_by: str
    split: Split
    passes: int
    energy_nj: int
    array: Optional[ArrayLayer] = None


@dataclass(frozen=True)
class Phase:
    """What is not a layer: the call, transfers (ets_phase)."""

    name: str
    start_cycle: int
    cycles: int
    bytes: int


def _layer(l: CLayer, array: Optional[ArrayLayer]) -> Layer:
    return Layer(l.name.decode(), l.op.decode(), ("tpu", "host")[l.where], l.reason.decode(), tuple(l.input_dims[:l.input_rank]),
                 tuple(l.output_dims[:l.output_rank]), l.macs, l.parameter_bytes, l.parameters_streamed, l.narrow_bytes_per_tile,
                 l.wide_bytes_per_tile, l.overfull, l.steps_busiest_tile, l.steps_all_tiles, l.timed, l.start_cycle, l.cycles, l.latency_ns, l.utilization,
                 n.lib.ets_bound_name(l.bound_by).decode(), Split.from_buffer_copy(l.split), l.passes, l.energy_nj, array)


def _array_layer(a: CArrayLayer) -> ArrayLayer:
    return ArrayLayer(a.dataflow.decode(), *(getattr(a, name) for name, *_ in CArrayLayer._fields_[1:]))


class Report(n.Handle):
    """What `simulate` found; read-only."""

    _free = "ets_report_free"
    _made: Tuple[Arch, Model, bool, Optional[int]]

    def __init__(self) -> None:
        raise TypeError("simulate() makes a Report")

    def __repr__(self) -> str:
        return f"<Report of {self.model_name} on {self.arch_name}: {self.summary.latency_ms:.3f} ms>"

    @property
    def model_name(self) -> str:
        return str(n.lib.ets_report_model_name(self).decode())

    @property
    def arch_name(self) -> str:
        return str(n.lib.ets_report_arch_name(self).decode())

    @property
    def summary(self) -> Summary:
        return Summary.from_buffer_copy(n.lib.ets_report_summary(self).contents)

    @property
    def layers(self) -> List[Layer]:
        """In execution order."""
        return [self._layer(i) for i in range(n.lib.ets_report_layer_count(self))]

    def _layer(self, i: int) -> Layer:
        array = n.lib.ets_report_array_layer(self, i)
        return _layer(n.lib.ets_report_layer(self, i).contents, _array_layer(array.contents) if array else None)

    @property
    def phases(self) -> List[Phase]:
        found = (n.lib.ets_report_phase(self, i).contents for i in range(n.lib.ets_report_phase_count(self)))
        return [Phase(p.name.decode(), p.start_cycle, p.cycles, p.bytes) for p in found]

    def _text(self, format: int, **options: Any) -> str:
        return _output.written("ets_report_write", self, format, c.byref(_output.options(**options)))

    def table(self, width: int = 0, split: bool = False, sort: Optional[str] = None, top: int = 0, layers: Optional[str] = None,
              color: bool = False) -> str:
        """As `edgetpu-sim profile` prints it, with its options; `sort` is "order", "cycles", "macs", "parameters", "energy",
        "utilization" or "name"."""
        return self._text(_output.TABLE, width=width, split=split, sort=sort, top=top, layers=layers, color=color)

    def mapping(self, width: int = 0, color: bool = False) -> str:
        """As `edgetpu-sim inspect` prints it: the operators, and where they run and why."""
        return self._text(_output.TABLE, width=width, mapping=True, color=color)

    def json(self) -> Dict[str, Any]:
        """docs/FORMATS.md describes it."""
        return dict(json.loads(self._text(_output.JSON)))

    def csv(self) -> str:
        """A row an operator and transfer (docs/FORMATS.md)."""
        return self._text(_output.CSV)

    def trace(self, path: Optional[n.Path] = None) -> str:
        """What each unit did when, for ui.perfetto.dev and Chrome; of ``simulate(..., trace=True)``. A file of that `path` then
        holds it, whole: as of all below, it is what the command would write."""
        return _output.save(self._text(_output.TRACE), path)

    def html(self, path: Optional[n.Path] = None, compare: Optional[Report] = None) -> str:
        """A page that opens from disk (docs/REPORT.md), with what would help, which takes some predictions; another report may
        stand beside it."""
        return _output.save(write_page([self] if compare is None else [self, compare]), path)

    def scalesim(self, folder: Optional[n.Path] = None) -> Dict[str, str]:
        """Of a systolic array the three reports of SCALE-Sim, by the names of their files; `folder`, if it is given, gets them."""
        files = {"COMPUTE_REPORT.csv": _output.SCALESIM_COMPUTE, "BANDWIDTH_REPORT.csv": _output.SCALESIM_BANDWIDTH,
                 "DETAILED_ACCESS_REPORT.csv": _output.SCALESIM_ACCESS}
        texts = {name: self._text(format) for name, format in files.items()}
        for name, text in texts.items():
            _output.save(text, None if folder is None else os.path.join(folder, name))
        return texts


def _options(multi_subgraph: bool, trace: bool, work_limit: Optional[int]) -> Any:
    return c.byref(COptions(c.sizeof(COptions), bool(multi_subgraph), bool(trace), n.work_limit(work_limit), _interrupt.STOPPED,
                            _interrupt.FLAG))


def simulate(arch: Union[Arch, n.Path], model: Network, multi_subgraph: bool = False, trace: bool = False,
             work_limit: Optional[int] = None) -> Report:
    """Schedules and runs a network on a machine; both may be given by name or path. `trace` keeps what `Report.trace` needs. More
    than `work_limit` units of work (some 20 million a second) raise `WorkLimitError`; Ctrl-C ends it soon."""
    report: Report = Report._to_fill()
    machine, network = as_arch(arch), as_model(model)
    report._made = machine, network, bool(multi_subgraph), work_limit
    n.call_long("ets_simulate", machine, network, _options(multi_subgraph, trace, work_limit), None, c.byref(report._as_parameter_))
    return report


class Explanation(n.Handle):
    """What `explain` found; read-only."""

    _free = "ets_explanation_free"

    def __init__(self) -> None:
        raise TypeError("explain() makes an Explanation")

    def _text(self, format: int, **options: Any) -> str:
        return _output.written("ets_explanation_write", self, format, c.byref(_output.options(**options)))

    def table(self, width: int = 0, color: bool = False) -> str:
        """As `edgetpu-sim explain` prints it."""
        return self._text(_output.TABLE, width=width, color=color)

    def json(self) -> Dict[str, Any]:
        """docs/FORMATS.md describes it."""
        return dict(json.loads(self._text(_output.JSON)))


def explain(arch: Union[Arch, n.Path], model: Network, layer: Union[int, str], multi_subgraph: bool = False,
            work_limit: Optional[int] = None) -> Explanation:
    """One layer in detail: how it lies on the machine, its formulas with their numbers, what each unit did, and what it would take as
    something else, each simulated. `layer` is its number or its name; ValueError if no layer, or several, have that name."""
    explanation: Explanation = Explanation._to_fill()
    network = as_model(model)
    options = _options(multi_subgraph, False, work_limit)  # of each of some thirty simulations
    n.call_long("ets_explain", as_arch(arch), network, layer_number(network, layer), options, None, c.byref(explanation._as_parameter_))
    return explanation
