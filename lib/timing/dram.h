/* dram.h - DRAM by the rules of its standard: which command may follow which, how soon. The rules are rows
 * (dram_standards.c); this file knows none of them. Times are cycles of the DRAM's command clock. Requests are bursts. */
#ifndef ETI_TIMING_DRAM_H
#define ETI_TIMING_DRAM_H

#include "arch/arch.h"

enum eti_dram_command { ETI_DRAM_ACT, ETI_DRAM_PRE, ETI_DRAM_RD, ETI_DRAM_WR, ETI_DRAM_REF, ETI_DRAM_COMMANDS };
/* Where both commands of a rule are: the same bank, group of banks or rank; different ranks of the channel. */
enum eti_dram_scope { ETI_DRAM_BANK, ETI_DRAM_GROUP, ETI_DRAM_RANK, ETI_DRAM_OTHER_RANK };
/* The parameters of datasheets, in clocks; BL: clocks of a burst; RTRS: between ranks; ONE: 1. */
enum eti_dram_parameter {
    ETI_DRAM_NONE, ETI_DRAM_CL, ETI_DRAM_CWL, ETI_DRAM_BL, ETI_DRAM_RCD, ETI_DRAM_RP, ETI_DRAM_RAS, ETI_DRAM_RC, ETI_DRAM_RRD_S,
    ETI_DRAM_RRD_L, ETI_DRAM_FAW, ETI_DRAM_CCD_S, ETI_DRAM_CCD_L, ETI_DRAM_TWR, ETI_DRAM_WTR_S, ETI_DRAM_WTR_L, ETI_DRAM_RTP,
    ETI_DRAM_RFC, ETI_DRAM_REFI, ETI_DRAM_RTRS, ETI_DRAM_PARAMETERS
};
/* `to` comes at least (sum of `plus` - `minus`) after the `window`-th last `from`. */
struct eti_dram_rule {
    const char *name;
    enum eti_dram_scope scope;
    enum eti_dram_command from, to;
    unsigned window;
    enum eti_dram_parameter plus[4], minus;
};
struct eti_dram_spec {
    const char *name, *source;
    uint64_t clock_hz;
    uint32_t burst_bytes;                      /* of a channel */
    uint32_t ranks, groups, banks;             /* of a channel, of a rank, of a group */
    uint32_t rows, bursts;                     /* of a bank, of a row */
    uint32_t parameter[ETI_DRAM_PARAMETERS];
    uint32_t channels;                         /* each with its own commands and data */
    uint32_t postponed;                        /* refreshes of a rank that may be late while it has work */
    enum eti_dram_field order[ETI_DRAM_FIELDS];/* of the parts of an address, the fastest changing first */
};
extern const struct eti_dram_rule eti_dram_rules[];
extern const size_t eti_n_dram_rules;
uint64_t eti_dram_rule_cycles(const struct eti_dram_spec *spec, const struct eti_dram_rule *rule);
/* By its enum eti_dram_standard, or its name in a machine file ("ddr4_2400"): one channel of one rank. NULL if there is none. */
const struct eti_dram_spec *eti_dram_spec_at(uint64_t standard);
const struct eti_dram_spec *eti_dram_spec_of(const char *name);

/* --- the device: what may be issued when --- */
struct eti_dram_address { uint32_t rank, group, bank, row, burst, channel; };
/* Of the burst at `index`, by the order of the parts of an address. */
struct eti_dram_address eti_dram_map(const struct eti_dram_spec *spec, uint64_t index);

#define ETI_DRAM_MOST_BANKS 64 /* of all ranks of a channel */
#define ETI_DRAM_MOST_RANKS 4
#define ETI_DRAM_MOST_RULES 32
struct eti_dram {
    const struct eti_dram_spec *spec;
    uint64_t rule_cycles[ETI_DRAM_MOST_RULES];
    uint64_t bank_next[ETI_DRAM_MOST_BANKS][ETI_DRAM_COMMANDS], group_next[ETI_DRAM_MOST_BANKS][ETI_DRAM_COMMANDS];
    uint64_t rank_next[ETI_DRAM_MOST_RANKS][ETI_DRAM_COMMANDS];
    uint64_t acts[ETI_DRAM_MOST_RANKS][4];     /* the last four activations of a rank */
    uint64_t n_acts[ETI_DRAM_MOST_RANKS];
    int64_t open[ETI_DRAM_MOST_BANKS];         /* row of each bank, -1: none */
};
void eti_dram_init(struct eti_dram *d, const struct eti_dram_spec *spec);
uint32_t eti_dram_bank_of(const struct eti_dram_spec *spec, const struct eti_dram_address *a); /* of its channel */
uint64_t eti_dram_earliest(const struct eti_dram *d, enum eti_dram_command c, const struct eti_dram_address *a);
/* `at` is not before the earliest. REF is of a rank, its banks closed. */
void eti_dram_issue(struct eti_dram *d, enum eti_dram_command c, const struct eti_dram_address *a, uint64_t at);

/* --- the controllers (dram_control.c): a channel each; open page, row hits first, then first come, from a bounded queue.
 * Requests enter in order: one that finds its channel's queue full holds up those behind it. A rank refreshes when it is due
 * and nothing waits for it; under load it falls behind by `postponed`, then closes and makes up for all. --- */
#define ETI_DRAM_QUEUE 32
struct eti_dram_request { uint64_t index, arrival; bool write; };
struct eti_dram_waiting {
    struct eti_dram_request r;
    struct eti_dram_address a;
    uint64_t entered;
    uint32_t bank;
    enum eti_dram_command needed;
    bool opened, closed;
};
struct eti_dram_channel {
    struct eti_dram d;
    struct eti_dram_waiting queue[ETI_DRAM_QUEUE]; /* a ring; eti_dram_at(), 0 is the oldest */
    size_t oldest, n, n_misses;                    /* misses: their row is not open */
    uint64_t bus, bypassed;                        /* the next free cycle for a command; hits in a row that passed the oldest */
    uint64_t due[ETI_DRAM_MOST_RANKS];             /* the next refresh */
    bool chosen;                                   /* `next` of the queue goes at `at` */
    size_t next;
    uint64_t at;
};
struct eti_dram_stats {
    uint64_t end;               /* the last data beat has passed */
    uint64_t latency_sum;       /* arrival to last data beat, all requests */
    uint64_t hits, misses, conflicts, refreshes;
};
/* Gives requests in order of arrival (false: no more). */
typedef bool eti_dram_source(void *ctx, struct eti_dram_request *out);
struct eti_dram_memory {
    struct eti_dram_channel *channels;
    uint32_t n_channels;
    ets_allocator mem;
    eti_dram_source *source;
    void *ctx;
    bool more, held;                               /* `held`: the request ahead has not entered */
    struct eti_dram_request ahead;
    struct eti_dram_address ahead_at;
    uint64_t now;                                  /* of the last command */
    struct eti_dram_stats stats;
};
static inline struct eti_dram_waiting *eti_dram_at(struct eti_dram_channel *c, size_t i)
{
    return &c->queue[(c->oldest + i) % ETI_DRAM_QUEUE];
}
ets_status eti_dram_begin(struct eti_dram_memory *m, const struct eti_dram_spec *spec, eti_dram_source *source, void *ctx,
                          const ets_allocator *mem, ets_error *err);
/* One command, or a refresh. false: nothing is left to do. */
bool eti_dram_step(struct eti_dram_memory *m);
void eti_dram_end(struct eti_dram_memory *m);
/* All of it. */
ets_status eti_dram_run(const struct eti_dram_spec *spec, eti_dram_source *source, void *ctx, const ets_allocator *mem,
                        struct eti_dram_stats *out, ets_error *err);

/* --- streams (dram_stream.c) --- */
/* Clock at which a sequential stream of `bursts` reads has passed, the same as eti_dram_run() gives: once a refresh finds the
 * stream as one before it did, whole periods are skipped. */
ets_status eti_dram_stream_end(const struct eti_dram_spec *spec, uint64_t bursts, const ets_allocator *mem, uint64_t *out,
                               ets_error *err);
/* Its sustained bytes a second, refresh included, of all channels together. */
ets_status eti_dram_stream_bytes_per_s(const struct eti_dram_spec *spec, const ets_allocator *mem, uint64_t *out, ets_error *err);

#endif
