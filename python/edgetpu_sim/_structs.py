"""The structs of include/edgetpu_sim/edgetpu_sim.h: a line a member says what it is to C, and to a type checker."""

import ctypes as c
from typing import TYPE_CHECKING, Any, Dict, Type, TypeVar

Any_struct = TypeVar("Any_struct", bound=c.Structure)

if TYPE_CHECKING:
    Bool = bool
    F64 = float
    Text = bytes
    Message = bytes
    Dims = Any
    Write = Any
    Enum = int
    U32 = int
    I64 = int
    U64 = int
    Size = int
    Pointer = int
else:
    Text, Pointer = c.c_char_p, c.c_void_p
    Bool, Enum, U32, I64, U64, F64, Size = c.c_bool, c.c_int, c.c_uint32, c.c_int64, c.c_uint64, c.c_double, c.c_size_t
    Message, Dims = c.c_char * 512, c.c_uint32 * 8
    Write = c.CFUNCTYPE(c.c_int, c.c_void_p, c.c_void_p, c.c_size_t)
LISTED = c.CFUNCTYPE(c.c_int, c.c_void_p, c.c_char_p, c.c_char_p)

STRUCTS: Dict[str, Type[c.Structure]] = {}  # by their C names, for the test that compares them with the header


def _laid_out(name: str) -> Any:
    """Lays a class out as its members say."""

    def decorate(cls: Type[Any_struct]) -> Type[Any_struct]:
        cls._fields_ = list(cls.__annotations__.items())
        STRUCTS[name] = cls
        return cls

    return decorate


class Record(c.Structure):
    """Numbers with names: compares, prints and pickles as what it holds."""

    def as_dict(self) -> Dict[str, Any]:
        """All fields by name."""
        return {name: _plain(getattr(self, name)) for name, *_ in self._fields_}

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other) and self.as_dict() == other.as_dict()  # type: ignore[attr-defined]

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(f'{k}={v!r}' for k, v in self.as_dict().items())})"


def _plain(value: Any) -> Any:
    return value.as_dict() if isinstance(value, Record) else value


@_laid_out("ets_error")
class CError(c.Structure):
    status: Enum
    line: U32
    column: U32
    offset: U64
    text: Message


@_laid_out("ets_setting")
class CSetting(c.Structure):
    key: Text
    value: Text


@_laid_out("ets_arch_field")
class CArchField(c.Structure):
    key: Text
    value: Text
    unit: Text
    doc: Text
    origin: Text
    mark: Text
    source: Text


@_laid_out("ets_arch_size")
class ArchSize(Record):
    """What a machine is made of, to compare machines (ets_arch_size): the area is a relative one."""

    macs_per_cycle: U64
    peak_tops: F64
    chip_bytes: U64
    area_mm2: F64


@_laid_out("ets_model_info")
class CModelInfo(c.Structure):
    name: Text
    format: Text
    n_ops: U32
    n_tensors: U32
    n_weighted_ops: U32
    macs: U64
    weight_count: U64
    constant_bytes: U64
    quantized: Bool


@_laid_out("ets_options")
class COptions(c.Structure):
    struct_size: Size
    multi_subgraph: Bool
    trace: Bool
    work_limit: U64
    cancelled: Pointer
    cancel_ctx: Pointer


@_laid_out("ets_predictor_options")
class CPredictorOptions(c.Structure):
    struct_size: Size
    memory_limit_bytes: U64
    multi_subgraph: Bool
    work_limit: U64
    cancelled: Pointer
    cancel_ctx: Pointer


@_laid_out("ets_reward_options")
class CRewardOptions(c.Structure):
    struct_size: Size
    target_ns: U64
    w_below: F64
    w_above: F64
    onchip_bonus: F64


@_laid_out("ets_format_options")
class CFormatOptions(c.Structure):
    struct_size: Size
    width: U32
    color: Bool
    mapping: Bool
    split: Bool
    sort: Enum
    top: U32
    layers: Text


@_laid_out("ets_writer")
class CWriter(c.Structure):
    write: Write
    ctx: Pointer


@_laid_out("ets_split")
class Split(Record):
    """Elapsed cycles by what the busiest tile did or waited for (ets_split)."""

    compute_cycles: U64
    psum_cycles: U64
    weight_cycles: U64
    halo_cycles: U64
    link_cycles: U64
    move_cycles: U64
    sync_cycles: U64
    memory_cycles: U64


@_laid_out("ets_summary")
class Summary(Record):
    """A whole inference (ets_summary): cycles of the array's clock, bytes, counts."""

    cycles: U64
    chip_cycles: U64
    latency_ns: U64
    clock_hz: U64
    macs: U64
    tpu_macs: U64
    parameter_bytes: U64
    onchip_parameter_bytes: U64
    streamed_parameter_bytes: U64
    parameter_capacity_bytes: U64
    narrow_peak_bytes_per_tile: U64
    link_in_bytes: U64
    link_out_bytes: U64
    instruction_bytes: U64
    input_bytes: U64
    output_bytes: U64
    steps_busiest_tile: U64
    steps_all_tiles: U64
    utilization: F64
    n_layers: U32
    n_tpu_layers: U32
    n_host_layers: U32
    n_subgraphs: U32
    n_overfull_layers: U32
    complete: Bool
    quantized: Bool
    compiler_estimate_cycles: U64
    energy_nj: U64
    dram_read_bytes: U64
    dram_write_bytes: U64
    spilled_activation_bytes: U64
    host_cycles: U64

    @property
    def latency_ms(self) -> float:
        return self.latency_ns * 1e-6

    @property
    def fits_on_chip(self) -> bool:
        """No parameters are streamed by the host at every inference."""
        return self.streamed_parameter_bytes == 0


@_laid_out("ets_layer_costs")
class LayerCosts(Record):
    """What one layer adds to the cycles of a model (ets_layer_costs); `where` is 0 on the accelerator, 1 on the host."""

    where: Enum
    parameters_streamed: Bool
    cycles: U64
    latency_ns: U64
    macs: U64
    parameter_bytes: U64
    instruction_bytes: U64
    split: Split


@_laid_out("ets_predictor_info")
class PredictorInfo(Record):
    """What a predictor has done and keeps (ets_predictor_info)."""

    predictions: U64
    repeats: U64
    hits: U64
    misses: U64
    entries: U64
    bytes: U64
    limit_bytes: U64


WHOLE_NETWORK = 0xffffffff
MOST_NETWORK_CHANGES = 8


@_laid_out("ets_change")
class Change(Record):
    """One change (ets_change); `dimension_name` is "channels", "kernel", "fused", or of the whole network, whose `layer` is
    `WHOLE_NETWORK`: "widths", "multiple", "resolution", "link"."""

    layer: U32
    dimension: Enum
    from_: U32
    to: U32
    latency_ns: U64
    saved_ns: I64
    saved_macs: I64
    saved_parameter_bytes: I64

    @property
    def dimension_name(self) -> str:
        return ("channels", "kernel", "fused", "widths", "multiple", "resolution", "link")[self.dimension]

    def __repr__(self) -> str:
        whole = "WHOLE_NETWORK" if self.layer == WHOLE_NETWORK else str(self.layer)
        return (super().__repr__().replace(f"layer={self.layer}", f"layer={whole}", 1)
                .replace(f"dimension={self.dimension}", f"dimension={self.dimension} ({self.dimension_name})", 1))


@_laid_out("ets_page_part")
class CPagePart(c.Structure):
    report: Pointer
    changes: Pointer
    n_changes: Size


@_laid_out("ets_layer")
class CLayer(c.Structure):
    name: Text
    op: Text
    where: Enum
    reason: Text
    input_rank: U32
    output_rank: U32
    input_dims: Dims
    output_dims: Dims
    macs: U64
    parameter_bytes: U64
    parameters_streamed: Bool
    narrow_bytes_per_tile: U64
    wide_bytes_per_tile: U64
    overfull: Bool
    steps_busiest_tile: U64
    steps_all_tiles: U64
    timed: Bool
    start_cycle: U64
    cycles: U64
    latency_ns: U64
    utilization: F64
    bound_by: Enum
    split: Split
    passes: U32
    energy_nj: U64


@_laid_out("ets_array_layer")
class CArrayLayer(c.Structure):
    dataflow: Text
    pixels: U64
    depth: U64
    outputs: U64
    groups: U64
    folds: U64
    parts: U64
    part_pixels: U64
    part_channels: U64
    part_outputs: U64
    array_cycles: U64
    mapping_efficiency: F64
    dram_read_bytes: U64
    dram_write_bytes: U64
    input_sram_bytes: U64
    weight_sram_bytes: U64
    output_sram_bytes: U64


@_laid_out("ets_phase")
class CPhase(c.Structure):
    name: Text
    start_cycle: U64
    cycles: U64
    bytes: U64
