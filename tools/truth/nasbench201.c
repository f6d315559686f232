/* nasbench201.c - a network of NAS-Bench-201 from its cell, as the compiler is given it: see networks.h. */
#include "networks.h"

#include "net.h"

#include <stdio.h>
#include <string.h>

enum edge { NONE, SKIP, CONV_1X1, CONV_3X3, AVERAGE_3X3 };
static const char *const edge_names[] = {"none", "skip_connect", "nor_conv_1x1", "nor_conv_3x3", "avg_pool_3x3"};

/* Edges 0->1, 0->2, 1->2, 0->3, 1->3, 2->3, in the order in which the string names them. */
static bool parse_cell(const char *text, enum edge edges[6])
{
    for (int k = 0; k < 6; k++) {
        while (*text == '|' || *text == '+') text++;
        size_t n = strcspn(text, "~"), i = 0;
        while (i < 5 && (strlen(edge_names[i]) != n || strncmp(edge_names[i], text, n) != 0)) i++;
        if (i == 5) return false;
        edges[k] = (enum edge)i;
        text += strcspn(text, "|");
    }
    return true;
}

/* A cell as a converter leaves it: the edges that lead from its input (node 0) to its output (node 3), a sum's terms in their
 * order. A node that is a copy of another is that other one. */
struct edge_of { int from, to; enum edge op; };
struct cell { struct edge_of edges[6]; int n; };

static void keep_live_edges(struct cell *c)
{
    bool reached[4] = {true}, leads[4] = {false, false, false, true};
    int n = 0;
    for (int i = 0; i < c->n; i++) reached[c->edges[i].to] |= reached[c->edges[i].from];
    for (int i = c->n; i-- > 0;) leads[c->edges[i].from] |= leads[c->edges[i].to];
    for (int i = 0; i < c->n; i++)
        if (reached[c->edges[i].from] && leads[c->edges[i].to]) c->edges[n++] = c->edges[i];
    c->n = n;
}

static int edges_into(const struct cell *c, int node)
{
    int n = 0;
    for (int i = 0; i < c->n; i++) n += c->edges[i].to == node;
    return n;
}

/* The copy's name goes, unless it is the output: then the name of what it copies, which nothing else reads by then. */
static void drop_copies(struct cell *c)
{
    for (int i = 0; i < c->n; i++) {
        struct edge_of e = c->edges[i];
        if (e.op != SKIP || edges_into(c, e.to) != 1 || (e.to == 3 && e.from == 0)) continue;
        memmove(&c->edges[i], &c->edges[i + 1], (size_t)(--c->n - i) * sizeof e);
        for (int k = 0; k < c->n; k++) {
            if (e.to != 3 && c->edges[k].from == e.to) c->edges[k].from = e.from;
            if (e.to == 3 && c->edges[k].to == e.from) c->edges[k].to = 3;
        }
        i = -1; /* from the start: what is left may be a copy now */
    }
}

static struct cell cell_of(const enum edge edges[6])
{
    struct cell c = {{{0, 0, NONE}}, 0};
    for (int to = 1, k = 0; to < 4; to++)
        for (int from = 0; from < to; from++, k++)
            if (edges[k] != NONE) c.edges[c.n++] = (struct edge_of){from, to, edges[k]};
    keep_live_edges(&c);
    drop_copies(&c);
    return c;
}

static bool is_conv(enum edge e) { return e == CONV_1X1 || e == CONV_3X3; }

/* Does one convolution read this node, and nothing else? Then the op that makes the node also rectifies. */
static bool is_rectified(const struct cell *c, int node)
{
    int readers = 0, convs = 0;
    for (int i = 0; i < c->n; i++)
        if (c->edges[i].from == node) {
            readers++;
            convs += is_conv(c->edges[i].op);
        }
    return readers == 1 && convs == 1;
}

/* An edge's value; `rectified`: what it reads already is. `act`: of the op that makes it. */
static ets_tensor apply(struct net *n, enum edge edge, ets_tensor x, bool rectified, uint32_t channels, ets_activation act)
{
    if (edge == AVERAGE_3X3) x = net_pool(n, "avg_pool", x, 3, 1); /* the accelerator's pools have no activation of their own */
    if (is_conv(edge)) return net_conv(n, rectified ? x : net_unary(n, "relu", x), edge == CONV_3X3 ? 3 : 1, 1, channels, act);
    return act ? net_unary(n, "relu", x) : x;
}

/* Four nodes, each the sum of its edges; 0 if no edge leads through. `rectified_in`, `rectify`: input and result. */
static ets_tensor cell(struct net *n, const struct cell *c, ets_tensor x, uint32_t channels, bool rectified_in, bool rectify)
{
    ets_tensor node[4] = {x, 0, 0, 0};
    for (int i = 0; i < c->n; i++) {
        struct edge_of e = c->edges[i];
        bool last = i + 1 == c->n || c->edges[i + 1].to != e.to, rectified = e.from ? is_rectified(c, e.from) : rectified_in;
        ets_activation act = last && (e.to == 3 ? rectify : is_rectified(c, e.to)) ? ETS_ACT_RELU : ETS_ACT_NONE;
        ets_tensor *sum_of = &node[e.to], y = apply(n, e.op, node[e.from], rectified, channels, *sum_of ? ETS_ACT_NONE : act);
        *sum_of = *sum_of ? net_sum(n, *sum_of, y, act) : y;
    }
    return node[3];
}

static ets_tensor residual(struct net *n, ets_tensor x, uint32_t channels, bool rectify)
{
    ets_tensor y = net_conv(n, net_unary(n, "relu", x), 3, 2, channels, ETS_ACT_RELU);
    y = net_conv(n, y, 3, 1, channels, ETS_ACT_NONE);
    ets_tensor shortcut = net_conv(n, net_pool(n, "avg_pool", x, 2, 2), 1, 1, channels, ETS_ACT_NONE);
    return net_sum(n, y, shortcut, rectify ? ETS_ACT_RELU : ETS_ACT_NONE);
}

ets_model *network_nasbench201(const char *cells, ets_error *err)
{
    enum edge edges[6];
    if (!parse_cell(cells, edges)) {
        snprintf(err->text, sizeof err->text, "'%s' is no NAS-Bench-201 cell", cells);
        return NULL;
    }
    struct net n = net_begin("nas-bench-201", err);
    struct cell c = cell_of(edges);
    bool rectified = is_rectified(&c, 0);
    ets_tensor x = net_conv(&n, net_image(&n, 32, 32, 3), 3, 1, 16, rectified ? ETS_ACT_RELU : ETS_ACT_NONE);
    for (uint32_t stage = 0, channels = 16; stage < 3 && x; stage++, channels *= 2) {
        if (stage) x = residual(&n, x, channels, rectified);
        for (int i = 0; i < 5 && x; i++) x = cell(&n, &c, x, channels, rectified, i < 4 ? rectified : stage == 2);
    }
    if (!x && n.status == ETS_OK) {
        snprintf(err->text, sizeof err->text, "the cell's output is not connected to its input");
        n.status = ETS_SCHEMA;
    }
    return net_finish(&n, net_dense(&n, net_unary(&n, "global_mean", x), 10));
}
