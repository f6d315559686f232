/* stacks.c - stacks of one operator, and probes of a link, from their sizes or from a table's words: see networks.h. */
#include "networks.h"

#include "net.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Untrained networks: their biases are zero, which their compiled sizes show. */
static ets_tensor convolutions(struct net *n, ets_tensor x, const struct conv_stack *s)
{
    ets_conv c = net_conv_options(s->kernel, 1, s->filters, ETS_ACT_RELU);
    c.no_bias = true;
    for (uint32_t i = 0; i < s->n; i++) x = net_convolve(n, x, &c);
    return x;
}

ets_model *network_conv_stack(const struct conv_stack *s, ets_error *err)
{
    struct net n = net_begin("convolutions", err);
    return net_finish(&n, convolutions(&n, net_image(&n, s->height, s->width, s->channels), s));
}

ets_model *network_padded_conv_stack(const struct conv_stack *s, ets_error *err)
{
    struct net n = net_begin("padded convolutions", err);
    ets_tensor x = net_padded(&n, net_image(&n, 2, 2, s->channels), 2, s->height, s->width);
    return net_finish(&n, net_conv(&n, convolutions(&n, x, s), 1, s->height > s->width ? s->height : s->width, 1, ETS_ACT_NONE));
}

/* As text, because layers without biases can be stated there. */
ets_model *network_dense_stack(const struct dense_stack *s, ets_error *err)
{
    size_t room = 256 + 160 * ((size_t)s->n + s->narrow + 1), n = 0;
    char *text = malloc(room);
    ets_model *m = NULL;
    if (!text) return NULL;
    n += (size_t)snprintf(text, room, "edgetpu_sim_model: 1\nname: dense\nper_channel: false\ninputs: {x: [1, %u]}\nlayers:\n", s->inputs);
    for (uint32_t i = 0; i < s->n + s->narrow; i++)
        n += (size_t)snprintf(text + n, room - n, "  - {op: fully_connected, out: %u, bias: false}\n%s", i < s->n ? s->units : s->outputs, s->tanh ? "  - {op: tanh}\n" : "");
    n += (size_t)snprintf(text + n, room - n, "  - {op: fully_connected, out: %u, bias: false}\n", s->outputs);
    bool made = ets_model_parse("dense", text, n, NULL, &m, err) == ETS_OK;
    free(text);
    return made ? m : NULL;
}

ets_model *network_strided(uint32_t height, uint32_t width, uint32_t channels, ets_error *err)
{
    struct net n = net_begin("strided", err);
    return net_finish(&n, net_conv(&n, net_image(&n, height, width, channels), 1, height > width ? height : width, 1, ETS_ACT_NONE));
}

ets_model *network_padded(uint32_t height, uint32_t width, uint32_t channels, ets_error *err)
{
    struct net n = net_begin("padded", err);
    return net_finish(&n, net_padded(&n, net_image(&n, 2, 2, channels), 2, height, width));
}

ets_model *network_reshaped(uint32_t height, uint32_t width, uint32_t channels, ets_error *err)
{
    struct net n = net_begin("reshaped", err);
    const uint32_t to[4] = {1, 2 * height, width / 2, channels};
    ets_tensor x = net_image(&n, height, width, channels);
    if (n.status == ETS_OK) n.status = ets_build_reshape(n.b, x, to, 4, &x, err);
    return net_finish(&n, x);
}

/* ------------------------------------------------------------------ from a table's words ----------------- */

/* What stands behind the word "key=" in "single layer in=64x64x3 k=3 F=32"; "" if it is not there. */
static const char *behind(const char *text, const char *key)
{
    size_t n = strlen(key);
    for (const char *p = text; (p = strstr(p, key)) != NULL; p += n)
        if ((p == text || p[-1] == ' ') && p[n] == '=') return p + n + 1;
    return "";
}

static bool parameter(const char *text, const char *key, uint32_t *out)
{
    const char *value = behind(text, key);
    char *end;
    unsigned long v = strtoul(value, &end, 10);
    if (end == value || v > 1000000) return false;
    *out = (uint32_t)v;
    return true;
}

static bool size_parameter(const char *text, const char *key, uint32_t size[3])
{
    return sscanf(behind(text, key), "%ux%ux%u", &size[0], &size[1], &size[2]) == 3;
}

#define WIDE_INPUTS 6912 /* of the stacks with a wide input: fits the sizes in the compiler's logs */

/* The wide stacks all say five layers. Of the series without a number in their name the logged bytes are those of one layer of N and the
 * result's, of "L30" those of 29 more as narrow as the result, of "L5" those of five of N: the nearest of the three. */
static void wide_layers(const struct network_row *r, struct dense_stack *s, uint32_t n_layers)
{
    const char *l = strrchr(r->source, 'L');
    uint32_t deep = l && atoi(l + 1) > 1 && atoi(l + 1) <= 1000 ? (uint32_t)atoi(l + 1) : 0;
    double on = r->onchip_mib, off = r->offchip_mib;
    if (on > 8) on /= 1024; /* the column mixes KiB and MiB; the chip has 8 MiB */
    double lanes = 64.0 * ((s->units + 63) / 64), logged = 1048576 * ((isnan(on) ? 0 : on) + (isnan(off) ? 0 : off)) - lanes * s->inputs;
    logged -= 64.0 * s->units; /* the result's first layer */
    const struct { uint32_t n, narrow; double bytes; } candidates[] = {
        {1, 0, 0}, {n_layers, 0, (n_layers - 1.0) * lanes * s->units}, {1, deep - 1, (deep - 1.0) * 64 * s->outputs}};
    const bool possible[] = {true, n_layers > 1, deep > 1};
    double best = INFINITY;
    for (int i = 0; i < 3; i++) {
        if (!possible[i] || fabs(logged - candidates[i].bytes) >= best) continue;
        best = fabs(logged - candidates[i].bytes);
        s->n = candidates[i].n;
        s->narrow = candidates[i].narrow;
    }
}

/* NULL with nothing in `err`: it is none of these. */
static ets_model *convolutions_of(const struct network_row *r, uint32_t n_layers, ets_error *err)
{
    uint32_t in[3], k, filters;
    unsigned kernel;
    if (strncmp(r->op, "conv7x7 stack", 13) == 0) {
        struct conv_stack s = {128, 128, 3, 7, 32, n_layers};
        return network_padded_conv_stack(&s, err);
    }
    if (sscanf(r->op, "conv%ux", &kernel) != 1 || !size_parameter(r->params, "in", in) || !parameter(r->params, "F", &filters)) return NULL;
    if (!parameter(r->params, "k", &k)) k = kernel;
    struct conv_stack s = {in[0], in[1], in[2], k, filters, n_layers};
    return strstr(r->op, "padded") ? network_padded_conv_stack(&s, err) : network_conv_stack(&s, err);
}

static ets_model *dense_of(const struct network_row *r, uint32_t n_layers, ets_error *err)
{
    struct dense_stack s = {0, 0, n_layers, 0, 1, false};
    if (strstr(r->op, "fully connected stack") && parameter(r->params, "N", &s.units)) {
        bool wide = strstr(r->op, "wide input") != NULL;
        if (!parameter(r->params, "I", &s.inputs)) s.inputs = wide ? WIDE_INPUTS : 0;
        if (!parameter(r->params, "O", &s.outputs)) s.outputs = 10;
        s.n = n_layers > 1 ? n_layers - 1 : 1;
        s.tanh = !wide;
        if (wide) wide_layers(r, &s, n_layers);
        if (!s.inputs) snprintf(err->text, sizeof err->text, "its inputs are not recorded");
        return s.inputs ? network_dense_stack(&s, err) : NULL;
    }
    bool plain = strstr(r->op, "dense stack") && parameter(r->params, "U", &s.units) && parameter(r->params, "in", &s.inputs);
    return plain ? network_dense_stack(&s, err) : NULL;
}

static ets_model *probe_of(const struct network_row *r, ets_error *err)
{
    uint32_t size[3];
    if (strstr(r->op, "stride=whole input") && size_parameter(r->params, "in", size)) return network_strided(size[0], size[1], size[2], err);
    if (strncmp(r->op, "PAD only", 8) == 0 && size_parameter(r->params, "out", size)) return network_padded(size[0], size[1], size[2], err);
    if (strncmp(r->op, "PAD then strided", 16) == 0 && size_parameter(r->params, "internal", size)) {
        struct conv_stack none = {size[0], size[1], size[2], 1, 1, 0};
        return network_padded_conv_stack(&none, err);
    }
    if (strncmp(r->op, "RESHAPE", 7) == 0 && size_parameter(r->params, "in", size)) return network_reshaped(size[0], size[1], size[2], err);
    return NULL;
}

ets_model *network_of_row(const struct network_row *r, const char *input, const char *folder, ets_error *err)
{
    uint32_t n_layers = r->n_layers >= 1 && r->n_layers <= 1000 ? (uint32_t)r->n_layers : 0;
    ets_model *m = probe_of(r, err);
    if (!m && !*err->text && n_layers) m = convolutions_of(r, n_layers, err);
    if (!m && !*err->text) m = dense_of(r, n_layers ? n_layers : 1, err);
    return m || *err->text ? m : network_named(r->op, input, folder, err);
}
