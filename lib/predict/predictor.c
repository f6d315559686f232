/* predictor.c - an inference as a sum: plan the whole graph, then add up what its items cost, each computed once. */
#include "predict/predictor.h"

#include <string.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "engine/engine.h"
#include "predict/summarize.h"

#define DEFAULT_LIMIT_BYTES ((uint64_t)64 << 20)

/* ------------------------------------------------------------------ memory ------------------------------- */

static void *locked_resize(void *ctx, void *ptr, size_t old_size, size_t new_size)
{
    ets_predictor *p = ctx;
    pthread_mutex_lock(&p->alloc_lock);
    void *now = p->owner.resize(p->owner.ctx, ptr, old_size, new_size);
    pthread_mutex_unlock(&p->alloc_lock);
    return now;
}

static void free_workspace(ets_predictor *p, struct eti_workspace *w)
{
    eti_arena_free(&w->arena);
    eti_local_free(&w->local);
    eti_program_free(&w->program);
    eti_free(&p->mem, w->value, eti_cost_words(&p->arch->v), sizeof *w->value);
    eti_free(&p->mem, w, 1, sizeof *w);
}

static struct eti_workspace *new_workspace(ets_predictor *p)
{
    struct eti_workspace *w = eti_alloc(&p->mem, 1, sizeof *w);
    if (!w) return NULL;
    eti_arena_init(&w->arena, &p->mem);
    eti_local_init(&w->local, &p->mem);
    eti_schedule_program(&p->arch->v, &w->program, &p->mem);
    w->value = eti_alloc(&p->mem, eti_cost_words(&p->arch->v), sizeof *w->value);
    if (w->value) return w;
    free_workspace(p, w);
    return NULL;
}

static ets_status enter(ets_predictor *p, struct eti_workspace **out, ets_error *err)
{
    pthread_mutex_lock(&p->lock);
    struct eti_workspace *w = p->idle;
    if (w) p->idle = w->next;
    pthread_mutex_unlock(&p->lock);
    if (!w) w = new_workspace(p);
    if (!w) return eti_nomem(err);
    pthread_mutex_lock(&p->lock);
    eti_memo_pin(&p->memo, &w->pin);
    pthread_mutex_unlock(&p->lock);
    memset(w->steps, 0, sizeof w->steps);
    w->hits = w->misses = 0;
    *out = w;
    return ETS_OK;
}

static void leave(ets_predictor *p, struct eti_workspace *w)
{
    atomic_fetch_add_explicit(&p->hits, w->hits, memory_order_relaxed);
    atomic_fetch_add_explicit(&p->misses, w->misses, memory_order_relaxed);
    atomic_fetch_add_explicit(&p->predictions, 1, memory_order_relaxed);
    eti_arena_reset(&w->arena);
    pthread_mutex_lock(&p->lock);
    eti_memo_unpin(&p->memo, &w->pin);
    w->next = p->idle;
    p->idle = w;
    pthread_mutex_unlock(&p->lock);
}

ets_status eti_predictor_new(const ets_arch *arch, const ets_predictor_options *options, const ets_allocator *mem,
                             ets_predictor **out, ets_error *err)
{
    ets_allocator owner = eti_allocator(mem);
    ets_predictor *p = eti_alloc(&owner, 1, sizeof *p);
    if (!p) return eti_nomem(err);
    ets_status status = eti_arch_with(arch, NULL, 0, mem, &p->arch, err);
    if (status != ETS_OK) {
        eti_free(&owner, p, 1, sizeof *p);
        return status;
    }
    p->owner = owner;
    p->mem.resize = locked_resize;
    p->mem.ctx = p;
    p->multi_subgraph = options->multi_subgraph;
    pthread_mutex_init(&p->lock, NULL);
    pthread_mutex_init(&p->alloc_lock, NULL);
    uint64_t limit = options->memory_limit_bytes ? options->memory_limit_bytes : DEFAULT_LIMIT_BYTES;
    eti_memo_init(&p->memo, &p->mem, eti_cost_words(&p->arch->v), limit, &p->lock);
    *out = p;
    return ETS_OK;
}

void eti_predictor_free(ets_predictor *p)
{
    ets_allocator owner = p->owner;
    for (struct eti_workspace *w = p->idle, *next; w; w = next) {
        next = w->next;
        free_workspace(p, w);
    }
    eti_memo_free(&p->memo);
    eti_arch_free(p->arch);
    pthread_mutex_destroy(&p->lock);
    pthread_mutex_destroy(&p->alloc_lock);
    eti_free(&owner, p, 1, sizeof *p);
}

/* ------------------------------------------------------------------ adding up ---------------------------- */

struct inference {
    ets_predictor *p;
    struct eti_workspace *w;
    struct eti_schedule s;
    ets_summary *sum;
    uint64_t iwords;
    ets_error *err;
};

/* The value of `key`, from the memo or computed by `cost_of_frame` or `cost_of_item`, then remembered. */
static ets_status look_up(struct inference *i, struct eti_digest key, enum eti_item item, const struct eti_cost **out)
{
    struct eti_workspace *w = i->w;
    bool old;
    const uint64_t *value = eti_memo_find(&w->pin, key, &old);
    struct eti_cost *cost = (struct eti_cost *)w->value;
    if (value) {
        w->hits++;
        *out = (const struct eti_cost *)value;
        if (!old) return ETS_OK;
        memcpy(w->value, value, eti_cost_words(i->s.l.arch) * sizeof *value);
    } else {
        w->misses++;
        if (item == ETI_ITEM_BEGIN) ETI_TRY(eti_cost_of_frame(&i->s.l, i->s.n_subgraphs, i->iwords, &w->program, cost, i->err));
        else ETI_TRY(eti_cost_of_item(&w->local, item, &w->program, cost, i->err));
    }
    eti_memo_add(&i->p->memo, &w->pin, key, w->value);
    *out = cost;
    return ETS_OK;
}

static ets_status add(struct inference *i, const struct eti_cost *c)
{
    i->sum->cycles += c->cycles;
    i->iwords += c->iwords;
    for (uint32_t t = 0; t < i->w->program.n_tiles; t++) i->w->steps[t] += c->steps[t];
    if (i->sum->cycles <= ETI_MOST_CYCLES) return ETS_OK;
    return eti_fail(i->err, ETS_RANGE, NULL, "the program runs longer than 2^62 cycles");
}

static ets_status add_item(void *ctx, enum eti_item item, int32_t index)
{
    struct inference *i = ctx;
    const struct eti_cost *cost;
    struct eti_digest key;
    if (item == ETI_ITEM_BEGIN || item == ETI_ITEM_END) return ETS_OK; /* add_frame() */
    if (item == ETI_ITEM_LAYER) key = eti_local_of_op(&i->w->local, (uint32_t)index);
    else key = eti_local_of_tensor(&i->w->local, index, item);
    ETI_TRY(look_up(i, key, item, &cost));
    if (item == ETI_ITEM_LAYER) i->sum->chip_cycles += cost->cycles;
    return add(i, cost);
}

static ets_status add_frame(struct inference *i)
{
    const struct eti_cost *cost;
    struct eti_digest key = eti_digest_begin(ETI_ITEM_BEGIN);
    eti_digest_add(&key, i->iwords, i->s.n_subgraphs);
    ETI_TRY(look_up(i, key, ETI_ITEM_BEGIN, &cost));
    return add(i, cost);
}

static ets_status plan(struct inference *i, const struct eti_graph *graph)
{
    ETI_TRY(eti_schedule_plan(&i->p->arch->v, graph, i->p->multi_subgraph, &i->s, i->err));
    return eti_local_begin(&i->w->local, &i->s.l, i->err);
}

static ets_status infer(struct inference *i, const struct eti_graph *graph)
{
    ETI_TRY(plan(i, graph));
    ETI_TRY(eti_schedule_walk(&i->s, add_item, i));
    ETI_TRY(add_frame(i));
    for (uint32_t t = 0; t < i->w->program.n_tiles; t++) {
        i->sum->steps_all_tiles += i->w->steps[t];
        if (i->w->steps[t] > i->sum->steps_busiest_tile) i->sum->steps_busiest_tile = i->w->steps[t];
    }
    i->s.instruction_bytes = ETI_IWORD_BYTES * i->iwords;
    eti_summarize(&i->s, i->sum);
    return ETS_OK;
}

/* The plan's memory is the workspace's arena. */
static ets_status with_workspace(struct inference *i, ets_predictor *p, ets_error *err)
{
    memset(&i->s, 0, sizeof i->s);
    i->p = p;
    i->err = err;
    i->iwords = 0;
    ETI_TRY(enter(p, &i->w, err));
    i->s.arena = i->w->arena;
    i->s.l.known = &i->w->known;
    return ETS_OK;
}

static void without_workspace(struct inference *i)
{
    i->w->arena = i->s.arena;
    leave(i->p, i->w);
}

ets_status eti_predict(ets_predictor *p, const struct eti_graph *graph, ets_summary *out, ets_error *err)
{
    struct inference i;
    ets_summary sum;
    memset(&sum, 0, sizeof sum);
    i.sum = &sum;
    ETI_TRY(with_workspace(&i, p, err));
    ets_status status = infer(&i, graph);
    without_workspace(&i);
    if (status == ETS_OK) *out = sum;
    return status;
}

/* ------------------------------------------------------------------ one layer ---------------------------- */

static ets_status cost_of_layer(struct inference *i, const struct eti_graph *graph, uint32_t index, ets_layer_costs *out)
{
    ETI_TRY(plan(i, graph));
    const struct eti_layer_plan *l = &i->s.layers[index];
    memset(out, 0, sizeof *out);
    out->where = l->map.where;
    out->macs = graph->ops[index].macs;
    out->parameter_bytes = l->parameter_bytes;
    out->parameters_streamed = l->streamed;
    if (l->map.where == ETS_ON_HOST || l->folded) return ETS_OK;
    const struct eti_cost *cost;
    ETI_TRY(look_up(i, eti_local_of_op(&i->w->local, index), ETI_ITEM_LAYER, &cost));
    out->cycles = cost->cycles;
    out->latency_ns = eti_ns_of_cycles(cost->cycles, i->s.l.arch->clock_hz);
    out->instruction_bytes = ETI_IWORD_BYTES * cost->iwords;
    out->split = cost->split;
    return ETS_OK;
}

ets_status eti_predict_layer(ets_predictor *p, const struct eti_graph *graph, uint32_t index, ets_layer_costs *out, ets_error *err)
{
    struct inference i;
    ets_layer_costs found;
    i.sum = NULL;
    ETI_TRY(with_workspace(&i, p, err));
    ets_status status = cost_of_layer(&i, graph, index, &found);
    without_workspace(&i);
    if (status == ETS_OK) *out = found;
    return status;
}
