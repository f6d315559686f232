/* view.c - how the accelerator sees shapes, and the operators that take none of its time: views, and pads that the
 * next window's border fills do. */
#include "schedule/plan.h"
#include "schedule/release.h"

int32_t eti_activation_input(const struct eti_op *op, const struct eti_graph *graph, uint32_t nth)
{
    for (uint32_t i = 0; i < op->n_inputs; i++) {
        int32_t t = op->inputs[i];
        if (t < 0 || graph->tensors[t].constant) continue;
        if (nth-- == 0) return t;
    }
    return -1;
}

bool eti_doubles_size(const struct eti_graph *graph, const struct eti_op *op)
{
    struct eti_yxz in = eti_yxz(&graph->tensors[op->inputs[0]].shape), out = eti_yxz(&graph->tensors[op->outputs[0]].shape);
    return out.y == 2 * in.y && out.x == 2 * in.x;
}

bool eti_is_matrix(const struct eti_graph *graph, const struct eti_op *op)
{
    if (op->type == ETI_OP_FULLY_CONNECTED) return true;
    if (op->type != ETI_OP_CONV_2D) return false;
    struct eti_yxz out = eti_yxz(&graph->tensors[op->outputs[0]].shape);
    if (out.y > 1 || out.x > 1) return false;
    struct eti_yxz in = eti_yxz(&graph->tensors[eti_activation_input(op, graph, 0)].shape);
    return in.y == op->at.kernel_h && in.x == op->at.kernel_w;
}

bool eti_softmax_on_tiles(const struct eti_arch *arch, const struct eti_graph *graph, const struct eti_op *op)
{
    if (!eti_release_of(arch)->softmax_on_tiles) return false;
    return op->type != ETI_OP_SOFTMAX || graph->tensors[op->outputs[0]].type == ETI_U8;
}

bool eti_reduces_on_one_tile(const struct eti_arch *arch, const struct eti_op *op)
{
    const struct eti_release *r = eti_release_of(arch);
    return !(op->type == ETI_OP_MEAN ? r->spreads_means : r->spreads_pools);
}

bool eti_is_view(const struct eti_graph *graph, const struct eti_op *op)
{
    bool kind = op->type == ETI_OP_RESHAPE || op->type == ETI_OP_SQUEEZE || op->type == ETI_OP_EXPAND_DIMS;
    int32_t in = kind ? eti_activation_input(op, graph, 0) : -1;
    if (in < 0) return false;
    struct eti_yxz x = eti_yxz(&graph->tensors[in].shape), y = eti_yxz(&graph->tensors[op->outputs[0]].shape);
    return x.y == y.y && x.x == y.x && x.z == y.z;
}

bool eti_is_edge_pad(const struct eti_graph *graph, const struct eti_op *op)
{
    if (op->type != ETI_OP_PAD) return false;
    uint32_t rank = graph->tensors[op->outputs[0]].shape.rank;
    return rank >= 3 && !op->at.pad_before[rank - 1] && !op->at.pad_after[rank - 1] && eti_activation_input(op, graph, 0) >= 0;
}

static bool can_pad_itself(const struct eti_op *op)
{
    bool window = op->type == ETI_OP_CONV_2D || op->type == ETI_OP_DEPTHWISE_CONV_2D || op->type == ETI_OP_MAX_POOL_2D ||
                  op->type == ETI_OP_AVERAGE_POOL_2D;
    return window && op->at.padding == ETS_PAD_VALID;
}

/* Pads are really made where a reader cannot pad by itself. */
static void keep_pads_that_are_read(const struct eti_graph *graph, struct eti_layer_plan *layers)
{
    for (uint32_t i = 0; i < graph->n_ops; i++) {
        const struct eti_op *op = &graph->ops[i];
        for (uint32_t k = 0; k < op->n_inputs; k++) {
            int32_t p = op->inputs[k] < 0 ? -1 : graph->tensors[op->inputs[k]].producer;
            if (p < 0 || graph->ops[p].type != ETI_OP_PAD) continue;
            if (layers[i].map.where == ETS_ON_HOST || !can_pad_itself(op)) layers[p].folded = false;
        }
    }
    for (uint32_t i = 0; i < graph->n_outputs; i++) { /* a padded result of the whole network is really made */
        int32_t p = graph->tensors[graph->outputs[i]].producer;
        if (p >= 0 && graph->ops[p].type == ETI_OP_PAD) layers[p].folded = false;
    }
}

void eti_find_folded(const struct eti_graph *graph, struct eti_facts *const *facts, struct eti_layer_plan *layers)
{
    bool any_pad = false;
    for (uint32_t i = 0; i < graph->n_ops; i++) {
        bool pad = facts[i]->traits & ETI_EDGE_PAD && graph->tensors[graph->ops[i].outputs[0]].n_consumers > 0;
        layers[i].folded = layers[i].map.where == ETS_ON_TPU && (pad || facts[i]->traits & ETI_VIEW);
        any_pad |= layers[i].folded && pad;
    }
    if (any_pad) keep_pads_that_are_read(graph, layers);
}

int32_t eti_stored_tensor(const struct eti_graph *graph, const struct eti_layer_plan *layers, int32_t tensor,
                          struct eti_edges *pad)
{
    struct eti_edges none = {0, 0, 0, 0};
    *pad = none;
    while (tensor >= 0 && graph->tensors[tensor].producer >= 0) {
        int32_t p = graph->tensors[tensor].producer;
        const struct eti_op *op = &graph->ops[p];
        if (!layers[p].folded) break;
        uint32_t rank = graph->tensors[tensor].shape.rank;
        if (op->type == ETI_OP_PAD) {
            pad->top += op->at.pad_before[rank - 3];
            pad->bottom += op->at.pad_after[rank - 3];
            pad->left += op->at.pad_before[rank - 2];
            pad->right += op->at.pad_after[rank - 2];
        }
        tensor = eti_activation_input(op, graph, 0);
    }
    return tensor;
}
