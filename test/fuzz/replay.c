/* replay.c - feeds the corpora, and seeded damage of each file, to the targets: what a fuzzer does, always the same, with no
 * fuzzer installed. `fuzz-replay CORPORA`. With -DFUZZ_TARGET=fuzz_model it is libFuzzer's entry instead. */
#include "fuzz/targets.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#ifdef FUZZ_TARGET
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) { return FUZZ_TARGET(data, size); }
#else

#define MUTATIONS 300
#define LARGEST ((size_t)1 << 20)

static uint64_t random_of(uint64_t *state)
{
    uint64_t z = *state += 0x9e3779b97f4a7c15u;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
    return z ^ z >> 31;
}

/* Bits flipped, bytes replaced, pieces dropped or doubled. */
static size_t damage(uint8_t *data, size_t n, uint64_t *state)
{
    for (uint64_t k = 1 + random_of(state) % 4; k && n; k--) {
        size_t at = random_of(state) % n, length = random_of(state) % 16 % (n - at + 1);
        switch (random_of(state) % 5) {
        case 0: data[at] ^= (uint8_t)(1u << random_of(state) % 8); break;
        case 1: data[at] = (uint8_t)random_of(state); break;
        case 2: data[at] = (uint8_t)"0123456789[]{}:,-&*\"' \n"[random_of(state) % 23]; break;
        case 3: memmove(data + at, data + at + length, n - at - length); n -= length; break;
        default:
            if (n + length > LARGEST) break;
            memmove(data + at + length, data + at, n - at);
            n += length;
        }
    }
    return n;
}

static uint64_t feed(const char *path, int (*target)(const uint8_t *, size_t))
{
    static uint8_t original[LARGEST], copy[LARGEST];
    FILE *f = fopen(path, "rb");
    uint64_t state = 1, runs = 0;
    if (!f) return 0;
    size_t n = fread(original, 1, sizeof original, f);
    fclose(f);
    for (int i = 0; i <= MUTATIONS; i++, runs++) {
        memcpy(copy, original, n);
        size_t size = i ? damage(copy, n, &state) : n;
        uint8_t *exact = malloc(size ? size : 1); /* so that a byte too far is seen */
        memcpy(exact, copy, size);
        target(exact, size);
        free(exact);
    }
    return runs;
}

static uint64_t feed_folder(const char *corpora, const char *name, int (*target)(const uint8_t *, size_t))
{
    char path[1024];
    uint64_t runs = 0;
    snprintf(path, sizeof path, "%s/%s", corpora, name);
    DIR *dir = opendir(path);
    if (!dir) return 0;
    for (const struct dirent *e = readdir(dir); e; e = readdir(dir)) {
        if (e->d_name[0] == '.') continue;
        snprintf(path, sizeof path, "%s/%s/%.200s", corpora, name, e->d_name);
        runs += feed(path, target);
    }
    closedir(dir);
    return runs;
}

int main(int argc, char **argv)
{
    const char *corpora = argc > 1 ? argv[1] : "test/fuzz/corpora";
    uint64_t models = feed_folder(corpora, "model_yaml", fuzz_model) + feed_folder(corpora, "tflite", fuzz_model) +
                      feed_folder(corpora, "topology_csv", fuzz_model);
    uint64_t machines = feed_folder(corpora, "arch_yaml", fuzz_arch_yaml) + feed_folder(corpora, "arch_cfg", fuzz_arch_yaml) +
                        feed("arch/coral-usb.yaml", fuzz_arch_yaml) +
                        feed("arch/systolic-16x16.yaml", fuzz_arch_yaml);
    printf("fuzz-replay: %llu models, %llu machines\n", (unsigned long long)models, (unsigned long long)machines);
    return models && machines ? 0 : 1;
}
#endif
