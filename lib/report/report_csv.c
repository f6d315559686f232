/* report_csv.c - a row a layer, phases included, as RFC 4180 wants it. Rows of one report add up to its cycles. */
#include <string.h>

#include "report/report.h"

static void quoted(struct eti_text *out, const char *text)
{
    if (!strpbrk(text, ",\"\r\n")) {
        eti_text_add(out, text);
        return;
    }
    eti_text_add(out, "\"");
    for (const char *c = text; *c; c++) eti_text_printf(out, *c == '"' ? "\"\"" : "%c", *c);
    eti_text_add(out, "\"");
}

static void put_shape(struct eti_text *out, const uint32_t *dims, uint32_t rank)
{
    eti_text_add(out, ",");
    for (uint32_t i = 0; i < rank; i++) eti_text_printf(out, i ? "x%u" : "%u", dims[i]);
}

static void put_number(struct eti_text *out, uint64_t value)
{
    eti_text_printf(out, ",%llu", (unsigned long long)value);
}

static void put_phase(struct eti_text *out, const ets_phase *p)
{
    eti_text_printf(out, ",%s,phase,link,,,,,,,,,", p->name);
    eti_text_printf(out, ",%llu,%llu,,,\r\n", (unsigned long long)p->start_cycle, (unsigned long long)p->cycles);
}

static void put_layer(struct eti_text *out, const ets_layer *l, size_t index)
{
    eti_text_printf(out, "%zu,", index);
    quoted(out, l->name);
    eti_text_add(out, ",");
    quoted(out, l->op);
    eti_text_add(out, l->where == ETS_ON_TPU ? ",tpu," : ",host,");
    quoted(out, l->reason);
    put_shape(out, l->input_dims, l->input_rank);
    put_shape(out, l->output_dims, l->output_rank);
    put_number(out, l->macs);
    put_number(out, l->parameter_bytes);
    eti_text_add(out, l->parameters_streamed ? ",1" : ",0");
    put_number(out, l->passes);
    put_number(out, l->steps_busiest_tile);
    put_number(out, l->steps_all_tiles);
    if (!l->timed) {
        eti_text_add(out, ",,,,,\r\n");
        return;
    }
    put_number(out, l->start_cycle);
    put_number(out, l->cycles);
    eti_text_add(out, ",");
    eti_text_add_double(out, (double)l->latency_ns / 1e3);
    if (l->where == ETS_ON_HOST) {
        eti_text_add(out, ",,\r\n");
        return;
    }
    eti_text_add(out, ",");
    eti_text_add_double(out, l->utilization);
    eti_text_printf(out, ",%s\r\n", ets_bound_name(l->bound_by));
}

void eti_report_csv(const ets_report *r, struct eti_text *out)
{
    size_t p = 0;
    eti_text_add(out, "index,name,op,where,reason,input_shape,output_shape,macs,parameter_bytes,parameters_streamed,passes,"
                      "steps_busiest_tile,steps_all_tiles,start_cycle,cycles,latency_us,utilization,bound_by\r\n");
    for (size_t i = 0; i < r->n_layers; i++) {
        for (; eti_phase_is_before(r, p, &r->layers[i]); p++) put_phase(out, &r->phases[p]);
        put_layer(out, &r->layers[i], i);
    }
    for (; p < r->n_phases; p++) put_phase(out, &r->phases[p]);
}
