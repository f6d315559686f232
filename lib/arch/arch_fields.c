/* arch_fields.c - THE table of a machine's parameters. A new one is a row here, a member in arch.h, a line in the YAML,
 * and its use. */
#include "arch/arch_fields.h"

#include <stddef.h>
#include <string.h>

#define AT(member) offsetof(struct eti_arch, member)
#define NUMBER(key, member, low, high, unit, doc) {key, ETI_FIELD_COUNT_OF, AT(member), low, high, unit, doc}
#define G 1000000000ull

const char *const eti_kind_names[] = {"tile_grid"};
const size_t eti_n_kinds = sizeof eti_kind_names / sizeof *eti_kind_names;

const struct eti_field eti_fields[] = {
    {"name", ETI_FIELD_TEXT, AT(name), 0, 0, "", "what the machine is called"},
    {"description", ETI_FIELD_TEXT, AT(description), 0, 0, "", "one line about it"},
    {"kind", ETI_FIELD_KIND, AT(kind), 0, 0, "", "which compute array: tile_grid"},
    NUMBER("clock_hz", clock_hz, 1000000, 10 * G, "Hz", "clock of tiles, ring, mesh and scalar core"),
    NUMBER("grid.x", grid.x, 1, 8, "tiles", "tiles in a row"),
    NUMBER("grid.y", grid.y, 1, 8, "tiles", "tiles in a column"),
    NUMBER("tile.cells", tile.cells, 16, 4096, "cells", "output channels that a tile works on at a time"),
    NUMBER("tile.lanes", tile.lanes, 1, 64, "MAC/cell", "products a cell adds each cycle: the channels of a narrow word"),
    NUMBER("tile.narrow_bytes", tile.narrow_bytes, 1024, G, "byte", "narrow memory of a tile: activations"),
    NUMBER("tile.wide_bytes", tile.wide_bytes, 4096, G, "byte", "wide memory of a tile: parameters, partial sums, FIFOs"),
    NUMBER("tile.wide_bytes_per_cycle", tile.wide_bytes_per_cycle, 1, 65536, "byte/cycle",
           "port of wide memory that partial sums go through, each way"),
    NUMBER("tile.output_cycles", tile.output_cycles, 0, 1024, "cycle", "a finished output group of a pixel leaves the cells"),
    NUMBER("tile.streamed_pixels", tile.streamed_pixels, 1, 1000000, "pixels",
           "pixels of a tile that streamed, chunked weights serve; for more they are streamed again"),
    NUMBER("ring.bytes_per_cycle", ring.bytes_per_cycle, 1, 65536, "byte/cycle", "the ring, a multicast counting once"),
    NUMBER("ring.packet_bytes", ring.packet_bytes, 16, 65536, "byte", "a ring packet: one weight row"),
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
    NUMBER("link.invoke_ns", link.invoke_ns, 0, G, "ns", "fixed cost of an inference: runtime, driver, interrupt"),
    NUMBER("link.transfer_ns", link.transfer_ns, 0, G, "ns", "latency of each transfer (descriptor)"),
    NUMBER("link.buffer_bytes", link.buffer_bytes, 256, G, "byte", "arrived parameters that may wait for the ring"),
    NUMBER("link.runs_ahead", link.runs_ahead, 0, 1, "0 or 1",
           "1: the host sends parameters before the chip asks for them, as far as the buffer goes"),
    NUMBER("link.pixel_ns", link.pixel_ns, 0, 1000000, "ns",
           "the host copies a pixel of an output whose channels do not fill whole words"),
    NUMBER("energy.static_mw", energy.static_mw, 0, 1000000, "mW", "drawn while a call lasts, whatever is done"),
    NUMBER("energy.step_fj", energy.step_fj, 0, G, "fJ", "a step of a tile: cells x lanes products"),
    NUMBER("energy.narrow_fj_per_byte", energy.narrow_fj_per_byte, 0, G, "fJ/byte", "narrow memory, read or written"),
    NUMBER("energy.wide_fj_per_byte", energy.wide_fj_per_byte, 0, G, "fJ/byte", "wide memory, read or written"),
    NUMBER("energy.ring_fj_per_byte", energy.ring_fj_per_byte, 0, G, "fJ/byte", "the ring, a multicast counting once"),
    NUMBER("energy.link_fj_per_byte", energy.link_fj_per_byte, 0, G, "fJ/byte", "the host link, both ways"),
};
const size_t eti_n_fields = sizeof eti_fields / sizeof *eti_fields;

size_t eti_field_by_key(const char *key)
{
    size_t i = 0;
    while (i < eti_n_fields && strcmp(eti_fields[i].key, key) != 0) i++;
    return i;
}
