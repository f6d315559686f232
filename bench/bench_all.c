/* bench_all.c - the benchmarks, a row each. Compare rows of one run with each other. */
#include "bench.h"

#define SIMULATE(model) {"simulate/" model, bench_simulate_make, bench_simulate_run, bench_simulate_drop, model}
#define LOAD(name, path) {"load/" name, bench_load_make, bench_load_run, bench_load_drop, path}
#define CANDIDATE(size) {"candidate/" size, bench_candidate_make, bench_candidate_run, bench_candidate_drop, size}

const struct bench bench_all[] = {
    LOAD("efficientnet-edgetpu-s.yaml", "models/efficientnet-edgetpu-s.yaml"),
    SIMULATE("efficientnet-edgetpu-s"),
    SIMULATE("efficientnet-edgetpu-m"),
    SIMULATE("efficientnet-edgetpu-l"),
    SIMULATE("mobilenet-v1-1.0-224"),
    SIMULATE("mobilenet-v2-1.0-224"),
    SIMULATE("resnet-50-v1-224"),
    /* the same layers at 4 and 16 times the pixels: the cost should hardly grow */
    CANDIDATE("32"),
    CANDIDATE("64"),
    CANDIDATE("128"),
};
const unsigned bench_count = sizeof bench_all / sizeof *bench_all;
