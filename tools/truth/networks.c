/* networks.c - see networks.h. */
#include "networks.h"

#include "grid.h"
#include "net.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ------------------------------------------------------------------ shipped graphs ----------------------- */

static ets_model *grid_named(const char *name, ets_error *err);

/* How tables spell a network (letters and digits only, lower case), the height of its input (0: any), the graph. */
static const struct { const char *name; unsigned height; const char *file; } shipped[] = {
    {"efficientnetedgetpus", 0, "efficientnet-edgetpu-s"},
    {"efficientnetedgetpum", 0, "efficientnet-edgetpu-m"},
    {"efficientnetedgetpul", 0, "efficientnet-edgetpu-l"},
    {"efficientnetedgetpus224", 0, "efficientnet-edgetpu-s"},
    {"efficientnetedgetpum240", 0, "efficientnet-edgetpu-m"},
    {"efficientnetedgetpul300", 0, "efficientnet-edgetpu-l"},
    {"mobilenetv1025", 0, "mobilenet-v1-0.25-128"},
    {"mobilenetv1050", 0, "mobilenet-v1-0.5-160"},
    {"mobilenetv105", 0, "mobilenet-v1-0.5-160"},
    {"mobilenetv175", 0, "mobilenet-v1-0.75-192"},
    {"mobilenetv1075", 0, "mobilenet-v1-0.75-192"},
    {"mobilenetv1", 128, "mobilenet-v1-0.25-128"},
    {"mobilenetv1", 160, "mobilenet-v1-0.5-160"},
    {"mobilenetv1", 192, "mobilenet-v1-0.75-192"},
    {"mobilenetv1", 0, "mobilenet-v1-1.0-224"},
    {"mobilenetv110", 0, "mobilenet-v1-1.0-224"},
    {"mobilenetv110224", 0, "mobilenet-v1-1.0-224"},
    {"mobilenetv1224", 0, "mobilenet-v1-1.0-224"},
    {"mobilenetv2", 0, "mobilenet-v2-1.0-224"},
    {"mobilenetv210", 0, "mobilenet-v2-1.0-224"},
    {"mobilenetv210224", 0, "mobilenet-v2-1.0-224"},
    {"mobilenetv2224", 0, "mobilenet-v2-1.0-224"},
    {"mobilenetv210224quant", 0, "mobilenet-v2-1.0-224"},
    {"mobilenetv2inatbird", 0, "mobilenet-v2-1.0-224-inat-bird"},
    {"mobilenetv2inatbird224", 0, "mobilenet-v2-1.0-224-inat-bird"},
    {"mobilenetv2inatinsect", 0, "mobilenet-v2-1.0-224-inat-insect"},
    {"mobilenetv2inatinsect224", 0, "mobilenet-v2-1.0-224-inat-insect"},
    {"mobilenetv2inatinsects", 0, "mobilenet-v2-1.0-224-inat-insect"},
    {"mobilenetv2inatplant", 0, "mobilenet-v2-1.0-224-inat-plant"},
    {"mobilenetv2inatplants", 0, "mobilenet-v2-1.0-224-inat-plant"},
    {"mobilenetv2inatbirds", 0, "mobilenet-v2-1.0-224-inat-bird"},
    {"mobilenetv1tf2", 0, "mobilenet-v1-tf2-1.0-224"},
    {"mobilenetv2tf2", 0, "mobilenet-v2-tf2-1.0-224"},
    {"mobilenetv3075", 0, "mobilenet-v3-edgetpu-0.75-224"},
    {"mobilenetv3edgetpu075", 0, "mobilenet-v3-edgetpu-0.75-224"},
    {"mobilenetv3edgetputf2", 0, "mobilenet-v3-edgetpu-1.0-224"},
    {"mobilenetv3tf2", 0, "mobilenet-v3-edgetpu-1.0-224"},
    {"mobilenetv3edgetpu", 0, "mobilenet-v3-edgetpu-1.0-224"},
    {"mobilenetv3", 0, "mobilenet-v3-edgetpu-1.0-224"},
    {"mobilenetv1ssd", 0, "ssd-mobilenet-v1-300"},
    {"ssdmobilenetv1coco", 0, "ssd-mobilenet-v1-300"},
    {"cocossdmobilenetv1", 0, "ssd-mobilenet-v1-0.75-300"}, /* 3.99 MiB: of 2018 */
    {"ssdmobilenetv1075300", 0, "ssd-mobilenet-v1-0.75-300"},
    {"ssdmobilenetv1300x300quantcoco", 0, "ssd-mobilenet-v1-300"},
    {"mobilenetv2ssd", 0, "ssd-mobilenet-v2-300"},
    {"ssdmobilenetv2coco", 0, "ssd-mobilenet-v2-300"},
    {"cocossdmobilenetv2", 0, "ssd-mobilenet-v2-300"},
    {"inceptionv1", 0, "inception-v1-224"},
    {"inceptionv2", 0, "inception-v2-224"},
    {"inceptionv3", 0, "inception-v3-299"},
    {"inceptionv4", 0, "inception-v4-299"},
    {"inceptionresnetv2", 0, "inception-resnet-v2-299"},
    {"resnet50v1", 0, "resnet-50-v1-224"}, /* the benchmark page says 299; the file that it names is of 224 */
    {"resnet50", 0, "resnet-50-v1-224"},
    {"resnet50v15row1", 0, "resnet-50-v1.5-224"},
    {"resnet50v15row2", 0, "resnet-50-v1.5-224"},
    {"resnet50v15", 0, "resnet-50-v1.5-224"},
    {"resnet50tf2", 0, "resnet-50-v1-224"},
    {"resnet50v2", 224, "resnet-50-v2-224"},
    {"resnet50v2", 0, "resnet-50-v2-299"},
    {"resnet152v2", 224, "resnet-152-v2-224"},
    {"resnet152v2", 0, "resnet-152-v2-299"},
    {"resnet101v2", 224, "resnet-101-v2-224"},
    {"squeezenet", 0, "squeezenet-1.0-224"},
    {"squeezenet10", 0, "squeezenet-1.0-224"},
    {"squeezenet11", 0, "squeezenet-1.1-224"},
    {"efficientnetlite0", 0, "efficientnet-lite0-224"},
    {"efficientnetlite1", 0, "efficientnet-lite1-240"},
    {"efficientnetlite2", 0, "efficientnet-lite2-260"},
    {"efficientnetlite3", 0, "efficientnet-lite3-280"},
    {"efficientnetlite4", 0, "efficientnet-lite4-300"},
    {"vgg16", 0, "vgg-16-224"},
    {"vgg16224", 0, "vgg-16-224"},
    {"vgg19", 0, "vgg-19-224"},
    {"densenet", 0, "densenet-121-224"},
    {"densenet121", 0, "densenet-121-224"},
    {"unetmv2", 256, "unet-mobilenet-v2-256"},
    {"unetmv2", 0, "unet-mobilenet-v2-128"},
    {"unetmobilenetv2", 256, "unet-mobilenet-v2-256"},
    {"unetmobilenetv2", 0, "unet-mobilenet-v2-128"},
    {"deeplabv305", 0, "deeplab-v3-mobilenet-v2-0.5-513"},
    {"deeplabv3mobilenetv205", 0, "deeplab-v3-mobilenet-v2-0.5-513"},
    {"deeplabv3mobilenetv2dm05", 0, "deeplab-v3-mobilenet-v2-0.5-513"},
    {"deeplabv3dm05", 0, "deeplab-v3-mobilenet-v2-0.5-513"},
    {"deeplabv305depthmultiplier", 0, "deeplab-v3-mobilenet-v2-0.5-513"},
    {"deeplabv3mobilenetv2", 0, "deeplab-v3-mobilenet-v2-1.0-513"},
    {"deeplabv310", 0, "deeplab-v3-mobilenet-v2-1.0-513"},
    {"deeplabv3mobilenetv210", 0, "deeplab-v3-mobilenet-v2-1.0-513"},
    {"deeplabv3mnv2dm05", 0, "deeplab-v3-mobilenet-v2-0.5-513"},
    {"deeplabv3mnv2", 0, "deeplab-v3-mobilenet-v2-1.0-513"},
    {"bodypixmobilenetv1075", 0, "bodypix-mobilenet-v1-0.75-512"},
    {"bodypixmobilenetv1", 0, "bodypix-mobilenet-v1-0.75-512"},
    {"posenet", 353, "posenet-mobilenet-v1-0.75-353x481"},
    {"posenet", 481, "posenet-mobilenet-v1-0.75-481x641"},
    {"posenet", 721, "posenet-mobilenet-v1-0.75-721x1281"},
    {"posenetmobilenetv1", 353, "posenet-mobilenet-v1-0.75-353x481"},
    {"posenetmobilenetv1", 481, "posenet-mobilenet-v1-0.75-481x641"},
    {"posenetmobilenetv1", 721, "posenet-mobilenet-v1-0.75-721x1281"},
    {"posenetmobilenetv1075", 353, "posenet-mobilenet-v1-0.75-353x481"},
    {"posenetmobilenetv1075", 481, "posenet-mobilenet-v1-0.75-481x641"},
    {"posenetmobilenetv1075", 721, "posenet-mobilenet-v1-0.75-721x1281"},
    {"ssdmobilenetv2", 0, "ssd-mobilenet-v2-300"},
    {"ssdmobilenetv1", 0, "ssd-mobilenet-v1-300"},
    {"resnet101v2", 0, "resnet-101-v2-299"},
    {"inceptionresnetv2", 0, "inception-resnet-v2-299"},
    {"deeplabv3", 0, "deeplab-v3-mobilenet-v2-1.0-513"},
    {"deeplabv3mnv2513", 0, "deeplab-v3-mobilenet-v2-1.0-513"},
};

static void squeeze(const char *from, char *to, size_t room)
{
    size_t n = 0;
    for (; *from && n + 1 < room; from++)
        if (isalnum((unsigned char)*from)) to[n++] = (char)tolower((unsigned char)*from);
    to[n] = '\0';
}

/* Words of a file's name that say how a network was trained, not what it computes. */
static bool is_silent(const char *word)
{
    static const char *const words[] = {"quant", "ptq", "qat", "coco", "pascal", "imagenet", "tfhub", "keras", "tf2", "int8", "uint8", "tflite"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (strcmp(word, words[i]) == 0) return true;
    return false;
}

/* A number of three digits or more is the height of the input (the next one its width) unless it is a depth: "resnet_152". */
static unsigned height_of(const char *word, const char *before)
{
    char *end;
    unsigned long v = strtoul(word, &end, 10);
    bool depth = strcmp(before, "resnet") == 0 || strcmp(before, "densenet") == 0 || strcmp(before, "vgg") == 0;
    return end - word >= 3 && (!*end || *end == 'x') && *word != '0' && !depth ? (unsigned)v : 0;
}

/* "tf2_mobilenet_v1_1.0_224_ptq": "mobilenetv110tf2", 224; `whole`: without the width of 1, too. */
static void essence(const char *name, bool whole, char *to, size_t room, unsigned *height)
{
    char word[64] = "", before[64];
    bool tf2 = false;
    size_t n = 0;
    for (*height = 0; *name; name += strcspn(name, " _-(),/")) {
        name += strspn(name, " _-(),/");
        memcpy(before, word, sizeof before);
        size_t length = strcspn(name, " _-(),/"), kept = length < sizeof word ? length : sizeof word - 1;
        for (size_t i = 0; i < kept; i++) word[i] = (char)tolower((unsigned char)name[i]);
        word[kept] = '\0';
        unsigned size = height_of(word, before);
        tf2 |= strcmp(word, "tf2") == 0;
        if (size && !*height) *height = size;
        if (size || is_silent(word) || (whole && strcmp(word, "1.0") == 0)) continue;
        squeeze(word, to + n, room - n);
        n += strlen(to + n);
    }
    snprintf(to + n, room - n, "%s", tf2 ? "tf2" : "");
}

/* `sized`: only a graph whose file is named for that height. */
static const char *file_named(const char *plain, unsigned height, bool sized)
{
    char suffix[16];
    snprintf(suffix, sizeof suffix, "-%u", height);
    for (size_t i = 0; i < sizeof shipped / sizeof *shipped; i++)
        if (strcmp(shipped[i].name, plain) == 0 && (!shipped[i].height || shipped[i].height == height) &&
            (!sized || strstr(shipped[i].file, suffix) || strncmp(shipped[i].file, "efficientnet-edgetpu", 20) == 0))
            return shipped[i].file;
    return NULL;
}

/* As it stands, then without what a file's name says beside the network. */
static const char *shipped_file(const char *name, unsigned height)
{
    char plain[128];
    squeeze(name, plain, sizeof plain);
    const char *file = file_named(plain, height, false);
    for (int whole = 0; !file && whole < 2; whole++) {
        unsigned said;
        essence(name, whole, plain, sizeof plain, &said);
        file = file_named(plain, said ? said : height, said != 0);
    }
    return file;
}

ets_model *network_named(const char *name, const char *input, const char *folder, ets_error *err)
{
    char plain[128], path[4096];
    const char *file = shipped_file(name, (unsigned)strtoul(input, NULL, 10));
    if (file) {
        ets_model *m = NULL;
        if (ets_data_find("models", file, folder, path, sizeof path, err)) return NULL;
        return ets_model_load(path, NULL, &m, err) == ETS_OK ? m : NULL;
    }
    squeeze(name, plain, sizeof plain);
    struct dense_stack dense = {0, 0, 0, 0, 0, false};
    unsigned segment;
    if (sscanf(name, "Dense %ux%u", &dense.inputs, &dense.outputs) == 2) return network_dense_stack(&dense, err);
    if (sscanf(plain, "densenet201segment%uof8", &segment) == 1) return network_densenet_201_segment(segment, err);
    if (strstr(plain, "cifar100")) return network_cifar_100(plain, err);
    return grid_named(name, err);
}

/* ------------------------------------------------------------------ the Grid family ---------------------- */

/* "Grid A0.25 D02": width and repeats. */
static ets_model *grid_named(const char *name, ets_error *err)
{
    double width;
    unsigned repeats;
    if (sscanf(name, "Grid A%lf D%u", &width, &repeats) != 2 || width <= 0 || width > 4 || repeats > 100) {
        snprintf(err->text, sizeof err->text, "no graph of this network ships with the project");
        return NULL;
    }
    return grid_model((uint32_t)(100 * width + 0.5), repeats, err);
}

/* ------------------------------------------------------------------ NAS-Bench-201 ------------------------ */

enum edge { NONE, SKIP, CONV_1X1, CONV_3X3, AVERAGE_3X3 };
static const char *const edge_names[] = {"none", "skip_connect", "nor_conv_1x1", "nor_conv_3x3", "avg_pool_3x3"};

/* Edges 0->1, 0->2, 1->2, 0->3, 1->3, 2->3, in the order in which the string names them. */
static bool parse_cell(const char *text, enum edge edges[6])
{
    for (int k = 0; k < 6; k++) {
        while (*text == '|' || *text == '+') text++;
        size_t n = strcspn(text, "~"), i = 0;
        while (i < 5 && (strlen(edge_names[i]) != n || strncmp(edge_names[i], text, n) != 0)) i++;
        if (i == 5) return false;
        edges[k] = (enum edge)i;
        text += strcspn(text, "|");
    }
    return true;
}

/* A cell as a converter leaves it: the edges that lead from its input (node 0) to its output (node 3), a sum's terms in their
 * order. A node that is a copy of another is that other one. */
struct edge_of { int from, to; enum edge op; };
struct cell { struct edge_of edges[6]; int n; };

static void keep_live_edges(struct cell *c)
{
    bool reached[4] = {true}, leads[4] = {false, false, false, true};
    int n = 0;
    for (int i = 0; i < c->n; i++) reached[c->edges[i].to] |= reached[c->edges[i].from];
    for (int i = c->n; i-- > 0;) leads[c->edges[i].from] |= leads[c->edges[i].to];
    for (int i = 0; i < c->n; i++)
        if (reached[c->edges[i].from] && leads[c->edges[i].to]) c->edges[n++] = c->edges[i];
    c->n = n;
}

static int edges_into(const struct cell *c, int node)
{
    int n = 0;
    for (int i = 0; i < c->n; i++) n += c->edges[i].to == node;
    return n;
}

/* The copy's name goes, unless it is the output: then the name of what it copies, which nothing else reads by then. */
static void drop_copies(struct cell *c)
{
    for (int i = 0; i < c->n; i++) {
        struct edge_of e = c->edges[i];
        if (e.op != SKIP || edges_into(c, e.to) != 1 || (e.to == 3 && e.from == 0)) continue;
        memmove(&c->edges[i], &c->edges[i + 1], (size_t)(--c->n - i) * sizeof e);
        for (int k = 0; k < c->n; k++) {
            if (e.to != 3 && c->edges[k].from == e.to) c->edges[k].from = e.from;
            if (e.to == 3 && c->edges[k].to == e.from) c->edges[k].to = 3;
        }
        i = -1; /* from the start: what is left may be a copy now */
    }
}

static struct cell cell_of(const enum edge edges[6])
{
    struct cell c = {{{0, 0, NONE}}, 0};
    for (int to = 1, k = 0; to < 4; to++)
        for (int from = 0; from < to; from++, k++)
            if (edges[k] != NONE) c.edges[c.n++] = (struct edge_of){from, to, edges[k]};
    keep_live_edges(&c);
    drop_copies(&c);
    return c;
}

static bool is_conv(enum edge e) { return e == CONV_1X1 || e == CONV_3X3; }

/* Does one convolution read this node, and nothing else? Then the op that makes the node also rectifies. */
static bool is_rectified(const struct cell *c, int node)
{
    int readers = 0, convs = 0;
    for (int i = 0; i < c->n; i++)
        if (c->edges[i].from == node) {
            readers++;
            convs += is_conv(c->edges[i].op);
        }
    return readers == 1 && convs == 1;
}

/* An edge's value; `rectified`: what it reads already is. `act`: of the op that makes it. */
static ets_tensor apply(struct net *n, enum edge edge, ets_tensor x, bool rectified, uint32_t channels, ets_activation act)
{
    if (edge == AVERAGE_3X3) x = net_pool(n, "avg_pool", x, 3, 1); /* the accelerator's pools have no activation of their own */
    if (is_conv(edge)) return net_conv(n, rectified ? x : net_unary(n, "relu", x), edge == CONV_3X3 ? 3 : 1, 1, channels, act);
    return act ? net_unary(n, "relu", x) : x;
}

/* Four nodes, each the sum of its edges; 0 if no edge leads through. `rectified_in`, `rectify`: input and result. */
static ets_tensor cell(struct net *n, const struct cell *c, ets_tensor x, uint32_t channels, bool rectified_in, bool rectify)
{
    ets_tensor node[4] = {x, 0, 0, 0};
    for (int i = 0; i < c->n; i++) {
        struct edge_of e = c->edges[i];
        bool last = i + 1 == c->n || c->edges[i + 1].to != e.to, rectified = e.from ? is_rectified(c, e.from) : rectified_in;
        ets_activation act = last && (e.to == 3 ? rectify : is_rectified(c, e.to)) ? ETS_ACT_RELU : ETS_ACT_NONE;
        ets_tensor *sum_of = &node[e.to], y = apply(n, e.op, node[e.from], rectified, channels, *sum_of ? ETS_ACT_NONE : act);
        *sum_of = *sum_of ? net_sum(n, *sum_of, y, act) : y;
    }
    return node[3];
}

static ets_tensor residual(struct net *n, ets_tensor x, uint32_t channels, bool rectify)
{
    ets_tensor y = net_conv(n, net_unary(n, "relu", x), 3, 2, channels, ETS_ACT_RELU);
    y = net_conv(n, y, 3, 1, channels, ETS_ACT_NONE);
    ets_tensor shortcut = net_conv(n, net_pool(n, "avg_pool", x, 2, 2), 1, 1, channels, ETS_ACT_NONE);
    return net_sum(n, y, shortcut, rectify ? ETS_ACT_RELU : ETS_ACT_NONE);
}

ets_model *network_nasbench201(const char *cells, ets_error *err)
{
    enum edge edges[6];
    if (!parse_cell(cells, edges)) {
        snprintf(err->text, sizeof err->text, "'%s' is no NAS-Bench-201 cell", cells);
        return NULL;
    }
    struct net n = net_begin("nas-bench-201", err);
    struct cell c = cell_of(edges);
    bool rectified = is_rectified(&c, 0);
    ets_tensor x = net_conv(&n, net_image(&n, 32, 32, 3), 3, 1, 16, rectified ? ETS_ACT_RELU : ETS_ACT_NONE);
    for (uint32_t stage = 0, channels = 16; stage < 3 && x; stage++, channels *= 2) {
        if (stage) x = residual(&n, x, channels, rectified);
        for (int i = 0; i < 5 && x; i++) x = cell(&n, &c, x, channels, rectified, i < 4 ? rectified : stage == 2);
    }
    if (!x && n.status == ETS_OK) {
        snprintf(err->text, sizeof err->text, "the cell's output is not connected to its input");
        n.status = ETS_SCHEMA;
    }
    return net_finish(&n, net_dense(&n, net_unary(&n, "global_mean", x), 10));
}

/* ------------------------------------------------------------------ stacks and probes -------------------- */

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
