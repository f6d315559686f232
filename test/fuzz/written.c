/* written.c - what holds of every report as text: it is well formed, shows no control character, and its rows add up to its whole. */
#include "fuzz/targets.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DEEPEST 16
#define CSV_FIELDS 18
#define CSV_CYCLES 14

static void hold(bool law, const char *name, const char *text) { if (!law) fuzz_broken(name, text); }

int fuzz_keep(void *ctx, const char *text, size_t n)
{
    struct fuzz_text *t = ctx;
    if (t->size + n >= t->room) {
        t->room = 2 * (t->size + n) + 4096;
        t->data = realloc(t->data, t->room);
        if (!t->data) abort();
    }
    memcpy(t->data + t->size, text, n);
    t->size += n;
    t->data[t->size] = '\0';
    return 0;
}

/* ------------------------------------------------------------------ JSON --------------------------------- */

/* Where a walk is. `sums[d]` counts what the members named `key` of objects d deep are, altogether. */
struct walk { const char *at, *key, *all; uint64_t sums[DEEPEST]; };

static void skip_space(struct walk *w) { while (*w->at == ' ' || *w->at == '\n') w->at++; }

/* Behind the closing quote; no raw control character, of two bytes neither, and UTF-8 throughout. */
static void walk_string(struct walk *w)
{
    hold(*w->at == '"', "a string begins", w->all);
    for (w->at++; *w->at != '"'; w->at++) {
        unsigned char c = (unsigned char)*w->at, next = (unsigned char)w->at[1];
        hold(c >= 0x20 && c != 0x7f && !(c == 0xc2 && next < 0xa0), "JSON has no control characters", w->at);
        if (c == '\\') w->at++;
        hold(c != '\\' || (*w->at && strchr("\"\\/bfnrtu", *w->at)), "an escape is one", w->all);
        size_t tail = c >= 0xf0 ? 3 : c >= 0xe0 ? 2 : c >= 0xc2 ? 1 : 0;
        hold(c < 0x80 || tail, "JSON is UTF-8", w->at);
        for (; tail; tail--) {
            w->at++;
            hold(((unsigned char)*w->at & 0xc0) == 0x80, "JSON is UTF-8", w->all);
        }
    }
    w->at++;
}

static void walk_value(struct walk *w, int depth);

static void walk_members(struct walk *w, char close, int depth)
{
    hold(depth < DEEPEST, "JSON is not that deep", w->all);
    w->at++;
    skip_space(w);
    while (*w->at != close) {
        const char *from = w->at;
        if (close == '}') {
            walk_string(w);
            size_t length = (size_t)(w->at - from);
            hold(*w->at == ':', "a key has a value", w->all);
            w->at++;
            skip_space(w);
            if (length == strlen(w->key) + 2 && strncmp(from + 1, w->key, length - 2) == 0) w->sums[depth] += strtoull(w->at, NULL, 10);
        }
        walk_value(w, depth);
        skip_space(w);
        if (*w->at == ',') w->at++;
        else hold(*w->at == close, "members are parted by commas", w->at);
        skip_space(w);
    }
    w->at++;
}

static void walk_value(struct walk *w, int depth)
{
    char *end;
    skip_space(w);
    switch (*w->at) {
    case '{': walk_members(w, '}', depth + 1); return;
    case '[': walk_members(w, ']', depth + 1); return;
    case '"': walk_string(w); return;
    case 't': w->at += 4; return;
    case 'f': w->at += 5; return;
    case 'n': w->at += 4; return;
    default:
        hold(*w->at == '-' || (*w->at >= '0' && *w->at <= '9'), "a value is one", w->at);
        strtod(w->at, &end);
        w->at = end;
    }
}

static struct walk walk_json(const char *text, const char *key)
{
    struct walk w = {text, key, text, {0}};
    walk_value(&w, 0);
    skip_space(&w);
    return w;
}

void fuzz_check_json(const char *text)
{
    hold(!*walk_json(text, "").at, "JSON ends with its value", text);
}

/* ------------------------------------------------------------------ each format -------------------------- */

static void check_report_json(const ets_report *r, const char *text)
{
    struct walk w = walk_json(text, "cycles");
    hold(!*w.at, "JSON ends with its value", text);
    hold(w.sums[2] == ets_report_summary(r)->cycles, "JSON has the cycles of the summary", text);
    hold(w.sums[3] == w.sums[2], "the cycles of the rows in JSON add up to the whole", text);
}

/* A field up to its comma or the end of the line; quotes may hold both. */
static const char *csv_field(const char *at, uint64_t *value)
{
    bool quoted = *at == '"';
    *value = quoted ? 0 : strtoull(at, NULL, 10);
    if (!quoted) return at + strcspn(at, ",\r");
    for (at++; *at; at++) {
        if (*at != '"') continue;
        if (at[1] != '"') return at + 1;
        at++;
    }
    fuzz_broken("a quoted field ends", at);
}

static void check_csv(const ets_report *r, const char *text)
{
    uint64_t cycles = 0, rows = 0, value;
    for (const char *at = text; *at; rows++) {
        for (int field = 0; field < CSV_FIELDS; field++) {
            at = csv_field(at, &value);
            if (rows && field == CSV_CYCLES) cycles += value;
            hold(*at == (field < CSV_FIELDS - 1 ? ',' : '\r'), "rows have as many fields as the header", at);
            at++;
        }
        hold(*at == '\n', "a row ends with its line", at);
        at++;
    }
    hold(rows == 1 + ets_report_layer_count(r) + ets_report_phase_count(r), "a row a layer and phase", text);
    hold(cycles == ets_report_summary(r)->cycles, "the rows of the CSV add up to the whole", text);
}

void fuzz_check_plain(const char *text)
{
    for (const unsigned char *c = (const unsigned char *)text; *c; c++)
        hold((*c >= 0x20 || *c == '\n') && *c != 0x7f && !(c[0] == 0xc2 && c[1] < 0xa0), "a terminal is not spoken to", text);
}

void fuzz_check_page(const char *text)
{
    static const char mark[] = "id=\"data\">";
    const char *from = strstr(text, mark), *end = from ? strchr(from, '<') : NULL;
    hold(end && strncmp(end, "</script>", 9) == 0, "no text ends the page's data", text);
    from += strlen(mark);
    char *data = strndup(from, (size_t)(end - from));
    if (!data) abort();
    fuzz_check_json(data);
    free(data);
}

void fuzz_write(const ets_report *r, ets_format format, struct fuzz_text *t)
{
    ets_writer to = {fuzz_keep, t};
    ets_error e;
    t->size = 0;
    if (ets_report_write(r, format, NULL, &to, &e) != ETS_OK) fuzz_broken("every report can be written", e.text);
    hold(t->size && strlen(t->data) == t->size, "a report is text", "");
}

/* The tables of `inspect` and of `profile --sort`, `--top`, `--split`: in some width and order. */
static void check_tables(const ets_report *r, struct fuzz_text *t)
{
    uint64_t some = ets_report_summary(r)->cycles;
    ets_writer to = {fuzz_keep, t};
    ets_format_options o = ETS_FORMAT_OPTIONS_INIT;
    ets_error e;
    o.width = some / 2 % 200;
    o.mapping = some & 1;
    o.split = some & 2;
    o.sort = (ets_sort)(some / 4 % 7);
    o.top = some / 4 % 5;
    t->size = 0;
    if (ets_report_write(r, ETS_FORMAT_TABLE, &o, &to, &e) != ETS_OK) fuzz_broken("every table can be written", e.text);
    fuzz_check_plain(t->data);
}

void fuzz_check_written(const ets_report *r)
{
    static struct fuzz_text t;
    fuzz_write(r, ETS_FORMAT_TABLE, &t);
    fuzz_check_plain(t.data);
    check_tables(r, &t);
    fuzz_write(r, ETS_FORMAT_CSV, &t);
    check_csv(r, t.data);
    fuzz_write(r, ETS_FORMAT_JSON, &t);
    check_report_json(r, t.data);
    if (ets_report_array_layer(r, 0))
        for (int f = ETS_FORMAT_SCALESIM_COMPUTE; f <= ETS_FORMAT_SCALESIM_ACCESS; f++) fuzz_write(r, (ets_format)f, &t);
}

/* ------------------------------------------------------------------ the same twice ----------------------- */

void fuzz_check_same(const ets_report *r, const ets_report *again)
{
    static struct fuzz_text one, other;
    fuzz_write(r, ETS_FORMAT_JSON, &one);
    fuzz_write(again, ETS_FORMAT_JSON, &other);
    hold(one.size == other.size && memcmp(one.data, other.data, one.size) == 0, "equal inputs, equal reports", "they differ");
}
