/* sweep_run.c - the points of a sweep on several threads. Each point is by itself: its result does not depend on how many
 * there are or who runs it. */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "interrupt.h"
#include "sweep.h"

#define BAR 40

struct crew {
    struct sweep *s;
    FILE *log;
    pthread_mutex_t lock; /* of what follows, and of the log */
    size_t next, finished;
    bool shows;           /* a bar on a terminal */
    time_t shown;
};

/* ------------------------------------------------------------------ a point ------------------------------ */

static void keep_error(struct result *r, const char *text)
{
    r->error = strdup(text);
}

static void keep(struct result *r, const ets_arch *arch, const ets_report *report)
{
    const ets_summary *m = ets_report_summary(report);
    ets_arch_size size = ets_arch_size_of(arch);
    r->cycles = m->cycles;
    r->latency_ns = m->latency_ns;
    r->dram_bytes = m->dram_read_bytes + m->dram_write_bytes;
    r->streamed_bytes = m->streamed_parameter_bytes;
    r->energy_nj = m->energy_nj;
    r->overfull_layers = m->n_overfull_layers;
    r->utilization = m->utilization;
    r->peak_tops = size.peak_tops;
    r->area_mm2 = size.area_mm2;
}

static struct result run_point(const struct sweep *s, size_t index)
{
    struct result r;
    ets_setting settings[MOST_VARIED * MOST_KEYS];
    size_t which[MOST_VARIED], n = 0, model = point_of(s, index, which);
    ets_arch *arch = NULL;
    ets_report *report = NULL;
    ets_options o = ETS_OPTIONS_INIT;
    ets_error err;
    memset(&r, 0, sizeof r);
    o.multi_subgraph = s->a->multi_subgraph;
    for (size_t i = 0; i < s->n_axes; i++)
        for (size_t k = 0; k < s->axes[i].n_keys; k++, n++) {
            settings[n].key = s->axes[i].keys[k];
            settings[n].value = s->axes[i].values[which[i]];
        }
    if (ets_arch_with(s->base, settings, n, NULL, &arch, &err) != ETS_OK) keep_error(&r, err.text);
    else if (ets_simulate(arch, s->models[model], &o, NULL, &report, &err) != ETS_OK) keep_error(&r, err.text);
    else keep(&r, arch, report);
    ets_report_free(report);
    ets_arch_free(arch);
    r.done = true;
    return r;
}

/* ------------------------------------------------------------------ the crew ----------------------------- */

static void show(struct crew *c, bool now)
{
    time_t t = time(NULL);
    size_t all = c->s->n_points, filled = all ? c->finished * BAR / all : BAR;
    if (!c->shows || (t == c->shown && !now)) return;
    c->shown = t;
    interrupts_erase(true);
    fprintf(stderr, "\r[%.*s%*s] %zu of %zu points", (int)filled, "########################################", (int)(BAR - filled), "", c->finished, all);
}

static void *work(void *ctx)
{
    struct crew *c = ctx;
    for (;;) {
        pthread_mutex_lock(&c->lock);
        while (c->next < c->s->n_points && c->s->results[c->next].done) c->next++;
        size_t index = c->next++;
        pthread_mutex_unlock(&c->lock);
        if (index >= c->s->n_points) return NULL;
        struct result r = run_point(c->s, index);
        pthread_mutex_lock(&c->lock);
        c->s->results[index] = r;
        c->finished++;
        if (c->log && !append_to_log(c->log, index, &r)) { /* a later line must not follow half a line */
            fail("the sweep's log cannot be written; if this run is stopped, what comes now has to be run again");
            c->log = NULL;
        }
        show(c, false);
        pthread_mutex_unlock(&c->lock);
    }
}

int run_sweep(struct sweep *s, size_t n_threads, FILE *log)
{
    struct crew c;
    memset(&c, 0, sizeof c);
    c.s = s;
    c.log = log;
    c.shows = isatty(STDERR_FILENO);
    for (size_t i = 0; i < s->n_points; i++) c.finished += s->results[i].done;
    pthread_t *threads = calloc(n_threads, sizeof *threads);
    if (!threads || pthread_mutex_init(&c.lock, NULL) != 0) {
        free(threads);
        return fail("out of memory");
    }
    size_t started = 0;
    while (started + 1 < n_threads && pthread_create(&threads[started], NULL, work, &c) == 0) started++;
    work(&c); /* this thread, too */
    for (size_t i = 0; i < started; i++) pthread_join(threads[i], NULL);
    show(&c, true);
    interrupts_erase(false);
    if (c.shows) fputs("\n", stderr);
    pthread_mutex_destroy(&c.lock);
    free(threads);
    return EXIT_GOOD;
}
