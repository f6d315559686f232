/* report_mapping.c - inspect: operators, shapes, and what runs where; no times. */
#include <stdio.h>

#include "report/table.h"

enum { OP = 9, SHAPE = 13, MACS = 5, PARAMETERS = 6, WHERE = 13 };

/* What fits: names take what is left; below that, the input's shape goes, then the sizes, then the output's shape. */
struct columns { size_t name; bool input, sizes, output; };

static struct columns columns_of(size_t width, size_t longest)
{
    struct columns c = {0, true, true, true};
    size_t fixed = 4 + OP + 1 + 1 + WHERE, input = SHAPE + 1, sizes = MACS + PARAMETERS + 2, output = SHAPE + 1;
    c.input = width >= fixed + input + sizes + output + ETI_NAME_LEAST;
    c.sizes = width >= fixed + sizes + output + ETI_NAME_LEAST;
    c.output = width >= fixed + output + ETI_NAME_LEAST;
    size_t used = fixed + c.input * input + c.sizes * sizes + c.output * output;
    c.name = width > used + ETI_NAME_LEAST ? width - used : ETI_NAME_LEAST;
    if (longest < c.name) c.name = longest > ETI_NAME_LEAST ? longest : ETI_NAME_LEAST;
    return c;
}

static void put_row(struct eti_text *out, const struct columns *c, const ets_layer *l, size_t i)
{
    char macs[32] = "", parameters[32] = "";
    if (l->macs) eti_scaled(macs, sizeof macs, (double)l->macs);
    if (l->parameter_bytes) eti_short_bytes(parameters, sizeof parameters, l->parameter_bytes);
    eti_text_printf(out, "%3zu ", i);
    eti_cell_left(out, l->name, c->name);
    eti_text_add(out, " ");
    eti_cell_left(out, eti_short_op(l->op), OP);
    for (int k = 0; k < 2; k++) {
        if (k ? !c->output : !c->input) continue;
        eti_text_add(out, " ");
        if (k) eti_cell_shape(out, l->output_dims, l->output_rank, SHAPE);
        else eti_cell_shape(out, l->input_dims, l->input_rank, SHAPE);
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
    eti_text_printf(out, "%s%s for %s%s\n\n%s  # ", s.bold, r->model, r->arch, s.off, s.bold);
    eti_cell_left(out, "layer", c->name);
    eti_text_add(out, " op       ");
    if (c->input) eti_text_add(out, " input        ");
    if (c->output) eti_text_add(out, " output       ");
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
    size_t longest = 0;
    for (size_t i = 0; i < r->n_layers; i++) {
        size_t n = eti_text_columns(r->layers[i].name);
        longest = n > longest ? n : longest;
    }
    struct columns c = columns_of(eti_width_of(o), longest);
    put_head(r, o, &c, out);
    for (size_t i = 0; i < r->n_layers; i++) put_row(out, &c, &r->layers[i], i);
    eti_text_add(out, "\n");
    if (!r->array) put_cache(s, out);
    eti_text_printf(out, "compiled parts (subgraphs)            %u\noperators                             %u\n", s->n_subgraphs, s->n_layers);
    eti_text_printf(out, "  mapped to the accelerator           %u\n  on the host                         %u\n", s->n_tpu_layers, s->n_host_layers);
    if (!s->quantized && !r->array)
        eti_put_wrapped(out, "not quantised: this is a float model; the accelerator runs models quantised to 8 bits only", 2, eti_width_of(o));
    eti_put_reasons(r, o, out);
}
