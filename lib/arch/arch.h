/* arch.h - a machine as plain values, the unit in every name. arch_fields.c is the table that reads, checks, prints
 * and documents them; nothing here has a default in code. */
#ifndef ETI_ARCH_ARCH_H
#define ETI_ARCH_ARCH_H

#include "base/arena.h"
#include "base/error.h"

/* Choices: the values of a field that is one of several names, in the order of its row in arch_fields.c. */
enum eti_arch_kind { ETI_TILE_GRID, ETI_SYSTOLIC };
enum eti_dataflow { ETI_WEIGHT_STATIONARY, ETI_OUTPUT_STATIONARY, ETI_INPUT_STATIONARY, ETI_DATAFLOWS,
                    ETI_DATAFLOW_AUTO = ETI_DATAFLOWS };
/* Its name in machine files and reports; below ETI_DATAFLOWS. */
const char *eti_dataflow_name(enum eti_dataflow flow);
enum eti_convention { ETI_DOUBLE_BUFFERED, ETI_SERIAL, ETI_SCALESIM };
enum eti_dram_standard { ETI_DRAM_BANDWIDTH, ETI_DDR4_2400, ETI_LPDDR4_3200, ETI_LPDDR4X_4266, ETI_HBM2, ETI_DRAM_STANDARDS };

/* Parts of an address in DRAM: which changes fastest is a machine's choice. */
enum eti_dram_field { ETI_DRAM_ROW_OF, ETI_DRAM_RANK_OF, ETI_DRAM_BANK_OF, ETI_DRAM_COLUMN_OF, ETI_DRAM_GROUP_OF, ETI_DRAM_CHANNEL_OF,
                      ETI_DRAM_FIELDS };

/* A memory beside the array. A port of a bank moves `bytes_per_cycle`. */
struct eti_sram { uint64_t bytes, banks, ports, bytes_per_cycle; };

/* One of two kinds of machine; the fields of the other are zero.
 * tile_grid: tiles that share a ring, talk to their neighbours over a mesh, and hang on a host link.
 * systolic: one array of multipliers between three memories, a vector unit behind it, DRAM before it. */
struct eti_arch {
    const char *name;
    const char *description;
    uint64_t kind;      /* enum eti_arch_kind */
    uint64_t clock_hz;

    /* tile_grid */
    struct { uint64_t x, y; } grid;                   /* tiles; x * y <= 64 */
    struct {
        uint64_t cores;                               /* on one narrow memory, each with cells and a share of wide memory */
        uint64_t cells;                               /* of a core: output channels at a time */
        uint64_t lanes;                               /* int8 products a cell and cycle: one narrow word */
        uint64_t narrow_bytes;                        /* activations */
        uint64_t wide_bytes;                          /* parameters, partial sums, FIFOs */
        uint64_t wide_bytes_per_cycle;                /* of the port that partial sums go through */
        uint64_t output_cycles;                       /* a finished group of a pixel leaves the cells */
        uint64_t fill_cycles;                         /* the cells change from one weight fill to the next */
    } tile;
    struct { uint64_t bytes_per_cycle, packet_bytes, latency_cycles; } ring;
    struct { uint64_t cycles_per_word, latency_cycles; } mesh;  /* latency: of a slice of 16 words a pixel */
    struct { uint64_t cycles_per_word; } mover;       /* narrow to wide and back */
    struct { uint64_t hop_cycles; } relay;            /* a packet handed on: mover, ring and mover again, nothing overlapped */
    struct {
        uint64_t issue_cycles_per_iword;              /* an instruction word of 16 bytes leaves the scalar core */
        uint64_t fence_cycles;                        /* drain of all units and the token round trip */
        uint64_t packet_cycles;                       /* a ring packet in and out through the scalar core's window */
    } scalar;
    struct {
        uint64_t in_bytes_per_s, out_bytes_per_s;     /* to the chip, from the chip */
        uint64_t stream_percent, input_percent;       /* of in_bytes_per_s: what streamed parameters, and inputs, reach */
        uint64_t invoke_ns;                           /* fixed cost of a call */
        uint64_t sleep_after_ns, wake_ns;             /* a host that has waited for longer sleeps, and takes so long to wake; 0: none */
        uint64_t transfer_ns;                         /* latency of each transfer (descriptor) */
        uint64_t buffer_bytes;                        /* arrived parameters that wait for the ring */
        uint64_t runs_ahead;                          /* 1: the host sends them before the chip asks, as far as the buffer goes */
        uint64_t pixel_ns;                            /* the host strips the padding of an output pixel */
    } link;
    struct {
        uint64_t macs_per_s;                          /* 0: nobody knows, so what runs there is not timed */
        uint64_t element_ps;                          /* an element of whatever an operator there reads or makes */
        uint64_t busy_percent, boost_percent;         /* busy for more of a call, it copies outputs at this speed; 100: as always */
    } host;
    struct { uint64_t release, others_bytes; } compiler; /* whose programs run, beside what of other models the chip keeps */
    struct {
        uint64_t static_mw;                           /* board and chip, while a call lasts */
        uint64_t step_fj;                             /* a step of 64 cells and 4 lanes; of others in proportion */
        uint64_t narrow_fj_per_byte, wide_fj_per_byte, ring_fj_per_byte, link_fj_per_byte;
        /* systolic */
        uint64_t product_fj, sram_fj_per_byte, dram_fj_per_byte;
    } energy;

    /* systolic */
    struct {
        uint64_t rows, columns;
        uint64_t pipeline_cycles;                     /* stages of a multiply-add; 1: its result moves on at the next cycle */
    } array;
    struct { uint64_t activation_bytes, weight_bytes, sum_bytes; } data; /* of an element */
    struct eti_sram input_sram, weight_sram, output_sram;
    struct { uint64_t double_buffered; } sram;        /* 1: one half is filled while the other is used */
    struct { uint64_t lanes, start_cycles; } vector;  /* elements a cycle; cost of each pass */
    struct {
        uint64_t standard;                            /* enum eti_dram_standard */
        uint64_t channels, ranks;                     /* of a standard; ranks of a channel */
        const char *mapping;                          /* eti_dram_order_of() reads it */
        uint64_t postponed_refreshes;
        uint64_t bytes_per_s, latency_ns;             /* bytes_per_s: of `bandwidth` only, all channels together */
    } dram;
    struct {
        uint64_t dataflow, convention;                /* enum eti_dataflow, enum eti_convention */
        uint64_t keep;                                /* 1: a result may wait in the input memory for its only reader */
        uint64_t layer_cycles;                        /* to set up an operator */
    } schedule;
};

/* Where a field's value came from; one per row of the table, in its order. */
struct eti_arch_origin {
    const char *value;   /* canonical text; NULL: not set, a field of another kind of machine */
    const char *origin;  /* "coral-usb.yaml:12", "setting", "not given" */
    const char *mark;    /* known, derived, fitted, guess */
    const char *source;
};

struct ets_arch {
    struct eti_arena arena; /* owns all text */
    struct eti_arch v;
    struct eti_arch_origin *origins;
    size_t n_origins;
};

/* arch_load.c */
ets_status eti_arch_load(const char *path, const char *beside, const ets_setting *set, size_t n_set, const ets_allocator *mem,
                         ets_arch **out, ets_error *err);
ets_status eti_arch_parse(const char *name, const uint8_t *data, size_t size, const ets_setting *set, size_t n_set,
                          const ets_allocator *mem, ets_arch **out, ets_error *err);
ets_status eti_arch_with(const ets_arch *base, const ets_setting *set, size_t n_set, const ets_allocator *mem,
                         ets_arch **out, ets_error *err);
void eti_arch_free(ets_arch *arch);
/* arch_print.c */
size_t eti_arch_field_count(const ets_arch *arch);
ets_arch_field eti_arch_field_at(const ets_arch *arch, size_t i);
/* arch_mapping.c: the order of the parts of an address, fastest changing first, of a text that names them slowest first:
 * "row-rank-bank-column-group-channel". false: it does not name each of them once. */
bool eti_dram_order_of(const char *text, enum eti_dram_field order[ETI_DRAM_FIELDS]);
/* arch_check.c: rules across fields, one function each */
ets_status eti_arch_check(const ets_arch *arch, const char *name, ets_error *err);

#endif
