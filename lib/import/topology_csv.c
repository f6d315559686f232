/* topology_csv.c - SCALE-Sim's table of layers to a graph: a row a layer, each by itself (no layer reads another's result).
 * Two forms, told apart by the number of columns:
 *   Layer name, IFMAP Height, IFMAP Width, Filter Height, Filter Width, Channels, Num Filter, Strides[, Strides across],
 *   Layer, M, N, K,                               M x K by K x N
 * A name that begins with DP is a depthwise convolution. The map is padded already; where the stride does not divide it, the
 * last window hangs over its edge, as that tool counts. */
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "graph/layer.h"
#include "import/import.h"
#include "io/csv.h"

enum { NAME, IN_H, IN_W, KERNEL_H, KERNEL_W, CHANNELS, FILTERS, STRIDE_H, STRIDE_W, CONV_FIELDS };
enum { GEMM_M = 1, GEMM_N, GEMM_K, GEMM_FIELDS };

struct reader {
    struct eti_csv csv;
    struct eti_csv_row row;
    struct eti_graph_builder b;
    ets_error *err;
    uint32_t n_layers;
};

bool eti_is_topology_csv(const uint8_t *data, size_t size)
{
    size_t end = 0, commas = 0;
    while (end < size && (data[end] == '\n' || data[end] == '\r' || data[end] == ' ')) end++;
    size_t from = end;
    for (; end < size && data[end] != '\n'; end++) {
        if (data[end] == ':' || data[end] == '{') return false;
        commas += data[end] == ',';
    }
    return commas >= 3 && data[from] != '#' && data[from] != '-';
}

static ets_status read_number(struct reader *r, uint32_t field, const char *what, uint32_t *out)
{
    struct eti_place at = eti_csv_place(&r->csv, &r->row, field);
    uint64_t value;
    const char *text = r->row.field[field].text;
    if (strchr(text, ':')) return eti_fail(r->err, ETS_UNSUPPORTED, &at, "%s: '%s' is a sparsity, which is not modelled", what, text);
    if (!eti_parse_u64(text, &value) || value == 0 || value > INT32_MAX)
        return eti_fail(r->err, ETS_SCHEMA, &at, "%s: '%s' is not a whole number from 1 to %d", what, text, INT32_MAX);
    *out = (uint32_t)value;
    return ETS_OK;
}

static ets_status add_input(struct reader *r, const struct eti_shape *shape, int32_t *out)
{
    struct eti_tensor t;
    struct eti_place at = eti_csv_place(&r->csv, &r->row, 0);
    char name[160];
    memset(&t, 0, sizeof t);
    snprintf(name, sizeof name, "%.120s/input", r->row.field[NAME].text);
    t.name = name;
    t.type = ETI_I8;
    t.quant = ETI_QUANT_TENSOR;
    t.shape = *shape;
    ETI_TRY(eti_graph_add_tensor(&r->b, &t, &at, out, r->err));
    return eti_graph_add_input(&r->b, *out, r->err);
}

static ets_status add_layer(struct reader *r, const struct eti_shape *in, const struct eti_layer *of_row)
{
    int32_t input, output;
    struct eti_layer l = *of_row;
    ETI_TRY(add_input(r, in, &input));
    l.inputs = &input;
    l.n_inputs = 1;
    l.n_outputs = 1;
    l.name = r->row.field[NAME].text;
    l.place = eti_csv_place(&r->csv, &r->row, 0);
    ETI_TRY(eti_graph_add_layer(&r->b, &l, &output, r->err));
    r->n_layers++;
    return eti_graph_add_output(&r->b, output, r->err);
}

static ets_status read_conv(struct reader *r)
{
    static const char *const names[CONV_FIELDS] = {"layer name", "IFMAP height", "IFMAP width", "filter height", "filter width",
                                                   "channels", "number of filters", "stride", "stride across"};
    uint32_t v[CONV_FIELDS];
    for (uint32_t i = IN_H; i <= STRIDE_H; i++) ETI_TRY(read_number(r, i, names[i], &v[i]));
    v[STRIDE_W] = v[STRIDE_H];
    if (r->row.n > STRIDE_W) ETI_TRY(read_number(r, STRIDE_W, names[STRIDE_W], &v[STRIDE_W]));
    struct eti_layer l;
    memset(&l, 0, sizeof l);
    bool depthwise = strncmp(r->row.field[NAME].text, "DP", 2) == 0;
    struct eti_place at = eti_csv_place(&r->csv, &r->row, FILTERS);
    l.type = depthwise ? ETI_OP_DEPTHWISE_CONV_2D : ETI_OP_CONV_2D;
    l.out_channels = depthwise ? v[CHANNELS] * v[FILTERS] : v[FILTERS];
    if (depthwise && (uint64_t)v[CHANNELS] * v[FILTERS] > INT32_MAX)
        return eti_fail(r->err, ETS_RANGE, &at, "%u channels with %u filters each are too many", v[CHANNELS], v[FILTERS]);
    l.at.kernel_h = v[KERNEL_H];
    l.at.kernel_w = v[KERNEL_W];
    l.at.stride_h = v[STRIDE_H];
    l.at.stride_w = v[STRIDE_W];
    l.at.dilation_h = l.at.dilation_w = 1;
    l.at.padding = ETI_PAD_HANGING;
    struct eti_shape in = {4, {1, v[IN_H], v[IN_W], v[CHANNELS]}};
    return add_layer(r, &in, &l);
}

static ets_status read_gemm(struct reader *r)
{
    uint32_t m, n, k;
    ETI_TRY(read_number(r, GEMM_M, "M", &m));
    ETI_TRY(read_number(r, GEMM_N, "N", &n));
    ETI_TRY(read_number(r, GEMM_K, "K", &k));
    struct eti_layer l;
    memset(&l, 0, sizeof l);
    l.type = ETI_OP_FULLY_CONNECTED;
    l.out_channels = n;
    struct eti_shape in = {2, {m, k}};
    return add_layer(r, &in, &l);
}

static ets_status read_row(struct reader *r, uint32_t fields)
{
    struct eti_place at = eti_csv_place(&r->csv, &r->row, r->row.n - 1);
    bool gemm = fields == GEMM_FIELDS;
    uint32_t least = gemm ? GEMM_FIELDS : STRIDE_W, most = gemm ? GEMM_FIELDS : CONV_FIELDS;
    if (r->row.n < least || r->row.n > most)
        return eti_fail(r->err, ETS_SCHEMA, &at, "%u fields; %s has %s", r->row.n, gemm ? "a product" : "a layer",
                        gemm ? "4: name, M, N, K" : "8 or 9: name, map height and width, filter height and width, channels, filters, stride(s)");
    if (!r->row.field[NAME].text[0]) return eti_fail(r->err, ETS_SCHEMA, &at, "the layer has no name");
    return gemm ? read_gemm(r) : read_conv(r);
}

/* The first row names the columns, if its second field is no number. */
static ets_status read_rows(struct reader *r)
{
    bool more;
    uint64_t number;
    ETI_TRY(eti_csv_next(&r->csv, &r->row, &more, r->err));
    uint32_t fields = r->row.n <= GEMM_FIELDS ? GEMM_FIELDS : CONV_FIELDS;
    if (r->row.n > 1 && !eti_parse_u64(r->row.field[1].text, &number)) ETI_TRY(eti_csv_next(&r->csv, &r->row, &more, r->err));
    for (; more;) {
        ETI_TRY(read_row(r, fields));
        ETI_TRY(eti_csv_next(&r->csv, &r->row, &more, r->err));
    }
    struct eti_place at = {r->csv.name, r->csv.line, 1, 0, false};
    return r->n_layers ? ETS_OK : eti_fail(r->err, ETS_SCHEMA, &at, "the table has no layers");
}

ets_status eti_import_topology_csv(const char *name, const uint8_t *data, size_t size, const ets_allocator *mem,
                                   struct eti_graph **out, ets_error *err)
{
    struct reader r;
    struct eti_arena scratch;
    memset(&r, 0, sizeof r);
    r.err = err;
    eti_arena_init(&scratch, mem);
    eti_csv_init(&r.csv, name, data, size, &scratch);
    char *model = eti_model_name(name, &scratch);
    ets_status status = model ? eti_graph_begin(&r.b, model, "scalesim", mem, err) : eti_nomem(err);
    if (status == ETS_OK) r.b.file = name;
    if (status == ETS_OK) status = read_rows(&r);
    if (status == ETS_OK) status = eti_graph_finish(&r.b, out, err);
    eti_graph_abandon(&r.b);
    eti_arena_free(&scratch);
    return status;
}
