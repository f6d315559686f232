/* networks.c - see networks.h. */
#include "networks.h"

#include "grid.h"
#include "net.h"
#include "table.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* How tables spell a network (letters and digits only, lower case), the height of its input (0: any), the graph. */
static const struct { const char *name; unsigned height; const char *file; } shipped[] = {
    {"efficientnetedgetpus", 0, "efficientnet-edgetpu-s"},
    {"efficientnetedgetpum", 0, "efficientnet-edgetpu-m"},
    {"efficientnetedgetpul", 0, "efficientnet-edgetpu-l"},
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
    {"ssdmobilenetv2tf2", 0, "ssd-mobilenet-v2-300"},
    {"ssdmobilenetv2faces", 0, "ssd-mobilenet-v2-face-320"},
    {"ssdmobilenetv2face", 0, "ssd-mobilenet-v2-face-320"},
    {"ssdfpnmobilenetv1", 0, "ssd-fpn-mobilenet-v1-640"},
    {"ssdfpnmobilenetv1tf2", 0, "ssd-fpn-mobilenet-v1-640"},
    {"ssdmobilenetv1fpn", 0, "ssd-fpn-mobilenet-v1-640"},
    {"ssdmobilenetv1fpntf2", 0, "ssd-fpn-mobilenet-v1-640"},
    {"ssdlitemobiledet", 0, "ssdlite-mobiledet-edgetpu-320"},
    {"ssdlitemobiledetedgetpu", 0, "ssdlite-mobiledet-edgetpu-320"},
    {"ssdlitemobilenetedgetpu", 0, "ssdlite-mobilenet-edgetpu-320"},
    {"ssdlitemobilenetv2", 0, "ssdlite-mobilenet-v2-300"},
    {"efficientdetlite0", 0, "efficientdet-lite0-320"},
    {"efficientdetlite1", 0, "efficientdet-lite1-384"},
    {"efficientdetlite2", 0, "efficientdet-lite2-448"},
    {"efficientdetlite3", 0, "efficientdet-lite3-512"},
    {"efficientdetlite3x", 0, "efficientdet-lite3x-640"},
    {"efficientdetlite4", 0, "efficientdet-lite4-640"},
    {"yolov5n", 0, "yolov5n-320"},
    {"yolov5s", 0, "yolov5s-224"},
    {"yolov8n", 0, "yolov8n-320"},
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

/* Words of a file's name that say how a network was trained, not what it computes. */
static bool is_silent(const char *word)
{
    static const char *const words[] = {"quant", "ptq", "qat", "coco", "coco17", "postprocess", "pascal", "imagenet", "tfhub", "keras", "tf2", "int8", "uint8", "tflite"};
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
        plain_words(word, to + n, room - n);
        n += strlen(to + n);
    }
    snprintf(to + n, room - n, "%s", tf2 ? "tf2" : "");
}

/* The height that a file is named for, its last number of three digits; of EfficientNet-EdgeTPU a letter says it. */
static unsigned height_of_file(const char *file)
{
    static const struct { const char *file; unsigned height; } by_letter[] = {
        {"efficientnet-edgetpu-s", 224}, {"efficientnet-edgetpu-m", 240}, {"efficientnet-edgetpu-l", 300}};
    unsigned height = 0;
    for (size_t i = 0; i < sizeof by_letter / sizeof *by_letter; i++)
        if (strcmp(by_letter[i].file, file) == 0) return by_letter[i].height;
    for (const char *p = file; (p = strchr(p, '-')) != NULL; p++) {
        unsigned long number = strtoul(p + 1, NULL, 10);
        if (number >= 100) height = (unsigned)number;
    }
    return height;
}

/* `sized`: only a graph of that height. */
static const char *file_named(const char *plain, unsigned height, bool sized)
{
    for (size_t i = 0; i < sizeof shipped / sizeof *shipped; i++)
        if (strcmp(shipped[i].name, plain) == 0 && (!shipped[i].height || shipped[i].height == height) &&
            (!sized || height_of_file(shipped[i].file) == height))
            return shipped[i].file;
    return NULL;
}

/* As it stands, then without what a file's name says beside the network. */
static const char *shipped_file(const char *name, unsigned height)
{
    char plain[128];
    plain_words(name, plain, sizeof plain);
    const char *file = file_named(plain, height, false);
    for (int whole = 0; !file && whole < 2; whole++) {
        unsigned said;
        essence(name, whole, plain, sizeof plain, &said);
        file = file_named(plain, said ? said : height, said != 0);
    }
    return file;
}

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

ets_model *network_named(const char *name, const char *input, const char *folder, ets_error *err)
{
    char plain[128], path[4096];
    const char *file = shipped_file(name, (unsigned)strtoul(input, NULL, 10));
    if (file) {
        ets_model *m = NULL;
        if (ets_data_find("models", file, folder, path, sizeof path, err)) return NULL;
        return ets_model_load(path, NULL, &m, err) == ETS_OK ? m : NULL;
    }
    plain_words(name, plain, sizeof plain);
    struct dense_stack dense = {0, 0, 0, 0, 0, false};
    unsigned segment;
    if (sscanf(name, "Dense %ux%u", &dense.inputs, &dense.outputs) == 2) return network_dense_stack(&dense, err);
    if (sscanf(plain, "densenet201segment%uof8", &segment) == 1) return network_densenet_201_segment(segment, err);
    if (strstr(plain, "cifar100")) return network_cifar_100(plain, err);
    return grid_named(name, err);
}
