/* conv.c - regular convolutions, pointwise ones and transposed ones: docs/MODEL.md "Convolution". */
#include "schedule/weights.h"

static ets_status emit_ops(struct eti_emitter *e, const struct eti_records *r, const struct eti_reduction *red,
                           const struct eti_delivery *d)
{
    for (uint32_t i = 0; i < r->n; i++) {
        uint32_t pixels = r->key[i][0];
        struct eti_fill_cost cost = eti_fill_cost_of(e->l.arch, red, pixels);
        struct eti_command c = eti_command(ETI_OP, ETS_BOUND_COMPUTE, r->tiles[i], 17);
        eti_turns(&c, red->fills, red->groups, cost.middle);
        c.first_cycles = cost.first;
        c.last_cycles = cost.last;
        c.first_psum = cost.psum_first;
        c.middle_psum = cost.psum_middle;
        c.last_psum = cost.psum_last;
        c.steps = eti_ceil_div(pixels, red->shares) * red->rows * red->fills * red->groups;
        eti_wait(&c, eti_arrival(d), ETI_EACH_TURN, 1, 1);
        eti_wait(&c, ETI_SCALING, ETI_EACH_GROUP, 1, 1);
        eti_signal(&c, ETI_PARAMETERS, ETI_EACH_TURN, 0, 0);
        eti_signal(&c, ETI_AVDATA, ETI_EACH_GROUP, 0, 0);
        ETI_TRY(eti_emit(e, &c));
    }
    return ETS_OK;
}

/* A transposed convolution visits every input pixel with every tap; its "positions" are the inputs. */
static struct eti_window_of positions_of(struct eti_emitter *e, uint32_t index)
{
    struct eti_window_of w = eti_window_of_pass(&e->l, index, e->pass);
    if (e->l.graph->ops[index].type == ETI_OP_TRANSPOSE_CONV) {
        w.rows.out_size = w.rows.in_size;
        w.cols.out_size = w.cols.in_size;
    }
    return w;
}

static ets_status emit_body(struct eti_emitter *e, uint32_t index, uint32_t *abreast)
{
    const struct eti_op *op = &e->l.graph->ops[index];
    const struct eti_layer_plan *plan = &e->layers[index];
    struct eti_edges pad;
    int32_t in = eti_stored_tensor(e->l.graph, e->layers, eti_activation_input(op, e->l.graph, 0), &pad);
    struct eti_window_of w = positions_of(e, index);
    struct eti_block from = eti_block_of_window(&e->l, in, &w), to = eti_block_of_pass(&e->l, index, e->pass);
    struct eti_records records;
    eti_op_records(&e->l, &from, &w, &to, &records);
    uint32_t out_channels = to.shape.z;
    struct eti_reduction red = eti_reduction_of(e->l.arch, op->at.kernel_h * op->at.kernel_w, from.shape.z, out_channels,
                                                eti_records_most(&records));
    const struct eti_tensor *weights = &e->l.graph->tensors[op->inputs[1]];
    bool per_channel = weights->quant == ETI_QUANT_CHANNEL;
    struct eti_delivery d = {red.rows * red.abreast, red.fills, red.groups, 0, red.fifo, eti_records_tiles(&records), plan->streamed, plan->pieces};
    uint64_t width = eti_min(out_channels, e->l.arch->tile.cells * red.abreast);
    *abreast = red.abreast;
    d.bias_rows = (uint32_t)eti_ceil_div(width * eti_header_bytes(per_channel, false), e->l.arch->ring.packet_bytes);
    ETI_TRY(eti_phase_signal(e, (int32_t)index));
    ETI_TRY(eti_emit_consumer(e, &d));
    ETI_TRY(eti_emit_bias(e, &d, (uint32_t)eti_ceil_div(width, 2) * (per_channel ? 2 : 1)));
    ETI_TRY(emit_ops(e, &records, &red, &d));
    return eti_emit_producer(e, &d, plan->parameter_bytes);
}

ets_status eti_emit_dense(struct eti_emitter *e, uint32_t index)
{
    const struct eti_op *op = &e->l.graph->ops[index];
    bool transposed = op->type == ETI_OP_TRANSPOSE_CONV; /* tiles without inputs may own outputs */
    uint32_t abreast;
    ETI_TRY(emit_body(e, index, &abreast));
    return eti_emit_halo(e, op->outputs[0], transposed ? 0 : eti_group_words(e->l.arch) * abreast);
}
