/* fuzz_pipeline.c - the input is a tape of choices (tape.h): its first byte says what is asked, then come a machine and a network. */
#include "fuzz/tape.h"
#include "fuzz/targets.h"

int fuzz_pipeline(const uint8_t *data, size_t size)
{
    struct tape t = {data, data + size};
    uint32_t ask = tape_byte(&t);
    ets_arch *arch = tape_machine(&t);
    ets_model *model = ask & FUZZ_LAYERS ? tape_layers(&t) : tape_calls(&t);
    if (model) fuzz_run(arch, model, ask);
    ets_model_free(model);
    ets_arch_free(arch);
    return 0;
}
