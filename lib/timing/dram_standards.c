/* dram_standards.c - DRAM standards as data: the rules, a row each, and the figures of a common part of each standard. Names
 * as in the JEDEC documents; clocks are of the command clock, rounded up from the datasheet's nanoseconds. */
#include <string.h>

#include "timing/dram.h"

#define P(name) ETI_DRAM_##name
#define RULE(name, scope, from, to, ...) {name, P(scope), P(from), P(to), 1, {__VA_ARGS__}, P(NONE)}

const struct eti_dram_rule eti_dram_rules[] = {
    RULE("tRCD: row open before it is read", BANK, ACT, RD, P(RCD)),
    RULE("tRCD: row open before it is written", BANK, ACT, WR, P(RCD)),
    RULE("tRAS: row open long enough", BANK, ACT, PRE, P(RAS)),
    RULE("tRC: a bank's rows", BANK, ACT, ACT, P(RC)),
    RULE("tRP: row closed before the next", BANK, PRE, ACT, P(RP)),
    RULE("tRTP: read out before the row closes", BANK, RD, PRE, P(RTP)),
    RULE("tWR: written before the row closes", BANK, WR, PRE, P(CWL), P(BL), P(TWR)),
    RULE("tRRD_L: rows of a group", GROUP, ACT, ACT, P(RRD_L)),
    RULE("tRRD_S: rows of a rank", RANK, ACT, ACT, P(RRD_S)),
    {"tFAW: four rows of a rank", P(RANK), P(ACT), P(ACT), 4, {P(FAW)}, P(NONE)},
    RULE("tCCD_L: reads of a group", GROUP, RD, RD, P(CCD_L)),
    RULE("tCCD_S: reads of a rank", RANK, RD, RD, P(CCD_S)),
    RULE("tCCD_L: writes of a group", GROUP, WR, WR, P(CCD_L)),
    RULE("tCCD_S: writes of a rank", RANK, WR, WR, P(CCD_S)),
    {"read to write: the bus turns", P(RANK), P(RD), P(WR), 1, {P(CL), P(BL), P(RTRS)}, P(CWL)},
    RULE("tWTR_L: write to read in a group", GROUP, WR, RD, P(CWL), P(BL), P(WTR_L)),
    RULE("tWTR_S: write to read in a rank", RANK, WR, RD, P(CWL), P(BL), P(WTR_S)),
    RULE("reads of two ranks", OTHER_RANK, RD, RD, P(BL), P(RTRS)),
    RULE("writes of two ranks", OTHER_RANK, WR, WR, P(BL), P(RTRS)),
    {"read to write, two ranks", P(OTHER_RANK), P(RD), P(WR), 1, {P(CL), P(BL), P(RTRS)}, P(CWL)},
    RULE("write to read, two ranks", OTHER_RANK, WR, RD, P(BL), P(RTRS)),
    RULE("tRP: all rows closed before a refresh", RANK, PRE, REF, P(RP)),
    RULE("tRFC: refresh before a row opens", RANK, REF, ACT, P(RFC)),
    RULE("tRFC: refresh before the next", RANK, REF, REF, P(RFC)),
};
const size_t eti_n_dram_rules = sizeof eti_dram_rules / sizeof *eti_dram_rules;
_Static_assert(sizeof eti_dram_rules / sizeof *eti_dram_rules <= ETI_DRAM_MOST_RULES, "a device keeps the cycles of each");

uint64_t eti_dram_rule_cycles(const struct eti_dram_spec *spec, const struct eti_dram_rule *rule)
{
    uint64_t sum = 0;
    for (int i = 0; i < 4; i++) sum += spec->parameter[rule->plus[i]];
    uint64_t less = spec->parameter[rule->minus];
    return sum > less ? sum - less : 0;
}

#define SET(CL_, CWL_, BL_, RCD_, RP_, RAS_, RC_, RRD_S_, RRD_L_, FAW_, CCD_S_, CCD_L_, WR_, WTR_S_, WTR_L_, RTP_, RFC_, REFI_, RTRS_) \
    {[P(CL)] = CL_, [P(CWL)] = CWL_, [P(BL)] = BL_, [P(RCD)] = RCD_, [P(RP)] = RP_, [P(RAS)] = RAS_, [P(RC)] = RC_,                    \
     [P(RRD_S)] = RRD_S_, [P(RRD_L)] = RRD_L_, [P(FAW)] = FAW_, [P(CCD_S)] = CCD_S_, [P(CCD_L)] = CCD_L_, [P(TWR)] = WR_,             \
     [P(WTR_S)] = WTR_S_, [P(WTR_L)] = WTR_L_, [P(RTP)] = RTP_, [P(RFC)] = RFC_, [P(REFI)] = REFI_, [P(RTRS)] = RTRS_}

/* 1 channel; refreshes in time; the fastest changing part of an address first: a stream changes the group at each burst and
 * finds each row open but once. A machine says how it has them. */
#define ORDER 1, 0, {ETI_DRAM_CHANNEL_OF, ETI_DRAM_GROUP_OF, ETI_DRAM_COLUMN_OF, ETI_DRAM_BANK_OF, ETI_DRAM_RANK_OF, ETI_DRAM_ROW_OF}

/* In the order of enum eti_dram_standard, whose first is none of them. */
static const struct eti_dram_spec specs[] = {
    /*                                                          clock   burst ranks groups banks  rows  bursts        CL CWL BL RCD RP RAS  RC RRD    FAW CCD   WR WTR    RTP  RFC  REFI RTRS */
    {"ddr4_2400", "JESD79-4: 8 Gb x8, 64-bit channel, 17-17-17", 1200000000, 64, 1, 4, 4, 65536, 128, SET(17, 12, 4, 17, 17, 39, 56, 4, 6, 26, 4, 6, 18, 3, 9, 9, 420, 9360, 2), ORDER},
    {"lpddr4_3200", "JESD209-4: 8 Gb, 16-bit channel", 1600000000, 32, 1, 1, 8, 65536, 64, SET(28, 14, 8, 29, 29, 68, 97, 16, 16, 64, 8, 8, 29, 16, 16, 12, 448, 6246, 2), ORDER},
    {"lpddr4x_4266", "JESD209-4-1: 8 Gb, 16-bit channel", 2133000000, 32, 1, 1, 8, 65536, 64, SET(36, 18, 8, 39, 39, 90, 129, 22, 22, 86, 8, 8, 39, 22, 22, 16, 598, 8328, 2), ORDER},
    {"hbm2", "JESD235: 8 Gb, one 128-bit channel, 2 Gbit/s a pin", 1000000000, 64, 1, 4, 4, 32768, 32, SET(14, 4, 2, 14, 14, 33, 47, 4, 6, 16, 2, 4, 16, 3, 8, 5, 260, 3900, 2), ORDER},
};
_Static_assert(sizeof specs / sizeof *specs == ETI_DRAM_STANDARDS - 1, "each standard has its figures");

const struct eti_dram_spec *eti_dram_spec_at(uint64_t standard)
{
    return standard > ETI_DRAM_BANDWIDTH && standard < ETI_DRAM_STANDARDS ? &specs[standard - 1] : NULL;
}

const struct eti_dram_spec *eti_dram_spec_of(const char *name)
{
    for (size_t i = 0; i < sizeof specs / sizeof *specs; i++)
        if (strcmp(specs[i].name, name) == 0) return &specs[i];
    return NULL;
}
