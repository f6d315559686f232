// bench_shim.cc - hands the rows of bench_all.c to Google Benchmark.
#include <benchmark/benchmark.h>

#include "bench.h"

static void measure(benchmark::State &state, const struct bench *b)
{
    void *made = b->make(b->argument);
    if (!made) {
        state.SkipWithError("could not be set up");
        return;
    }
    for (auto _ : state) {
        if (!b->run(made)) {
            state.SkipWithError("failed");
            break;
        }
    }
    if (b->items) state.SetItemsProcessed(static_cast<int64_t>(state.iterations()) * b->items);
    b->drop(made);
}

int main(int argc, char **argv)
{
    for (unsigned i = 0; i < bench_count; i++)
        benchmark::RegisterBenchmark(bench_all[i].name, measure, &bench_all[i])->Unit(benchmark::kMicrosecond)->UseRealTime();
    benchmark::Initialize(&argc, argv);
    if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 1;
    benchmark::RunSpecifiedBenchmarks();
    return 0;
}
