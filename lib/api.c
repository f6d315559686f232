/* api.c - the public functions: check what was given, call the rooms. */
#include <string.h>

#include "arch/arch.h"
#include "base/alloc.h"
#include "base/num.h"
#include "base/point.h"
#include "base/text.h"
#include "graph/model.h"
#include "import/import.h"
#include "predict/explain.h"
#include "predict/simulate.h"
#include "report/report.h"
#include "timing/area.h"

#define STRING_(x) #x
#define STRING(x) STRING_(x)

const char *ets_version(void)
{
    return STRING(ETS_VERSION_MAJOR) "." STRING(ETS_VERSION_MINOR) "." STRING(ETS_VERSION_PATCH);
}

void ets_make_plain(char *text) { eti_make_plain(text, strlen(text)); }

const char *ets_bound_name(ets_bound bound)
{
    switch (bound) {
    case ETS_BOUND_NONE: return "-";
    case ETS_BOUND_COMPUTE: return "compute";
    case ETS_BOUND_PSUM: return "partial sums";
    case ETS_BOUND_WEIGHTS: return "weights";
    case ETS_BOUND_HALO: return "halo";
    case ETS_BOUND_LINK: return "link";
    case ETS_BOUND_MOVE: return "moves";
    case ETS_BOUND_SYNC: return "sync";
    case ETS_BOUND_MEMORY: return "memory";
    }
    return "?";
}

/* ------------------------------------------------------------------ machines ----------------------------- */

ets_status ets_arch_load(const char *path, const ets_setting *settings, size_t n_settings, const ets_allocator *mem,
                         ets_arch **out, ets_error *err)
{
    ETI_TRY(eti_given(path && out && (settings || !n_settings), "ets_arch_load", "path, settings or out is NULL", err));
    return eti_arch_load(path, NULL, settings, n_settings, mem, out, err);
}

ets_status ets_arch_load_beside(const char *path, const char *beside, const ets_setting *settings, size_t n_settings,
                                const ets_allocator *mem, ets_arch **out, ets_error *err)
{
    ETI_TRY(eti_given(path && out && (settings || !n_settings), "ets_arch_load_beside", "path, settings or out is NULL", err));
    return eti_arch_load(path, beside, settings, n_settings, mem, out, err);
}

ets_status ets_arch_parse(const char *name, const void *data, size_t n_bytes, const ets_setting *settings, size_t n_settings,
                          const ets_allocator *mem, ets_arch **out, ets_error *err)
{
    bool all = name && (data || !n_bytes) && out && (settings || !n_settings);
    ETI_TRY(eti_given(all, "ets_arch_parse", "name, data, settings or out is NULL", err));
    return eti_arch_parse(name, data, n_bytes, settings, n_settings, mem, out, err);
}

ets_status ets_arch_with(const ets_arch *base, const ets_setting *settings, size_t n_settings, const ets_allocator *mem,
                         ets_arch **out, ets_error *err)
{
    ETI_TRY(eti_given(base && out && (settings || !n_settings), "ets_arch_with", "base, settings or out is NULL", err));
    return eti_arch_with(base, settings, n_settings, mem, out, err);
}

void ets_arch_free(ets_arch *arch) { eti_arch_free(arch); }
const char *ets_arch_name(const ets_arch *arch) { return arch->v.name; }

size_t ets_arch_field_count(const ets_arch *arch)
{
    return eti_arch_field_count(arch);
}

ets_arch_field ets_arch_field_at(const ets_arch *arch, size_t i) { return eti_arch_field_at(arch, i); }

ets_arch_size ets_arch_size_of(const ets_arch *arch)
{
    ets_arch_size s;
    s.macs_per_cycle = eti_peak_macs_per_cycle(&arch->v);
    s.peak_tops = 2e-12 * (double)s.macs_per_cycle * (double)arch->v.clock_hz;
    s.chip_bytes = eti_chip_bytes(&arch->v);
    s.area_mm2 = eti_area_mm2(&arch->v);
    return s;
}

/* ------------------------------------------------------------------ models ------------------------------- */

static ets_status wrap(struct eti_graph *graph, const ets_allocator *mem, ets_model **out, ets_error *err)
{
    ets_allocator a = eti_allocator(mem);
    ets_model *m = eti_alloc(&a, 1, sizeof *m);
    if (!m) {
        eti_graph_free(graph);
        return eti_nomem(err);
    }
    m->mem = a;
    m->graph = graph;
    *out = m;
    return ETS_OK;
}

static ets_status read_model(const char *name, struct eti_file *file, const ets_allocator *mem, ets_model **out, ets_error *err)
{
    struct eti_graph *graph = NULL;
    ets_status status = eti_import(name, file->data, file->size, mem, &graph, err);
    eti_file_close(file);
    return status == ETS_OK ? wrap(graph, mem, out, err) : status;
}

ets_status ets_model_load(const char *path, const ets_allocator *mem, ets_model **out, ets_error *err)
{
    struct eti_file file;
    ETI_TRY(eti_given(path && out, "ets_model_load", "path or out is NULL", err));
    ETI_TRY(eti_file_open(&file, path, mem, err));
    return read_model(eti_file_name(path), &file, mem, out, err);
}

ets_status ets_model_parse(const char *name, const void *data, size_t n_bytes, const ets_allocator *mem, ets_model **out,
                           ets_error *err)
{
    struct eti_file file;
    ETI_TRY(eti_given(name && (data || !n_bytes) && out, "ets_model_parse", "name, data or out is NULL", err));
    ETI_TRY(eti_file_wrap(&file, name, data, n_bytes, mem, err));
    return read_model(name, &file, mem, out, err);
}

ets_status ets_model_as_int8(const ets_model *model, const ets_allocator *mem, ets_model **out, ets_error *err)
{
    struct eti_graph *graph = NULL;
    ETI_TRY(eti_given(model && out, "ets_model_as_int8", "model or out is NULL", err));
    ets_status status = eti_graph_as_int8(model->graph, mem, &graph, err);
    return status == ETS_OK ? wrap(graph, mem, out, err) : status;
}

void ets_model_free(ets_model *model)
{
    if (!model) return;
    eti_graph_free(model->graph);
    eti_free(&model->mem, model, 1, sizeof *model);
}

const char *ets_model_name(const ets_model *model) { return model->graph->name; }

const char *ets_model_layer_name(const ets_model *model, size_t layer)
{
    return layer < model->graph->n_ops ? model->graph->ops[layer].name : NULL;
}

ets_model_info ets_model_describe(const ets_model *model)
{
    const struct eti_graph *g = model->graph;
    ets_model_info info;
    memset(&info, 0, sizeof info);
    info.name = g->name;
    info.format = g->format;
    info.n_ops = g->n_ops;
    info.n_tensors = g->n_tensors;
    info.quantized = g->quantized;
    for (uint32_t i = 0; i < g->n_ops; i++) {
        info.macs += g->ops[i].macs;
        info.weight_count += g->ops[i].weight_count;
        info.n_weighted_ops += eti_op_kind(g->ops[i].type)->class_ == ETI_WEIGHTED;
    }
    for (uint32_t i = 0; i < g->n_tensors; i++)
        if (g->tensors[i].constant && !g->tensors[i].unpacked) info.constant_bytes += g->tensors[i].bytes;
    return info;
}

/* ------------------------------------------------------------------ simulation --------------------------- */

/* `from` may be of an older release, and shorter. */
static ets_status take_options(const ets_options *from, const char *function, ets_options *to, ets_error *err)
{
    const ets_options usual = ETS_OPTIONS_INIT;
    *to = usual;
    if (!from) return ETS_OK;
    bool known = from->struct_size >= offsetof(ets_options, work_limit); /* the size of the first release */
    ETI_TRY(eti_given(known, function, "start options from ETS_OPTIONS_INIT", err));
    memcpy(to, from, (size_t)eti_min(from->struct_size, sizeof *to));
    return ETS_OK;
}

ets_status ets_simulate(const ets_arch *arch, const ets_model *model, const ets_options *options, const ets_allocator *mem,
                        ets_report **out, ets_error *err)
{
    ets_options o;
    ETI_TRY(eti_given(arch && model && out, "ets_simulate", "arch, model or out is NULL", err));
    ETI_TRY(take_options(options, "ets_simulate", &o, err));
    return eti_simulate(arch, model->graph, &o, mem, out, err);
}

void ets_report_free(ets_report *report)
{
    if (!report) return;
    ets_allocator mem = report->arena.mem;
    eti_arena_free(&report->arena);
    eti_free(&mem, report, 1, sizeof *report);
}

const ets_summary *ets_report_summary(const ets_report *report) { return &report->summary; }
const char *ets_report_model_name(const ets_report *report) { return report->model; }
const char *ets_report_arch_name(const ets_report *report) { return report->arch; }
size_t ets_report_layer_count(const ets_report *report) { return report->n_layers; }
size_t ets_report_phase_count(const ets_report *report) { return report->n_phases; }

const ets_layer *ets_report_layer(const ets_report *report, size_t i)
{
    return i < report->n_layers ? &report->layers[i] : NULL;
}

const ets_array_layer *ets_report_array_layer(const ets_report *report, size_t i)
{
    bool there = report->array && i < report->n_layers && report->layers[i].where == ETS_ON_TPU;
    return there ? &report->array[i] : NULL;
}

const ets_phase *ets_report_phase(const ets_report *report, size_t i)
{
    return i < report->n_phases ? &report->phases[i] : NULL;
}

/* The finished text goes to the writer as a whole, and is freed. */
static ets_status hand_over(struct eti_text *text, const ets_writer *to, ets_error *err)
{
    ets_status status = text->failed ? eti_nomem(err) : ETS_OK;
    if (status == ETS_OK && to->write(to->ctx, text->data, text->length) != 0)
        status = eti_fail(err, ETS_IO, NULL, "the output could not be written");
    eti_text_free(text);
    return status;
}

static ets_status take_format_options(const ets_format_options *from, const char *function, ets_format_options *to, ets_error *err)
{
    const ets_format_options usual = ETS_FORMAT_OPTIONS_INIT;
    bool known = !from || from->struct_size >= sizeof *to; /* the first release had all of them */
    ETI_TRY(eti_given(known, function, "start options from ETS_FORMAT_OPTIONS_INIT", err));
    *to = from ? *from : usual;
    return ETS_OK;
}

ets_status ets_report_write(const ets_report *report, ets_format format, const ets_format_options *options,
                            const ets_writer *to, ets_error *err)
{
    ets_format_options o;
    ETI_TRY(eti_given(report && to && to->write, "ets_report_write", "report or writer is NULL", err));
    ETI_TRY(take_format_options(options, "ets_report_write", &o, err));
    bool scalesim = format >= ETS_FORMAT_SCALESIM_COMPUTE && format <= ETS_FORMAT_SCALESIM_ACCESS;
    if (scalesim && !report->array)
        return eti_fail(err, ETS_ARGUMENT, NULL, "SCALE-Sim's reports are of systolic machines; '%s' is none", report->arch);
    if (format == ETS_FORMAT_TRACE && !report->trace)
        return eti_fail(err, ETS_ARGUMENT, NULL, "ets_report_write: there is no trace; simulate with ets_options.trace");
    ETI_TRY(eti_given(o.sort <= ETS_SORT_NAME, "ets_report_write", "no such order", err));
    struct eti_text text;
    ets_status status = ETS_OK;
    eti_text_init(&text, &report->arena.mem);
    struct eti_point point = eti_point_begin();
    switch (format) {
    case ETS_FORMAT_TABLE:
        if (o.mapping) eti_report_mapping(report, &o, &text);
        else status = eti_report_table(report, &o, &text, err);
        break;
    case ETS_FORMAT_JSON: eti_report_json(report, &text); break;
    case ETS_FORMAT_TRACE: eti_report_trace(report, &text); break;
    case ETS_FORMAT_CSV: eti_report_csv(report, &text); break;
    case ETS_FORMAT_SCALESIM_COMPUTE: eti_report_scalesim_compute(report, &text); break;
    case ETS_FORMAT_SCALESIM_BANDWIDTH: eti_report_scalesim_bandwidth(report, &text); break;
    case ETS_FORMAT_SCALESIM_ACCESS: eti_report_scalesim_access(report, &text); break;
    case ETS_FORMAT_HTML: eti_report_html(&(ets_page_part){report, NULL, 0}, 1, &text); break;
    default: status = eti_fail(err, ETS_ARGUMENT, NULL, "ets_report_write: no such format");
    }
    eti_point_end(point);
    if (status == ETS_OK) return hand_over(&text, to, err);
    eti_text_free(&text);
    return status;
}

ets_status ets_page_write(const ets_page_part *parts, size_t n, const ets_writer *to, ets_error *err)
{
    struct eti_text text;
    ETI_TRY(eti_given(parts && n && to && to->write, "ets_page_write", "no parts, or writer is NULL", err));
    for (size_t i = 0; i < n; i++)
        ETI_TRY(eti_given(parts[i].report && (parts[i].changes || !parts[i].n_changes), "ets_page_write", "report or changes are NULL", err));
    eti_text_init(&text, &parts[0].report->arena.mem);
    struct eti_point point = eti_point_begin();
    eti_report_html(parts, n, &text);
    eti_point_end(point);
    return hand_over(&text, to, err);
}

/* ------------------------------------------------------------------ one layer ---------------------------- */

ets_status ets_explain(const ets_arch *arch, const ets_model *model, size_t layer, const ets_options *options, const ets_allocator *mem,
                       ets_explanation **out, ets_error *err)
{
    ets_options o;
    ETI_TRY(eti_given(arch && model && out, "ets_explain", "arch, model or out is NULL", err));
    ETI_TRY(take_options(options, "ets_explain", &o, err));
    if (layer >= model->graph->n_ops)
        return eti_fail(err, ETS_RANGE, NULL, "%s has no layer %zu; its last one is %u", model->graph->name, layer, model->graph->n_ops - 1);
    struct eti_point point = eti_point_begin();
    ets_status status = eti_explain(arch, model->graph, layer, &o, mem, out, err);
    eti_point_end(point);
    return status;
}

void ets_explanation_free(ets_explanation *e) { eti_explain_free(e); }

ets_status ets_explanation_write(const ets_explanation *e, ets_format format, const ets_format_options *options, const ets_writer *to,
                                 ets_error *err)
{
    ets_format_options o;
    struct eti_text text;
    ETI_TRY(eti_given(e && to && to->write, "ets_explanation_write", "explanation or writer is NULL", err));
    ETI_TRY(take_format_options(options, "ets_explanation_write", &o, err));
    ETI_TRY(eti_given(format == ETS_FORMAT_TABLE || format == ETS_FORMAT_JSON, "ets_explanation_write", "no such format", err));
    eti_text_init(&text, &e->report->arena.mem);
    struct eti_point point = eti_point_begin();
    if (format == ETS_FORMAT_JSON) eti_explain_json(e, &text);
    else eti_explain_table(e, &o, &text);
    eti_point_end(point);
    return hand_over(&text, to, err);
}
