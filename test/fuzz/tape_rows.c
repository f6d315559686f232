/* tape_rows.c - choices as a table of rows: any operation, rows above and below, sizes beyond what can be. */
#include "fuzz/tape.h"

#include <stdlib.h>
#include <string.h>

#include "fuzz/targets.h"

/* A size as networks have it, now and then one of any size. */
static uint32_t size_of(struct tape *t, uint32_t usual)
{
    uint32_t b = tape_byte(t);
    return b < 240 ? b % usual : b < 250 ? (uint32_t)1 << tape_below(t, 32) : 0u - tape_byte(t);
}

static void state(struct tape *t, uint32_t number, ets_row *r)
{
    uint32_t back = tape_byte(t);
    memset(r, 0, sizeof *r);
    uint32_t op = number ? tape_byte(t) : (uint32_t)ETS_ROW_INPUT;
    r->op = op < 216 ? op % 18 : 18 + (op - 216) % 7; /* two that there are not */
    r->x = back < 160 || back == 255 ? number - 1 + (back == 255) : back % (number + 1);
    r->y = tape_byte(t) % (number + 1);
    r->channels = tape_channels(t);
    r->kernel_h = number ? size_of(t, 6) : 1 + size_of(t, 48);
    r->kernel_w = number && tape_byte(t) & 1 ? size_of(t, 6) : r->kernel_h;
    r->stride = size_of(t, 3);
    r->dilation = size_of(t, 3);
    r->expansion = size_of(t, 8);
    r->flags = tape_word(t) & 0x3ff;
    if (r->flags & 0x30) r->flags &= ~0x300u;
}

ets_model *tape_rows(struct tape *t, ets_row *rows, size_t *n)
{
    ets_builder *b;
    ets_model *model = NULL;
    if (ets_builder_new("rows", NULL, &b, NULL) != ETS_OK) abort();
    *n = 1 + tape_below(t, MOST_ROWS);
    for (uint32_t i = 0; i < *n; i++) state(t, i, &rows[i]);
    ets_error err;
    while (*n && ets_build_rows(b, rows, *n, &err) != ETS_OK) { /* what stands above the row that does not fit */
        size_t above = 0;
        if (err.status == ETS_INTERNAL || err.status == ETS_ARGUMENT) fuzz_broken("no row is a defect of ours", err.text);
        if (strncmp(err.text, "row ", 4) == 0) above = strtoul(err.text + 4, NULL, 10);
        *n = above < *n ? above : 0;
    }
    if (*n) ets_build_model(b, &model, NULL);
    ets_builder_free(b);
    return model;
}
