/* net.h - a builder that remembers its first failure, so that a network reads as a list of its layers. After a failure every call
 * does nothing; `net_finish` frees the builder and returns the model, which the caller frees, or NULL with the reason in `err`. */
#ifndef TRUTH_NET_H
#define TRUTH_NET_H

#include <edgetpu_sim/edgetpu_sim.h>

struct net { ets_builder *b; ets_status status; ets_error *err; };

struct net net_begin(const char *name, ets_error *err);
ets_model *net_finish(struct net *n, ets_tensor result);
ets_tensor net_image(struct net *n, uint32_t height, uint32_t width, uint32_t channels);
/* Convolutions are padded to the same size, with a scale a channel and a bias. */
ets_conv net_conv_options(uint32_t kernel, uint32_t stride, uint32_t filters, ets_activation act);
ets_tensor net_convolve(struct net *n, ets_tensor x, const ets_conv *c);
ets_tensor net_conv(struct net *n, ets_tensor x, uint32_t kernel, uint32_t stride, uint32_t filters, ets_activation act);
ets_tensor net_depthwise(struct net *n, ets_tensor x, uint32_t kernel, uint32_t stride); /* with ReLU6 */
ets_tensor net_pool(struct net *n, const char *op, ets_tensor x, uint32_t kernel, uint32_t stride);
ets_tensor net_concat(struct net *n, const ets_tensor *x, size_t count); /* along the channels */
ets_tensor net_unary(struct net *n, const char *op, ets_tensor x);
ets_tensor net_sum(struct net *n, ets_tensor x, ets_tensor y, ets_activation act);
ets_tensor net_dense(struct net *n, ets_tensor x, uint32_t units);
/* From `from` x `from` to the right and below. */
ets_tensor net_padded(struct net *n, ets_tensor x, uint32_t from, uint32_t height, uint32_t width);

#endif
