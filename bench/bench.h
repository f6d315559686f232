/* bench.h - what a benchmark is: something made once, then run many times. One row each in bench_all.c. */
#ifndef BENCH_H
#define BENCH_H

#include <stdbool.h>

#ifdef __cplusplus
extern "C" {
#endif

struct bench {
    const char *name;
    void *(*make)(const char *argument); /* NULL: could not; the benchmark is reported as an error */
    bool (*run)(void *made);             /* false: failed */
    void (*drop)(void *made);
    const char *argument;
    unsigned items;                      /* networks a run, for networks a second; 0: one run is one */
};

extern const struct bench bench_all[];
extern const unsigned bench_count;

/* Simulating a model that was loaded before: the engine alone. */
void *bench_simulate_make(const char *model);
void *bench_array_make(const char *model); /* on a systolic array */
bool bench_simulate_run(void *made);
void bench_simulate_drop(void *made);

/* Reading a model file. */
void *bench_load_make(const char *path);
bool bench_load_run(void *made);
void bench_load_drop(void *made);

/* Predicting a model that was loaded before: asked for again; a new one of known layers; the first one of a predictor; and
 * what would help. */
void *bench_predict_make(const char *model);
bool bench_predict_again(void *made);
bool bench_predict_layers(void *made);
bool bench_predict_cold(void *made);
bool bench_sensitivity_run(void *made);
void bench_predict_drop(void *made);

/* NAS-Bench-201, built and predicted, by so many threads. */
void *bench_nasbench201_make(const char *threads);
bool bench_nasbench201_run(void *made);

/* The halves of a simulation. */
void *bench_halves_make(const char *model);
bool bench_schedule_run(void *made);
bool bench_engine_run(void *made);
void bench_halves_drop(void *made);

/* Building a graph in memory, then simulating it: what a search does for each candidate. */
void *bench_candidate_make(const char *size);
bool bench_candidate_run(void *made);
void bench_candidate_drop(void *made);

#ifdef __cplusplus
}
#endif
#endif
