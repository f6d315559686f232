/* test_import.c - models from files: real ones, damaged ones, our YAML and its faults; what runs where. */
#include "graph/model.h"
#include "test.h"

static ets_status parse(const char *text, ets_model **out, ets_error *e)
{
    return ets_model_parse("m.yaml", text, strlen(text), NULL, out, e);
}

#define HEAD "edgetpu_sim_model: 1\ninputs: {image: [1, 8, 8, 4]}\nlayers:\n"

static const struct { const char *text; ets_status status; const char *message; } yaml_faults[] = {
    {HEAD "  - {op: conv_2d, out: 4, kernl: 3}\n", ETS_SCHEMA, "m.yaml:4:27: conv_2d has no 'kernl'; did you mean 'kernel'?"},
    {HEAD "  - {op: conv2d, out: 4}\n", ETS_SCHEMA, "m.yaml:4:10: op: 'conv2d' is not known; did you mean 'conv_2d'?"},
    {HEAD "  - {op: conv_2d}\n", ETS_SCHEMA, "m.yaml:4:5: conv_2d: missing 'out'"},
    {HEAD "  - {op: relu, kernel: 3}\n", ETS_SCHEMA, "m.yaml:4:16: relu has no 'kernel'; it takes op, name, from"},
    {HEAD "  - {op: relu, from: nobody}\n", ETS_SCHEMA, "m.yaml:4:22: no input or layer is named 'nobody'"},
    {HEAD "  - {op: relu, name: a}\n  - {op: relu, name: a}\n", ETS_SCHEMA, "m.yaml:5:5: the name 'a' is already used on line 4"},
    {HEAD "  - {op: relu, name: a, from: b}\n  - {op: relu, name: b, from: a}\n", ETS_SCHEMA, "the graph has a cycle"},
    {HEAD "  - {op: relu, name: a, from: a}\n", ETS_SCHEMA, "the graph has a cycle"},
    {HEAD "  - {op: conv_2d, out: 0}\n", ETS_RANGE, "m.yaml:4:24: out: 0 is outside 1..268435456"},
    {HEAD "  - {op: conv_2d, out: many}\n", ETS_SCHEMA, "m.yaml:4:24: out: a whole number is expected"},
    {HEAD "  - {op: max_pool, kernel: 9, pad: valid}\n", ETS_RANGE, "m.yaml:4:5: max_pool 'max_pool_1': a 9x9 window"},
    {HEAD "  - {op: add, from: [image]}\n", ETS_SCHEMA, "add 'add_1' works on 2 tensors, not 1"},
    {HEAD "  - {op: add, from: [image, image], constant: [4]}\n", ETS_SCHEMA, "add 'add_1' works on 1 tensor, not 2"},
    {HEAD "  - {op: mul, constant: []}\n", ETS_SCHEMA, "m.yaml:4:25: constant: a shape is expected"},
    {HEAD "  - {op: mul, constant: [3]}\n", ETS_RANGE, "shapes [1, 8, 8, 4] and [3] do not match"},
    {HEAD "  - {op: fully_connected, out: 2}\n  - {op: lstm, out: 4}\n", ETS_RANGE, "m.yaml:5:5: lstm 'lstm_2': an input of batch, time and features"},
    {"edgetpu_sim_model: 1\ninputs: {x: [8]}\nlayers: [{op: mean, axes: [0]}, {op: lstm, out: 4}]\n", ETS_RANGE, "m.yaml:3:33: lstm 'lstm_2': an input"},
    {HEAD "  - {op: relu, constant: [4]}\n", ETS_SCHEMA, "relu has no 'constant'"},
    {HEAD "  - relu\n", ETS_SCHEMA, "m.yaml:4:5: a layer is written {op: ..., ...}"},
    {HEAD "  - {op: fully_connected, out: 100000000}\n", ETS_RANGE, "takes 25600000000 bytes; at most 1073741824 are allowed"},
    {"edgetpu_sim_model: 1\ninputs: {image: [1, 32768, 32768, 2]}\nlayers: [{op: relu}]\n", ETS_RANGE,
     "m.yaml:2:17: tensor 'image' of [1, 32768, 32768, 2] int8 takes 2147483648 bytes"},
    {"edgetpu_sim_model: 1\ninputs: {image: &a [1, 8, 8, 4], b: *a}\nlayers: []\n", ETS_SYNTAX, "anchors and aliases"},
    {"edgetpu_sim_model: 1\ninputs: {image: [1, 8, 8, 4]}\n", ETS_SCHEMA, "missing 'layers'"},
    {"edgetpu_sim_model: 1\nlayers: []\n", ETS_SCHEMA, "missing 'inputs'"},
    {"edgetpu_sim_model: 2\n", ETS_SCHEMA, "m.yaml:1:20: edgetpu_sim_model: only version 1"},
    {"edgetpu_sim_model: 1\nlayrs: []\n", ETS_SCHEMA, "m.yaml:2:1: a model has no 'layrs'; did you mean 'layers'?"},
    {HEAD "  - {op: conv_2d, kernel: [3], out: 4}\n", ETS_SCHEMA, "m.yaml:4:27: kernel: a number or [height, width] is expected"},
    {HEAD "  - {op: conv_2d, kernel: {a: 3}, out: 4}\n", ETS_SCHEMA, "m.yaml:4:27: kernel: a number or [height, width] is expected"},
    {HEAD "  - {op: conv_2d, kernel: [0, 3], out: 4}\n", ETS_RANGE, "m.yaml:4:28: kernel: 0 is outside 1..268435456"},
    {HEAD "  - {op: conv_2d, kernel: [3, 0], out: 4}\n", ETS_RANGE, "m.yaml:4:31: kernel: 0 is outside 1..268435456"},
    {HEAD "  - {op: conv_2d, out: 4, bias: maybe}\n", ETS_SCHEMA, "m.yaml:4:33: bias: true or false is expected"},
    {HEAD "  - {op: conv_2d, out: 4, bias: [true]}\n", ETS_SCHEMA, "m.yaml:4:33: bias: true or false is expected"},
    {HEAD "  - {op: conv_2d, out: 4, pad: sane}\n", ETS_SCHEMA, "m.yaml:4:32: pad: 'sane' is not known; did you mean 'same'?"},
    {HEAD "  - {op: conv_2d, out: 4, pad: [same]}\n", ETS_SCHEMA, "m.yaml:4:32: pad: a word is expected"},
    {HEAD "  - {op: conv_2d, out: 4, act: swish_and_back}\n", ETS_SCHEMA, "m.yaml:4:32: act: 'swish_and_back' is not one of none, relu, relu6, relu_n1_to_1"},
    {HEAD "  - {op: abracadabra}\n", ETS_SCHEMA, "m.yaml:4:10: op: 'abracadabra' is not known (docs/FORMATS.md lists what is)"},
    {HEAD "  - {op: conv_2d, out: -4}\n", ETS_RANGE, "m.yaml:4:24: out: -4 is outside 1..268435456"},
    {HEAD "  - {op: conv_2d, out: [4]}\n", ETS_SCHEMA, "m.yaml:4:24: out: a whole number is expected"},
    {HEAD "  - {op: conv_2d, out: 9223372036854775808}\n", ETS_SCHEMA, "m.yaml:4:24: out: a whole number is expected"},
    {HEAD "  - {op: concat, from: [image, image], axis: 99}\n", ETS_RANGE, "m.yaml:4:46: axis: 99 is outside -8..8"},
    {HEAD "  - {op: mean, axes: [9]}\n", ETS_RANGE, "m.yaml:4:23: axes: 9 is outside -8..7"},
    {HEAD "  - {op: mean, axes: 1}\n", ETS_SCHEMA, "m.yaml:4:22: axes: a list of up to 8 numbers is expected"},
    {HEAD "  - {op: mean, axes: [1, 2, 3, 4, 5, 6, 7, 0, 1]}\n", ETS_SCHEMA, "m.yaml:4:22: axes: a list of up to 8 numbers is expected"},
    {HEAD "  - {op: pad, pads: [1, 2]}\n", ETS_SCHEMA, "m.yaml:4:22: pads: a list of up to 2 numbers is expected"},
    {HEAD "  - {op: pad, pads: 1}\n", ETS_SCHEMA, "m.yaml:4:21: pads: [[top, bottom], [left, right]] is expected"},
    {HEAD "  - {op: pad, pads: [[1], [2, 3]]}\n", ETS_SCHEMA, "m.yaml:4:21: pads: [[top, bottom], [left, right]] is expected"},
    {HEAD "  - {op: pad, pads: [[1, 2], [2]]}\n", ETS_SCHEMA, "m.yaml:4:21: pads: [[top, bottom], [left, right]] is expected"},
    {HEAD "  - {op: pad, pads: [[1, 2], [2, 3], [4, 5]]}\n", ETS_SCHEMA, "m.yaml:4:21: pads: [[top, bottom], [left, right]]"},
    {HEAD "  - {op: pad, pads: [[-1, 2], [3, 4]]}\n", ETS_RANGE, "m.yaml:4:23: pads: -1 is outside 0..1048576"},
    {HEAD "  - {op: pad, pads: [[1, 2], [3, -4]]}\n", ETS_RANGE, "m.yaml:4:34: pads: -4 is outside 0..1048576"},
    {HEAD "  - {op: relu, from: 'image:1'}\n", ETS_SCHEMA, "m.yaml:4:22: 'image' has 1 output"},
    {HEAD "  - {op: relu, from: 'image:x'}\n", ETS_SCHEMA, "m.yaml:4:22: no input or layer is named 'image:x'"},
    {HEAD "  - {op: relu, from: [[image]]}\n", ETS_SCHEMA, "m.yaml:4:23: the name of an input or a layer is expected"},
    {HEAD "  - {name: a}\n", ETS_SCHEMA, "m.yaml:4:5: missing 'op'"},
    {HEAD "  - {op: [relu]}\n", ETS_SCHEMA, "m.yaml:4:10: op: a word is expected"},
    {HEAD "  - {op: strided_slice}\n", ETS_UNSUPPORTED, "m.yaml:4:10: op: strided_slice is only read from .tflite files; use slice"},
    {HEAD "  - {op: relu, name: ''}\n", ETS_SCHEMA, "m.yaml:4:5: name: a word is expected"},
    {HEAD "  - {op: relu, name: [a]}\n", ETS_SCHEMA, "m.yaml:4:5: name: a word is expected"},
    {HEAD "  - {op: split, axis: 3, parts: 0}\n", ETS_RANGE, "m.yaml:4:33: parts: 0 is outside 1..268435456"},
    {HEAD "  - {op: add, constant: 3}\n", ETS_SCHEMA, "m.yaml:4:25: constant: a list of up to 8 numbers is expected"},
    {HEAD "  - {op: relu, zzzzzzzzzzzz: 3}\n", ETS_SCHEMA, "m.yaml:4:16: relu has no 'zzzzzzzzzzzz'; it takes op, name, from"},
    {HEAD "  - {op: relu}\noutputs: nobody\n", ETS_SCHEMA, "m.yaml:5:10: no input or layer is named 'nobody'"},
    {"edgetpu_sim_model: [1]\n", ETS_SCHEMA, "m.yaml:1:20: edgetpu_sim_model: only version 1 is read here"},
    {"edgetpu_sim_model: 1\nzzzzzzzzzzzz: 1\n", ETS_SCHEMA, "m.yaml:2:1: a model has no 'zzzzzzzzzzzz'; it takes edgetpu_sim_model, name, type, per_channel, inputs, layers, outputs"},
    {"edgetpu_sim_model: 1\ntype: int99\ninputs: {x: [1, 4]}\nlayers: [{op: relu}]\n", ETS_SCHEMA, "type: 'int99' is not known; did you mean 'int8'?"},
    {"edgetpu_sim_model: 1\ninputs: [x]\nlayers: [{op: relu}]\n", ETS_SCHEMA, "m.yaml:1:1: missing 'inputs', e.g."},
    {"edgetpu_sim_model: 1\ninputs: {}\nlayers: [{op: relu}]\n", ETS_SCHEMA, "m.yaml:1:1: missing 'inputs', e.g."},
    {"edgetpu_sim_model: 1\ninputs: {x: [1, 4]}\nlayers: {}\n", ETS_SCHEMA, "m.yaml:1:1: missing 'layers', a list of"},
    {"edgetpu_sim_model: 1\ninputs: {x: [1, 4]}\nlayers: []\n", ETS_SCHEMA, "m.yaml:1:1: missing 'layers', a list of"},
    {"edgetpu_sim_arch: 1\nname: a\n", ETS_UNSUPPORTED, "m.yaml:1:1: a machine, not a model"},
    {"hello\n", ETS_SCHEMA, "a YAML graph begins with 'edgetpu_sim_model: 1'"},
    {"PK\x03\x04zip", ETS_UNSUPPORTED, "convert it to .tflite first"},
    {"version https://git-lfs.github.com/spec/v1\noid sha256:0\n", ETS_UNSUPPORTED, "'git lfs pull' fetches it"},
    {"<!DOCTYPE html>\n", ETS_UNSUPPORTED, "a web page or XML, not a model"},
    {"{\"format\": \"graph-model\"}", ETS_UNSUPPORTED, "a model of TensorFlow.js"},
    {"{\"modelTopology\": {}}", ETS_UNSUPPORTED, "a model of TensorFlow.js"},
    {"\x89HDF\r\n\x1a\n", ETS_UNSUPPORTED, "HDF5"},
    {"\xff\xfe" "e", ETS_UNSUPPORTED, "text in UTF-16; save it as UTF-8"},
    {"\xfe\xff" "e", ETS_UNSUPPORTED, "text in UTF-16; save it as UTF-8"},
};

START_TEST(yaml_faults_are_named_with_their_place)
{
    for (size_t i = 0; i < sizeof yaml_faults / sizeof *yaml_faults; i++) {
        ets_model *m = NULL;
        ets_error e;
        ASSERT_FAILS(parse(yaml_faults[i].text, &m, &e), yaml_faults[i].status, e, yaml_faults[i].message);
        ck_assert_ptr_null(m);
    }
}
END_TEST

START_TEST(layers_may_refer_forward)
{
    ets_model *m;
    ets_error e;
    ASSERT_OK(parse(HEAD "  - {op: add, name: sum, from: [b, image]}\n  - {op: relu, name: b, from: image}\noutputs: [sum]\n", &m, &e), e);
    ck_assert_str_eq(m->graph->ops[0].name, "b");
    ck_assert_str_eq(m->graph->ops[1].name, "sum");
    ets_model_free(m);
}
END_TEST

/* As Windows writes text: a mark before it, two bytes at the end of a line. */
START_TEST(a_mark_before_a_text_is_no_part_of_it)
{
    static const char *const models[] = {"\xef\xbb\xbf" "edgetpu_sim_model: 1\r\ninputs: {x: [1, 4]}\r\nlayers:\r\n  - {op: relu}\r\n",
                                         "\xef\xbb\xbf" "name, M, N, K\r\na, 1, 2, 3\r\n", "\xef\xbb\xbf" "a, 1, 2, 3"};
    static const char cfg[] = "\xef\xbb\xbf" "[general]\r\nrun_name = a\r\n[architecture_presets]\r\nArrayHeight: 4\r\nArrayWidth: 4\r\n"
                              "IfmapSramSzkB: 1\r\nFilterSramSzkB: 1\r\nOfmapSramSzkB: 1\r\nDataflow: os\r\n";
    ets_model *m;
    ets_arch *a;
    ets_error e;
    for (size_t i = 0; i < sizeof models / sizeof *models; i++) {
        ASSERT_OK(parse(models[i], &m, &e), e);
        ck_assert_uint_eq(ets_model_describe(m).n_ops, 1);
        ets_model_free(m);
    }
    ASSERT_OK(ets_arch_parse("m.cfg", cfg, strlen(cfg), NULL, 0, NULL, &a, &e), e);
    ck_assert_str_eq(ets_arch_name(a), "a");
    ets_arch_free(a);
    ASSERT_FAILS(parse("\xef\xbb\xbf", &m, &e), ETS_SYNTAX, e, "holds no value");
}
END_TEST

/* One of each operator: shapes as TensorFlow Lite defines them. */
START_TEST(every_operator_has_its_shape)
{
    static const struct { const char *layer; uint32_t rank, dim[4]; } all[] = {
        {"{op: conv_2d, kernel: 3, stride: 2, out: 5}", 4, {1, 4, 4, 5}},
        {"{op: conv_2d, kernel: 3, dilation: 2, out: 5, pad: valid, per_channel: true, bias: false}", 4, {1, 4, 4, 5}},
        {"{op: depthwise_conv_2d, kernel: [3, 5]}", 4, {1, 8, 8, 4}},
        {"{op: depthwise_conv_2d, kernel: 3, out: 8}", 4, {1, 8, 8, 8}},
        {"{op: transpose_conv, kernel: 2, stride: 2, out: 3}", 4, {1, 16, 16, 3}},
        {"{op: transpose_conv, kernel: 3, stride: 2, out: 3, pad: valid}", 4, {1, 17, 17, 3}},
        {"{op: fully_connected, out: 7}", 2, {1, 7}},
        {"{op: avg_pool, kernel: 2}", 4, {1, 4, 4, 4}},
        {"{op: max_pool, kernel: 3, stride: 2, pad: same}", 4, {1, 4, 4, 4}},
        {"{op: add, from: [image, image]}", 4, {1, 8, 8, 4}},
        {"{op: squared_difference, from: [image, image]}", 4, {1, 8, 8, 4}},
        {"{op: mul, constant: [4]}", 4, {1, 8, 8, 4}}, {"{op: add, constant: [1], act: relu}", 4, {1, 8, 8, 4}},
        {"{op: prelu}", 4, {1, 8, 8, 4}}, {"{op: logistic}", 4, {1, 8, 8, 4}}, {"{op: hard_swish}", 4, {1, 8, 8, 4}},
        {"{op: quantize}", 4, {1, 8, 8, 4}}, {"{op: softmax}", 4, {1, 8, 8, 4}}, {"{op: l2_normalization}", 4, {1, 8, 8, 4}},
        {"{op: mean}", 2, {1, 4}}, {"{op: mean, keep_dims: true}", 4, {1, 1, 1, 4}}, {"{op: reduce_max, axes: [-1]}", 3, {1, 8, 8}},
        {"{op: concat, from: [image, image]}", 4, {1, 8, 8, 8}}, {"{op: concat, from: [image, image], axis: 1}", 4, {1, 16, 8, 4}},
        {"{op: pack, from: [image, image], axis: 0}", 5, {2, 1, 8, 8}}, {"{op: expand_dims, axis: 0}", 5, {1, 1, 8, 8}},
        {"{op: pad, pads: [[1, 2], [0, 3]]}", 4, {1, 11, 11, 4}}, {"{op: reshape, shape: [1, -1]}", 2, {1, 256}},
        {"{op: resize_bilinear, size: [16, 16]}", 4, {1, 16, 16, 4}}, {"{op: resize_nearest, size: [4, 2]}", 4, {1, 4, 2, 4}},
        {"{op: slice, begin: [0, 1, 0, 0], size: [1, 2, -1, 3]}", 4, {1, 2, 8, 3}}, {"{op: space_to_depth, block: 2}", 4, {1, 4, 4, 16}},
        {"{op: depth_to_space, block: 2}", 4, {1, 16, 16, 1}}, {"{op: split, axis: 3, parts: 2}", 4, {1, 8, 8, 2}},
        {"{op: squeeze, axes: [0]}", 3, {8, 8, 4}}, {"{op: transpose, permutation: [0, 2, 3, 1]}", 4, {1, 8, 4, 8}},
        {"{op: arg_max, axis: -1}", 3, {1, 8, 8}}, {"{op: custom, custom: MY_OP, shape: [1, 3]}", 2, {1, 3}},
    };
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        char text[512];
        ets_model *m;
        ets_error e;
        snprintf(text, sizeof text, HEAD "  - %s\n", all[i].layer);
        ASSERT_OK(parse(text, &m, &e), e);
        const struct eti_shape *s = &m->graph->tensors[m->graph->ops[0].outputs[0]].shape;
        ck_assert_msg(s->rank == all[i].rank, "%s", all[i].layer);
        for (uint32_t k = 0; k < s->rank && k < 4; k++) ck_assert_msg(s->dim[k] == all[i].dim[k], "%s", all[i].layer);
        ets_model_free(m);
    }
}
END_TEST

static ets_report *simulate(const ets_model *m, bool multi)
{
    ets_arch *a;
    ets_report *r;
    ets_error e;
    ets_options o = ETS_OPTIONS_INIT;
    o.multi_subgraph = multi;
    ASSERT_OK(ets_arch_load(TREE("arch/coral-usb.yaml"), NULL, 0, NULL, &a, &e), e);
    ASSERT_OK(ets_simulate(a, m, &o, NULL, &r, &e), e);
    ets_arch_free(a);
    return r;
}

/* Swish, squeeze-and-excite and floats fall off the accelerator, each with its rule; what follows them, too. */
START_TEST(what_falls_off_the_accelerator)
{
    static const struct { const char *layers, *reason; uint32_t host, host_multi, parts_multi; } cases[] = {
        {"  - {op: conv_2d, out: 4}\n  - {op: hard_swish}\n  - {op: relu}\n", "no such operator", 2, 1, 2},
        {"  - {op: mean, keep_dims: true}\n  - {op: mul, from: [image, mean_1]}\n", "broadcasting those is not mapped", 1, 1, 1},
        {"  - {op: conv_2d, kernel: 3, dilation: [1, 2], out: 4}\n", "dilation differs", 1, 1, 0},
        {"  - {op: resize_bilinear, size: [20, 20]}\n", "exactly twice", 1, 1, 0},
        {"  - {op: max_pool, kernel: 2, act: relu}\n", "fused activation", 1, 1, 0},
        {"  - {op: softmax}\n", "must be one-dimensional", 1, 1, 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char text[512];
        ets_model *m;
        ets_error e;
        bool found = false;
        snprintf(text, sizeof text, HEAD "%s", cases[i].layers);
        ASSERT_OK(parse(text, &m, &e), e);
        ets_report *once = simulate(m, false), *multi = simulate(m, true);
        ck_assert_uint_eq(ets_report_summary(once)->n_host_layers, cases[i].host);
        ck_assert_uint_eq(ets_report_summary(multi)->n_host_layers, cases[i].host_multi);
        ck_assert_uint_eq(ets_report_summary(multi)->n_subgraphs, cases[i].parts_multi);
        ck_assert(ets_report_summary(once)->complete && ets_report_summary(once)->host_cycles);
        for (size_t k = 0; k < ets_report_layer_count(once); k++) found |= strstr(ets_report_layer(once, k)->reason, cases[i].reason) != NULL;
        ck_assert_msg(found, "%s", cases[i].reason);
        ets_report_free(once);
        ets_report_free(multi);
        ets_model_free(m);
    }
}
END_TEST

START_TEST(a_float_model_is_read_and_said_not_to_be_quantised)
{
    ets_model *m;
    ets_error e;
    ASSERT_OK(parse("edgetpu_sim_model: 1\ntype: float32\ninputs: {image: [1, 8, 8, 4]}\nlayers: [{op: conv_2d, out: 4}]\n", &m, &e), e);
    ck_assert(!ets_model_describe(m).quantized);
    ets_report *r = simulate(m, false);
    ck_assert_uint_eq(ets_report_summary(r)->cycles, ets_report_summary(r)->host_cycles);
    ck_assert(!ets_report_summary(r)->quantized);
    ck_assert_ptr_nonnull(strstr(ets_report_layer(r, 0)->reason, "not quantised"));
    ets_report_free(r);
    ets_model_free(m);
}
END_TEST

/* DeepLab: 64 of 72 operators, as the vendor's compiler did it; which stay behind is in vectors/compiled_public.csv. */
START_TEST(real_files_are_partitioned_like_the_vendor)
{
    static const struct { const char *file; uint32_t ops, host; } files[] = {
        {"models/deeplabv3_mnv2_dm05_pascal_quant.tflite", 72, 8}, {"models/mobilenet_v1_0.25_128_quant.tflite", 31, 0},
        {"models/mobilenet_v1_0.5_160_quant.tflite", 31, 0},       {"models/mobilenet_v1_0.75_192_quant.tflite", 31, 0},
        {"models/mobilenet_v2_1.0_224_quant.tflite", 66, 0},       {"models/keras_lstm_mnist_ptq.tflite", 6, 0},
        {"models/model_invoking_error.tflite", 1, 1},              {"models/split_concat.tflite", 3, 0},
    };
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        ets_model *m;
        ets_error e;
        if (!test_shared(files[i].file)) continue;
        ASSERT_OK(ets_model_load(test_shared(files[i].file), NULL, &m, &e), e);
        ets_report *r = simulate(m, false);
        ck_assert_uint_eq(ets_report_layer_count(r), files[i].ops);
        ck_assert_uint_eq(ets_report_summary(r)->n_host_layers, files[i].host);
        uint64_t sum = 0;
        for (size_t k = 0; k < ets_report_layer_count(r); k++) sum += ets_report_layer(r, k)->cycles;
        for (size_t k = 0; k < ets_report_phase_count(r); k++) sum += ets_report_phase(r, k)->cycles;
        ck_assert_uint_eq(sum, ets_report_summary(r)->cycles);
        ets_report_free(r);
        ets_model_free(m);
    }
}
END_TEST

static unsigned char *whole(const char *path, size_t *n)
{
    FILE *f = fopen(path, "rb");
    unsigned char *data = malloc(1 << 20);
    *n = fread(data, 1, 1 << 20, f);
    fclose(f);
    return data;
}

/* What most owners of a Coral have at hand: the compiler's own output. */
START_TEST(a_compiled_model_says_what_to_give_instead)
{
    static const char name[] = "TFLite_Detection_PostProcess", compiled[] = "edgetpu-custom-op";
    ets_model *m = NULL;
    ets_error e;
    size_t n, at = 0;
    unsigned char *data = whole(TREE("test/fuzz/corpora/tflite/detector.tflite"), &n);
    ASSERT_OK(ets_model_parse("as it is", data, n, NULL, &m, &e), e);
    ets_model_free(m);
    while (at + sizeof name < n && memcmp(data + at, name, sizeof name - 1) != 0) at++;
    ck_assert(at + sizeof name < n && data[at - 4] == sizeof name - 1);
    data[at - 4] = sizeof compiled - 1;
    memcpy(data + at, compiled, sizeof compiled);
    ASSERT_FAILS(ets_model_parse("m", data, n, NULL, &m, &e), ETS_UNSUPPORTED, e, "compiled for the Edge TPU already, which hides");
    ck_assert_str_eq(strstr(e.text, "; give"), "; give the .tflite that it was compiled from");
    free(data);
}
END_TEST

/* TensorFlow Lite's converter leaves float at both ends unless it is told otherwise, and packs weights of float models. */
START_TEST(files_of_converters_are_read_as_they_run)
{
    ets_model *m;
    ets_error e;
    ASSERT_OK(ets_model_load(TREE("test/fuzz/corpora/tflite/float_ends.tflite"), NULL, &m, &e), e);
    ets_report *r = simulate(m, false);
    ck_assert(ets_model_describe(m).quantized);
    ck_assert_int_eq(ets_report_layer(r, 0)->where, ETS_ON_HOST);
    ck_assert_int_eq(ets_report_layer(r, 1)->where, ETS_ON_TPU);
    ck_assert_int_eq(ets_report_layer(r, 2)->where, ETS_ON_HOST);
    ck_assert_uint_eq(ets_report_summary(r)->n_subgraphs, 1);
    ck_assert_uint_eq(ets_report_summary(r)->input_bytes, 16 * 16 * 3); /* of 8 bits */
    ets_report_free(r);
    ets_model_free(m);
}
END_TEST

/* Networks are often made for any batch. It is 1, as the shapes say, and what else was left open then follows. */
START_TEST(an_open_batch_is_one)
{
    ets_model *m;
    ets_error e;
    ASSERT_OK(ets_model_load(TREE("test/fuzz/corpora/tflite/open_batch.tflite"), NULL, &m, &e), e);
    ets_report *r = simulate(m, false);
    ck_assert_uint_eq(ets_report_summary(r)->n_host_layers, 0);
    ck_assert_uint_eq(ets_report_layer(r, 3)->output_dims[0], 16);
    ck_assert_uint_eq(ets_report_layer(r, 4)->output_dims[0], 16);
    ck_assert_uint_eq(ets_report_summary(r)->output_bytes, 8 + 16 * 16);
    ets_report_free(r);
    ets_model_free(m);
}
END_TEST

START_TEST(weights_are_unpacked_once)
{
    ets_model *m;
    ets_error e;
    ASSERT_OK(ets_model_load(TREE("test/fuzz/corpora/tflite/packed.tflite"), NULL, &m, &e), e);
    ets_model_info info = ets_model_describe(m);
    ck_assert_uint_eq(info.n_ops, 2); /* the convolution, and a constant that leaves the network */
    ck_assert_str_eq(ets_model_layer_name(m, 0), "op3");
    ck_assert_uint_eq(info.weight_count, 16 * 16);
    ck_assert_uint_eq(info.constant_bytes, 2 * (16 * 16 + 16 + 4)); /* as they lie there */
    ck_assert(m->graph->tensors[m->graph->ops[0].inputs[1]].constant && m->graph->tensors[m->graph->ops[0].inputs[2]].constant);
    ets_model_free(m);
}
END_TEST

/* Damage is an error or another model, never a crash (the sanitizers watch); what is accepted also runs. */
START_TEST(damaged_files_do_no_harm)
{
    const char *path = test_shared("models/keras_lstm_mnist_ptq.tflite");
    uint64_t seed = 16;
    size_t n;
    if (!path) return;
    unsigned char *data = whole(path, &n);
    for (size_t i = 0; i < n; i += 13) {
        ets_model *m = NULL;
        ets_error e;
        unsigned char *cut = malloc(i ? i : 1);
        memcpy(cut, data, i);
        ck_assert_int_ne(ets_model_parse("cut", cut, i, NULL, &m, &e), ETS_OK);
        free(cut);
    }
    for (int i = 0; i < 4000; i++) {
        ets_model *m = NULL;
        ets_error e;
        size_t at = test_random(&seed) % n;
        unsigned char bit = (unsigned char)(1u << test_random(&seed) % 8);
        data[at] ^= bit;
        if (ets_model_parse("flipped", data, n, NULL, &m, &e) == ETS_OK) {
            ets_report *r = NULL;
            ets_arch *a;
            ASSERT_OK(ets_arch_load(TREE("arch/coral-usb.yaml"), NULL, 0, NULL, &a, &e), e);
            ets_status status = ets_simulate(a, m, NULL, NULL, &r, &e);
            ck_assert_msg(status == ETS_OK || status == ETS_RANGE || status == ETS_CAPACITY, "%s", e.text);
            ets_report_free(r);
            ets_arch_free(a);
            ets_model_free(m);
        }
        data[at] ^= bit;
    }
    free(data);
}
END_TEST

START_TEST(every_allocation_of_an_import_and_a_simulation_may_fail)
{
    static const char text[] = HEAD "  - {op: conv_2d, kernel: 3, out: 8, name: a}\n  - {op: split, axis: 3, parts: 2, name: s}\n"
                                    "  - {op: add, from: ['s:0', 's:1']}\n  - {op: mean}\n  - {op: fully_connected, out: 10}\n  - {op: softmax}\n";
    ets_arch *arch;
    ets_error e;
    ASSERT_OK(ets_arch_load(TREE("arch/coral-usb.yaml"), NULL, 0, NULL, &arch, &e), e);
    for (size_t i = 1;; i++) {
        struct test_memory m = {.fail_at = i};
        ets_allocator mem = test_allocator(&m);
        ets_model *model = NULL;
        ets_report *r = NULL;
        ets_status status = ets_model_parse("m.yaml", text, sizeof text - 1, &mem, &model, &e);
        if (status == ETS_OK) status = ets_simulate(arch, model, NULL, &mem, &r, &e);
        ets_report_free(r);
        ets_model_free(model);
        ck_assert_uint_eq(m.blocks, 0);
        if (status == ETS_OK) break;
        ck_assert_msg(status == ETS_NOMEM, "%s", e.text);
    }
    ets_arch_free(arch);
}
END_TEST

/* The example of docs/FORMATS.md. */
START_TEST(the_documented_example_is_read)
{
    static char text[65536];
    FILE *f = fopen(TREE("docs/FORMATS.md"), "r");
    ets_model *m;
    ets_error e;
    ck_assert_ptr_nonnull(f);
    text[fread(text, 1, sizeof text - 1, f)] = '\0';
    fclose(f);
    char *begin = strstr(text, "edgetpu_sim_model: 1\nname: tiny"), *end = begin ? strstr(begin, "```") : NULL;
    ck_assert_ptr_nonnull(end);
    *end = '\0';
    ASSERT_OK(parse(begin, &m, &e), e);
    ck_assert_str_eq(ets_model_name(m), "tiny");
    ets_model_free(m);
}
END_TEST

Suite *suite_import(void);
Suite *suite_import(void)
{
    Suite *s = suite_create("import");
    TCase *t = tcase_create("models");
    tcase_set_timeout(t, 120);
    tcase_add_test(t, yaml_faults_are_named_with_their_place);
    tcase_add_test(t, layers_may_refer_forward);
    tcase_add_test(t, a_mark_before_a_text_is_no_part_of_it);
    tcase_add_test(t, every_operator_has_its_shape);
    tcase_add_test(t, what_falls_off_the_accelerator);
    tcase_add_test(t, a_float_model_is_read_and_said_not_to_be_quantised);
    tcase_add_test(t, real_files_are_partitioned_like_the_vendor);
    tcase_add_test(t, a_compiled_model_says_what_to_give_instead);
    tcase_add_test(t, files_of_converters_are_read_as_they_run);
    tcase_add_test(t, an_open_batch_is_one);
    tcase_add_test(t, weights_are_unpacked_once);
    tcase_add_test(t, damaged_files_do_no_harm);
    tcase_add_test(t, every_allocation_of_an_import_and_a_simulation_may_fail);
    tcase_add_test(t, the_documented_example_is_read);
    suite_add_tcase(s, t);
    return s;
}
