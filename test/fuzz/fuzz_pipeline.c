/* fuzz_pipeline.c - the input is a tape of choices (tape.h): its first byte says what is asked, then come a machine and a network. */
#include "fuzz/tape.h"
#include "fuzz/targets.h"

#include <string.h>

#define ROWS_FROM 224 /* of the first byte, even */

/* The table, whole and half, by one thread and by two: what the network takes that it makes. */
static void check_rows(const ets_arch *arch, const ets_model *model, const ets_row *rows, size_t n)
{
    const size_t first[] = {0, n, n, n + n / 2 + 1};
    ets_row both[2 * MOST_ROWS + 1];
    ets_predictor *p;
    ets_predictor_options options = ETS_PREDICTOR_OPTIONS_INIT;
    ets_summary want, got[3];
    ets_status status[3];
    ets_error err;
    options.work_limit = FUZZ_WORK;
    memcpy(both, rows, n * sizeof *rows);
    memcpy(both + n, rows, n * sizeof *rows);
    both[2 * n] = rows[0];
    if (ets_predictor_new(arch, &options, NULL, &p, &err) != ETS_OK) fuzz_broken("any machine has a predictor", err.text);
    memset(&want, 0, sizeof want);
    ets_status wanted = ets_predict(p, model, &want, NULL);
    for (uint32_t threads = 1; threads <= 2 && wanted != ETS_CANCELLED; threads++) { /* what is remembered is not done again */
        ets_predict_rows(p, both, first, 3, threads, got, status, &err);
        if (status[0] != wanted || (wanted == ETS_OK && memcmp(&got[0], &want, sizeof want) != 0)) fuzz_broken("a table is its network", err.text);
        if (status[1] == ETS_OK || status[2] == ETS_INTERNAL) fuzz_broken("no table is a defect, and an empty one is none", err.text);
    }
    ets_predictor_free(p);
}

int fuzz_pipeline(const uint8_t *data, size_t size)
{
    struct tape t = {data, data + size};
    uint32_t ask = tape_byte(&t);
    ets_row rows[MOST_ROWS];
    size_t n = 0;
    ets_arch *arch = tape_machine(&t);
    bool table = ask >= ROWS_FROM && !(ask & FUZZ_LAYERS);
    ets_model *model = table ? tape_rows(&t, rows, &n) : ask & FUZZ_LAYERS ? tape_layers(&t) : tape_calls(&t);
    if (model && table) check_rows(arch, model, rows, n);
    if (model) fuzz_run(arch, model, ask);
    ets_model_free(model);
    ets_arch_free(arch);
    return 0;
}
