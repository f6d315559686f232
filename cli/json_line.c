/* json_line.c - the one object that has to be understood, and the two that are written. */
#include "cli.h"

#include <stdlib.h>
#include <string.h>

struct text { const char *at, *end; };

static void skip_space(struct text *t)
{
    while (t->at < t->end && strchr(" \t\r\n", *t->at) && *t->at) t->at++;
}

static bool take(struct text *t, char c)
{
    skip_space(t);
    if (t->at >= t->end || *t->at != c) return false;
    t->at++;
    return true;
}

static int hex4(struct text *t)
{
    int value = 0;
    for (int i = 0; i < 4; i++, t->at++) {
        const char *digits = "0123456789abcdef", *d;
        if (t->at >= t->end || !*t->at) return -1;
        d = strchr(digits, *t->at >= 'A' && *t->at <= 'F' ? *t->at + 32 : *t->at);
        if (!d) return -1;
        value = value * 16 + (int)(d - digits);
    }
    return value;
}

/* A code point as UTF-8; 0 if it does not fit. */
static size_t put_utf8(int code, char *to, size_t size)
{
    size_t n = code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
    if (n >= size) return 0;
    if (n == 1) to[0] = (char)code;
    for (size_t i = n; n > 1 && i-- > 1; code >>= 6) to[i] = (char)(0x80 | (code & 0x3f));
    if (n > 1) to[0] = (char)((0xf00 >> n & 0xf0) | code);
    return n;
}

/* What stands behind a backslash. */
static size_t put_escape(struct text *t, char *to, size_t size)
{
    static const char names[] = "\"\\/bfnrt", values[] = "\"\\/\b\f\n\r\t";
    if (t->at >= t->end || !*t->at || size < 2) return 0;
    char c = *t->at++;
    const char *name = strchr(names, c);
    if (name) {
        *to = values[name - names];
        return 1;
    }
    if (c != 'u') return 0;
    int code = hex4(t);
    if (code >= 0xd800 && code < 0xdc00 && t->end - t->at >= 6 && t->at[0] == '\\' && t->at[1] == 'u') {
        t->at += 2;
        int low = hex4(t);
        code = low >= 0xdc00 && low < 0xe000 ? 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00) : -1;
    }
    return code > 0 && (code < 0xd800 || code > 0xdfff) ? put_utf8(code, to, size) : 0;
}

/* A string with its quotes. */
static bool take_string(struct text *t, char *to, size_t size)
{
    size_t used = 0;
    if (!take(t, '"')) return false;
    while (t->at < t->end && *t->at != '"') {
        char c = *t->at++;
        size_t n = 1;
        if (used + 1 >= size || (unsigned char)c < 0x20) return false;
        if (c == '\\') n = put_escape(t, to + used, size - used);
        else to[used] = c;
        if (!n) return false;
        used += n;
    }
    to[used] = '\0';
    return t->at++ < t->end;
}

int read_model_line(const char *line, size_t n, char *path, size_t size)
{
    struct text t = {line, line + n};
    char key[16];
    if (!take(&t, '{') || !take_string(&t, key, sizeof key) || strcmp(key, "model") != 0 || !take(&t, ':')) return 0;
    if (!take_string(&t, path, size) || !take(&t, '}')) return -1;
    skip_space(&t);
    return t.at == t.end ? 1 : -1;
}

/* ------------------------------------------------------------------ writing ------------------------------ */

void print_json_text(FILE *to, const char *text)
{
    fputc('"', to);
    for (; *text; text++) {
        unsigned char c = (unsigned char)*text;
        if (c == '"' || c == '\\') fprintf(to, "\\%c", c);
        else if (c < 0x20) fprintf(to, "\\u%04x", c);
        else fputc(c, to);
    }
    fputc('"', to);
}

static FILE *begin(const char *name, size_t line, char **out, size_t *size)
{
    FILE *to = open_memstream(out, size);
    if (!to) return NULL;
    fputc('{', to);
    if (line) fprintf(to, "\"line\": %zu, ", line);
    char *shown = name ? strdup(name) : NULL;
    if (name && !shown) {
        fclose(to);
        free(*out);
        return NULL;
    }
    if (shown) {
        ets_make_plain(shown);
        fputs("\"model\": ", to);
        print_json_text(to, shown);
        fputs(", ", to);
    }
    free(shown);
    return to;
}

static char *end(FILE *to, char **out)
{
    bool failed = ferror(to) != 0;
    if (fclose(to) == 0 && !failed) return *out;
    free(*out);
    return NULL;
}

char *summary_json(const char *name, size_t line, const ets_summary *s)
{
    char *out = NULL;
    size_t size = 0;
    FILE *to = begin(name, line, &out, &size);
    if (!to) return NULL;
    const struct { const char *key; uint64_t value; } fields[] = {
        {"cycles", s->cycles}, {"latency_ns", s->latency_ns}, {"macs", s->macs}, {"tpu_macs", s->tpu_macs},
        {"parameter_bytes", s->parameter_bytes}, {"onchip_parameter_bytes", s->onchip_parameter_bytes},
        {"streamed_parameter_bytes", s->streamed_parameter_bytes},
        {"parameter_capacity_bytes", s->parameter_capacity_bytes},
        {"narrow_peak_bytes_per_tile", s->narrow_peak_bytes_per_tile}, {"overfull_layers", s->n_overfull_layers}, {"link_in_bytes", s->link_in_bytes},
        {"link_out_bytes", s->link_out_bytes}, {"instruction_bytes", s->instruction_bytes}, {"layers", s->n_layers},
        {"tpu_layers", s->n_tpu_layers}, {"host_layers", s->n_host_layers},
        {"host_cycles", s->host_cycles},
    };
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++)
        fprintf(to, "\"%s\": %llu, ", fields[i].key, (unsigned long long)fields[i].value);
    fprintf(to, "\"complete\": %s, \"quantized\": %s}", s->complete ? "true" : "false", s->quantized ? "true" : "false");
    return end(to, &out);
}

char *error_json(const char *name, size_t line, const ets_error *e)
{
    char *out = NULL;
    size_t size = 0;
    FILE *to = begin(name, line, &out, &size);
    if (!to) return NULL;
    fprintf(to, "\"status\": \"%s\", \"error\": ", ets_status_name(e->status));
    print_json_text(to, e->text);
    fputc('}', to);
    return end(to, &out);
}
