/* sweep_log.c - FILE.part: what a sweep that is still running has found, a line a point, so that a stopped one goes on. Its
 * first line says which sweep it is; a line that was cut off is not read. It is locked while a sweep runs: a second one that
 * would write the same file is refused. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "sweep.h"

static int log_path(const struct sweep *s, char *path, size_t size)
{
    int n = snprintf(path, size, "%s.part", s->a->output);
    return n > 0 && (size_t)n < size ? EXIT_GOOD : fail("the path is too long");
}

static void digest(uint64_t *h, const char *text)
{
    for (; *text; text++) *h = (*h ^ (unsigned char)*text) * 0x100000001b3u;
    *h = (*h ^ 0xff) * 0x100000001b3u;
}

static void digest_number(uint64_t *h, uint64_t value)
{
    char text[24];
    snprintf(text, sizeof text, "%" PRIu64, value);
    digest(h, text);
}

/* Version, machine, models (by what they are, not by their path), axes: another sweep has another digest (FNV-1a). */
static uint64_t identity(const struct sweep *s)
{
    uint64_t h = 0xcbf29ce484222325u;
    digest(&h, ets_version());
    digest_number(&h, s->a->multi_subgraph | (uint64_t)s->a->as_int8 << 1);
    for (size_t i = 0; i < ets_arch_field_count(s->base); i++) digest(&h, ets_arch_field_at(s->base, i).value);
    for (size_t i = 0; i < s->n_models; i++) {
        ets_model_info m = ets_model_describe(s->models[i]);
        digest(&h, m.name);
        digest_number(&h, m.n_ops);
        digest_number(&h, m.macs);
        digest_number(&h, m.constant_bytes);
    }
    for (size_t i = 0; i < s->n_axes; i++) {
        for (size_t k = 0; k < s->axes[i].n_keys; k++) digest(&h, s->axes[i].keys[k]);
        for (size_t k = 0; k < s->axes[i].n_values; k++) digest(&h, s->axes[i].values[k]);
    }
    return h;
}

bool append_to_log(FILE *log, size_t index, const struct result *r)
{
    fprintf(log, "%zu %" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRIu32 " %.17g %.17g %.17g %s\n", index, r->cycles, r->latency_ns,
            r->dram_bytes, r->streamed_bytes, r->energy_nj, r->overfull_layers, r->utilization, r->peak_tops, r->area_mm2, r->error ? r->error : "-");
    return fflush(log) == 0 && !ferror(log);
}

static void read_line(struct sweep *s, const char *line)
{
    size_t index;
    struct result r;
    int at = 0;
    memset(&r, 0, sizeof r);
    int n = sscanf(line, "%zu %" SCNu64 " %" SCNu64 " %" SCNu64 " %" SCNu64 " %" SCNu64 " %" SCNu32 " %lf %lf %lf %n", &index, &r.cycles, &r.latency_ns,
                   &r.dram_bytes, &r.streamed_bytes, &r.energy_nj, &r.overfull_layers, &r.utilization, &r.peak_tops, &r.area_mm2, &at);
    size_t length = strlen(line);
    if (n < 10 || !at || index >= s->n_points || !length || line[length - 1] != '\n' || s->results[index].done) return;
    if (strcmp(line + at, "-\n") != 0) r.error = strndup(line + at, strcspn(line + at, "\n"));
    if (r.error) ets_make_plain(r.error); /* a file may hold anything */
    r.done = true;
    s->results[index] = r;
}

static int read_log(struct sweep *s, FILE *f, const char *path, long *good_until)
{
    char line[1024], text[400];
    uint64_t found = 0;
    if (!fgets(line, sizeof line, f)) return EXIT_GOOD; /* empty: it was stopped at once */
    if (sscanf(line, "edgetpu-sim sweep %" SCNx64, &found) != 1 || found != identity(s)) {
        snprintf(text, sizeof text, "%.300s: is left from another sweep; remove it or write elsewhere", path);
        return fail(text);
    }
    *good_until = ftell(f);
    while (fgets(line, sizeof line, f)) {
        if (line[strlen(line) - 1] != '\n') break;
        read_line(s, line);
        *good_until = ftell(f);
    }
    return EXIT_GOOD;
}

/* Open for reading and writing, made if it is not there, and this process's alone. A file system without locks is taken as it is. */
static int open_locked(const char *path, FILE **out)
{
    struct flock whole;
    int file = open(path, O_RDWR | O_CREAT, 0666);
    memset(&whole, 0, sizeof whole);
    whole.l_type = F_WRLCK;
    whole.l_whence = SEEK_SET;
    if (file < 0) return fail_writing(path, strerror(errno));
    if (fcntl(file, F_SETLK, &whole) != 0 && (errno == EACCES || errno == EAGAIN)) {
        close(file);
        return fail_writing(path, "another sweep is at it; wait for its end or write elsewhere");
    }
    *out = fdopen(file, "r+");
    if (*out) return EXIT_GOOD;
    close(file);
    return fail_writing(path, strerror(errno));
}

int open_log(struct sweep *s, FILE **log)
{
    FILE *f = NULL;
    char path[4096];
    long good_until = 0;
    *log = NULL;
    if (!is_replaced(s->a->output)) return EXIT_GOOD; /* nothing is left beside a device */
    int status = log_path(s, path, sizeof path);
    if (status != EXIT_GOOD) return status;
    status = open_locked(path, &f);
    if (status != EXIT_GOOD) return status;
    status = read_log(s, f, path, &good_until);
    if (status == EXIT_GOOD && (ftruncate(fileno(f), good_until) != 0 || fseek(f, good_until, SEEK_SET) != 0)) status = fail("the sweep's log cannot be cut");
    if (status != EXIT_GOOD) {
        fclose(f);
        return status;
    }
    if (!good_until) fprintf(f, "edgetpu-sim sweep %016" PRIx64 "\n", identity(s));
    fflush(f);
    *log = f;
    return EXIT_GOOD;
}

void close_log(const struct sweep *s, FILE *log, bool good)
{
    char path[4096];
    if (!log) return;
    if (good && log_path(s, path, sizeof path) == EXIT_GOOD) unlink(path); /* while it is locked */
    fclose(log);
}
