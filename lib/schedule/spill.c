/* spill.c - activations that are kept for later while an operator needs the room and cannot be cut into parts: the host keeps
 * them in its scratch memory. They leave over the link behind their producer and come back in front of the next reader.
 * Executables have a field for such memory; it is zero in nearly all of them. Held by the published latency of U-Net 256, whose
 * first skip connection is half of narrow memory (docs/MODEL.md). */
#include "schedule/emit.h"
#include "schedule/place.h"

/* Does operator i read or write the stored tensor? */
static bool touches(const struct eti_layout *l, const int32_t *stored, uint32_t i, int32_t tensor)
{
    const struct eti_op *op = &l->graph->ops[i];
    if (l->layers[i].folded || l->layers[i].map.where == ETS_ON_HOST) return false;
    for (uint32_t k = 0; k < op->n_inputs; k++)
        if (op->inputs[k] >= 0 && stored[op->inputs[k]] == tensor) return true;
    for (uint32_t k = 0; k < op->n_outputs; k++)
        if (stored[op->outputs[k]] == tensor) return true;
    return false;
}

/* `touched`: of a tensor, 1 + the operator that was last asked what it touches: a join of thousands is not asked about each tensor. */
struct search { uint32_t *touched; uint64_t units; };

static void mark_touched(const struct eti_layout *l, const int32_t *stored, uint32_t i, uint32_t *touched)
{
    const struct eti_op *op = &l->graph->ops[i];
    if (l->layers[i].folded) return;
    for (uint32_t k = 0; k < op->n_inputs; k++)
        if (op->inputs[k] >= 0) touched[stored[op->inputs[k]]] = i + 1;
    for (uint32_t k = 0; k < op->n_outputs; k++) touched[stored[op->outputs[k]]] = i + 1;
}

/* The largest of what operator i has nothing to do with, but that is read again by the same part; -1: there is none. */
static int32_t largest_bystander(const struct eti_layout *l, const struct eti_life *lives, const uint32_t *touched, uint32_t i)
{
    int32_t best = -1;
    for (uint32_t t = 0; t < l->graph->n_tensors; t++) {
        int32_t p = l->graph->tensors[t].producer;
        if (p < 0 || p >= (int32_t)i || lives[t].last <= (int64_t)i || !lives[t].bytes || l->layers[p].folded) continue;
        if (l->layers[p].map.where == ETS_ON_HOST || touched[t] == i + 1) continue;
        if (l->layers[lives[t].last].folded) continue; /* a view of it leaves the network: nothing would bring it back */
        if (best < 0 || lives[t].bytes > lives[best].bytes) best = (int32_t)t;
    }
    return best;
}

/* From behind the last operator before i that touches `tensor` to in front of the first one after it. */
static void send_away(const struct eti_layout *l, struct eti_schedule *s, struct eti_life *life, const int32_t *stored,
                      uint64_t *live, uint32_t i, int32_t tensor)
{
    uint32_t before = i, after = i;
    while (!touches(l, stored, before, tensor)) live[before--] -= life->bytes;
    while (++after < l->graph->n_ops && !touches(l, stored, after, tensor)) live[after] -= life->bytes;
    struct eti_spill *spill = &s->spills[s->n_spills++];
    spill->tensor = tensor;
    spill->next_sent = s->layers[before].sent;
    spill->next_fetched = s->layers[after].fetched;
    s->layers[before].sent = s->layers[after].fetched = s->n_spills;
    s->spilled_bytes += eti_output_bytes(l->arch, l->graph, tensor);
    life->bytes = 0; /* once is enough: what comes back stays */
}

/* A search looks at every tensor, and at the operands of every operator. */
static ets_status begin_search(struct search *look, const struct eti_graph *g, struct eti_arena *arena, ets_error *err)
{
    look->touched = eti_arena_alloc(arena, g->n_tensors, sizeof *look->touched);
    look->units = (uint64_t)g->n_tensors + g->n_ops;
    for (uint32_t i = 0; i < g->n_ops; i++) look->units += g->ops[i].n_inputs + g->ops[i].n_outputs;
    return look->touched ? ETS_OK : eti_nomem(err);
}

/* What operator i reads and makes, as far as it lies on the chip. */
static uint64_t own_bytes(const struct eti_layout *l, const struct eti_life *lives, const uint32_t *touched, uint32_t i)
{
    uint64_t sum = 0;
    for (uint32_t k = 0; k < l->graph->n_activations; k++) {
        uint32_t t = (uint32_t)l->graph->activations[k];
        if (touched[t] == i + 1 && lives[t].first <= (int64_t)i && lives[t].last >= (int64_t)i) sum += lives[t].bytes;
    }
    return sum;
}

/* Makes room for operator i, as far as there is something to send away. What does not fit by itself is run as if it fitted, whatever is
 * beside it. */
static ets_status make_room(const struct eti_layout *l, struct eti_schedule *s, struct eti_life *lives, const int32_t *stored,
                            uint64_t *live, const struct search *look, uint32_t i, ets_error *err)
{
    mark_touched(l, stored, i, look->touched);
    ETI_TRY(eti_spend(l->budget, look->units, err));
    if (own_bytes(l, lives, look->touched, i) > l->arch->tile.narrow_bytes) return ETS_OK;
    while (live[i] > l->arch->tile.narrow_bytes) {
        ETI_TRY(eti_spend(l->budget, look->units, err));
        int32_t tensor = largest_bystander(l, lives, look->touched, i);
        if (tensor < 0) break; /* it is run as if it fitted */
        if (!s->spills) s->spills = eti_arena_alloc(&s->arena, l->graph->n_tensors, sizeof *s->spills);
        if (!s->spills) return eti_nomem(err);
        send_away(l, s, &lives[tensor], stored, live, i, tensor);
    }
    return ETS_OK;
}

ets_status eti_find_spills(const struct eti_layout *l, struct eti_schedule *s, struct eti_life *lives, const int32_t *stored,
                           uint64_t *live, ets_error *err)
{
    struct search look = {NULL, 0}; /* begun when something does not fit: few networks need it */
    for (uint32_t i = 0; i < l->graph->n_ops; i++) {
        if (l->layers[i].passes > 1 || l->layers[i].map.where == ETS_ON_HOST || live[i] <= l->arch->tile.narrow_bytes) continue;
        if (!look.touched) ETI_TRY(begin_search(&look, l->graph, &s->arena, err));
        ETI_TRY(make_room(l, s, lives, stored, live, &look, i, err));
    }
    return ETS_OK;
}
