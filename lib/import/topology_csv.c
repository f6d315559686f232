/* topology_csv.c - SCALE-Sim's table of layers to a graph: a row a layer, each by itself (no layer reads another's result).
 * Two forms, told apart by the number of columns:
 *   Layer name, IFMAP Height, IFMAP Width, Filter Height, Filter Width, Channels, Num Filter, Strides[, Strides across],
 *   Layer, M, N, K,                               M x K by K x N
 * and in either a last column N:M, a sparsity, which has to be dense. A name that begins with DP is a depthwise convolution. The map is padded already; where the stride does not divide it, the
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

/* By its first line that is no comment. Other tables are taken for one, too, to say what is wrong with them. */
bool eti_is_topology_csv(const uint8_t *data, size_t size)
{
    size_t at = 0, separators[3] = {0, 0, 0};
    while (at < size && strchr("\n\r #", data[at])) {
        if (data[at++] != '#') continue;
        while (at < size && data[at] != '\n') at++;
    }
    if (at < size && data[at] == '-') return false;
    for (; at < size && data[at] != '\n'; at++) {
        if (data[at] == '{' || (data[at] == ':' && (at + 1 == size || data[at + 1] <= ' '))) return false; /* YAML */
        separators[0] += data[at] == ',';
        separators[1] += data[at] == ';';
        separators[2] += data[at] == '\t';
    }
    return separators[0] >= 2 || separators[1] >= 3 || separators[2] >= 3;
}

static ets_status read_number(struct reader *r, uint32_t field, const char *what, uint32_t *out)
{
    struct eti_place at = eti_csv_place(&r->csv, &r->row, field);
    uint64_t value;
    const char *text = r->row.field[field].text;
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
    uint32_t m = 0, n = 0, k = 0;
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

/* A last field N:M, of M neighbours N are not zero: N:N is a dense layer. */
static ets_status drop_sparsity(struct reader *r)
{
    uint32_t last = r->row.n - 1;
    struct eti_place at = eti_csv_place(&r->csv, &r->row, last);
    const char *text = r->row.field[last].text, *colon = strchr(text, ':');
    if (!colon) return ETS_OK;
    size_t n = (size_t)(colon - text);
    if (strlen(colon + 1) != n || strncmp(text, colon + 1, n) != 0)
        return eti_fail(r->err, ETS_UNSUPPORTED, &at, "sparsity '%s' is not modelled; a dense layer is 1:1, or has no such column", text);
    r->row.n--;
    return ETS_OK;
}

static bool names_sparsity(const char *text) { return (text[0] == 'S' || text[0] == 's') && strncmp(text + 1, "parsity", 7) == 0; }

/* The next row that says anything, without what spreadsheets leave at its end, and without its sparsity. */
static ets_status next_row(struct reader *r, bool *more)
{
    do {
        ETI_TRY(eti_csv_next(&r->csv, &r->row, more, r->err));
        while (r->row.n && !r->row.field[r->row.n - 1].text[0]) r->row.n--;
    } while (*more && !r->row.n);
    return *more ? drop_sparsity(r) : ETS_OK;
}

static ets_status check_separator(struct reader *r)
{
    struct eti_place at = eti_csv_place(&r->csv, &r->row, 0);
    if (r->row.n > 1) return ETS_OK;
    bool semicolons = strchr(r->row.field[0].text, ';') != NULL;
    return eti_fail(r->err, ETS_SCHEMA, &at, "fields are separated by ','%s", semicolons ? ", these seem to be by ';'" : ", and this line has one");
}

/* The first row names the columns, if its second field is no number; the last of them may be that of sparsity. */
static ets_status read_rows(struct reader *r)
{
    bool more;
    uint64_t number;
    ETI_TRY(next_row(r, &more));
    if (more) ETI_TRY(check_separator(r));
    bool names = r->row.n > 1 && !eti_parse_u64(r->row.field[1].text, &number);
    bool has_sparsity = names && names_sparsity(r->row.field[r->row.n - 1].text);
    uint32_t fields = r->row.n - has_sparsity <= GEMM_FIELDS ? GEMM_FIELDS : CONV_FIELDS;
    if (names) ETI_TRY(next_row(r, &more));
    while (more) {
        ETI_TRY(read_row(r, fields));
        ETI_TRY(next_row(r, &more));
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
