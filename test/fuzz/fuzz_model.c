/* fuzz_model.c - bytes as a model; what is accepted runs on both kinds of machine, with all laws. */
#include "fuzz/targets.h"

int fuzz_model(const uint8_t *data, size_t size)
{
    ets_model *model = NULL;
    ets_error err;
    ets_status status = ets_model_parse("fuzz", data, size, NULL, &model, &err);
    if (status == ETS_INTERNAL || status == ETS_ARGUMENT) fuzz_broken("no bytes are a defect of ours", err.text);
    if (status != ETS_OK) return 0;
    uint32_t ask = (uint32_t)size * 2; /* some of what takes long */
    fuzz_run(fuzz_machine("coral-usb"), model, ask);
    fuzz_run(fuzz_machine("systolic-16x16"), model, ask / 2);
    ets_model *quantised = NULL;
    if (ets_model_as_int8(model, NULL, &quantised, &err)) fuzz_broken("what was read once can be copied", err.text);
    fuzz_run(fuzz_machine("coral-usb"), quantised, ask / 2);
    ets_model_free(quantised);
    ets_model_free(model);
    return 0;
}
