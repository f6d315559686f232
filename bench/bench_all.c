/* bench_all.c - the benchmarks, a row each. Compare rows of one run with each other. */
#include "bench.h"
#include "nasbench201.h"

#define SIMULATE(model) {"simulate/" model, bench_simulate_make, bench_simulate_run, bench_simulate_drop, model, 0}
#define ARRAY(model) {"simulate, systolic array/" model, bench_array_make, bench_simulate_run, bench_simulate_drop, model, 0}
#define LOAD(name, path) {"load/" name, bench_load_make, bench_load_run, bench_load_drop, path, 0}
#define CANDIDATE(size) {"candidate/" size, bench_candidate_make, bench_candidate_run, bench_candidate_drop, size, 0}
#define PREDICT(model) {"predict, known layers/" model, bench_predict_make, bench_predict_layers, bench_predict_drop, model, 1}
#define AGAIN(model) {"predict, again/" model, bench_predict_make, bench_predict_again, bench_predict_drop, model, 1}
#define COLD(model) {"predict, nothing known/" model, bench_predict_make, bench_predict_cold, bench_predict_drop, model, 0}
#define NASBENCH(threads) {"nasbench201, built and predicted/" threads " threads", bench_nasbench201_make, bench_nasbench201_run, \
                           bench_predict_drop, threads, NASBENCH201_COUNT}

const struct bench bench_all[] = {
    LOAD("efficientnet-edgetpu-s.yaml", "models/efficientnet-edgetpu-s.yaml"),
    {"schedule/efficientnet-edgetpu-s", bench_halves_make, bench_schedule_run, bench_halves_drop, "efficientnet-edgetpu-s", 0},
    {"engine/efficientnet-edgetpu-s", bench_halves_make, bench_engine_run, bench_halves_drop, "efficientnet-edgetpu-s", 0},
    SIMULATE("efficientnet-edgetpu-s"),
    SIMULATE("efficientnet-edgetpu-m"),
    SIMULATE("efficientnet-edgetpu-l"),
    SIMULATE("mobilenet-v1-1.0-224"),
    SIMULATE("mobilenet-v2-1.0-224"),
    SIMULATE("resnet-50-v1-224"),
    ARRAY("efficientnet-edgetpu-s"), /* a point of a sweep */
    ARRAY("resnet-50-v1-224"),
    COLD("efficientnet-edgetpu-s"),
    AGAIN("efficientnet-edgetpu-s"),
    PREDICT("efficientnet-edgetpu-s"),
    PREDICT("efficientnet-edgetpu-m"),
    PREDICT("efficientnet-edgetpu-l"),
    PREDICT("resnet-50-v1-224"),
    {"sensitivity/efficientnet-edgetpu-s", bench_predict_make, bench_sensitivity_run, bench_predict_drop, "efficientnet-edgetpu-s", 0},
    NASBENCH("1"),
    NASBENCH("2"),
    /* the same layers at 4 and 16 times the pixels: the cost should hardly grow */
    CANDIDATE("32"),
    CANDIDATE("64"),
    CANDIDATE("128"),
};
const unsigned bench_count = sizeof bench_all / sizeof *bench_all;
