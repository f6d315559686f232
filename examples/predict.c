/* predict.c - a predictor inside a loop, in C: the widest MobileNet-like network that still meets a latency.
 *
 *   cc predict.c $(pkg-config --cflags --libs edgetpu_sim) && ./a.out coral-usb 2.0
 */
#include <edgetpu_sim/edgetpu_sim.h>
#include <stdio.h>
#include <stdlib.h>

/* Stem, six inverted bottlenecks, classifier; widths in multiples of `width`. */
static ets_status network(ets_builder *b, uint32_t width, ets_error *err)
{
    static const uint32_t image[4] = {1, 224, 224, 3}, factor[6] = {1, 2, 3, 4, 6, 10};
    ets_conv stem = ETS_CONV_INIT;
    ets_tensor x;
    stem.kernel_h = stem.kernel_w = 3;
    stem.stride_h = stem.stride_w = 2;
    stem.out_channels = width;
    ets_status status = ets_build_input(b, "image", image, 4, &x, err);
    if (!status) status = ets_build_conv2d(b, x, &stem, &x, err);
    for (int i = 0; !status && i < 6; i++) {
        ets_block block = ETS_BLOCK_INIT;
        block.stride = i % 2 ? 1 : 2;
        block.out_channels = factor[i] * width;
        block.fused = i < 2;
        status = ets_build_block(b, x, &block, &x, err);
    }
    if (!status) status = ets_build_unary(b, "global_mean", x, &x, err);
    if (!status) status = ets_build_fully_connected(b, x, 1000, ETS_ACT_NONE, &x, err);
    return status ? status : ets_build_output(b, x, err);
}

int main(int argc, char **argv)
{
    char path[4096];
    ets_arch *arch = NULL;
    ets_predictor *predictor = NULL;
    ets_builder *builder = NULL;
    ets_error err;
    double limit_ms = argc > 2 ? atof(argv[2]) : 2.0;
    uint32_t best = 0;
    if (ets_data_find("arch", argc > 1 ? argv[1] : "coral-usb", NULL, path, sizeof path, &err) ||
        ets_arch_load(path, NULL, 0, NULL, &arch, &err) || ets_predictor_new(arch, NULL, NULL, &predictor, &err) ||
        ets_builder_new("candidate", NULL, &builder, &err)) {
        fprintf(stderr, "%s\n", err.text);
        return 1;
    }
    for (uint32_t width = 8; width <= 128; width += 8) {
        const ets_model *model = NULL; /* the builder's own: nothing is copied, nothing to free */
        ets_summary s;
        if (network(builder, width, &err) || ets_build_lend(builder, &model, &err) || ets_predict(predictor, model, &s, &err)) {
            fprintf(stderr, "%s\n", err.text);
            return 1;
        }
        double ms = 1e-6 * (double)s.latency_ns;
        printf("width %3u  %7.3f ms  %5.0f M MACs  %s\n", width, ms, 1e-6 * (double)s.macs,
               s.streamed_parameter_bytes ? "parameters streamed" : "on the chip");
        if (ms <= limit_ms) best = width;
    }
    printf("widest within %.1f ms: %u\n", limit_ms, best);
    ets_builder_free(builder);
    ets_predictor_free(predictor);
    ets_arch_free(arch);
    return 0;
}
