/* sweep_axis.c - KEYS=VALUES: "array.rows,array.columns=8..256*2" or "schedule.dataflow=ws,os,auto". */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "sweep.h"

bool whole_number(const char *text, uint64_t *out)
{
    static const struct { const char *suffix; uint64_t times; } suffixes[] = {
        {"", 1}, {"k", 1000}, {"M", 1000000}, {"G", 1000000000}, {"Ki", 1024}, {"Mi", 1024 * 1024}, {"Gi", 1024 * 1024 * 1024},
    };
    char *end;
    if (text[0] < '0' || text[0] > '9') return false;
    uint64_t value = strtoull(text, &end, 10);
    for (size_t i = 0; i < sizeof suffixes / sizeof *suffixes; i++) {
        if (strcmp(end, suffixes[i].suffix) != 0) continue;
        *out = value * suffixes[i].times;
        return value <= UINT64_MAX / suffixes[i].times;
    }
    return false;
}

static int add_value(struct axis *a, const char *text)
{
    if (a->n_values == a->room) {
        size_t room = a->room ? 2 * a->room : 16;
        char **values = room > MOST_POINTS ? NULL : realloc(a->values, room * sizeof *values);
        if (!values) return fail_usage("sweep", "--vary: more than %d values", MOST_POINTS);
        a->values = values;
        a->room = room;
    }
    a->values[a->n_values] = strdup(text);
    return a->values[a->n_values++] ? EXIT_GOOD : fail("out of memory");
}

/* lo..hi*n or lo..hi+n, both ends included. */
static int add_range(struct axis *a, char *text)
{
    char *hi = strstr(text, ".."), *step = hi + 2 + strcspn(hi + 2, "*+"), how = *step;
    uint64_t low, high, by;
    const char sign[2] = {how, '\0'};
    *hi = '\0';
    hi += 2;
    if (how) *step++ = '\0';
    bool good = how && whole_number(text, &low) && whole_number(hi, &high) && whole_number(step, &by);
    if (!good || low > high || by < (how == '*' ? 2 : 1) || (how == '*' && !low))
        return fail_usage("sweep", "--vary: '%s..%s%s%s' is not a range lo..hi*2 or lo..hi+8", text, hi, sign, how ? step : "");
    for (uint64_t v = low; v <= high; v = how == '*' ? v * by : v + by) {
        char number[24];
        snprintf(number, sizeof number, "%" PRIu64, v);
        int status = add_value(a, number);
        if (status != EXIT_GOOD) return status;
        if (v > (how == '*' ? UINT64_MAX / by : UINT64_MAX - by)) break;
    }
    return EXIT_GOOD;
}

int read_axis(struct axis *a, const char *text)
{
    memset(a, 0, sizeof *a);
    a->text = strdup(text);
    char *equals = a->text ? strchr(a->text, '=') : NULL, *rest;
    if (!a->text) return fail("out of memory");
    if (!equals || equals == a->text || !equals[1]) return fail_usage("sweep", "--vary: '%s' is not KEYS=VALUES", text);
    *equals = '\0';
    for (char *key = strtok_r(a->text, ",", &rest); key; key = strtok_r(NULL, ",", &rest)) {
        if (a->n_keys == MOST_KEYS) return fail_usage("sweep", "--vary: more than %d keys together", MOST_KEYS);
        a->keys[a->n_keys++] = key;
    }
    for (char *value = strtok_r(equals + 1, ",", &rest); value; value = strtok_r(NULL, ",", &rest)) {
        int status = strstr(value, "..") ? add_range(a, value) : add_value(a, value);
        if (status != EXIT_GOOD) return status;
    }
    return a->n_keys && a->n_values ? EXIT_GOOD : fail_usage("sweep", "--vary: '%s' is not KEYS=VALUES", text);
}

void free_axis(struct axis *a)
{
    for (size_t i = 0; i < a->n_values; i++) free(a->values[i]);
    free(a->values);
    free(a->text);
}
