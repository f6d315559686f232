/* report_mapping.c - inspect: operators, shapes, and what runs where; no times. */
#include <stdio.h>
#include <string.h>

#include "report/table.h"

enum { OP = 9, SHAPE = 13, MACS = 5, PARAMETERS = 6, WHERE = 13 };

/* What fits: names take what is left; below that, the input's shape goes, then the sizes, then the output's shape. Where lines have no
 * end, nothing is cut. */
struct columns { size_t index, name, op, shape[2]; bool input, sizes, output; };

static void widths(const ets_report *r, const ets_format_options *o, struct columns *c)
{
    char text[96];
    struct columns least = {.index = 3, .name = ETI_NAME_LEAST, .op = OP, .shape = {SHAPE, SHAPE}, .input = true, .sizes = true, .output = true};
    *c = least;
    eti_widen(&c->index, (size_t)snprintf(text, sizeof text, "%zu", r->n_layers));
    for (size_t i = 0; i < r->n_layers; i++) {
        const ets_layer *l = &r->layers[i];
        eti_widen(&c->name, eti_text_columns(l->name));
        if (o->width) continue;
        eti_widen(&c->op, eti_text_columns(eti_short_op(l->op)));
        eti_dims_text(text, sizeof text, l->input_dims, l->input_rank);
        eti_widen(&c->shape[0], strlen(text));
        eti_dims_text(text, sizeof text, l->output_dims, l->output_rank);
        eti_widen(&c->shape[1], strlen(text));
    }
}

static struct columns columns_of(const ets_report *r, const ets_format_options *o)
{
    struct columns c;
    size_t width = eti_row_width_of(o);
    widths(r, o, &c);
    size_t fixed = c.index + 1 + c.op + 1 + 1 + WHERE, input = c.shape[0] + 1, sizes = MACS + PARAMETERS + 2, output = c.shape[1] + 1;
    c.input = width >= fixed + input + sizes + output + ETI_NAME_LEAST;
    c.sizes = width >= fixed + sizes + output + ETI_NAME_LEAST;
    c.output = width >= fixed + output + ETI_NAME_LEAST;
    size_t used = fixed + c.input * input + c.sizes * sizes + c.output * output, room = width > used ? width - used : 0;
    if (c.name > room) c.name = room > ETI_NAME_LEAST ? room : ETI_NAME_LEAST;
    return c;
}

static void put_row(struct eti_text *out, const struct columns *c, const ets_layer *l, size_t i)
{
    char macs[32] = "", parameters[32] = "";
    if (l->macs) eti_scaled(macs, sizeof macs, (double)l->macs);
    if (l->parameter_bytes) eti_short_bytes(parameters, sizeof parameters, l->parameter_bytes);
    eti_text_printf(out, "%*zu ", (int)c->index, i);
    eti_cell_left(out, l->name, c->name);
    eti_text_add(out, " ");
    eti_cell_left(out, eti_short_op(l->op), c->op);
    for (int k = 0; k < 2; k++) {
        if (k ? !c->output : !c->input) continue;
        eti_text_add(out, " ");
        if (k) eti_cell_shape(out, l->output_dims, l->output_rank, c->shape[1]);
        else eti_cell_shape(out, l->input_dims, l->input_rank, c->shape[0]);
    }
    if (c->sizes) {
        eti_text_add(out, " ");
        eti_cell_right(out, macs, MACS);
        eti_text_add(out, " ");
        eti_cell_right(out, parameters, PARAMETERS);
    }
    eti_text_printf(out, " %s\n", l->where == ETS_ON_HOST ? "host" : l->parameters_streamed ? "tpu, streamed" : "tpu");
}

static void put_head(const ets_report *r, const ets_format_options *o, const struct columns *c, struct eti_text *out)
{
    struct eti_style s = eti_style_of(o);
    eti_text_printf(out, "%s%s for %s%s\n\n%s%*s ", s.bold, r->model, r->arch, s.off, s.bold, (int)c->index, "#");
    eti_cell_left(out, "layer", c->name);
    eti_text_add(out, " ");
    eti_cell_left(out, "op", c->op);
    for (int k = 0; k < 2; k++) {
        if (k ? !c->output : !c->input) continue;
        eti_text_add(out, " ");
        eti_cell_left(out, k ? "output" : "input", c->shape[k]);
    }
    if (c->sizes) eti_text_add(out, "  MACs params");
    eti_text_printf(out, " runs on%s\n", s.off);
}

static void put_cache(const ets_summary *s, struct eti_text *out)
{
    char text[32];
    eti_bytes_text(text, sizeof text, s->onchip_parameter_bytes);
    eti_text_printf(out, "on-chip memory used for parameters    %s\n", text);
    eti_bytes_text(text, sizeof text, s->parameter_capacity_bytes - s->onchip_parameter_bytes);
    eti_text_printf(out, "on-chip memory left for parameters    %s\n", text);
    eti_bytes_text(text, sizeof text, s->streamed_parameter_bytes);
    eti_text_printf(out, "off-chip parameters streamed          %s\n", text);
}

void eti_report_mapping(const ets_report *r, const ets_format_options *o, struct eti_text *out)
{
    const ets_summary *s = &r->summary;
    struct columns c = columns_of(r, o);
    put_head(r, o, &c, out);
    for (size_t i = 0; i < r->n_layers; i++) put_row(out, &c, &r->layers[i], i);
    eti_text_add(out, "\n");
    if (!r->array) put_cache(s, out);
    eti_text_printf(out, "compiled parts (subgraphs)            %u\noperators                             %u\n", s->n_subgraphs, s->n_layers);
    eti_text_printf(out, "  mapped to the accelerator           %u\n  on the host                         %u\n", s->n_tpu_layers, s->n_host_layers);
    eti_put_float(r, 2, eti_width_of(o), out);
    eti_put_reasons(r, o, out);
}
