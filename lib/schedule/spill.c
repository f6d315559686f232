/* spill.c - activations that are kept for later while an operator needs the room and cannot be cut into parts: the host keeps
 * them in its scratch memory. They leave over the link behind their producer and come back in front of the next reader.
 * Executables have a field for such memory; it is zero in nearly all of them. Held by the published latency of U-Net 256, whose
 * first skip connection is half of narrow memory (docs/MODEL.md). */
#include "schedule/emit.h"
#include "schedule/place.h"

/* `stored` of each tensor is where it lies (eti_stored_tensor()); `live_bytes` while each operator runs. */
struct spiller {
    const struct eti_layout *l;
    struct eti_schedule *s;
    struct eti_life *lives;
    const int32_t *stored;
    uint64_t *live_bytes;
    uint32_t *touched;    /* of a tensor: 1 + the operator that was last asked what it touches: a join of thousands is not asked about each */
    uint64_t search_units; /* a search looks at every tensor, and at the operands of every operator */
    ets_error *err;
};

/* Does operator i read or write the stored tensor? */
static bool touches(const struct spiller *k, uint32_t i, int32_t tensor)
{
    const struct eti_op *op = &k->l->graph->ops[i];
    if (k->l->layers[i].folded || k->l->layers[i].map.where == ETS_ON_HOST) return false;
    for (uint32_t n = 0; n < op->n_inputs; n++)
        if (op->inputs[n] >= 0 && k->stored[op->inputs[n]] == tensor) return true;
    for (uint32_t n = 0; n < op->n_outputs; n++)
        if (k->stored[op->outputs[n]] == tensor) return true;
    return false;
}

static void mark_touched(const struct spiller *k, uint32_t i)
{
    const struct eti_op *op = &k->l->graph->ops[i];
    if (k->l->layers[i].folded) return;
    for (uint32_t n = 0; n < op->n_inputs; n++)
        if (op->inputs[n] >= 0) k->touched[k->stored[op->inputs[n]]] = i + 1;
    for (uint32_t n = 0; n < op->n_outputs; n++) k->touched[k->stored[op->outputs[n]]] = i + 1;
}

/* The largest of what operator i has nothing to do with, but that is read again by the same part; -1: there is none. */
static int32_t largest_bystander(const struct spiller *k, uint32_t i)
{
    const struct eti_graph *g = k->l->graph;
    const struct eti_layer_plan *layers = k->l->layers;
    int32_t best = -1;
    for (uint32_t t = 0; t < g->n_tensors; t++) {
        const struct eti_life *life = &k->lives[t];
        int32_t p = g->tensors[t].producer;
        if (p < 0 || p >= (int32_t)i || life->last <= (int64_t)i || !life->bytes || layers[p].folded) continue;
        if (layers[p].map.where == ETS_ON_HOST || k->touched[t] == i + 1) continue;
        if (layers[life->last].folded) continue; /* a view of it leaves the network: nothing would bring it back */
        if (best < 0 || life->bytes > k->lives[best].bytes) best = (int32_t)t;
    }
    return best;
}

/* From behind the last operator before i that touches `tensor` to in front of the first one after it. */
static void send_away(struct spiller *k, uint32_t i, int32_t tensor)
{
    struct eti_schedule *s = k->s;
    struct eti_life *life = &k->lives[tensor];
    uint32_t before = i, after = i;
    while (!touches(k, before, tensor)) k->live_bytes[before--] -= life->bytes;
    while (++after < k->l->graph->n_ops && !touches(k, after, tensor)) k->live_bytes[after] -= life->bytes;
    struct eti_spill *spill = &s->spills[s->n_spills++];
    spill->tensor = tensor;
    spill->next_sent = s->layers[before].sent;
    spill->next_fetched = s->layers[after].fetched;
    s->layers[before].sent = s->layers[after].fetched = s->n_spills;
    s->spilled_bytes += eti_output_bytes(k->l->arch, k->l->graph, tensor);
    life->bytes = 0; /* once is enough: what comes back stays */
}

static ets_status begin(struct spiller *k)
{
    const struct eti_graph *g = k->l->graph;
    k->touched = eti_arena_alloc(&k->s->arena, g->n_tensors, sizeof *k->touched);
    k->s->spills = eti_arena_alloc(&k->s->arena, g->n_tensors, sizeof *k->s->spills);
    k->search_units = (uint64_t)g->n_tensors + g->n_ops;
    for (uint32_t i = 0; i < g->n_ops; i++) k->search_units += g->ops[i].n_inputs + g->ops[i].n_outputs;
    return k->touched && k->s->spills ? ETS_OK : eti_nomem(k->err);
}

/* What operator i reads and makes, as far as it lies on the chip. */
static uint64_t own_bytes(const struct spiller *k, uint32_t i)
{
    const struct eti_graph *g = k->l->graph;
    uint64_t sum = 0;
    for (uint32_t n = 0; n < g->n_activations; n++) {
        int32_t t = g->activations[n];
        if (k->touched[t] == i + 1 && k->lives[t].first <= (int64_t)i && k->lives[t].last >= (int64_t)i) sum += k->lives[t].bytes;
    }
    return sum;
}

/* Makes room for operator i, as far as there is something to send away. What does not fit by itself is run as if it fitted, whatever is
 * beside it. */
static ets_status make_room(struct spiller *k, uint32_t i)
{
    mark_touched(k, i);
    ETI_TRY(eti_spend(k->l->budget, k->search_units, k->err));
    if (own_bytes(k, i) > k->l->arch->tile.narrow_bytes) return ETS_OK;
    while (k->live_bytes[i] > k->l->arch->tile.narrow_bytes) {
        ETI_TRY(eti_spend(k->l->budget, k->search_units, k->err));
        int32_t tensor = largest_bystander(k, i);
        if (tensor < 0) break; /* it is run as if it fitted */
        send_away(k, i, tensor);
    }
    return ETS_OK;
}

ets_status eti_find_spills(const struct eti_layout *l, struct eti_schedule *s, struct eti_life *lives, const int32_t *stored,
                           uint64_t *live_bytes, ets_error *err)
{
    struct spiller k = {l, s, lives, stored, live_bytes, NULL, 0, err}; /* begun when something does not fit: few networks need it */
    for (uint32_t i = 0; i < l->graph->n_ops; i++) {
        if (l->layers[i].passes > 1 || l->layers[i].map.where == ETS_ON_HOST || live_bytes[i] <= l->arch->tile.narrow_bytes) continue;
        if (!k.touched) ETI_TRY(begin(&k));
        ETI_TRY(make_room(&k, i));
    }
    return ETS_OK;
}
