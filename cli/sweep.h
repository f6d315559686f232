/* sweep.h - a sweep: its points, running them, keeping what is done, showing them. */
#ifndef SWEEP_H
#define SWEEP_H

#include "cli.h"

#define MOST_KEYS 8      /* of one --vary */
#define MOST_POINTS 1000000

/* One --vary: keys that take the same value, and the values. */
struct axis {
    char *text;          /* owns the keys */
    const char *keys[MOST_KEYS];
    size_t n_keys;
    char **values;
    size_t n_values, room;
};
/* sweep_axis.c: KEYS=VALUES. EXIT_GOOD, or EXIT_USAGE after a message. */
int read_axis(struct axis *a, const char *text);
void free_axis(struct axis *a);
/* "250M", "64Ki": false if it is no whole number. */
bool whole_number(const char *text, uint64_t *out);

/* What a point came to. */
struct result {
    bool done;
    char *error;         /* why there is none; NULL: there is one */
    uint64_t cycles, latency_ns, dram_bytes, streamed_bytes;
    uint64_t energy_nj;
    uint32_t overfull_layers; /* timed as if there was room for them: such a point is no machine for the model */
    double utilization, peak_tops, area_mm2;
    bool on_front;       /* no other point of the model is as fast and smaller, or faster and as small */
};
enum objective { BY_LATENCY, BY_ENERGY, BY_EDP, BY_AREA, BY_LATENCY_AREA };

/* Points: index = (model, value of the first axis, ..., of the last), the last fastest. */
struct sweep {
    const struct arguments *a;
    ets_arch *base;
    ets_model *models[MOST_OPERANDS];
    const char *names[MOST_OPERANDS];
    size_t n_models;
    struct axis axes[MOST_VARIED];
    size_t n_axes, n_points;
    enum objective objective;
    struct result *results;
};
/* The model of a point, and which value of each axis. */
size_t point_of(const struct sweep *s, size_t index, size_t which[MOST_VARIED]);
double value_of(const struct sweep *s, const struct result *r); /* of the objective; the least is best */
const char *objective_name(const struct sweep *s);

/* sweep_run.c: all points that are not done, on `n_threads`; each finished one is appended to `log` (NULL: none). */
int run_sweep(struct sweep *s, size_t n_threads, FILE *log);
/* sweep_log.c: opens FILE.part beside the output, with the results of a sweep that was stopped; *log is NULL without a file. */
int open_log(struct sweep *s, FILE **log);
/* false: it cannot be written. */
bool append_to_log(FILE *log, size_t index, const struct result *r);
void close_log(const struct sweep *s, FILE *log, bool good);

/* sweep_write.c */
void mark_front(struct sweep *s);
int write_sweep(const struct sweep *s, const struct output *out);
/* sweep_plot.c, plot.c */
int plot_sweep(const struct sweep *s, const char *path);

#endif
