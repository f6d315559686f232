/* report_html.c - reports as one page that needs nothing else: page/page.html with the style, D3, the script and the data in
 * their places. The data is the report's JSON with what would help; the page draws it. */
#include <string.h>

#include "io/json.h"
#include "report/report.h"

/* Bytes of lib/report/page/ and of D3, made into lists of numbers by the Makefile. */
static const unsigned char page_html[] = {
#include "report/page.html.inc"
};
static const unsigned char page_css[] = {
#include "report/page.css.inc"
};
static const unsigned char page_js[] = {
#include "report/page.js.inc"
};
static const unsigned char library_js[] = {
#include "report/d3.js.inc"
};
static const unsigned char library_licence[] = {
#include "report/d3-licence.txt.inc"
};

/* JSON inside <script>: '<' as an escape, so that no name can end the element or open a comment. */
static void add_inert(struct eti_text *out, const struct eti_text *json)
{
    size_t from = 0;
    for (size_t i = 0; i < json->length; i++) {
        if (json->data[i] != '<') continue;
        eti_text_add_bytes(out, json->data + from, i - from);
        eti_text_add(out, "\\u003c");
        from = i + 1;
    }
    if (json->length) eti_text_add_bytes(out, json->data + from, json->length - from);
    out->failed |= json->failed;
}

static void put_changes(struct eti_json *j, const ets_page_part *part)
{
    static const char *const names[] = {"channels", "kernel", "fused", "widths", "multiple", "resolution", "link"};
    eti_json_begin(j, "changes", '[');
    for (size_t i = 0; i < part->n_changes; i++) {
        const ets_change *c = &part->changes[i];
        eti_json_begin(j, NULL, '{');
        if (c->layer < part->report->n_layers) {
            eti_json_u64(j, "layer", c->layer);
            eti_json_text(j, "layer_name", part->report->layers[c->layer].name);
        } else {
            eti_json_null(j, "layer"); /* of the whole network */
            eti_json_null(j, "layer_name");
        }
        eti_json_text(j, "dimension", c->dimension <= ETS_DIMENSION_LINK ? names[c->dimension] : "other");
        eti_json_u64(j, "from", c->from);
        eti_json_u64(j, "to", c->to);
        eti_json_double(j, "latency_ms", (double)c->latency_ns / 1e6);
        eti_json_double(j, "saved_macs", (double)c->saved_macs);
        eti_json_end(j, '}');
    }
    eti_json_end(j, ']');
}

static void put_data(const ets_page_part *parts, size_t n, struct eti_text *out)
{
    struct eti_text json;
    struct eti_json j;
    eti_text_init(&json, &out->mem);
    eti_json_init(&j, &json);
    eti_json_begin(&j, NULL, '[');
    for (size_t i = 0; i < n; i++) {
        eti_json_begin(&j, NULL, '{');
        eti_report_json_body(&j, parts[i].report);
        if (parts[i].changes) put_changes(&j, &parts[i]);
        eti_json_end(&j, '}');
    }
    eti_json_end(&j, ']');
    add_inert(out, &json);
    eti_text_free(&json);
}

/* Adds `text` up to `mark` (all of it if NULL); returns what follows the mark. */
static const char *add_until(struct eti_text *out, const char *text, const char *end, const char *mark)
{
    size_t n = mark ? strlen(mark) : 0;
    for (const char *at = text; mark && (size_t)(end - at) >= n; at++) {
        if (memcmp(at, mark, n) != 0) continue;
        eti_text_add_bytes(out, text, (size_t)(at - text));
        return at + n;
    }
    eti_text_add_bytes(out, text, (size_t)(end - text));
    return end;
}

static void add_file(struct eti_text *out, const unsigned char *bytes, size_t n) { eti_text_add_bytes(out, (const char *)bytes, n); }

void eti_report_html(const ets_page_part *parts, size_t n, struct eti_text *out)
{
    const char *page = (const char *)page_html, *end = page + sizeof page_html;
    const char *at = add_until(out, page, end, "@STYLE@");
    add_file(out, page_css, sizeof page_css);
    at = add_until(out, at, end, "@LICENCE@");
    add_file(out, library_licence, sizeof library_licence);
    at = add_until(out, at, end, "@DATA@");
    put_data(parts, n, out);
    at = add_until(out, at, end, "@LIBRARY@");
    add_file(out, library_js, sizeof library_js);
    at = add_until(out, at, end, "@SCRIPT@");
    add_file(out, page_js, sizeof page_js);
    add_until(out, at, end, NULL);
}
