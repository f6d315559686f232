/* test_networks.c - the networks that measured tables name, however they spell them. */
#include "test.h"
#include "tools/truth/machines.h"
#include "tools/truth/networks.h"

#include <inttypes.h>
#include <math.h>

static const struct { const char *name, *input, *graph; } spellings[] = {
    {"EfficientNet-EdgeTpu (S)", "224x224x3", "efficientnet-edgetpu-s"},
    {"efficientnet-edgetpu-L_quant", "", "efficientnet-edgetpu-l"},
    {"EfficientNet-EdgeTPU-M 240", "", "efficientnet-edgetpu-m"},
    {"MobileNet V1", "128x128x3", "mobilenet-v1-0.25-128"},
    {"MobileNet V1 (.75)", "", "mobilenet-v1-0.75-192"},
    {"mobilenet_v1_0.25_128_quant", "", "mobilenet-v1-0.25-128"},
    {"mobilenet_v1_1.0_224_quant", "", "mobilenet-v1-1.0-224"},
    {"tf2_mobilenet_v1_1.0_224_ptq", "", "mobilenet-v1-tf2-1.0-224"},
    {"tf2_mobilenet_v3_edgetpu_1.0_224_ptq", "", "mobilenet-v3-edgetpu-1.0-224"},
    {"Inception v3 299", "", "inception-v3-299"},
    {"inception_v1_224_quant", "", "inception-v1-224"},
    {"ResNet-50 V1", "299x299", "resnet-50-v1-224"}, /* see networks.c */
    {"ResNet-50 V2 224", "", "resnet-50-v2-224"},
    {"ResNet-152 V2", "299x299x3", "resnet-152-v2-299"},
    {"VGG19 224", "", "vgg-19-224"},
    {"VGG 16", "", "vgg-16-224"},
    {"DenseNet-121 224", "", "densenet-121-224"},
    {"Unet Mv2", "256x256", "unet-mobilenet-v2-256"},
    {"U-Net MobileNet v2 128", "", "unet-mobilenet-v2-128"},
    {"deeplabv3_mnv2_dm05_pascal_quant", "", "deeplab-v3-mobilenet-v2-0.5-513"},
    {"DeepLab V3 513", "", "deeplab-v3-mobilenet-v2-1.0-513"},
    {"posenet_mobilenet_v1_075_353_481_quant", "", "posenet-mobilenet-v1-0.75-353x481"},
    {"PoseNet MobileNet V1 0.75", "721x1281x3", "posenet-mobilenet-v1-0.75-721x1281"},
    {"ssd_mobilenet_v2_coco_quant", "", "ssd-mobilenet-v2-300"},
    {"SSD MobileNet V1 0.75 300", "", "ssd-mobilenet-v1-0.75-300"},
    {"SSD MobileNet V2 (Faces)", "320x320x3", "ssd-mobilenet-v2-face-320"},
    {"tf2_ssd_mobilenet_v1_fpn_640x640_coco17_ptq", "", "ssd-fpn-mobilenet-v1-640"},
    {"ssdlite_mobiledet_coco_qat_postprocess", "", "ssdlite-mobiledet-edgetpu-320"},
    {"EfficientDet-Lite0", "320x320x3", "efficientdet-lite0-320"},
    {"efficientdet_lite3x_640_ptq", "", "efficientdet-lite3x-640"},
    {"Grid A0.5 D12", "", "grid"},
    /* of another size, of another width, another network: none, rather than the wrong one */
    {"MobileNet V1 0.25 224", "", NULL},
    {"Inception v3 224", "", NULL},
    {"EfficientNet-EdgeTPU-M 300", "", NULL},
    {"MobileNet V1 0.35", "", NULL},
    {"DenseNet-169", "", NULL},
    {"EfficientDet-Lite0 512", "", NULL},
    {"EfficientDet-Lite3 segment 0 of 2", "", NULL},
    {"EfficientDet-Lite1 384 fully mapped", "", NULL},
    {"ResNet-34 CIFAR-100", "", NULL},
    {"", "", NULL},
};

START_TEST(names_are_known_as_tables_spell_them)
{
    for (size_t i = 0; i < sizeof spellings / sizeof *spellings; i++) {
        ets_error e = {0};
        ets_model *m = network_named(spellings[i].name, spellings[i].input, TREE("."), &e);
        const char *graph = m ? ets_model_name(m) : "";
        ck_assert_msg(strcmp(graph, spellings[i].graph ? spellings[i].graph : "") == 0, "'%s' '%s': '%s' %s", spellings[i].name,
                      spellings[i].input, graph, e.text);
        ck_assert_msg(m || *e.text, "'%s': no reason", spellings[i].name);
        ets_model_free(m);
    }
}
END_TEST

/* Where a table says that it was measured; the machine behind it, or none. */
START_TEST(platforms_are_known_as_tables_spell_them)
{
    static const struct { const char *words, *source, *machine; } platforms[] = {
        {"usb3", "", "coral-usb"}, {"usb2 (armv7 host)", "", "coral-usb2"}, {"m2_pcie (Coral M.2/PCIe; one TPU)", "", "coral-pcie"},
        {"devboard (PCIe, i.MX8M)", "", "coral-devboard"}, {"edge tpu on host folder \"DevBoard\"", "", "coral-devboard"},
        {"edge tpu on host folder \"RaspberryPi4\"", "", "coral-usb-pi4"}, {"usb3 + Raspberry Pi 4B", "", "coral-usb-pi4"},
        {"usb2 + Raspberry Pi 3B+", "", "coral-usb2-pi3"}, {"devboard_mini (USB2 link inside)", "", "coral-usb2"},
        {"usb3 + Jetson Nano", "", "coral-usb-nano"}, {"usb3 host Jetson Nano 5W mode", "", "coral-usb-nano-5w"},
        {"usb2 host Jetson Nano 10W mode", "", "coral-usb2"}, {"usb2-class link", "an/LibrEdgeTPU@1", "coral-usb"}, {"a toaster", "", ""},
    };
    struct machines m = {.folder = TREE(".")};
    for (size_t i = 0; i < sizeof platforms / sizeof *platforms; i++) {
        ets_error e = {0};
        const ets_arch *a = machine_of_platform(&m, platforms[i].words, platforms[i].source, "", &e);
        ck_assert_msg(strcmp(a ? ets_arch_name(a) : "", platforms[i].machine) == 0, "'%s': '%s' %s", platforms[i].words,
                      a ? ets_arch_name(a) : "", e.text);
    }
    machines_free(&m);
}
END_TEST

/* A word longer than any, and names of separators only. */
START_TEST(long_names_are_no_network)
{
    char name[400];
    memset(name, 'a', sizeof name - 1);
    name[sizeof name - 1] = '\0';
    ets_error e = {0};
    ck_assert_ptr_null(network_named(name, "", TREE("."), &e));
    for (size_t i = 1; i < sizeof name - 1; i += 2) name[i] = '_';
    ck_assert_ptr_null(network_named(name, "", TREE("."), &e));
    memset(name, ' ', sizeof name - 1);
    ck_assert_ptr_null(network_named(name, "", TREE("."), &e));
}
END_TEST

/* The words and sizes of a table's row; what is not stated is not guessed. */
START_TEST(rows_are_built_from_their_words)
{
    static const struct { const char *op, *params; double n_layers; const char *reason; uint64_t macs; } rows[] = {
        {"conv3x3 stack", "in=64x64x3 F=32", 2, "", 64 * 64 * 9 * (3 * 32 + 32 * 32)},
        {"conv1x1 stack", "in=8x8x16 k=3 F=16", 1, "", 64 * 9 * 16 * 16}, /* the column says more than the name */
        {"conv3x3 single layer", "conv3x3 single layer in=64x64x3 k=3 F=32", 1, "", 64 * 64 * 9 * 3 * 32}, /* a log has all in its name */
        {"conv3x3 stack", "in=64x64x3", 2, "no graph", 0},
        {"fully connected stack", "I=64 N=100 O=10", 3, "", 64 * 100 + 100 * 100 + 100 * 10},
        {"fully connected stack", "N=100", 3, "its inputs", 0},
        {"dense stack U units", "U=20 in=12 out=1", 4, "", 12 * 20 + 3 * 20 * 20 + 20},
        {"conv1x1 1 filter, stride=whole input", "in=128x64x3 out=1x1x1", 1, "", 3},
        {"PAD then strided 1x1 conv", "in=2x2x3 internal=128x64x3 out=1x1x1", 2, "", 3},
        {"RESHAPE HxWx3 -> 2H x W/2 x3", "in=128x64x3", 1, "", 0},
        {"PAD only", "in=2x2x3 out=64x64x3", 1, "", 0},
        {"mobilenet_v2_1.0_224", "", NAN, "", 300774272 + 1280}, /* published, and 1,001 classes */
        {"synthetic conv2d", "shape not recorded", 1, "no graph", 0},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        ets_error e = {0};
        const struct network_row row = {rows[i].op, rows[i].params, rows[i].n_layers, NAN, NAN, ""};
        ets_model *m = network_of_row(&row, "", TREE("."), &e);
        ck_assert_msg(!m == (*rows[i].reason != 0) && strstr(e.text, rows[i].reason), "%s: '%s'", rows[i].op, e.text);
        if (m) ck_assert_msg(ets_model_describe(m).macs == rows[i].macs, "%s: %" PRIu64, rows[i].op, ets_model_describe(m).macs);
        ets_model_free(m);
    }
}
END_TEST

/* Parameters of the published networks with 100 classes: Keras and torchvision count 2.35 M, 5.70 M, 11.2 M and 23.7 M. */
START_TEST(networks_on_cifar_100_have_their_parameters)
{
    static const struct { const char *name; double million; } rows[] = {
        {"MobileNetV2 CIFAR-100", 2.35}, {"GoogLeNet CIFAR-100", 5.70}, {"ResNet-18 CIFAR-100", 11.2}, {"ResNet-50 (CIFAR-100)", 23.7}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        ets_error e = {0};
        ets_model *m = network_named(rows[i].name, "", TREE("."), &e);
        ck_assert_msg(m != NULL, "%s: %s", rows[i].name, e.text);
        double million = (double)ets_model_describe(m).weight_count / 1e6;
        ck_assert_msg(fabs(million / rows[i].million - 1) < 0.015, "%s: %.3f M", rows[i].name, million);
        ets_model_free(m);
    }
}
END_TEST

Suite *suite_networks(void);
Suite *suite_networks(void)
{
    Suite *s = suite_create("networks");
    TCase *t = tcase_create("networks");
    tcase_add_test(t, names_are_known_as_tables_spell_them);
    tcase_add_test(t, platforms_are_known_as_tables_spell_them);
    tcase_add_test(t, long_names_are_no_network);
    tcase_add_test(t, rows_are_built_from_their_words);
    tcase_add_test(t, networks_on_cifar_100_have_their_parameters);
    suite_add_tcase(s, t);
    return s;
}
