/* local.c - the neighbourhood of a layer: found, turned into a key, cut out. */
#include "schedule/local.h"

#include <string.h>

#include "base/alloc.h"
#include "base/mem.h"

void eti_local_init(struct eti_local *n, const ets_allocator *mem)
{
    memset(n, 0, sizeof *n);
    n->mem = eti_allocator(mem);
}

void eti_local_free(struct eti_local *n)
{
    const ets_allocator *mem = &n->mem;
    eti_free(mem, n->ops, n->cap_members, sizeof *n->ops);
    eti_free(mem, n->watched, n->cap_watched, sizeof *n->watched);
    eti_free(mem, n->op_at, n->cap_ops, sizeof *n->op_at);
    eti_free(mem, n->tensor_at, n->cap_tensors, sizeof *n->tensor_at);
    eti_free(mem, n->graph.ops, n->cap_small_ops, sizeof *n->graph.ops);
    eti_free(mem, n->graph.tensors, n->cap_small_tensors, sizeof *n->graph.tensors);
    eti_free(mem, n->plans, n->cap_plans, sizeof *n->plans);
    eti_free(mem, n->indices, n->cap_indices, sizeof *n->indices);
    eti_free(mem, n->l.window_user, n->cap_window_user, sizeof *n->l.window_user);
}

/* `*array` for at least `n` elements; what was in it is lost. */
static bool room(const ets_allocator *mem, void **array, size_t *cap, size_t n, size_t size)
{
    if (n <= *cap) return true;
    void *now = eti_alloc(mem, n + n / 2, size);
    if (!now) return false;
    eti_free(mem, *array, *cap, size);
    *array = now;
    *cap = n + n / 2;
    return true;
}

/* The same for a typed pointer. */
#define ROOM(n, array, cap, count)                                                         \
    do {                                                                                   \
        void *array_ = (array);                                                            \
        if (!room(&(n)->mem, &array_, &(cap), (count), sizeof *(array))) return eti_nomem(err); \
        (array) = array_;                                                                  \
    } while (0)

ets_status eti_local_begin(struct eti_local *n, const struct eti_layout *whole, ets_error *err)
{
    ROOM(n, n->ops, n->cap_members, whole->graph->n_ops);
    ROOM(n, n->op_at, n->cap_ops, whole->graph->n_ops);
    ROOM(n, n->watched, n->cap_watched, whole->graph->n_tensors);
    ROOM(n, n->tensor_at, n->cap_tensors, whole->graph->n_tensors);
    n->whole = whole;
    return ETS_OK;
}

/* ------------------------------------------------------------------ what is decided ---------------------- */

/* What an emitter may know of the plan; the rest is not copied. A new decision belongs here, too, if emitters read it. */
_Static_assert(sizeof(void *) != 8 || sizeof(struct eti_layer_plan) == 96, "plan_seen() and plan_word() cover what emitters read");

static struct eti_layer_plan plan_seen(const struct eti_layer_plan *p)
{
    struct eti_layer_plan seen;
    memset(&seen, 0, sizeof seen);
    seen.map.where = p->map.where;
    seen.map.reason = "";
    seen.parameter_bytes = p->parameter_bytes;
    seen.streamed = p->streamed;
    seen.pieces = p->pieces;
    seen.passes = p->passes;
    seen.group_begins = p->group_begins;
    seen.group_ends = p->group_ends;
    seen.input_in_bands = p->input_in_bands;
    seen.n_strips = p->n_strips;
    seen.bands = p->bands;
    seen.strips = p->strips;
    seen.folded = p->folded;
    return seen;
}

static uint64_t plan_word(const struct eti_layer_plan *p)
{
    uint64_t flags = (uint64_t)p->map.where | (uint64_t)p->streamed << 8 | (uint64_t)p->folded << 9;
    return eti_fold(p->parameter_bytes ^ 0xa0761d6478bd642fu, (flags << 40 ^ p->passes ^ (uint64_t)p->pieces << 20) ^ 0xe7037ed1a0b428dbu);
}

static void add_cuts(struct eti_digest *d, const struct eti_cut *cuts, uint32_t n)
{
    eti_digest_add(d, n, 0);
    for (uint32_t i = 0; i < n; i++)
        eti_digest_add(d, (uint64_t)cuts[i].in.at << 32 | cuts[i].in.n, (uint64_t)cuts[i].out.at << 32 | cuts[i].out.n);
}

static void add_parts(struct eti_digest *d, const struct eti_layer_plan *p)
{
    if (p->passes < 2) return; /* then it is in no group */
    eti_digest_add(d, p->group_begins, (uint64_t)p->group_ends | (uint64_t)p->input_in_bands << 1);
    add_cuts(d, p->bands, eti_n_bands(p));
    add_cuts(d, p->strips, p->n_strips);
}

/* ------------------------------------------------------------------ finding it --------------------------- */

/* Its number in the small graph: the next, if it is new. Which it is is no branch: it can hardly be guessed. */
static inline uint32_t add_tensor(struct eti_local *n, int32_t tensor)
{
    struct eti_local_at *at = &n->tensor_at[tensor];
    bool known = at->round == n->round;
    at->round = n->round;
    at->index = known ? at->index : n->n_tensors;
    n->n_tensors += !known;
    return at->index;
}

/* An operator that is not there. Into the key: `word`, what it is, what was decided for it, and which tensors of the small graph it works
 * on, 20 bits each, in order. Two operators have digests that differ in more than what these flip. */
static inline void add_new_op(struct eti_local *n, uint32_t index, uint64_t word)
{
    const struct eti_op *op = &n->whole->graph->ops[index];
    n->op_at[index].round = n->round;
    n->op_at[index].index = n->n_ops;
    n->ops[n->n_ops++] = index;
    const int32_t *links = op->computed;
    for (uint32_t i = 0, n_links = op->n_computed + op->n_outputs; i < n_links; i++) {
        if (word >> 40) {
            eti_digest_add(&n->key, word, 1);
            word = 1;
        }
        word = word << 20 | add_tensor(n, links[i]);
    }
    eti_digest_add(&n->key, op->digest.a ^ word, op->digest.b ^ plan_word(&n->whole->layers[index]));
    add_parts(&n->key, &n->whole->layers[index]);
}

static bool is_made_by_folded(const struct eti_local *n, int32_t tensor)
{
    int32_t p = n->whole->graph->tensors[tensor].producer;
    return p >= 0 && n->whole->layers[p].folded;
}

static int32_t add_chain(struct eti_local *n, int32_t tensor)
{
    const struct eti_graph *g = n->whole->graph;
    while (is_made_by_folded(n, tensor)) {
        int32_t p = g->tensors[tensor].producer;
        int32_t from = eti_activation_input(&g->ops[p], g, 0);
        if (from < 0) return tensor;
        if (n->op_at[p].round != n->round) add_new_op(n, (uint32_t)p, 1);
        tensor = from;
    }
    return tensor;
}

/* What is folded into `tensor`; the tensor in memory behind it. */
static inline int32_t add_folded(struct eti_local *n, int32_t tensor)
{
    return n->whole->any_folded ? add_chain(n, tensor) : tensor;
}

/* `user`, the operator whose window decides the border of `tensor`, and what is folded between them. If it is new, the tensor's number
 * stands in front of its own: how many those are, its digest says. */
static void watch_by(struct eti_local *n, int32_t tensor, int32_t user)
{
    struct eti_local_at *at = &n->tensor_at[tensor];
    if (at->watched_in == n->round) return;
    at->watched_in = n->round;
    n->watched[n->n_watched++] = (uint32_t)tensor;
    if (n->op_at[user].round == n->round) eti_digest_add(&n->key, at->index, n->op_at[user].index);
    else add_new_op(n, (uint32_t)user, (uint64_t)1 << 20 | at->index);
    add_folded(n, n->whole->graph->ops[user].computed[0]); /* it has an input to slide over */
}

static inline void watch(struct eti_local *n, int32_t tensor)
{
    int32_t user = n->whole->window_user[tensor];
    if (user >= 0) watch_by(n, tensor, user);
}

static void start(struct eti_local *n, int32_t tensor, uint64_t what)
{
    n->key = eti_digest_begin(what);
    n->n_ops = n->n_tensors = n->n_watched = 0;
    n->tensor = tensor;
    if (++n->round) return;
    memset(n->op_at, 0, n->cap_ops * sizeof *n->op_at); /* 2^32 rounds later */
    memset(n->tensor_at, 0, n->cap_tensors * sizeof *n->tensor_at);
    n->round = 1;
}

struct eti_digest eti_local_of_op(struct eti_local *n, uint32_t index)
{
    const struct eti_op *op = &n->whole->graph->ops[index];
    start(n, -1, 0);
    add_new_op(n, index, 1);
    for (uint32_t i = 0; i < op->n_computed; i++) watch(n, add_folded(n, op->computed[i]));
    for (uint32_t i = 0; i < op->n_outputs; i++) watch(n, op->outputs[i]);
    return n->key;
}

struct eti_digest eti_local_of_tensor(struct eti_local *n, int32_t tensor, uint64_t what)
{
    struct eti_digest t = eti_tensor_digest(n->whole->graph, tensor);
    start(n, tensor, what);
    eti_digest_add(&n->key, t.a, t.b);
    add_tensor(n, tensor);
    watch(n, tensor);
    return n->key;
}

/* ------------------------------------------------------------------ cutting it out ----------------------- */

static struct eti_tensor tensor_seen(const struct eti_tensor *t)
{
    struct eti_tensor seen = *t;
    seen.values = NULL; /* already in the attributes */
    seen.n_values = 0;
    seen.given = seen.taken = false;
    seen.producer = -1;
    seen.n_consumers = 0;
    return seen;
}

/* The operator's tensors from `from` to `to`, constants as tensors of their own at the end. */
static void relink(struct eti_local *n, const int32_t *from, int32_t *to, uint32_t count)
{
    const struct eti_graph *g = n->whole->graph;
    for (uint32_t i = 0; i < count; i++) {
        if (from[i] < 0) {
            to[i] = -1;
        } else if (g->tensors[from[i]].constant) {
            to[i] = (int32_t)n->graph.n_tensors;
            n->graph.tensors[n->graph.n_tensors++] = tensor_seen(&g->tensors[from[i]]);
        } else {
            to[i] = (int32_t)n->tensor_at[from[i]].index;
            n->graph.tensors[to[i]] = tensor_seen(&g->tensors[from[i]]);
        }
    }
}

static void copy_op(struct eti_local *n, uint32_t i, int32_t **indices)
{
    const struct eti_op *from = &n->whole->graph->ops[n->ops[i]];
    struct eti_op *op = &n->graph.ops[i];
    eti_copy(op, from, sizeof *op);
    relink(n, from->inputs, *indices, from->n_inputs);
    op->inputs = *indices;
    op->computed = NULL; /* of the whole graph only */
    op->n_computed = 0;
    *indices += from->n_inputs;
    relink(n, from->outputs, *indices, from->n_outputs);
    op->outputs = *indices;
    *indices += from->n_outputs;
    if (!eti_op_has_lists(op->type)) {
        memset(op->at.target, 0, sizeof op->at.target);
        memset(op->at.stride, 0, sizeof op->at.stride);
        op->at.n_target = 0;
    }
}

static ets_status make_room(struct eti_local *n, ets_error *err)
{
    size_t links = 0;
    for (uint32_t i = 0; i < n->n_ops; i++) {
        const struct eti_op *op = &n->whole->graph->ops[n->ops[i]];
        links += op->n_inputs + op->n_outputs;
    }
    size_t tensors = links + 1;
    ROOM(n, n->graph.ops, n->cap_small_ops, n->n_ops + 1);
    ROOM(n, n->plans, n->cap_plans, n->n_ops + 1);
    ROOM(n, n->indices, n->cap_indices, links + 1);
    ROOM(n, n->graph.tensors, n->cap_small_tensors, tensors);
    ROOM(n, n->l.window_user, n->cap_window_user, tensors);
    return ETS_OK;
}

ets_status eti_local_make(struct eti_local *n, ets_error *err)
{
    const struct eti_layout *w = n->whole;
    ETI_TRY(make_room(n, err));
    n->graph.name = w->graph->name;
    n->graph.format = w->graph->format;
    n->graph.n_ops = n->n_ops;
    n->graph.n_tensors = n->n_tensors;
    if (n->tensor >= 0) n->graph.tensors[0] = tensor_seen(&w->graph->tensors[n->tensor]);
    int32_t *indices = n->indices;
    for (uint32_t i = 0; i < n->n_ops; i++) {
        copy_op(n, i, &indices);
        n->plans[i] = plan_seen(&w->layers[n->ops[i]]);
    }
    for (uint32_t i = 0; i < n->n_ops; i++)
        for (uint32_t k = 0; k < n->graph.ops[i].n_outputs; k++)
            n->graph.tensors[n->graph.ops[i].outputs[k]].producer = (int32_t)i;
    for (uint32_t i = 0; i < n->graph.n_tensors; i++) n->l.window_user[i] = -1;
    for (uint32_t i = 0; i < n->n_watched; i++) {
        uint32_t t = n->watched[i];
        n->l.window_user[n->tensor_at[t].index] = (int32_t)n->op_at[w->window_user[t]].index;
    }
    n->l.arch = w->arch;
    n->l.graph = &n->graph;
    n->l.layers = n->plans;
    n->l.known = NULL;
    n->l.facts = NULL;
    return ETS_OK;
}
