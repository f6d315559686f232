/* cmd_predict.c - predict: the totals of many models, a line each; or of a stream of them, for search tools. */
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli.h"
#include "kept.h"
#include "table.h"

#define MOST_LINE_BYTES ((size_t)16 << 20)
#define LINES_AT_ONCE 256
#define MOST_THREADS 64

/* One model to predict, and what came of it. */
struct job {
    const char *operand;   /* of the command line */
    char *line;            /* of the stream */
    size_t n_bytes, number;
    bool too_long;
    char name[256];
    ets_error err;         /* status OK: `summary` is there */
    ets_summary summary;
};
struct work {
    const struct arguments *a;
    ets_predictor *predictor;
    struct job *jobs;
    size_t n, next;
    pthread_mutex_t lock; /* of `next` */
    struct kept_models kept;
};

/* ------------------------------------------------------------------ one job ------------------------------ */

static void refuse(struct job *j, ets_status status, const char *text)
{
    j->err.status = status;
    snprintf(j->err.text, sizeof j->err.text, "line %zu: %s", j->number, text);
}

/* Of a stream: one that is named, which may be kept, or one that is stated, which is `stated`. */
static const ets_model *load_line(struct work *w, struct job *j, struct kept_model **named, ets_model **stated)
{
    char word[4096], path[4096], name[48];
    if (j->too_long) {
        refuse(j, ETS_RANGE, "longer than 16 MiB");
        return NULL;
    }
    int is_model = read_model_line(j->line, j->n_bytes, word, sizeof word);
    if (is_model < 0) refuse(j, ETS_SYNTAX, "expected {\"model\": \"NAME OR PATH\"} and no more (all lines are for one machine, --arch), or a graph");
    if (is_model > 0 && strcmp(word, "-") == 0) refuse(j, ETS_ARGUMENT, "the models of a stream cannot be in the same stream");
    if (j->err.status != ETS_OK) return NULL;
    snprintf(name, sizeof name, "line %zu", j->number);
    if (!is_model) {
        ets_model_parse(name, j->line, j->n_bytes, NULL, stated, &j->err);
        return *stated;
    }
    if (find_model(w->a, word, path, sizeof path, &j->err) == ETS_OK) *named = take_model(&w->kept, path, w->a->as_int8, &j->err);
    return *named ? (*named)->model : NULL;
}

static void run_job(struct work *w, struct job *j)
{
    ets_model *own = NULL;
    struct kept_model *named = NULL;
    const ets_model *model = NULL;
    if (j->line || j->too_long) model = load_line(w, j, &named, &own);
    else if (find_and_load_model(w->a, j->operand, &own, &j->err) == ETS_OK) model = own;
    if (!model) return;
    snprintf(j->name, sizeof j->name, "%s", ets_model_name(model));
    ets_predict(w->predictor, model, &j->summary, &j->err);
    ets_model_free(own);
    give_back_model(named);
}

static void *run_jobs(void *argument)
{
    struct work *w = argument;
    for (;;) {
        pthread_mutex_lock(&w->lock);
        size_t i = w->next < w->n ? w->next++ : w->n;
        pthread_mutex_unlock(&w->lock);
        if (i == w->n) return NULL;
        run_job(w, &w->jobs[i]);
    }
}

static void run_all(struct work *w)
{
    pthread_t threads[MOST_THREADS];
    size_t started = 0;
    w->next = 0;
    while (started + 1 < w->a->threads && started + 1 < w->n && started < MOST_THREADS &&
           pthread_create(&threads[started], NULL, run_jobs, w) == 0) started++;
    run_jobs(w);
    for (size_t i = 0; i < started; i++) pthread_join(threads[i], NULL);
}

/* ------------------------------------------------------------------ what comes of them ------------------- */

static const struct table_column columns[] = {
    {"ms", STAYS, true, ALL_OF_IT, 0},      {"cycles", 3, true, ALL_OF_IT, 0},      {"G MACs", 5, true, ALL_OF_IT, 0},  {"on chip MiB", 4, true, ALL_OF_IT, 0},
    {"streams MiB", 6, true, ALL_OF_IT, 0}, {"link in MiB", 2, true, ALL_OF_IT, 0}, {"host ms", 7, true, ALL_OF_IT, 0}, {"model", STAYS, false, ITS_END, 32},
};

/* Of the time, what operators on the host take. */
static void put_host(struct table *t, const ets_summary *s)
{
    double ms = 1e3 * (double)s->host_cycles / (double)s->clock_hz;
    if (!s->n_host_layers) table_cell(t, "%s", "");
    else if (!s->complete && !s->host_cycles) table_cell(t, "?");
    else table_cell(t, s->complete ? "%.3f" : "%.3f + ?", ms);
}

static void put_row(struct table *t, const struct job *j)
{
    const ets_summary *s = &j->summary;
    const double mib = 1.0 / (1 << 20);
    table_cell(t, "%.3f", 1e-6 * (double)s->latency_ns);
    table_cell(t, "%llu", (unsigned long long)s->cycles);
    table_cell(t, "%.3f", 1e-9 * (double)s->macs);
    table_cell(t, "%.2f", (double)s->onchip_parameter_bytes * mib);
    table_cell(t, "%.2f", (double)s->streamed_parameter_bytes * mib);
    table_cell(t, "%.2f", (double)s->link_in_bytes * mib);
    put_host(t, s);
    table_cell(t, "%s", j->name);
}

static int print_table(const struct output *out, const struct work *w)
{
    struct table t;
    int failed = EXIT_GOOD;
    bool host = false, unknown = false;
    size_t n_float = 0;
    char text[120];
    table_begin(&t, columns, sizeof columns / sizeof *columns);
    for (size_t i = 0; i < w->n; i++) {
        const struct job *j = &w->jobs[i];
        if (j->err.status != ETS_OK) {
            failed = fail(j->err.text);
            continue;
        }
        put_row(&t, j);
        host |= j->summary.n_host_layers > 0;
        unknown |= !j->summary.complete;
        n_float += !j->summary.quantized && !j->summary.n_tpu_layers;
    }
    int status = table_put(&t, out->to, width_of(out));
    if (host) fputs("\n", out->to);
    if (host) put_words(out->to, "host ms: of the time, operators that run on the host, a rough estimate", 0, 2, width_of(out));
    if (unknown) put_words(out->to, "?: operators there whose time is not known, and not in the sum", 0, 2, width_of(out));
    snprintf(text, sizeof text, "not quantised: %zu of %zu; of a float model the accelerator runs nothing (--as-int8: what it would run once quantised)", n_float, w->n);
    if (n_float) put_words(out->to, text, 0, 2, width_of(out));
    return status == EXIT_GOOD ? failed : status;
}

/* EXIT_GOOD, or EXIT_ERROR if the model failed. */
static int print_json(FILE *to, const struct job *j)
{
    bool good = j->err.status == ETS_OK;
    const char *name = j->operand && !good ? j->operand : j->name[0] ? j->name : NULL;
    char *text = good ? summary_json(name, j->number, &j->summary) : error_json(name, j->number, &j->err);
    if (!text) return fail("out of memory");
    fprintf(to, "%s\n", text);
    free(text);
    return good ? EXIT_GOOD : EXIT_ERROR;
}

static int print_lines(FILE *to, const struct work *w)
{
    int status = EXIT_GOOD;
    for (size_t i = 0; i < w->n; i++)
        if (print_json(to, &w->jobs[i]) != EXIT_GOOD) status = EXIT_ERROR;
    return fflush(to) == 0 ? status : EXIT_ERROR; /* close_output() tells why */
}

/* ------------------------------------------------------------------ models of the command line ----------- */

static int predict_operands(struct work *w, const struct output *out)
{
    w->n = w->a->n_operands;
    w->jobs = calloc(w->n, sizeof *w->jobs);
    if (!w->jobs) return fail("out of memory");
    for (size_t i = 0; i < w->n; i++) w->jobs[i].operand = w->a->operands[i];
    run_all(w);
    int status = w->a->format == ETS_FORMAT_TABLE ? print_table(out, w) : print_lines(out->to, w);
    free(w->jobs);
    return status;
}

/* ------------------------------------------------------------------ a stream of them --------------------- */

struct stream { char *data; size_t used, capacity, at, number; bool ended, failed; };

/* More bytes, or the end; false: no memory. */
static bool fill(struct stream *s)
{
    if (s->at) memmove(s->data, s->data + s->at, s->used - s->at);
    s->used -= s->at;
    s->at = 0;
    if (s->used == s->capacity) {
        char *now = realloc(s->data, s->capacity ? 2 * s->capacity : 65536);
        if (!now) return false;
        s->data = now;
        s->capacity = s->capacity ? 2 * s->capacity : 65536;
    }
    ssize_t n = read(STDIN_FILENO, s->data + s->used, s->capacity - s->used);
    if (n < 0 && errno == EINTR) return true;
    s->failed = n < 0;
    if (n <= 0) s->ended = true;
    else s->used += (size_t)n;
    return true;
}

static bool more_is_waiting(void)
{
    struct pollfd p = {STDIN_FILENO, POLLIN, 0};
    return poll(&p, 1, 0) > 0;
}

/* The rest of a line that is too long is read and dropped. */
static bool drop_line(struct stream *s)
{
    for (;;) {
        char *end = memchr(s->data + s->at, '\n', s->used - s->at);
        s->at = end ? (size_t)(end - s->data) + 1 : s->used;
        if (end || s->ended) return true;
        if (!fill(s)) return false;
    }
}

/* Next line into `j`. 1: there is one; 0: not yet, or no more; -1: no memory. Waits only if `wait`. */
static int next_line(struct stream *s, struct job *j, bool wait)
{
    for (;;) {
        size_t left = s->used - s->at;
        char *end = left ? memchr(s->data + s->at, '\n', left) : NULL;
        size_t n = end ? (size_t)(end - (s->data + s->at)) : left;
        memset(j, 0, sizeof *j);
        if (end || n > MOST_LINE_BYTES || (s->ended && n)) {
            j->number = ++s->number;
            j->too_long = n > MOST_LINE_BYTES;
            if (j->too_long) return drop_line(s) ? 1 : -1;
            const char *text = s->data + s->at;
            s->at += n + (end ? 1 : 0);
            if (strspn(text, " \t\r") >= n) continue; /* an empty line */
            j->line = malloc(n + 1);
            if (!j->line) return -1;
            memcpy(j->line, text, n);
            j->line[n] = '\0';
            j->n_bytes = n;
            return 1;
        }
        if (s->ended || (!wait && !more_is_waiting())) return 0;
        if (!fill(s)) return -1;
    }
}

/* As many lines as are there, at least one; answers go out before more is waited for. */
static int predict_lines(struct work *w, struct stream *s, FILE *to, bool *ended)
{
    size_t most = w->a->threads > 1 ? LINES_AT_ONCE : 1;
    int got = 1, status = EXIT_GOOD;
    for (w->n = 0; w->n < most && got > 0; w->n += got > 0) got = next_line(s, &w->jobs[w->n], w->n == 0);
    *ended = w->n == 0;
    if (got < 0) return fail("out of memory");
    run_all(w);
    forget_models(&w->kept, false);
    status = print_lines(to, w);
    for (size_t i = 0; i < w->n; i++) free(w->jobs[i].line);
    return status;
}

static int predict_stream(struct work *w, FILE *to)
{
    struct stream s = {0};
    int status = EXIT_GOOD;
    bool ended = false;
    w->jobs = calloc(LINES_AT_ONCE, sizeof *w->jobs);
    if (!w->jobs) return fail("out of memory");
    while (!ended && !ferror(to))
        if (predict_lines(w, &s, to, &ended) != EXIT_GOOD) status = EXIT_ERROR;
    forget_models(&w->kept, true);
    free(w->jobs);
    free(s.data);
    return s.failed ? fail("standard input: cannot be read") : status;
}

/* ------------------------------------------------------------------ the command -------------------------- */

static int check(const struct arguments *a)
{
    if (a->from_stdin && a->n_operands) return fail_usage(a->command, "--stdin: the models come from the stream; '%s' is too much", a->operands[0]);
    if (a->from_stdin && a->formatted && a->format != ETS_FORMAT_JSON) return fail_usage(a->command, "--stdin is answered in JSON, a line each");
    if (!a->from_stdin && !a->n_operands) return fail_usage(a->command, "which models? Files, names of reference models, or --stdin");
    return EXIT_GOOD;
}

int command_predict(const struct arguments *a)
{
    struct work w = {.a = a, .lock = PTHREAD_MUTEX_INITIALIZER, .kept = {.lock = PTHREAD_MUTEX_INITIALIZER}};
    struct output out;
    ets_arch *arch = NULL;
    ets_error err;
    ets_predictor_options o = ETS_PREDICTOR_OPTIONS_INIT;
    o.multi_subgraph = a->multi_subgraph;
    int status = check(a);
    if (status == EXIT_GOOD) status = load_arch(a, a->arch, &arch);
    if (status != EXIT_GOOD) return status;
    if (ets_predictor_new(arch, &o, NULL, &w.predictor, &err) != ETS_OK) status = fail(err.text);
    ets_arch_free(arch);
    if (status == EXIT_GOOD) status = open_output(&out, a->output);
    if (status == EXIT_GOOD) {
        int done = a->from_stdin ? predict_stream(&w, out.to) : predict_operands(&w, &out);
        status = close_output(&out, true); /* what failed is said in its place */
        if (status == EXIT_GOOD) status = done;
    }
    ets_predictor_free(w.predictor);
    return status;
}
