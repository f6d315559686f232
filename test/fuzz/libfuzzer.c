/* libfuzzer.c - libFuzzer's entries. One program is all fuzzers: the name that it is run by says which (test/fuzz.sh). */
#include "fuzz/targets.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct { const char *name; fuzz_target *target; fuzz_mutator *mutate; } all[] = {
#define FUZZ(name, target, mutate) {#name, target, mutate},
#include "fuzz/targets.def"
#undef FUZZ
};
static size_t chosen;

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t room, unsigned seed);
size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t room);

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    const char *slash = strrchr(**argv, '/'), *name = slash ? slash + 1 : **argv;
    (void)argc;
    for (chosen = 0; chosen < sizeof all / sizeof *all; chosen++)
        if (strcmp(all[chosen].name, name) == 0) return 0;
    fprintf(stderr, "there is no fuzzer '%s' in test/fuzz/targets.def\n", name);
    exit(2);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) { return all[chosen].target(data, size); }

/* Ours and libFuzzer's own, which learns from comparisons, in turn. */
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t room, unsigned seed)
{
    uint64_t state = seed;
    bool own = fuzz_below(&state, 2);
    return own && size ? all[chosen].mutate(data, size, room, &state) : LLVMFuzzerMutate(data, size, room);
}
