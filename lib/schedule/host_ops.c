/* host_ops.c - operators that stay on the host: how long they take there, and their place in the program. Rough on purpose: the
 * kernels of hosts differ by several times among releases, and two rates of a machine stand for all of them. */
#include <string.h>

#include "base/clock.h"
#include "base/num.h"
#include "schedule/emit.h"
#include "schedule/schedule.h"

static bool host_is_known(const struct eti_arch *arch) { return arch->kind == ETI_TILE_GRID && arch->host.macs_per_s > 0; }

static uint64_t elements_read(const struct eti_graph *graph, const struct eti_op *op)
{
    uint64_t sum = 0;
    for (uint32_t i = 0; i < op->n_inputs; i++) {
        int32_t t = op->inputs[i];
        if (t >= 0 && !graph->tensors[t].constant) sum = eti_sum(sum, graph->tensors[t].elements);
    }
    return sum;
}

static uint64_t elements_made(const struct eti_graph *graph, const struct eti_op *op)
{
    uint64_t sum = 0;
    for (uint32_t i = 0; i < op->n_outputs; i++) sum = eti_sum(sum, graph->tensors[op->outputs[i]].elements);
    return sum;
}

bool eti_host_op_is_known(const struct eti_arch *arch, const struct eti_op *op)
{
    bool opaque = op->type == ETI_OP_OPAQUE && strcmp(op->type_name, "TFLite_Detection_PostProcess") != 0;
    return host_is_known(arch) && !opaque;
}

uint64_t eti_host_op_cycles(const struct eti_arch *arch, const struct eti_graph *graph, const struct eti_op *op)
{
    bool renamed = op->type == ETI_OP_RESHAPE || op->type == ETI_OP_SQUEEZE || op->type == ETI_OP_EXPAND_DIMS;
    if (!eti_host_op_is_known(arch, op) || renamed) return 0;
    uint64_t elements = eti_max(elements_read(graph, op), elements_made(graph, op));
    uint64_t moving_ns = eti_mul_div_ceil(elements, arch->host.element_ps, 1000);
    return eti_sum(eti_mul_div_ceil(op->macs, arch->clock_hz, arch->host.macs_per_s), eti_cycles_of_ns(moving_ns, arch->clock_hz));
}

/* The chip waits meanwhile, and so does the link: like the call itself, a transfer without bytes. */
ets_status eti_emit_host_op(struct eti_emitter *e, uint32_t op)
{
    uint64_t cycles = eti_host_op_cycles(e->l.arch, e->l.graph, &e->l.graph->ops[op]);
    if (!cycles) return ETS_OK;
    ETI_TRY(eti_program_phase(e->program, (int32_t)op, 0, 0, e->err));
    struct eti_command c = eti_command(ETI_LINK_IN, ETS_BOUND_LINK, 1, 0);
    eti_turns(&c, 1, 1, cycles);
    return eti_emit(e, &c);
}
