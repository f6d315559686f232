/* networks.h - the networks that were measured, from how the tables name them: shipped graphs, and families that are
 * built from their parameters with the library's builder. Each function returns a model that the caller frees, or NULL
 * with the reason in `err->text`. */
#ifndef TRUTH_NETWORKS_H
#define TRUTH_NETWORKS_H

#include <edgetpu_sim/edgetpu_sim.h>

/* By the name and input size of a table, however it is spelt: a shipped graph ("EfficientNet-EdgeTpu (S)", "224x224x3"), one of the
 * Grid family, a network on CIFAR-100, a segment of DenseNet-201, a single layer ("Dense 2048x2048"). */
ets_model *network_named(const char *name, const char *input, const char *folder, ets_error *err);

/* `name` in lower case, letters and digits only, "cifar100" in it: ResNet-18 and 50, MobileNet v2, GoogLeNet. */
ets_model *network_cifar_100(const char *name, ets_error *err);
/* One of eight segments. */
ets_model *network_densenet_201_segment(unsigned segment, ets_error *err);

/* NAS-Bench-201 on CIFAR-10 (Dong and Yang, 2020) from "|op~0|+|op~0|op~1|+|op~0|op~1|op~2|". */
ets_model *network_nasbench201(const char *cells, ets_error *err);

/* `n` convolutions of kernel x kernel with `filters` each, without biases, on an image. */
struct conv_stack { uint32_t height, width, channels, kernel, filters, n; };
ets_model *network_conv_stack(const struct conv_stack *s, ets_error *err);
/* The same between a pad of a 2x2x3 input and a 1x1 convolution with one output: only the chip's own time is left. */
ets_model *network_padded_conv_stack(const struct conv_stack *s, ets_error *err);

/* Fully connected layers without biases: `inputs`, then `n` of `units`, `narrow` of `outputs` (each with tanh where `tanh`), then
 * `outputs`. */
struct dense_stack { uint32_t inputs, units, n, narrow, outputs; bool tanh; };
ets_model *network_dense_stack(const struct dense_stack *s, ets_error *err);

/* A 1x1 convolution with one filter, strided over the whole image: what input transfer costs. */
ets_model *network_strided(uint32_t height, uint32_t width, uint32_t channels, ets_error *err);
/* Only a reshape to twice the height and half the width. */
ets_model *network_reshaped(uint32_t height, uint32_t width, uint32_t channels, ets_error *err);
/* Only a pad from 2x2 to the output's size: what output transfer costs. */
ets_model *network_padded(uint32_t height, uint32_t width, uint32_t channels, ets_error *err);

/* What a table says of a row: its operator or network, its sizes as `key=value` (the logs have both in one), its layers, the bytes that
 * were logged (NAN: none), the file it is from. */
struct network_row { const char *op, *params; double n_layers, onchip_mib, offchip_mib; const char *source; };
/* A stack or a probe by these words, any other network by its name (see network_named). */
ets_model *network_of_row(const struct network_row *r, const char *input, const char *folder, ets_error *err);

#endif
