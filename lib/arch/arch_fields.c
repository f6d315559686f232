/* arch_fields.c - THE table of a machine's parameters. A new one is a row here, a member in arch.h, a line in the YAML,
 * and its use. NUMBER is a number of a tile grid, ARRAY_NUMBER one of a systolic array. */
#include "arch/arch_fields.h"

#include <stddef.h>
#include <string.h>

#define AT(member) offsetof(struct eti_arch, member)
#define FIELD(key, member, low, high, unit, doc, kinds) \
    {key, ETI_FIELD_COUNT_OF, AT(member), low, high, unit, doc, kinds, NULL, NULL}
#define NUMBER(key, member, low, high, unit, doc) FIELD(key, member, low, high, unit, doc, ETI_OF_TILE_GRID)
#define ARRAY_NUMBER(key, member, low, high, unit, doc) FIELD(key, member, low, high, unit, doc, ETI_OF_SYSTOLIC)
#define CHOICE(key, member, names, doc, kinds) {key, ETI_FIELD_CHOICE, AT(member), 0, 0, "", doc, kinds, names, NULL}
/* Of a field that older files do not have. */
#define LATER(key, type, member, low, high, unit, doc, kinds, absent) {key, type, AT(member), low, high, unit, doc, kinds, NULL, absent}
#define SRAM(name, what)                                                                                            \
    ARRAY_NUMBER(#name ".bytes", name.bytes, 64, G, "byte", "memory of " what),                                     \
    ARRAY_NUMBER(#name ".banks", name.banks, 1, 1024, "banks", "banks of the memory of " what),                     \
    ARRAY_NUMBER(#name ".ports", name.ports, 1, 4, "ports", "accesses a cycle and bank, memory of " what),          \
    ARRAY_NUMBER(#name ".bytes_per_cycle", name.bytes_per_cycle, 1, 65536, "byte/cycle", "a port of the memory of " what)
#define G 1000000000ull

/* Names of enum eti_dataflow, in its order. */
#define WS "weight_stationary"
#define OS "output_stationary"
#define IS "input_stationary"
static const char *const dataflows[] = {WS, OS, IS};
_Static_assert(sizeof dataflows / sizeof *dataflows == ETI_DATAFLOWS, "each has a name");

const struct eti_field eti_fields[] = {
    {"name", ETI_FIELD_TEXT, AT(name), 0, 0, "", "what the machine is called", ETI_OF_ANY, NULL, NULL},
    {"description", ETI_FIELD_TEXT, AT(description), 0, 0, "", "one line about it", ETI_OF_ANY, NULL, NULL},
    CHOICE("kind", kind, "tile_grid systolic", "which compute array", ETI_OF_ANY),
    FIELD("clock_hz", clock_hz, 1000000, 10 * G, "Hz", "clock of the array and what is beside it", ETI_OF_ANY),
    NUMBER("grid.x", grid.x, 1, 8, "tiles", "tiles in a row"),
    NUMBER("grid.y", grid.y, 1, 8, "tiles", "tiles in a column"),
    LATER("tile.cores", ETI_FIELD_COUNT_OF, tile.cores, 1, 64, "cores", "cores of a tile: on its narrow memory together, each with a share of wide memory",
          ETI_OF_TILE_GRID, "1"),
    NUMBER("tile.cells", tile.cells, 16, 4096, "cells", "output channels that a core works on at a time"),
    NUMBER("tile.lanes", tile.lanes, 1, 64, "MAC/cell", "products a cell adds each cycle: the channels of a narrow word"),
    NUMBER("tile.narrow_bytes", tile.narrow_bytes, 1024, G, "byte", "narrow memory of a tile: activations"),
    NUMBER("tile.wide_bytes", tile.wide_bytes, 4096, G, "byte", "wide memory of a tile, all cores together: parameters, partial sums, FIFOs"),
    NUMBER("tile.wide_bytes_per_cycle", tile.wide_bytes_per_cycle, 1, 65536, "byte/cycle",
           "port of a core's wide memory that partial sums go through, each way"),
    NUMBER("tile.output_cycles", tile.output_cycles, 0, 1024, "cycle", "a finished output group of a pixel leaves the cells"),
    NUMBER("tile.fill_cycles", tile.fill_cycles, 0, 10000, "cycle", "the cells change from one weight fill to the next"),
    NUMBER("ring.bytes_per_cycle", ring.bytes_per_cycle, 1, 65536, "byte/cycle", "the ring, a multicast counting once"),
    NUMBER("ring.packet_bytes", ring.packet_bytes, 16, 65536, "byte", "a ring packet: one weight row of a core"),
    NUMBER("ring.latency_cycles", ring.latency_cycles, 0, 100000, "cycle", "from the producer to the last consumer"),
    NUMBER("mesh.cycles_per_word", mesh.cycles_per_word, 1, 1024, "cycle/word", "a word to the neighbour"),
    NUMBER("mesh.latency_cycles", mesh.latency_cycles, 0, 100000, "cycle", "start of a slice of a border exchange"),
    NUMBER("mover.cycles_per_word", mover.cycles_per_word, 1, 1024, "cycle/word", "between narrow and wide memory, each way"),
    NUMBER("relay.hop_cycles", relay.hop_cycles, 1, 1000000, "cycle", "a packet from tile to tile: mover, ring, mover"),
    NUMBER("scalar.issue_cycles_per_iword", scalar.issue_cycles_per_iword, 0, 1024, "cycle/iword",
           "issue of a 16-byte instruction word"),
    NUMBER("scalar.fence_cycles", scalar.fence_cycles, 0, 1000000, "cycle", "a barrier: drain of all units, token and back"),
    NUMBER("scalar.packet_cycles", scalar.packet_cycles, 1, 1000000, "cycle",
           "a ring packet in and out through the scalar core's window"),
    NUMBER("link.in_bytes_per_s", link.in_bytes_per_s, 1000, 1000 * G, "byte/s", "from the host to the chip"),
    NUMBER("link.out_bytes_per_s", link.out_bytes_per_s, 1000, 1000 * G, "byte/s", "from the chip to the host"),
    LATER("link.stream_percent", ETI_FIELD_COUNT_OF, link.stream_percent, 1, 100, "%", "of `link.in_bytes_per_s`, for parameters that are streamed",
          ETI_OF_TILE_GRID, "100"),
    LATER("link.input_percent", ETI_FIELD_COUNT_OF, link.input_percent, 1, 100, "%", "of `link.in_bytes_per_s`, for inputs, which a host may copy first",
          ETI_OF_TILE_GRID, "100"),
    NUMBER("link.invoke_ns", link.invoke_ns, 0, G, "ns", "fixed cost of an inference: runtime, driver, interrupt"),
    LATER("link.sleep_after_ns", ETI_FIELD_COUNT_OF, link.sleep_after_ns, 0, G, "ns", "a host that waits for longer sleeps", ETI_OF_TILE_GRID, "0"),
    LATER("link.wake_ns", ETI_FIELD_COUNT_OF, link.wake_ns, 0, G, "ns", "until it notices the result then; 0: at once", ETI_OF_TILE_GRID, "0"),
    NUMBER("link.transfer_ns", link.transfer_ns, 0, G, "ns", "latency of each transfer (descriptor)"),
    NUMBER("link.buffer_bytes", link.buffer_bytes, 256, G, "byte", "arrived parameters that may wait for the ring"),
    NUMBER("link.runs_ahead", link.runs_ahead, 0, 1, "0 or 1",
           "1: the host sends parameters before the chip asks for them, as far as the buffer goes"),
    NUMBER("link.pixel_ns", link.pixel_ns, 0, 1000000, "ns",
           "the host copies a pixel of an output whose channels do not fill whole words"),
    LATER("host.macs_per_s", ETI_FIELD_COUNT_OF, host.macs_per_s, 0, 1000000 * G, "MAC/s", "of the host, for operators that run there; 0: not known, they are not timed",
          ETI_OF_TILE_GRID, "0"),
    LATER("host.element_ps", ETI_FIELD_COUNT_OF, host.element_ps, 0, 1000000000, "ps", "of the host, an element of an operator's inputs or outputs, whichever are more",
          ETI_OF_TILE_GRID, "0"),
    LATER("host.busy_percent", ETI_FIELD_COUNT_OF, host.busy_percent, 1, 99, "%", "of a call: a host that copies outputs for longer raises its clock",
          ETI_OF_TILE_GRID, "95"),
    LATER("host.boost_percent", ETI_FIELD_COUNT_OF, host.boost_percent, 100, 1000, "%", "of its speed, with the clock raised; 100: it does not",
          ETI_OF_TILE_GRID, "100"),
    NUMBER("compiler.release", compiler.release, 1, 16, "",
           "of the vendor's compiler that made the program: 1 has no softmax on tiles, up to 13 a mean's map lies on one tile and no transpose is mapped"),
    LATER("compiler.others_bytes", ETI_FIELD_COUNT_OF, compiler.others_bytes, 0, 1000 * G, "byte",
          "parameters of models compiled together with this one, before it, which the chip keeps", ETI_OF_TILE_GRID, "0"),
    FIELD("energy.static_mw", energy.static_mw, 0, 1000000, "mW", "drawn while a call lasts, whatever is done", ETI_OF_ANY),
    NUMBER("energy.step_fj", energy.step_fj, 0, G, "fJ", "a step of a core of 64 cells and 4 lanes; of others in proportion"),
    NUMBER("energy.narrow_fj_per_byte", energy.narrow_fj_per_byte, 0, G, "fJ/byte", "narrow memory, read or written"),
    NUMBER("energy.wide_fj_per_byte", energy.wide_fj_per_byte, 0, G, "fJ/byte", "wide memory, read or written"),
    NUMBER("energy.ring_fj_per_byte", energy.ring_fj_per_byte, 0, G, "fJ/byte", "the ring, a multicast counting once"),
    NUMBER("energy.link_fj_per_byte", energy.link_fj_per_byte, 0, G, "fJ/byte", "the host link, both ways"),

    ARRAY_NUMBER("array.rows", array.rows, 1, 4096, "PE", "rows of multipliers"),
    ARRAY_NUMBER("array.columns", array.columns, 1, 4096, "PE", "columns of multipliers"),
    ARRAY_NUMBER("array.pipeline_cycles", array.pipeline_cycles, 1, 64, "cycle", "stages of a multiply-add"),
    ARRAY_NUMBER("data.activation_bytes", data.activation_bytes, 1, 4, "byte", "an activation"),
    ARRAY_NUMBER("data.weight_bytes", data.weight_bytes, 1, 4, "byte", "a weight"),
    ARRAY_NUMBER("data.sum_bytes", data.sum_bytes, 1, 8, "byte", "a partial sum"),
    SRAM(input_sram, "activations"),
    SRAM(weight_sram, "weights"),
    SRAM(output_sram, "results and partial sums"),
    ARRAY_NUMBER("sram.double_buffered", sram.double_buffered, 0, 1, "", "1: half of each memory is filled while the other is used"),
    ARRAY_NUMBER("vector.lanes", vector.lanes, 1, 65536, "elem/cycle", "what is not a product: pools, sums, activations, look-ups"),
    ARRAY_NUMBER("vector.start_cycles", vector.start_cycles, 0, 1000000, "cycle", "start of a pass of the vector unit"),
    CHOICE("dram.standard", dram.standard, "bandwidth ddr4_2400 lpddr4_3200 lpddr4x_4266 hbm2",
           "a bandwidth and a latency, or the rules of a standard", ETI_OF_SYSTOLIC),
    ARRAY_NUMBER("dram.channels", dram.channels, 1, 64, "channels", "channels of the standard"),
    LATER("dram.ranks", ETI_FIELD_COUNT_OF, dram.ranks, 1, 4, "ranks", "of a channel, on one bus", ETI_OF_SYSTOLIC, "1"),
    LATER("dram.mapping", ETI_FIELD_TEXT, dram.mapping, 0, 0, "", "parts of an address, the slowest changing first", ETI_OF_SYSTOLIC,
          "row-rank-bank-column-group-channel"),
    LATER("dram.postponed_refreshes", ETI_FIELD_COUNT_OF, dram.postponed_refreshes, 0, 8, "",
          "refreshes that may be late while a rank has work, then made up for at once", ETI_OF_SYSTOLIC, "8"),
    ARRAY_NUMBER("dram.bytes_per_s", dram.bytes_per_s, 1000, 100000 * G, "byte/s", "of `bandwidth`: all channels together"),
    ARRAY_NUMBER("dram.latency_ns", dram.latency_ns, 0, 1000000, "ns", "from a request to its first byte, controller and network; added to the standard's own"),
    CHOICE("schedule.dataflow", schedule.dataflow, WS "/ws " OS "/os " IS "/is auto",
           "what stays in the array; auto: the best for each layer", ETI_OF_SYSTOLIC),
    CHOICE("schedule.convention", schedule.convention, "double_buffered serial scalesim",
           "next operand loaded behind the running fold, or fold after fold; scalesim: serial, memory not timed", ETI_OF_SYSTOLIC),
    ARRAY_NUMBER("energy.product_fj", energy.product_fj, 0, G, "fJ", "a product added up, or an operation of the vector unit"),
    ARRAY_NUMBER("energy.sram_fj_per_byte", energy.sram_fj_per_byte, 0, G, "fJ/byte", "a memory of 8 KiB, read or written; larger ones: by the square root of their size"),
    ARRAY_NUMBER("energy.dram_fj_per_byte", energy.dram_fj_per_byte, 0, G, "fJ/byte", "DRAM, read or written"),
    CHOICE("schedule.keep", schedule.keep, "no yes", "yes: a result that half of the input memory holds waits there for the next operator, its only reader",
           ETI_OF_SYSTOLIC),
    ARRAY_NUMBER("schedule.layer_cycles", schedule.layer_cycles, 0, 1000000, "cycle", "to set up an operator"),
};
const size_t eti_n_fields = sizeof eti_fields / sizeof *eti_fields;
_Static_assert(sizeof eti_fields / sizeof *eti_fields <= ETI_MOST_FIELDS, "unknown_key() looks at all of them");

const char *eti_dataflow_name(enum eti_dataflow flow) { return dataflows[flow]; }

size_t eti_field_by_key(const char *key)
{
    size_t i = 0;
    while (i < eti_n_fields && strcmp(eti_fields[i].key, key) != 0) i++;
    return i;
}

bool eti_field_is_of(const struct eti_field *field, uint64_t kind)
{
    return field->kinds >> kind & 1;
}
