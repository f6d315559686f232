/* test_models.c - the reference graphs against published figures, the files they mirror, and the vendor's table. */
#include "graph/model.h"
#include "test.h"

static ets_model *load(const char *path)
{
    ets_model *m = NULL;
    ets_error e;
    ASSERT_OK(ets_model_load(path, NULL, &m, &e), e);
    return m;
}

static double latency_ms(const char *path)
{
    ets_arch *a = NULL;
    ets_report *r = NULL;
    ets_error e;
    ets_model *m = load(path);
    ASSERT_OK(ets_arch_load(TREE("arch/coral-usb.yaml"), NULL, 0, NULL, &a, &e), e);
    ASSERT_OK(ets_simulate(a, m, NULL, NULL, &r, &e), e);
    double ms = (double)ets_report_summary(r)->latency_ns / 1e6;
    ets_report_free(r);
    ets_model_free(m);
    ets_arch_free(a);
    return ms;
}

/* Published: weights of convolutions and the classifier (its 1001 biases counted), multiply-accumulates, layers. */
START_TEST(efficientnet_edgetpu_counts)
{
    static const struct { const char *file; double weights_m, macs_g; uint32_t weighted; } nets[] = {
        {"models/efficientnet-edgetpu-s.yaml", 5.388, 1.789, 50},
        {"models/efficientnet-edgetpu-m.yaml", 6.833, 3.013, 65},
        {"models/efficientnet-edgetpu-l.yaml", 10.499, 7.936, 73},
    };
    for (int i = 0; i < 3; i++) {
        ets_model *m = load(nets[i].file);
        ets_model_info d = ets_model_describe(m);
        ck_assert_double_eq_tol(((double)d.weight_count + 1001) / 1e6, nets[i].weights_m, 0.0005);
        ck_assert_double_eq_tol((double)d.macs / 1e9, nets[i].macs_g, 0.0005);
        ck_assert_uint_eq(d.n_weighted_ops, nets[i].weighted);
        ck_assert(d.quantized);
        ets_model_free(m);
    }
}
END_TEST

/* He et al.: 25.5 M parameters without batch norm and biases, 3.8 to 4.1 G multiply-adds at 224x224. */
START_TEST(resnet_counts)
{
    ets_model *m = load("models/resnet-50-v1-224.yaml");
    ets_model_info d = ets_model_describe(m);
    ck_assert_double_eq_tol((double)d.weight_count / 1e6, 25.5, 0.05);
    ck_assert_double_eq_tol((double)d.macs / 1e9, 3.86, 0.01);
    ck_assert_uint_eq(d.n_weighted_ops, 54);
    ets_model_free(m);
}
END_TEST

START_TEST(mobilenets_mirror_their_files)
{
    static const char *const pairs[][2] = {
        {"models/mobilenet-v1-0.25-128.yaml", "models/mobilenet_v1_0.25_128_quant.tflite"},
        {"models/mobilenet-v1-0.5-160.yaml", "models/mobilenet_v1_0.5_160_quant.tflite"},
        {"models/mobilenet-v1-0.75-192.yaml", "models/mobilenet_v1_0.75_192_quant.tflite"},
        {"models/mobilenet-v2-1.0-224.yaml", "models/mobilenet_v2_1.0_224_quant.tflite"},
    };
    for (int i = 0; i < 4; i++) {
        if (!test_shared(pairs[i][1])) continue;
        ets_model *a = load(pairs[i][0]), *b = load(test_shared(pairs[i][1]));
        ck_assert_uint_eq(a->graph->n_ops, b->graph->n_ops);
        for (uint32_t k = 0; k < a->graph->n_ops; k++) {
            const struct eti_op *x = &a->graph->ops[k], *y = &b->graph->ops[k];
            ck_assert_int_eq(x->type, y->type);
            ck_assert_uint_eq(x->macs, y->macs);
            ck_assert_uint_eq(a->graph->tensors[x->outputs[0]].elements, b->graph->tensors[y->outputs[0]].elements);
        }
        ets_model_free(a);
        ets_model_free(b);
    }
}
END_TEST

/* coral.ai/docs/edgetpu/benchmarks, desktop with USB 3: within 20 %. */
START_TEST(latency_is_near_the_published_one)
{
    static const struct { const char *file; double ms; } published[] = {
        {"models/mobilenet-v1-1.0-224.yaml", 2.4}, {"models/mobilenet-v2-1.0-224.yaml", 2.6},
        {"models/efficientnet-edgetpu-s.yaml", 5.1}, {"models/resnet-50-v1-224.yaml", 49},
    };
    for (int i = 0; i < 4; i++) ck_assert_double_eq_tol(latency_ms(published[i].file), published[i].ms, 0.2 * published[i].ms);
}
END_TEST

START_TEST(s_is_about_ten_times_faster_than_resnet_50)
{
    double ratio = latency_ms("models/resnet-50-v1-224.yaml") / latency_ms("models/efficientnet-edgetpu-s.yaml");
    ck_assert(ratio > 8 && ratio < 12);
}
END_TEST

Suite *suite_models(void);
Suite *suite_models(void)
{
    Suite *s = suite_create("models");
    TCase *t = tcase_create("reference graphs");
    tcase_set_timeout(t, 60);
    tcase_add_test(t, efficientnet_edgetpu_counts);
    tcase_add_test(t, resnet_counts);
    tcase_add_test(t, mobilenets_mirror_their_files);
    tcase_add_test(t, latency_is_near_the_published_one);
    tcase_add_test(t, s_is_about_ten_times_faster_than_resnet_50);
    suite_add_tcase(s, t);
    return s;
}
