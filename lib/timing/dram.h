/* dram.h - one channel of DRAM by the rules of its standard: which command may follow which, how soon. The rules are rows
 * (dram_standards.c); this file knows none of them. Times are cycles of the DRAM's command clock. Requests are bursts. */
#ifndef ETI_TIMING_DRAM_H
#define ETI_TIMING_DRAM_H

#include "base/arena.h"

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
    uint32_t ranks, groups, banks;             /* banks of a group */
    uint32_t rows, bursts;                     /* bursts of a row */
    uint32_t parameter[ETI_DRAM_PARAMETERS];
};
extern const struct eti_dram_rule eti_dram_rules[];
extern const size_t eti_n_dram_rules;
uint64_t eti_dram_rule_cycles(const struct eti_dram_spec *spec, const struct eti_dram_rule *rule);
/* By its name in a machine file ("ddr4_2400"); NULL if there is none. */
const struct eti_dram_spec *eti_dram_spec_of(const char *name);

/* --- the device: what may be issued when --- */
struct eti_dram_address { uint32_t rank, group, bank, row, burst; };
/* Consecutive bursts change the group, then the burst in the row, the bank, the rank, the row: so that a stream finds each
 * row open but once, and no two bursts in a row use the same group. */
struct eti_dram_address eti_dram_map(const struct eti_dram_spec *spec, uint64_t index);

#define ETI_DRAM_MOST_BANKS 64 /* of all ranks */
struct eti_dram {
    const struct eti_dram_spec *spec;
    uint64_t bank_next[ETI_DRAM_MOST_BANKS][ETI_DRAM_COMMANDS], group_next[ETI_DRAM_MOST_BANKS][ETI_DRAM_COMMANDS];
    uint64_t rank_next[4][ETI_DRAM_COMMANDS];
    uint64_t acts[4][4];                       /* the last four activations of a rank */
    uint64_t n_acts[4];
    int64_t open[ETI_DRAM_MOST_BANKS];         /* row of each bank, -1: none */
};
void eti_dram_init(struct eti_dram *d, const struct eti_dram_spec *spec);
uint64_t eti_dram_earliest(const struct eti_dram *d, enum eti_dram_command c, const struct eti_dram_address *a);
/* `at` is not before the earliest. REF is of a rank, its banks closed. */
void eti_dram_issue(struct eti_dram *d, enum eti_dram_command c, const struct eti_dram_address *a, uint64_t at);

/* --- the controller: open page, row hits first, then first come, from a bounded queue; refreshes when they are due --- */
#define ETI_DRAM_QUEUE 32
struct eti_dram_request { uint64_t index, arrival; bool write; };
struct eti_dram_stats {
    uint64_t end;               /* the last data beat has passed */
    uint64_t latency_sum;       /* arrival to last data beat, all requests */
    uint64_t hits, misses, conflicts, refreshes;
};
/* `next` gives requests in order of arrival (false: no more). */
struct eti_dram_stats eti_dram_run(const struct eti_dram_spec *spec, bool (*next)(void *ctx, struct eti_dram_request *out), void *ctx);

/* --- streams --- */
/* Clock at which a sequential stream of `bursts` reads has passed, the same as eti_dram_run() gives: once a refresh finds the
 * stream as one before it did, whole periods are skipped. */
uint64_t eti_dram_stream_end(const struct eti_dram_spec *spec, uint64_t bursts);
/* Its sustained bytes a second, refresh included; of one channel. */
uint64_t eti_dram_stream_bytes_per_s(const struct eti_dram_spec *spec);

#endif
