/* predictor.c - an inference as a sum: plan the whole graph, then add up what its items cost, each computed once. */
#include "predict/predictor.h"

#include <string.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/mem.h"
#include "base/num.h"
#include "engine/engine.h"
#include "predict/summarize.h"
#include "schedule/systolic.h"
#include "timing/host.h"

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
    if (w->engine) eti_engine_close(w->engine);
    eti_free(&p->mem, w->value, eti_cost_words(&p->arch->v), sizeof *w->value);
    eti_free(&p->mem, w->sequence, w->cap_steps, sizeof *w->sequence);
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
    if (w->value && eti_engine_open(w->program.n_tiles, &p->mem, &w->engine, NULL) == ETS_OK) return w;
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
    p->options = *options;
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
    uint64_t iwords, dynamic_fj;
    uint64_t host_permille, copying_cycles; /* at which the host copies outputs, and for how long */
    int32_t wanted;          /* a layer whose cost is to be kept; -1: none */
    ets_layer_costs *layer;
    ets_error *err;
};

static bool is_frame(enum eti_item item) { return item == ETI_ITEM_BEGIN || item == ETI_ITEM_END; }

/* The program of an item alone; `found` is how long the link has been free when it begins, of a frame the instructions' bytes. */
static ets_status run_item(struct inference *i, enum eti_item item, uint64_t found, struct eti_cost *out)
{
    struct eti_workspace *w = i->w;
    w->misses++;
    struct eti_trial trial = {&w->program, w->engine};
    if (is_frame(item)) return eti_cost_of_frame(&i->s.l, item, found, &trial, out, i->err);
    struct eti_item_start start = {found, i->host_permille};
    return eti_cost_of_item(&w->local, item, start, &trial, out, i->err);
}

/* Puts a value into the newest generation: what was found in the older one, or, if that is NULL, what is run now. */
static ets_status renew(struct inference *i, struct eti_digest key, enum eti_item item, uint64_t found, const uint64_t *value,
                        const struct eti_cost **out)
{
    struct eti_workspace *w = i->w;
    struct eti_cost *cost = (struct eti_cost *)w->value;
    if (value) {
        w->hits++;
        memcpy(w->value, value, eti_cost_words(i->s.l.arch) * sizeof *value);
    } else {
        ETI_TRY(run_item(i, item, found, cost));
    }
    eti_memo_add(&i->p->memo, &w->pin, key, w->value);
    *out = cost;
    return ETS_OK;
}

/* The value of `key`, from the memo, or run and remembered. */
static inline ets_status look_up(struct inference *i, struct eti_digest key, enum eti_item item, uint64_t found, const struct eti_cost **out)
{
    bool old;
    const uint64_t *value = eti_memo_find(&i->w->pin, key, &old);
    if (!value || old) return renew(i, key, item, found, value, out);
    i->w->hits++;
    *out = (const struct eti_cost *)value;
    return ETS_OK;
}

/* Of an item that is no layer. */
static struct eti_digest key_of_end(struct inference *i, enum eti_item item, int32_t index)
{
    struct eti_digest key = eti_digest_begin(item);
    if (!is_frame(item)) return eti_local_of_tensor(&i->w->local, index, item);
    eti_digest_add(&key, 0, 0);
    return key;
}

/* Eight at a time: gcc does not make vectors of it by itself with -O2. */
typedef uint64_t two_words __attribute__((vector_size(16), aligned(8), may_alias));
static void add_steps(uint64_t *to, const uint64_t *from, uint32_t n_tiles)
{
    uint32_t t = 0;
    for (; t + 8 <= n_tiles; t += 8) {
        two_words *sum = (two_words *)(to + t);
        const two_words *more = (const two_words *)(from + t);
        sum[0] += more[0];
        sum[1] += more[1];
        sum[2] += more[2];
        sum[3] += more[3];
    }
    for (; t < n_tiles; t++) to[t] += from[t];
}

/* What an item takes, when that is known. */
static ets_status add_cycles(struct inference *i, enum eti_item item, int32_t index, uint64_t cycles, uint64_t dynamic_fj)
{
    i->sum->cycles = eti_sum(i->sum->cycles, cycles);
    i->dynamic_fj = eti_sum(i->dynamic_fj, dynamic_fj);
    if (item == ETI_ITEM_LAYER) i->sum->chip_cycles += cycles;
    if ((item == ETI_ITEM_LAYER || item == ETI_ITEM_HOST) && index == i->wanted) i->layer->cycles += cycles;
    return i->sum->cycles > ETI_MAX_CYCLES ? eti_fail(i->err, ETS_RANGE, NULL, "the program runs longer than 2^62 cycles") : ETS_OK;
}

/* An item that costs `c` when the link has been free for long. */
static ets_status add_step(struct inference *i, enum eti_item item, int32_t index, struct eti_digest key, const struct eti_cost *c)
{
    struct eti_workspace *w = i->w;
    struct eti_step step = {item, index, key, c->cycles, c->link_lead_cycles, c->link_free_cycles, c->dynamic_fj, w->between_cycles};
    void *array = w->sequence;
    if (!eti_reserve(&i->p->mem, &array, &w->cap_steps, w->n_steps, sizeof *w->sequence)) return eti_nomem(i->err);
    w->sequence = array;
    w->sequence[w->n_steps++] = step;
    w->between_cycles = 0;
    return ETS_OK;
}

static ets_status add_host_op(struct inference *i, int32_t index)
{
    const struct eti_graph *graph = i->s.l.graph;
    uint64_t cycles = eti_host_op_cycles(i->s.l.arch, graph, &graph->ops[index]);
    i->sum->host_cycles = eti_sum(i->sum->host_cycles, cycles);
    i->w->between_cycles = eti_sum(i->w->between_cycles, cycles);
    if (index == i->wanted) i->layer->split.link_cycles = cycles;
    return add_cycles(i, ETI_ITEM_HOST, index, cycles, 0);
}

/* First pass: what does not depend on when it happens. */
static ets_status add_item(void *ctx, enum eti_item item, int32_t index)
{
    struct inference *i = ctx;
    struct eti_workspace *w = i->w;
    const struct eti_cost *c;
    if (item == ETI_ITEM_HOST) return add_host_op(i, index);
    bool frame = is_frame(item);
    struct eti_digest key = item == ETI_ITEM_LAYER ? eti_local_of_op(&w->local, (uint32_t)index) : key_of_end(i, item, index);
    if (item == ETI_ITEM_OUTPUT) eti_digest_add(&key, i->host_permille, item);
    ETI_TRY(eti_spend(i->s.l.budget, eti_units_of_item(i->s.l.graph, item) + (frame ? 0 : w->local.n_ops), i->err));
    ETI_TRY(look_up(i, key, item, frame ? 0 : ETI_LINK_LONG_FREE, &c));
    i->iwords += c->iwords;
    if (item == ETI_ITEM_OUTPUT) i->copying_cycles += c->split.link_cycles;
    add_steps(w->steps, c->steps, w->program.n_tiles);
    if (item == ETI_ITEM_LAYER && index == i->wanted) {
        i->layer->split = c->split;
        i->layer->instruction_bytes = ETI_IWORD_BYTES * c->iwords;
    }
    if (c->uses_link) return add_step(i, item, index, key, c);
    w->between_cycles += c->cycles;
    return add_cycles(i, item, index, c->cycles, c->dynamic_fj);
}

/* The same item where the link has not been free for long, or the instructions' size is known. */
static ets_status in_its_place(struct inference *i, struct eti_step *step, uint64_t link_free)
{
    const struct eti_cost *c;
    struct eti_digest key = step->key;
    uint64_t found = step->item == ETI_ITEM_BEGIN ? ETI_IWORD_BYTES * i->iwords : link_free;
    if (step->item != ETI_ITEM_BEGIN && link_free >= step->link_lead_cycles) return ETS_OK;
    eti_digest_add(&key, found, step->item);
    if (step->item == ETI_ITEM_LAYER) eti_local_of_op(&i->w->local, (uint32_t)step->index); /* finds its neighbourhood again */
    else key_of_end(i, step->item, step->index);
    ETI_TRY(look_up(i, key, step->item, found, &c));
    step->cycles = c->cycles;
    step->link_free_cycles = c->link_free_cycles;
    step->dynamic_fj = c->dynamic_fj;
    if (step->item == ETI_ITEM_LAYER && step->index == i->wanted) i->layer->split = c->split;
    return ETS_OK;
}

/* Second pass: one after the other. */
static ets_status add_times(struct inference *i)
{
    uint64_t link_free = 0;
    for (size_t k = 0; k < i->w->n_steps; k++) {
        struct eti_step *step = &i->w->sequence[k];
        ETI_TRY(in_its_place(i, step, link_free + step->between_cycles));
        ETI_TRY(add_cycles(i, step->item, step->index, step->cycles, step->dynamic_fj));
        link_free = step->link_free_cycles;
    }
    return ETS_OK;
}

/* The whole call, where the host copies outputs at so many thousandths of its speed. */
static ets_status add_call(struct inference *i, uint64_t host_permille)
{
    struct eti_workspace *w = i->w;
    i->host_permille = host_permille;
    i->iwords = i->dynamic_fj = i->copying_cycles = 0;
    i->sum->cycles = i->sum->chip_cycles = i->sum->host_cycles = 0;
    if (i->layer) i->layer->cycles = 0;
    i->s.input_bytes = i->s.output_bytes = 0;
    w->n_steps = 0;
    w->between_cycles = 0;
    eti_clear(w->steps, sizeof w->steps);
    ETI_TRY(eti_schedule_walk(&i->s, add_item, i));
    return add_times(i);
}

static ets_status infer(struct inference *i, const struct eti_graph *graph)
{
    struct eti_workspace *w = i->w;
    const struct eti_arch *arch = &i->p->arch->v;
    ETI_TRY(eti_schedule_plan(arch, graph, i->p->options.multi_subgraph, &i->s, i->err));
    ETI_TRY(eti_local_begin(&w->local, &i->s.l, i->err));
    ETI_TRY(add_call(i, ETI_HOST_AS_ALWAYS));
    uint64_t host_permille = eti_host_permille(arch, i->sum->cycles - i->sum->host_cycles, i->copying_cycles);
    if (host_permille != ETI_HOST_AS_ALWAYS) ETI_TRY(add_call(i, host_permille));
    i->sum->cycles += eti_wake_cycles(arch, i->sum->cycles - i->sum->host_cycles);
    for (uint32_t t = 0; t < w->program.n_tiles; t++) {
        i->sum->steps_all_tiles += w->steps[t];
        if (w->steps[t] > i->sum->steps_busiest_tile) i->sum->steps_busiest_tile = w->steps[t];
    }
    i->s.instruction_bytes = ETI_IWORD_BYTES * i->iwords;
    eti_summarize(&i->s, i->dynamic_fj, i->sum);
    return ETS_OK;
}

/* The same network as before: two networks of one digest are planned and cost alike. */
static bool is_repeated(struct inference *i, const struct eti_graph *graph)
{
    bool old;
    const uint64_t *value = eti_memo_find(&i->w->pin, graph->digest, &old);
    if (!value) return false;
    memcpy(i->sum, value, sizeof *i->sum);
    if (old) { /* in use: it shall stay */
        memcpy(i->w->value, i->sum, sizeof *i->sum);
        eti_memo_add(&i->p->memo, &i->w->pin, graph->digest, i->w->value);
    }
    atomic_fetch_add_explicit(&i->p->repeats, 1, memory_order_relaxed);
    return true;
}

static ets_status infer_and_keep(struct inference *i, const struct eti_graph *graph)
{
    ETI_TRY(infer(i, graph));
    memcpy(i->w->value, i->sum, sizeof *i->sum);
    eti_memo_add(&i->p->memo, &i->w->pin, graph->digest, i->w->value);
    return ETS_OK;
}

/* ------------------------------------------------------------------ systolic arrays ---------------------- */

/* The wanted layer's own phase, run by the engine for what its time went to. */
static ets_status array_layer(ets_predictor *p, const struct eti_schedule *s, int32_t wanted, ets_layer_costs *layer, ets_error *err)
{
    struct eti_timeline t;
    const struct eti_layer_plan *l = &s->layers[wanted];
    layer->where = l->map.where;
    layer->parameter_bytes = l->parameter_bytes;
    layer->parameters_streamed = l->streamed;
    ETI_TRY(eti_engine_run(&s->program, &p->mem, &t, err));
    for (size_t i = 0; i < t.n_phases; i++) {
        if (s->program.phases[i].owner != wanted) continue;
        layer->cycles = t.phases[i].end_cycle - t.phases[i].start_cycle;
        layer->split = t.phases[i].split;
    }
    eti_timeline_free(&t);
    return ETS_OK;
}

/* The search for the parts of a layer has found its cycles already, and a layer does not depend on its neighbours. */
static ets_status run_array(ets_predictor *p, const struct eti_graph *graph, struct eti_budget *budget, int32_t wanted, ets_layer_costs *layer,
                            ets_summary *sum, ets_error *err)
{
    struct eti_schedule s;
    uint64_t fj = 0;
    eti_clear(sum, sizeof *sum);
    ets_status status = eti_schedule_within(&p->arch->v, graph, p->options.multi_subgraph, budget, &p->mem, &s, err);
    for (uint32_t i = 0; status == ETS_OK && i < graph->n_ops; i++) {
        if (s.layers[i].map.where == ETS_ON_HOST || s.layers[i].folded) continue;
        sum->chip_cycles += s.array[i].tiling.cycles + p->arch->v.schedule.layer_cycles;
        sum->steps_all_tiles += s.array[i].tiling.folds;
        fj = eti_sum(fj, s.array[i].energy_fj);
    }
    sum->cycles = sum->chip_cycles;
    sum->steps_busiest_tile = sum->steps_all_tiles;
    if (status == ETS_OK && layer) status = array_layer(p, &s, wanted, layer, err);
    if (status == ETS_OK) eti_summarize(&s, fj, sum);
    eti_schedule_free(&s);
    atomic_fetch_add_explicit(&p->predictions, status == ETS_OK, memory_order_relaxed);
    return status;
}

/* ------------------------------------------------------------------ one model ---------------------------- */

/* The plan's memory is the workspace's arena, handed over and back. */
static ets_status run(ets_predictor *p, const struct eti_graph *graph, int32_t wanted, ets_layer_costs *layer, ets_summary *sum, ets_error *err)
{
    struct inference i;
    struct eti_budget budget;
    eti_budget_init(&budget, p->options.work_limit, p->options.cancelled, p->options.cancel_ctx);
    ETI_TRY(eti_budget_ask(&budget, err));
    if (p->arch->v.kind == ETI_SYSTOLIC) return run_array(p, graph, &budget, wanted, layer, sum, err);
    eti_clear(&i.s, sizeof i.s);
    eti_clear(sum, sizeof *sum);
    i.p = p;
    i.sum = sum;
    i.wanted = wanted;
    i.layer = layer;
    i.err = err;
    ETI_TRY(enter(p, &i.w, err));
    i.s.arena = i.w->arena;
    i.s.l.known = &i.w->known;
    i.s.l.budget = i.w->program.budget = &budget;
    ets_status status = ETS_OK;
    if (layer) status = infer(&i, graph);
    else if (!is_repeated(&i, graph)) status = infer_and_keep(&i, graph);
    if (status == ETS_OK && layer) {
        const struct eti_layer_plan *l = &i.s.layers[wanted];
        layer->where = l->map.where;
        layer->parameter_bytes = l->parameter_bytes;
        layer->parameters_streamed = l->streamed;
    }
    i.w->arena = i.s.arena;
    i.w->program.budget = NULL;
    leave(p, i.w);
    return status;
}

ets_status eti_predict(ets_predictor *p, const struct eti_graph *graph, ets_summary *out, ets_error *err)
{
    ets_summary sum;
    ETI_TRY(run(p, graph, -1, NULL, &sum, err));
    *out = sum;
    return ETS_OK;
}

ets_status eti_predict_layer(ets_predictor *p, const struct eti_graph *graph, uint32_t index, ets_layer_costs *out, ets_error *err)
{
    ets_summary sum;
    ets_layer_costs found;
    memset(&found, 0, sizeof found);
    ETI_TRY(run(p, graph, (int32_t)index, &found, &sum, err));
    found.macs = graph->ops[index].macs;
    found.latency_ns = eti_ns_of_cycles(found.cycles, p->arch->v.clock_hz);
    *out = found;
    return ETS_OK;
}
