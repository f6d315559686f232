/* test_zoo.c - the shipped networks: counts against published figures, the files and programs that they mirror, and that
 * each one runs. */
#include <glob.h>

#include "graph/model.h"
#include "test.h"

static ets_model *load(const char *path)
{
    ets_model *m = NULL;
    ets_error e;
    ASSERT_OK(ets_model_load(path, NULL, &m, &e), e);
    return m;
}

static ets_model *load_named(const char *name)
{
    char path[128];
    snprintf(path, sizeof path, "models/%s.yaml", name);
    return load(path);
}

/* ------------------------------------------------------------------ counts ------------------------------- */

/* Published parameters hold what is folded into ours: values a channel of a convolution with an activation (its batch norm
 * or bias), of one without, and four a channel of each batch norm that stands alone. `params` is for the classes of our
 * file. 0: not published. */
static const struct row {
    const char *name;
    uint32_t weighted, host;
    uint64_t params, params_within;
    double macs_g, macs_within;
    uint32_t active, linear;
} zoo[] = {
    /* Gupta and Akin 2020, counted from their code with 1001 classes: weights and the classifier's biases */
    {"efficientnet-edgetpu-s", 50, 0, 5388000, 500, 1.789, 0.001, 0, 0},
    {"efficientnet-edgetpu-m", 65, 0, 6833000, 500, 3.013, 0.001, 0, 0},
    {"efficientnet-edgetpu-l", 73, 0, 10499000, 500, 7.936, 0.001, 0, 0},
    /* models/efficientnet/lite/README: 4.7, 5.4, 6.1, 8.2, 13.0 M; its operations hold batch norms, 3 to 6 % more than MACs */
    {"efficientnet-lite0-224", 50, 0, 4700000, 50000, 0.407, 0.06, 2, 2},
    {"efficientnet-lite1-240", 65, 0, 5400000, 50000, 0.631, 0.06, 2, 2},
    {"efficientnet-lite2-260", 65, 0, 6100000, 50000, 0.899, 0.06, 2, 2},
    {"efficientnet-lite3-280", 74, 0, 8200000, 50000, 1.44, 0.06, 2, 2},
    {"efficientnet-lite4-300", 92, 0, 13000000, 50000, 2.64, 0.06, 2, 2},
    /* slim's mobilenet_v1.md (batch norms without scale counted) and mobilenet README (weights): M multiply-adds and parameters */
    {"mobilenet-v1-0.25-128", 28, 0, 470000, 5000, 0.014, 0.04, 3, 1},
    {"mobilenet-v1-0.5-160", 28, 0, 1340000, 5000, 0.077, 0.01, 3, 1},
    {"mobilenet-v1-0.75-192", 28, 0, 2590000, 5000, 0.239, 0.01, 3, 1},
    {"mobilenet-v1-1.0-224", 28, 0, 4240000, 5000, 0.569, 0.01, 3, 1},
    {"mobilenet-v2-1.0-224", 53, 0, 3470000, 5000, 0.300, 0.01, 0, 0},
    {"mobilenet-v2-1.0-224-inat-bird", 53, 0, 0, 0, 0.300, 0.01, 1, 1},
    {"mobilenet-v2-1.0-224-inat-insect", 53, 0, 0, 0, 0.300, 0.01, 1, 1},
    {"mobilenet-v2-1.0-224-inat-plant", 53, 0, 0, 0, 0.300, 0.01, 1, 1},
    {"mobilenet-v3-edgetpu-1.0-224", 59, 0, 0, 0, 0.990, 0.002, 1, 1},
    {"mobilenet-v3-edgetpu-0.75-224", 59, 0, 0, 0, 0.624, 0.002, 1, 1},
    /* Keras Applications, to the parameter; MACs of the first two as slim's, of ResNet-50 v1 He et al. 2015 (3.8 G) */
    {"mobilenet-v1-tf2-1.0-224", 28, 0, 4253864, 0, 0.569, 0.01, 4, 1},
    {"mobilenet-v2-tf2-1.0-224", 53, 0, 3538984, 0, 0.300, 0.01, 4, 4},
    {"resnet-50-v1-224", 54, 0, 25636712, 0, 3.8, 0.02, 5, 5},
    {"resnet-50-v1-299", 54, 0, 25636712, 0, 0, 0, 5, 5},
    {"resnet-50-v2-224", 54, 0, 25613800, 0, 0, 0, 4, 1},
    {"resnet-50-v2-299", 54, 0, 25613800, 0, 0, 0, 4, 1},
    {"resnet-101-v2-224", 105, 0, 44675560, 0, 0, 0, 4, 1},
    {"resnet-101-v2-299", 105, 0, 44675560, 0, 0, 0, 4, 1},
    {"resnet-152-v2-224", 156, 0, 60380648, 0, 0, 0, 4, 1},
    {"resnet-152-v2-299", 156, 0, 60380648, 0, 0, 0, 4, 1},
    /* Keras Applications; MACs of timm's results table */
    {"inception-resnet-v2-299", 245, 0, 55873736, 0, 13.18, 0.003, 3, 1},
    /* Keras Applications 23,851,784 with 1000 classes; MACs of torchvision's table of weights */
    {"inception-v3-299", 95, 0, 23851784 + 2049, 0, 5.71, 0.003, 3, 1},
    /* timm 42,679,816 with 1000 classes, and its MACs */
    {"inception-v4-299", 150, 0, 42679816 + 1537, 0, 12.28, 0.003, 2, 2},
    /* torchvision's googlenet without auxiliary heads 6,624,904 with 1000 classes (it has 3x3 for 5x5, too), and its MACs */
    {"inception-v1-224", 58, 0, 6624904 + 1025, 0, 1.50, 0.005, 2, 1},
    /* Ioffe and Szegedy's network is 2.05 G MACs (Bianco et al. 2018) with a full 7x7 stem of 118 M; the separable one: 34 M */
    {"inception-v2-224", 71, 0, 0, 0, 2.05 - 0.118 + 0.034, 0.02, 2, 1},
    /* torchvision's table of weights: parameters 25,557,032 with 1000 classes, MACs */
    {"resnet-50-v1.5-224", 54, 0, 25557032 + 2049, 0, 4.09, 0.003, 2, 2},
    /* Keras Applications (VGG, DenseNet), torchvision (SqueezeNet); MACs of torchvision's table */
    {"vgg-16-224", 16, 0, 138357544, 0, 15.47, 0.003, 1, 1},
    {"vgg-19-224", 19, 0, 143667240, 0, 19.63, 0.003, 1, 1},
    {"squeezenet-1.0-224", 26, 0, 1248424, 0, 0.82, 0.005, 1, 1},
    {"squeezenet-1.1-224", 26, 0, 1235496, 0, 0.35, 0.005, 1, 1},
    {"densenet-121-224", 121, 0, 8062504, 0, 2.83, 0.005, 4, 0},
    /* Howard et al. 2017, table 13: 6.8 M parameters, 1.2 G; the post-processing is the host's */
    {"ssd-mobilenet-v1-300", 47, 1, 6800000, 50000, 1.2, 0.04, 1, 1},
    {"ssd-mobilenet-v1-0.75-300", 47, 1, 0, 0, 0, 0, 1, 1},
    {"ssd-mobilenet-v2-300", 72, 1, 0, 0, 0, 0, 1, 1},
    {"ssd-mobilenet-v2-face-320", 72, 1, 0, 0, 0, 0, 1, 1},
    /* OpenVINO's Open Model Zoo: 36.188 M parameters, 123.309 G operations, two a MAC */
    {"ssd-fpn-mobilenet-v1-640", 84, 1, 36188000, 500, 123.309 / 2, 0.002, 1, 1},
    /* Xiong et al. 2020, table 2 */
    {"ssdlite-mobiledet-edgetpu-320", 93, 1, 0, 0, 1.53, 0.003, 1, 1},
    {"ssdlite-mobilenet-edgetpu-320", 93, 1, 0, 0, 0, 0, 1, 1},
    /* Open Model Zoo: 4.475 M, 1.525 G operations, which hold biases and activations */
    {"ssdlite-mobilenet-v2-300", 88, 1, 4475000, 500, 1.525 / 2, 0.02, 1, 1},
    /* effdet's README: 3.24, 4.25, 5.25, 8.35, 9.28, 15.13 M; convolutions of the pyramid have a bias beside the batch norm there */
    {"efficientdet-lite0-320", 182, 1, 3240000, 8000, 0, 0, 2, 2},
    {"efficientdet-lite1-384", 213, 1, 4250000, 8000, 0, 0, 2, 2},
    {"efficientdet-lite2-448", 229, 1, 5250000, 8000, 0, 0, 2, 2},
    {"efficientdet-lite3-512", 274, 1, 8350000, 12000, 0, 0, 2, 2},
    {"efficientdet-lite3x-640", 274, 1, 9280000, 16000, 0, 0, 2, 2},
    {"efficientdet-lite4-640", 308, 1, 15130000, 18000, 0, 0, 2, 2},
    /* Ultralytics' own summaries, batch norms folded in: parameters, and operations, two a MAC, of 640x640 (16.4, 4.5 and 8.7 G) */
    {"yolov5n-320", 60, 0, 1867405, 0, 4.5 / 2 / 4, 0.01, 1, 1},
    {"yolov5s-224", 60, 0, 7225885, 0, 16.4 / 2 * 0.35 * 0.35, 0.004, 1, 1},
    {"yolov8n-320", 64, 14, 3151904, 1, 8.7 / 2 / 4, 0.006, 1, 1},
    /* TensorFlow's segmentation tutorial 6,504,227; block 16's projection (320) has no batch norm there, the last layer (3) a bias */
    {"unet-mobilenet-v2-128", 56, 0, 6504227 + 4 * 320 + 3 * 3, 0, 0, 0, 4, 4},
    {"unet-mobilenet-v2-256", 56, 0, 6504227 + 4 * 320 + 3 * 3, 0, 0, 0, 4, 4},
    /* DeepLab, BodyPix and PoseNet are held by the vendor's programs, below */
    {"deeplab-v3-mobilenet-v2-0.5-513", 55, 8, 0, 0, 0, 0, 1, 1},
    {"deeplab-v3-mobilenet-v2-1.0-513", 55, 8, 0, 0, 0, 0, 1, 1},
    {"bodypix-mobilenet-v1-0.75-512", 34, 1, 0, 0, 0, 0, 1, 1},
    {"posenet-mobilenet-v1-0.75-353x481", 31, 1, 0, 0, 0, 0, 1, 1},
    {"posenet-mobilenet-v1-0.75-481x641", 31, 1, 0, 0, 0, 0, 1, 1},
    {"posenet-mobilenet-v1-0.75-721x1281", 31, 1, 0, 0, 0, 0, 1, 1},
};
#define N_ZOO (sizeof zoo / sizeof *zoo)

/* Maps of a pyramid share a head's weights in training, if not its batch norms: of the first map they are counted. */
static bool shares_weights(const struct eti_op *op)
{
    const char *head = strncmp(op->name, "classes.p", 9) == 0 ? op->name + 9 : strncmp(op->name, "boxes.p", 7) == 0 ? op->name + 7 : "3";
    return *head != '3';
}

/* A batch norm that no convolution takes in is a product with a value a channel, and a sum. */
static uint64_t norm_channels(const struct eti_graph *g, const struct eti_op *op)
{
    const struct eti_tensor *scale = &g->tensors[op->inputs[1]];
    return scale->constant && scale->shape.rank == 1 && scale->elements > 1 ? scale->elements : 0;
}

/* Parameters as the network was trained: weights, and what stands a channel; behind a depthwise convolution without an activation
 * there is nothing, as the next one's batch norm does. */
static uint64_t trained_parameters(const struct eti_graph *g, const struct row *row)
{
    uint64_t sum = 0;
    for (uint32_t i = 0; i < g->n_ops; i++) {
        const struct eti_op *op = &g->ops[i];
        const struct eti_shape *out = &g->tensors[op->outputs[0]].shape;
        uint32_t channels = out->dim[out->rank - 1];
        if (op->type == ETI_OP_MUL) sum += 4 * norm_channels(g, op);
        if (eti_op_kind(op->type)->class_ != ETI_WEIGHTED) continue;
        bool shared = shares_weights(op), linear = op->at.activation == ETS_ACT_NONE;
        sum += shared ? 0 : g->tensors[op->inputs[1]].elements;
        if (op->type == ETI_OP_FULLY_CONNECTED) sum += channels;
        else if (!linear) sum += (uint64_t)channels * row->active;
        else if (!shared && op->type != ETI_OP_DEPTHWISE_CONV_2D) sum += (uint64_t)channels * row->linear;
    }
    return sum;
}

START_TEST(counts_are_those_published)
{
    for (size_t i = 0; i < N_ZOO; i++) {
        const struct row *row = &zoo[i];
        ets_model *m = load_named(row->name);
        ets_model_info d = ets_model_describe(m);
        uint64_t params = trained_parameters(m->graph, row);
        uint64_t off = params > row->params ? params - row->params : row->params - params;
        ck_assert_msg(d.n_weighted_ops == row->weighted, "%s: %u weighted operators", row->name, d.n_weighted_ops);
        ck_assert_msg(!row->params || off <= row->params_within, "%s: %llu parameters", row->name, (unsigned long long)params);
        double ratio = row->macs_g > 0 ? (double)d.macs / (1e9 * row->macs_g) : 1;
        ck_assert_msg(ratio > 1 - row->macs_within - 1e-9 && ratio < 1 + row->macs_within + 1e-9, "%s: %llu MACs", row->name,
                      (unsigned long long)d.macs);
        ets_model_free(m);
    }
}
END_TEST

/* ------------------------------------------------------------------ mirrors ------------------------------ */

static void same_operator(const char *name, const struct eti_graph *a, const struct eti_graph *b, uint32_t i)
{
    const struct eti_op *x = &a->ops[i], *y = &b->ops[i];
    ck_assert_msg(x->type == y->type && x->macs == y->macs, "%s, operator %u", name, i);
    ck_assert_msg(a->tensors[x->outputs[0]].elements == b->tensors[y->outputs[0]].elements, "%s, result of %u", name, i);
    ck_assert_msg(x->at.activation == y->at.activation, "%s, activation of %u", name, i);
    enum eti_op_class class_ = eti_op_kind(x->type)->class_;
    if (class_ == ETI_POOL || (class_ == ETI_WEIGHTED && x->type != ETI_OP_FULLY_CONNECTED)) {
        ck_assert_msg(x->at.kernel_h == y->at.kernel_h && x->at.kernel_w == y->at.kernel_w, "%s, kernel of %u", name, i);
        ck_assert_msg(x->at.dilation_h == y->at.dilation_h, "%s, dilation of %u", name, i);
    }
    for (uint32_t k = 0; k < x->n_inputs && k < y->n_inputs; k++) {
        bool constant = a->tensors[x->inputs[k]].constant || b->tensors[y->inputs[k]].constant;
        ck_assert_msg(constant || a->tensors[x->inputs[k]].producer == b->tensors[y->inputs[k]].producer, "%s, input of %u", name, i);
    }
}

START_TEST(networks_mirror_their_files)
{
    static const char *const pairs[][2] = {
        {"mobilenet-v1-0.25-128", "models/mobilenet_v1_0.25_128_quant.tflite"},
        {"mobilenet-v1-0.5-160", "models/mobilenet_v1_0.5_160_quant.tflite"},
        {"mobilenet-v1-0.75-192", "models/mobilenet_v1_0.75_192_quant.tflite"},
        {"mobilenet-v2-1.0-224", "models/mobilenet_v2_1.0_224_quant.tflite"},
        {"deeplab-v3-mobilenet-v2-0.5-513", "models/deeplabv3_mnv2_dm05_pascal_quant.tflite"},
    };
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
        if (!test_shared(pairs[i][1])) continue;
        ets_model *a = load_named(pairs[i][0]), *b = load(test_shared(pairs[i][1]));
        ck_assert_uint_eq(a->graph->n_ops, b->graph->n_ops);
        for (uint32_t k = 0; k < a->graph->n_ops; k++) same_operator(pairs[i][0], a->graph, b->graph, k);
        ets_model_free(a);
        ets_model_free(b);
    }
}
END_TEST

/* 256-byte rows that a program broadcasts once: of a dense layer its taps and the header of each 64 outputs; a depthwise one
 * packs four channels in 16-byte rows, and so does a dense one of up to four outputs. A convolution over its whole one-pixel map stays on its tiles. */
static uint64_t broadcast_rows(const struct eti_graph *g, const struct eti_op *op)
{
    if (op->type != ETI_OP_CONV_2D && op->type != ETI_OP_DEPTHWISE_CONV_2D) return 0;
    const struct eti_shape *x = &g->tensors[op->inputs[0]].shape, *y = &g->tensors[op->outputs[0]].shape;
    uint64_t header = g->tensors[op->inputs[1]].quant == ETI_QUANT_CHANNEL ? 12 : 4;
    uint64_t taps = (uint64_t)op->at.kernel_h * op->at.kernel_w, words = (x->dim[3] + 3) / 4;
    if (op->type == ETI_OP_DEPTHWISE_CONV_2D) return (words * (4 * header + 16 * taps) + 255) / 256;
    if (x->dim[1] == op->at.kernel_h && x->dim[2] == op->at.kernel_w) return 0;
    if (y->dim[3] <= 4) return (4 * header + 16 * taps * words + 255) / 256;
    return (taps * words + 64 * header / 256) * ((y->dim[3] + 63) / 64);
}

/* Rows of the vendor's programs (google-coral/test_data), of what runs on the accelerator; exact. */
START_TEST(rows_are_those_of_the_vendors_programs)
{
    static const struct { const char *name; uint32_t ops; uint64_t rows; } programs[] = {
        {"deeplab-v3-mobilenet-v2-0.5-513", 64, 3056}, {"deeplab-v3-mobilenet-v2-1.0-513", 64, 8917},
        {"posenet-mobilenet-v1-0.75-353x481", 32, 5825}, {"posenet-mobilenet-v1-0.75-481x641", 32, 5825},
        {"posenet-mobilenet-v1-0.75-721x1281", 32, 5825}, {"bodypix-mobilenet-v1-0.75-512", 35, 6030},
    };
    for (size_t i = 0; i < sizeof programs / sizeof *programs; i++) {
        uint64_t rows = 0;
        ets_model *m = load_named(programs[i].name);
        for (uint32_t k = 0; k < programs[i].ops; k++) rows += broadcast_rows(m->graph, &m->graph->ops[k]);
        ck_assert_msg(rows == programs[i].rows, "%s: %llu rows", programs[i].name, (unsigned long long)rows);
        ets_model_free(m);
    }
}
END_TEST

/* ------------------------------------------------------------------ they run ----------------------------- */

static const struct row *row_of(const char *path)
{
    for (size_t i = 0; i < N_ZOO; i++) {
        char wanted[128];
        snprintf(wanted, sizeof wanted, "models/%s.yaml", zoo[i].name);
        if (strcmp(wanted, path) == 0) return &zoo[i];
    }
    return NULL;
}

START_TEST(each_network_runs_and_has_a_row)
{
    ets_arch *a = NULL;
    ets_error e;
    glob_t files;
    ASSERT_OK(ets_arch_load(TREE("arch/coral-usb.yaml"), NULL, 0, NULL, &a, &e), e);
    ck_assert_int_eq(glob(TREE("models/*.yaml"), 0, NULL, &files), 0);
    ck_assert_uint_eq(files.gl_pathc, N_ZOO);
    for (size_t i = 0; i < files.gl_pathc; i++) {
        const struct row *row = row_of(files.gl_pathv[i]);
        ets_report *r = NULL;
        ck_assert_msg(row != NULL, "%s has no row", files.gl_pathv[i]);
        ets_model *m = load(files.gl_pathv[i]);
        ck_assert_msg(ets_simulate(a, m, NULL, NULL, &r, &e) == ETS_OK, "%s: %s", row->name, e.text);
        const ets_summary *s = ets_report_summary(r);
        ck_assert_msg(s->n_host_layers == row->host && s->quantized, "%s: %u on the host", row->name, s->n_host_layers);
        ck_assert_uint_gt(s->cycles, 0);
        ets_report_free(r);
        ets_model_free(m);
    }
    globfree(&files);
    ets_arch_free(a);
}
END_TEST

/* Maps with fewer rows than tiles: a tile that makes nothing still relays, and must not wait for itself. */
START_TEST(borders_of_maps_smaller_than_the_grid_arrive)
{
    ets_arch *a = NULL;
    ets_error e;
    ASSERT_OK(ets_arch_load(TREE("arch/coral-usb.yaml"), NULL, 0, NULL, &a, &e), e);
    for (unsigned size = 1; size <= 9; size++) {
        for (unsigned kernel = 3; kernel <= 5; kernel += 2) {
            char text[256];
            ets_model *m;
            ets_report *r;
            snprintf(text, sizeof text, "edgetpu_sim_model: 1\ninputs: {x: [1, %u, %u, 8]}\nlayers:\n  - {op: conv_2d, out: 8}\n"
                     "  - {op: conv_2d, out: 8, kernel: %u, stride: 2}\n", size, size, kernel);
            ASSERT_OK(ets_model_parse("small.yaml", text, strlen(text), NULL, &m, &e), e);
            ck_assert_msg(ets_simulate(a, m, NULL, NULL, &r, &e) == ETS_OK, "%ux%u, kernel %u: %s", size, size, kernel, e.text);
            ets_report_free(r);
            ets_model_free(m);
        }
    }
    ets_arch_free(a);
}
END_TEST

Suite *suite_zoo(void);
Suite *suite_zoo(void)
{
    Suite *s = suite_create("zoo");
    TCase *t = tcase_create("shipped networks");
    tcase_set_timeout(t, 240);
    tcase_add_test(t, counts_are_those_published);
    tcase_add_test(t, networks_mirror_their_files);
    tcase_add_test(t, rows_are_those_of_the_vendors_programs);
    tcase_add_test(t, each_network_runs_and_has_a_row);
    tcase_add_test(t, borders_of_maps_smaller_than_the_grid_arrive);
    suite_add_tcase(s, t);
    return s;
}
