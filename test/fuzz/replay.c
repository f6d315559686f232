/* replay.c - feeds the corpora, and seeded changes of each file, to the targets: what a fuzzer does, always the same, with no
 * fuzzer installed. `fuzz-replay CORPORA`. The input that breaks something is left in fuzz-found. */
#include "fuzz/targets.h"

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MUTATIONS 100
#define LARGEST ((size_t)1 << 20)

struct fuzzer { const char *name; fuzz_target *target; fuzz_mutator *mutate; };
static const struct fuzzer all[] = {
#define FUZZ(name, target, mutate) {#name, target, mutate},
#include "fuzz/targets.def"
#undef FUZZ
};

static const uint8_t *running;
static size_t running_size;

static void keep_input(int number)
{
    int fd = open("fuzz-found", O_WRONLY | O_CREAT | O_TRUNC, 0666);
    if (write(fd, running, running_size) != (ssize_t)running_size) _exit(3);
    signal(number, SIG_DFL);
    raise(number);
}

static uint64_t feed(const char *path, const struct fuzzer *f)
{
    static uint8_t original[LARGEST], copy[LARGEST];
    FILE *file = fopen(path, "rb");
    uint64_t state = 1, runs = 0;
    if (!file) return 0;
    size_t n = fread(original, 1, sizeof original, file);
    fclose(file);
    for (int i = 0; i <= MUTATIONS; i++, runs++) {
        memcpy(copy, original, n);
        size_t size = i ? f->mutate(copy, n, LARGEST, &state) : n;
        uint8_t *exact = malloc(size ? size : 1); /* so that a byte too far is seen */
        if (!exact) abort();
        memcpy(exact, copy, size);
        running = exact;
        running_size = size;
        f->target(exact, size);
        free(exact);
    }
    return runs;
}

static int by_name(const struct dirent **a, const struct dirent **b) { return strcmp((*a)->d_name, (*b)->d_name); }

static uint64_t feed_folder(const char *corpora, const struct fuzzer *f)
{
    char path[1024];
    struct dirent **entries;
    uint64_t runs = 0;
    snprintf(path, sizeof path, "%s/%s", corpora, f->name);
    int n = scandir(path, &entries, NULL, by_name);
    for (int i = 0; i < n; i++) {
        snprintf(path, sizeof path, "%s/%s/%.200s", corpora, f->name, entries[i]->d_name);
        if (entries[i]->d_name[0] != '.') runs += feed(path, f);
        free(entries[i]);
    }
    if (n >= 0) free(entries);
    return runs;
}

int main(int argc, char **argv)
{
    const char *corpora = argc > 1 ? argv[1] : "test/fuzz/corpora";
    bool empty = false;
    signal(SIGABRT, keep_input);
    signal(SIGSEGV, keep_input);
    printf("fuzz-replay:");
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        uint64_t runs = feed_folder(corpora, &all[i]);
        empty |= !runs;
        printf(" %s %llu", all[i].name, (unsigned long long)runs);
    }
    printf("\n");
    return empty;
}
