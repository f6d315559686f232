/* systolic_ref.c - see systolic_ref.h. Row 0 and column 0 are where operands enter; partial sums of a stationary operand
 * move down, results leave below the last row. An operand for row r (column c) enters r (c) cycles behind the first. */
#include "ref/systolic_ref.h"

#include <stdlib.h>
#include <string.h>

#define MOST_STAGES 64

/* What moves along a row or down a column: a value, and which turn of which fold it belongs to. */
struct token { bool is; int fold, turn; int32_t value; };
struct element {
    struct token right, down;              /* registers to the neighbours */
    struct token shadow;                   /* what will stay in the next fold, on its way down */
    int8_t stays[2];                       /* [fold % 2] once it has arrived */
    int32_t sum;                           /* sums stay: the running one */
    struct token stage[MOST_STAGES];       /* products between multiplier and adder */
};

struct machine {
    const struct ref_array *p;
    enum ref_flow flow;
    const int8_t *a, *b;
    int32_t *c;
    int pixels, depth, outputs;
    int row_size, column_size, turns, down, across, folds;
    struct element *now, *next;
    uint64_t clock, last_sum, last_out;
    int64_t *stream_from, *load_from;      /* of each fold: cycle of its first turn, of its first row loaded; -1: not yet */
};

static struct element *at(struct machine *m, struct element *grid, int r, int c) { return &grid[r * m->p->columns + c]; }
static int row_of(const struct machine *m, int fold, int r) { return fold % m->down * m->p->rows + r; }
static int column_of(const struct machine *m, int fold, int c) { return fold / m->down * m->p->columns + c; }

static int8_t input(const struct machine *m, int pixel, int k)
{
    return pixel < m->pixels && k < m->depth ? m->a[pixel * m->depth + k] : 0;
}

static int8_t weight(const struct machine *m, int k, int n)
{
    return k < m->depth && n < m->outputs ? m->b[k * m->outputs + n] : 0;
}

/* What enters row r for turn t of a fold; what stays at (r, c). */
static int8_t from_left(const struct machine *m, int fold, int r, int t)
{
    if (m->flow == REF_SUMS_STAY) return input(m, row_of(m, fold, r), t);
    return m->flow == REF_WEIGHTS_STAY ? input(m, t, row_of(m, fold, r)) : weight(m, row_of(m, fold, r), t);
}

static int8_t staying(const struct machine *m, int fold, int r, int c)
{
    int k = row_of(m, fold, r), other = column_of(m, fold, c);
    return m->flow == REF_WEIGHTS_STAY ? weight(m, k, other) : input(m, other, k);
}

static void add_result(struct machine *m, int fold, int r, int c, int turn, int32_t value)
{
    int other = column_of(m, fold, c), pixel = turn, n = other;
    if (m->flow == REF_INPUTS_STAY) { pixel = other; n = turn; }
    if (m->flow == REF_SUMS_STAY) pixel = row_of(m, fold, r);
    if (pixel < m->pixels && n < m->outputs) m->c[pixel * m->outputs + n] += value;
}

/* The turn that enters a row or column `late` cycles behind the first; -1: none now. */
static int entering(const struct machine *m, int late, int *fold)
{
    for (int f = 0; f < m->folds; f++) {
        if (m->stream_from[f] < 0) continue;
        int64_t t = (int64_t)m->clock - m->stream_from[f] - late;
        if (t >= 0 && t < m->turns) { *fold = f; return (int)t; }
    }
    return -1;
}

/* ------------------------------------------------------------------ one clock of one element -------------- */

/* An operand that stays moves down its column until it is where it belongs: row r's enters (rows - 1 - r) cycles after
 * the column's first; a column starts a cycle after the one before it. */
static void load(struct machine *m, int r, int c)
{
    struct element *n = at(m, m->next, r, c);
    struct token none = {false, 0, 0, 0}, in = none;
    if (r > 0) in = at(m, m->now, r - 1, c)->shadow;
    for (int f = 0; r == 0 && f < m->folds; f++) {
        int64_t t = m->load_from[f] < 0 ? -1 : (int64_t)m->clock - m->load_from[f] - c;
        if (t < 0 || t >= m->p->rows) continue;
        int to = m->p->rows - 1 - (int)t; /* the last row's goes first */
        struct token v = {true, f, to, staying(m, f, to, c)};
        in = v;
    }
    n->shadow = in;
    if (!in.is || in.turn != r) return;
    n->stays[in.fold % 2] = (int8_t)in.value;
    n->shadow = none;
}

static struct token left_operand(struct machine *m, int r, int c)
{
    if (c > 0) return at(m, m->now, r, c - 1)->right;
    struct token v = {false, 0, 0, 0};
    int fold, t = entering(m, r, &fold);
    if (t < 0) return v;
    struct token in = {true, fold, t, from_left(m, fold, r, t)};
    return in;
}

static struct token upper_operand(struct machine *m, int r, int c)
{
    if (r > 0) return at(m, m->now, r - 1, c)->down;
    struct token v = {false, 0, 0, 0};
    int fold, t = entering(m, c, &fold);
    if (t < 0 || m->flow != REF_SUMS_STAY) return v;
    struct token in = {true, fold, t, weight(m, t, column_of(m, fold, c))};
    return in;
}

/* The multiplier's product leaves its last stage `pipeline - 1` cycles later. */
static struct token product(struct machine *m, int r, int c, struct token in)
{
    struct element *n = at(m, m->next, r, c);
    int stages = m->p->pipeline - 1;
    if (!stages) return in;
    struct token out = at(m, m->now, r, c)->stage[stages - 1];
    for (int i = stages - 1; i > 0; i--) n->stage[i] = at(m, m->now, r, c)->stage[i - 1];
    n->stage[0] = in;
    return out;
}

/* A stationary operand: the sum from above, its product added, moves down. Sums wait for products that are late in the
 * same way in every row, so only the array's end is later. */
static void multiply_stationary(struct machine *m, int r, int c)
{
    struct element *n = at(m, m->next, r, c);
    struct token x = left_operand(m, r, c), p = x;
    n->right = x;
    if (x.is) p.value = x.value * at(m, m->next, r, c)->stays[x.fold % 2];
    p = product(m, r, c, p);
    n->down = p;
    if (!p.is) return;
    if (r > 0) n->down.value += at(m, m->now, r - 1, c)->down.value;
    if (r + 1 < m->p->rows) return;
    add_result(m, p.fold, r, c, p.turn, n->down.value);
    m->last_sum = m->last_out = m->clock + 1;
}

/* Sums that stay: both operands move on. */
static void multiply_in_place(struct machine *m, int r, int c)
{
    struct element *n = at(m, m->next, r, c);
    struct token x = left_operand(m, r, c), w = upper_operand(m, r, c), p = x;
    n->right = x;
    n->down = w;
    if (x.is) p.value = x.value * w.value;
    p = product(m, r, c, p);
    n->sum = at(m, m->now, r, c)->sum;
    if (!p.is) return;
    n->sum = (p.turn ? n->sum : 0) + p.value;
    if (p.turn + 1 < m->turns) return;
    add_result(m, p.fold, r, c, 0, n->sum);
    m->last_sum = m->clock + 1;
    /* it moves down, behind those of the rows below: row r's is the (rows - r)th to leave its column */
    uint64_t below = m->clock + 1 + 2 * (uint64_t)(m->p->rows - 1 - r);
    if (below > m->last_out) m->last_out = below;
}

/* ------------------------------------------------------------------ which fold when ----------------------- */

/* Cycle at which the last sum of fold f is complete; a serial array begins the next one then. */
static int64_t end_of(const struct machine *m, int f)
{
    return m->stream_from[f] + m->turns + m->p->rows + m->p->columns - 2 + m->p->pipeline - 1;
}

/* The registers of what stays take the next fold's once its own has begun to use the other set; a serial array has one. */
static bool may_load(const struct machine *m, int f)
{
    int64_t now = (int64_t)m->clock;
    if (f == 0) return true;
    if (m->stream_from[f - 1] < 0 || now < m->load_from[f - 1] + m->p->rows) return false;
    return m->p->double_buffered ? now >= m->stream_from[f - 1] : now >= end_of(m, f - 1);
}

/* A stream follows the one before without a gap, unless what stays, or room for the sums that leave, is not there yet. */
static bool may_stream(const struct machine *m, int f)
{
    int64_t now = (int64_t)m->clock, rows = m->p->rows;
    if (m->flow != REF_SUMS_STAY && (m->load_from[f] < 0 || now < m->load_from[f] + rows)) return false;
    if (f == 0) return true;
    if (!m->p->double_buffered) return now >= end_of(m, f - 1);
    if (m->flow == REF_SUMS_STAY && now < m->stream_from[f - 1] + rows) return false; /* shifted out in `rows` cycles */
    return now >= m->stream_from[f - 1] + m->turns;
}

/* What begins in this clock. */
static void control(struct machine *m)
{
    for (int f = 0; f < m->folds; f++) {
        if (m->flow != REF_SUMS_STAY && m->load_from[f] < 0 && may_load(m, f)) m->load_from[f] = (int64_t)m->clock;
        if (m->stream_from[f] < 0 && may_stream(m, f)) m->stream_from[f] = (int64_t)m->clock;
        if (m->stream_from[f] < 0) return;
    }
}

static void step(struct machine *m)
{
    size_t size = (size_t)(m->p->rows * m->p->columns) * sizeof *m->now;
    control(m);
    memcpy(m->next, m->now, size);
    for (int r = 0; r < m->p->rows; r++)
        for (int c = 0; c < m->p->columns; c++) {
            if (m->flow == REF_SUMS_STAY) multiply_in_place(m, r, c);
            else {
                multiply_stationary(m, r, c);
                load(m, r, c);
            }
        }
    struct element *t = m->now;
    m->now = m->next;
    m->next = t;
    m->clock++;
}

static void set_up(struct machine *m)
{
    bool sums = m->flow == REF_SUMS_STAY, inputs = m->flow == REF_INPUTS_STAY;
    m->row_size = sums ? m->pixels : m->depth;
    m->column_size = inputs ? m->pixels : m->outputs;
    m->turns = sums ? m->depth : inputs ? m->outputs : m->pixels;
    m->down = (m->row_size + m->p->rows - 1) / m->p->rows;
    m->across = (m->column_size + m->p->columns - 1) / m->p->columns;
    m->folds = m->down * m->across;
    size_t n = (size_t)(m->p->rows * m->p->columns);
    m->now = calloc(n, sizeof *m->now);
    m->next = calloc(n, sizeof *m->next);
    m->stream_from = malloc((size_t)m->folds * sizeof *m->stream_from);
    m->load_from = malloc((size_t)m->folds * sizeof *m->load_from);
    for (int f = 0; f < m->folds; f++) m->stream_from[f] = m->load_from[f] = -1;
}

uint64_t ref_multiply(const struct ref_array *array, enum ref_flow flow, const int8_t *a, const int8_t *b, int32_t *c, int pixels,
                      int depth, int outputs, uint64_t *out_cycle)
{
    struct machine m;
    memset(&m, 0, sizeof m);
    m.p = array;
    m.flow = flow;
    m.a = a;
    m.b = b;
    m.c = c;
    m.pixels = pixels;
    m.depth = depth;
    m.outputs = outputs;
    set_up(&m);
    int last = m.folds - 1;
    while (m.stream_from[last] < 0 || (int64_t)m.clock < end_of(&m, last) + 1) step(&m);
    free(m.now);
    free(m.next);
    free(m.stream_from);
    free(m.load_from);
    *out_cycle = m.last_out;
    return m.last_sum;
}
