/* scalesim_cfg.c - see scalesim_cfg.h. The file is INI: [sections], `key: value` or `key = value`, comments with # or ;.
 * Keys are the same whatever their case, as that tool reads them. A word is a byte. */
#include "arch/scalesim_cfg.h"

#include <ctype.h>
#include <inttypes.h>
#include <string.h>

#include "base/limits.h"
#include "base/text.h"

/* Spelt as that tool's own files do; upper and lower case are the same. */
enum cfg_key { HEIGHT, WIDTH, IFMAP_KB, FILTER_KB, OFMAP_KB, DATAFLOW, BANDWIDTH, RUN_NAME, N_USED };
static const struct { const char *name, *means, *key; } used[N_USED] = {
    {"ArrayHeight", "rows of the array", "array.rows"},
    {"ArrayWidth", "columns of the array", "array.columns"},
    {"IfmapSramSzkB", "kB for activations", "input_sram.bytes"},
    {"FilterSramSzkB", "kB for weights", "weight_sram.bytes"},
    {"OfmapSramSzkB", "kB for results", "output_sram.bytes"},
    {"Dataflow", "os, ws or is", "schedule.dataflow"},
    {"Bandwidth", "words a cycle to each memory", "dram.bytes_per_s"},
    {"run_name", "name of the run", "name"},
};
/* Addresses, traces and what else does not change the cycles. */
static const char *const ignored[] = {
    "ifmapoffset", "filteroffset", "ofmapoffset", "memorybanks", "readrequestbuffer", "writerequestbuffer", "interfacebandwidth",
    "useramulatortrace", "topologycsvloc", "sparserep", "optimizedmapping", "blocksize", "randomnumbergeneratorseed",
    "ifmapcustomlayout", "ifmapsrambankbandwidth", "ifmapsrambanknum", "ifmapsrambankport", "filtercustomlayout",
    "filtersrambankbandwidth", "filtersrambanknum", "filtersrambankport",
};
/* What the tool does not have: its count is in cycles, its memories deliver what is asked. */
#define NOT_IN_TOOL "not in a SCALE-Sim configuration"
static const struct { const char *key, *value; } others[] = {
    {"description", "read from a SCALE-Sim configuration"}, {"clock_hz", "1G"}, {"array.pipeline_cycles", "1"},
    {"data.activation_bytes", "1"}, {"data.weight_bytes", "1"}, {"data.sum_bytes", "4"},
    {"input_sram.banks", "2"}, {"input_sram.ports", "1"}, {"input_sram.bytes_per_cycle", "65536"},
    {"weight_sram.banks", "2"}, {"weight_sram.ports", "1"}, {"weight_sram.bytes_per_cycle", "65536"},
    {"output_sram.banks", "2"}, {"output_sram.ports", "1"}, {"output_sram.bytes_per_cycle", "65536"},
    {"sram.double_buffered", "1"}, {"vector.lanes", "65536"}, {"vector.start_cycles", "0"}, {"dram.standard", "bandwidth"},
    {"dram.channels", "1"}, {"dram.latency_ns", "0"}, {"schedule.convention", "scalesim"}, {"schedule.keep", "no"},
    {"schedule.layer_cycles", "0"}, {"energy.static_mw", "0"},
    {"energy.product_fj", "300"}, {"energy.sram_fj_per_byte", "1250"}, {"energy.dram_fj_per_byte", "162500"},
};

struct line { const char *key, *value; uint32_t number, key_column, value_column; };
struct reader {
    const char *name, *at, *end;
    uint32_t line;
    struct eti_arena *arena;
    struct line found[N_USED];
    ets_error *err;
};

bool eti_is_scalesim_cfg(const uint8_t *data, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        if (data[i] == '[') return i + 1 < size && isalpha(data[i + 1]);
        if (data[i] == '#' || data[i] == ';')
            while (i < size && data[i] != '\n') i++;
        else if (!isspace(data[i])) return false;
    }
    return false;
}

static struct eti_place place(const struct reader *r, uint32_t line, uint32_t column)
{
    struct eti_place at = {r->name, line, column, 0, false};
    return at;
}

static const char *trimmed(struct reader *r, const char *from, const char *to)
{
    while (from < to && isspace((unsigned char)*from)) from++;
    while (to > from && isspace((unsigned char)to[-1])) to--;
    return eti_arena_text(r->arena, from, (size_t)(to - from));
}

static bool is_word(const char *text, const char *word)
{
    while (*text && tolower((unsigned char)*text) == tolower((unsigned char)*word)) {
        text++;
        word++;
    }
    return *text == *word;
}

/* What Python's configparser, which that tool reads with, takes for a yes. */
static bool is_yes(const char *text)
{
    return is_word(text, "true") || is_word(text, "yes") || is_word(text, "on") || is_word(text, "1");
}

/* A line with a key; a section or an empty one gives a key of NULL. */
static ets_status read_line(struct reader *r, struct line *out)
{
    const char *from = r->at, *end = memchr(from, '\n', (size_t)(r->end - from));
    if (!end) end = r->end;
    r->at = end < r->end ? end + 1 : end;
    out->key = NULL;
    out->number = ++r->line;
    const char *c = from;
    while (c < end && isspace((unsigned char)*c)) c++;
    struct eti_place at = place(r, r->line, (uint32_t)(c - from) + 1);
    if (c == end || *c == '#' || *c == ';') return ETS_OK;
    if (*c == '[')
        return memchr(c, ']', (size_t)(end - c)) ? ETS_OK : eti_fail(r->err, ETS_SYNTAX, &at, "a section is written [name]");
    const char *mark = c;
    while (mark < end && *mark != ':' && *mark != '=') mark++;
    if (mark == end) return eti_fail(r->err, ETS_SYNTAX, &at, "'key: value' is expected");
    out->key = trimmed(r, c, mark);
    out->value = trimmed(r, mark + 1, end);
    out->key_column = at.column;
    if (out->value && strlen(out->value) > ETI_MAX_TEXT_BYTES)
        return eti_fail(r->err, ETS_RANGE, &at, "a text of more than %u bytes", ETI_MAX_TEXT_BYTES);
    const char *v = mark + 1;
    while (v < end && isspace((unsigned char)*v)) v++;
    out->value_column = (uint32_t)(v - from) + 1;
    return out->key && out->value ? ETS_OK : eti_nomem(r->err);
}

static ets_status take(struct reader *r, const struct line *l)
{
    struct eti_place at = place(r, l->number, l->key_column);
    for (size_t i = 0; i < N_USED; i++) {
        if (!is_word(l->key, used[i].name)) continue;
        if (r->found[i].key) return eti_fail(r->err, ETS_SCHEMA, &at, "%s: already set on line %u", l->key, r->found[i].number);
        r->found[i] = *l;
        return ETS_OK;
    }
    for (size_t i = 0; i < sizeof ignored / sizeof *ignored; i++)
        if (is_word(l->key, ignored[i])) return ETS_OK;
    if (is_word(l->key, "SparsitySupport"))
        return is_yes(l->value) ? eti_fail(r->err, ETS_UNSUPPORTED, &at, "%s: %s: sparsity is not modelled", l->key, l->value) : ETS_OK;
    const char *names[N_USED];
    for (size_t i = 0; i < N_USED; i++) names[i] = used[i].name;
    const char *meant = eti_did_you_mean(l->key, names, N_USED);
    if (meant) return eti_fail(r->err, ETS_SCHEMA, &at, "unknown key '%s'; did you mean '%s'?", l->key, meant);
    return eti_fail(r->err, ETS_SCHEMA, &at, "unknown key '%s'", l->key);
}

/* The file's value as the machine writes it: kB to bytes, words a cycle to bytes a second at the clock above. */
static ets_status convert(struct reader *r, size_t i, const char **out)
{
    const struct line *l = &r->found[i];
    struct eti_place at = place(r, l->number, l->value_column);
    uint64_t value, scale = i == BANDWIDTH ? 1000000000 : 1024;
    bool number = i == IFMAP_KB || i == FILTER_KB || i == OFMAP_KB || i == BANDWIDTH;
    *out = l->value;
    if (i == BANDWIDTH) /* one value for all, or one a memory: the first */
        *out = eti_arena_text(r->arena, l->value, strcspn(l->value, ","));
    if (!*out) return eti_nomem(r->err);
    if (!number) return ETS_OK;
    if (!eti_parse_u64(*out, &value) || value > UINT64_MAX / scale)
        return eti_fail(r->err, ETS_SCHEMA, &at, "%s: '%s' is not a whole number", used[i].name, l->value);
    *out = eti_arena_format(r->arena, "%" PRIu64, value * scale);
    return *out ? ETS_OK : eti_nomem(r->err);
}

static ets_status give(struct reader *r, ets_status (*each)(void *ctx, const struct eti_cfg_value *v), void *ctx)
{
    struct eti_cfg_value kind = {"kind", "systolic", "known", "a SCALE-Sim configuration", place(r, 1, 1)};
    ETI_TRY(each(ctx, &kind));
    for (size_t i = 0; i < N_USED; i++) {
        const struct line *l = &r->found[i];
        struct eti_cfg_value v = {used[i].key, i == RUN_NAME ? "scalesim" : "10000000000", "guess", NOT_IN_TOOL, place(r, 1, 1)};
        if (!l->key && i < DATAFLOW + 1) {
            struct eti_place at = place(r, 1, 1);
            return eti_fail(r->err, ETS_SCHEMA, &at, "missing '%s' (%s)", used[i].name, used[i].means);
        }
        if (l->key) {
            ETI_TRY(convert(r, i, &v.value));
            v.mark = "known";
            v.source = "the configuration";
            v.at = place(r, l->number, l->value_column);
        }
        ETI_TRY(each(ctx, &v));
    }
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        struct eti_cfg_value v = {others[i].key, others[i].value, "guess", NOT_IN_TOOL, place(r, 1, 1)};
        ETI_TRY(each(ctx, &v));
    }
    return ETS_OK;
}

ets_status eti_scalesim_cfg(const char *name, const uint8_t *data, size_t size, struct eti_arena *arena,
                            ets_status (*each)(void *ctx, const struct eti_cfg_value *v), void *ctx, ets_error *err)
{
    struct reader r;
    memset(&r, 0, sizeof r);
    r.name = name;
    r.at = (const char *)data;
    r.end = r.at + size;
    r.arena = arena;
    r.err = err;
    while (r.at < r.end) {
        struct line l;
        ETI_TRY(read_line(&r, &l));
        if (l.key) ETI_TRY(take(&r, &l));
    }
    return give(&r, each, ctx);
}
