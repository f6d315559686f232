/* fuzz_json_lines.c - a stream of `predict --stdin`: each line is the name of a model or a graph, and its answer one line. */
#include "fuzz/targets.h"

#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"

/* An answer is a line of JSON, and a name in it reads back as what it was, as plain text. */
static void check_answer(char *answer, const char *name)
{
    char back[8192];
    if (!answer) abort();
    fuzz_check_json(answer);
    if (strchr(answer, '\n')) fuzz_broken("an answer is one line", answer);
    if (name) {
        const char *from = strstr(answer, "\"model\": "), *to = from + 1;
        if (!from) fuzz_broken("the answer names the model", answer);
        for (to = from + 10; *to != '"'; to++) to += *to == '\\';
        char *line = malloc((size_t)(to - from) + 4);
        if (!line) abort();
        snprintf(line, (size_t)(to - from) + 4, "{%.*s}", (int)(to - from) + 1, from);
        char *plain = strdup(name);
        if (!plain) abort();
        ets_make_plain(plain);
        if (read_model_line(line, strlen(line), back, sizeof back) != 1 || strcmp(back, plain) != 0) fuzz_broken("a name reads back", line);
        free(plain);
        free(line);
    }
    free(answer);
}

static void answer_line(const char *line, size_t n, size_t number)
{
    static ets_predictor *predictor;
    char path[4096];
    ets_model *model = NULL;
    ets_summary summary;
    ets_predictor_options options = ETS_PREDICTOR_OPTIONS_INIT;
    ets_error err;
    options.work_limit = FUZZ_WORK;
    if (!predictor && ets_predictor_new(fuzz_machine("coral-usb"), &options, NULL, &predictor, &err) != ETS_OK) abort();
    int is_model = read_model_line(line, n, path, sizeof path);
    memset(&err, 0, sizeof err);
    if (is_model) {
        check_answer(error_json(is_model > 0 ? path : NULL, number, &err), is_model > 0 ? path : NULL);
        return;
    }
    ets_status status = ets_model_parse("line", line, n, NULL, &model, &err);
    if (status == ETS_OK) status = ets_predict(predictor, model, &summary, &err);
    if (status == ETS_INTERNAL || status == ETS_ARGUMENT) fuzz_broken("no line is a defect of ours", err.text);
    const char *name = model ? ets_model_name(model) : NULL;
    if (status == ETS_OK) check_answer(summary_json(name, number, &summary), name);
    else check_answer(error_json(name, number, &err), name);
    ets_model_free(model);
}

int fuzz_json_lines(const uint8_t *data, size_t size)
{
    size_t number = 1;
    for (size_t from = 0, to; from < size; from = to + 1, number++) {
        const uint8_t *end = memchr(data + from, '\n', size - from);
        to = end ? (size_t)(end - data) : size;
        char *line = malloc(to - from + 1); /* so that a byte too far is seen */
        if (!line) abort();
        memcpy(line, data + from, to - from);
        line[to - from] = '\0';
        if (to > from) answer_line(line, to - from, number);
        free(line);
    }
    return 0;
}
