/* transfer.c - what goes over the host link: the call itself, the instructions (all of them, every time), inputs with
 * their formatting to words of four channels, outputs tile by tile. */
#include "base/clock.h"
#include "schedule/emit.h"
#include "schedule/release.h"

/* The operator whose group is sent `tensor` band by band; -1: it is sent as a whole. */
static int32_t reader_of_bands(const struct eti_layout *l, int32_t tensor)
{
    int32_t user = l->window_user[tensor];
    return user >= 0 && l->layers[user].input_in_bands ? user : -1;
}

uint64_t eti_input_bytes(const struct eti_layout *l, int32_t tensor)
{
    int32_t user = reader_of_bands(l, tensor);
    if (user < 0) return eti_round_up(l->graph->tensors[tensor].elements, 8);
    const struct eti_layer_plan *p = &l->layers[user];
    struct eti_yxz s = eti_yxz(&l->graph->tensors[tensor].shape);
    uint64_t sum = 0;
    for (uint32_t i = 0; i < eti_n_bands(p); i++) sum += eti_round_up((uint64_t)p->bands[i].in.n * s.x * s.z, 8);
    return sum;
}

uint64_t eti_output_bytes(const struct eti_arch *arch, const struct eti_graph *graph, int32_t tensor)
{
    struct eti_yxz s = eti_yxz(&graph->tensors[tensor].shape);
    return eti_round_up((uint64_t)s.y * s.x * eti_round_up(s.z, arch->tile.lanes), 8);
}

ets_status eti_emit_invoke(struct eti_emitter *e)
{
    const struct eti_arch *a = e->l.arch;
    ETI_TRY(eti_program_phase(e->program, ETI_OWNER_INVOKE, 0, 0, e->err));
    struct eti_command c = eti_command(ETI_LINK_IN, ETS_BOUND_LINK, 1, 0);
    eti_turns(&c, 1, 1, eti_cycles_of_ns(a->link.invoke_ns, a->clock_hz));
    return eti_emit(e, &c);
}

ets_status eti_emit_instructions(struct eti_emitter *e)
{
    ETI_TRY(eti_program_phase(e->program, ETI_OWNER_INSTRUCTIONS, 0, 0, e->err));
    struct eti_command c = eti_command(ETI_LINK_IN, ETS_BOUND_LINK, 1, 0);
    return eti_emit(e, &c);
}

void eti_patch_instructions(struct eti_program *program, const struct eti_arch *arch, uint64_t bytes)
{
    for (size_t i = 0; i < program->n_phases; i++) {
        if (program->phases[i].owner != ETI_OWNER_INSTRUCTIONS) continue;
        struct eti_command *c = &program->commands[program->phases[i].first];
        c->bytes = bytes;
        eti_turns(c, 1, 1, eti_cycles_of_ns(arch->link.transfer_ns, arch->clock_hz) +
                               eti_cycles_of_bytes(bytes, arch->link.in_bytes_per_s, arch->clock_hz));
    }
}

void eti_patch_outputs(struct eti_program *program, uint64_t host_permille)
{
    for (size_t i = 0; i < program->n_phases; i++) {
        const struct eti_phase *phase = &program->phases[i];
        for (uint32_t k = phase->first; k < phase->first + phase->count && phase->owner == ETI_OWNER_OUTPUT; k++) {
            struct eti_command *c = &program->commands[k];
            if (c->unit == ETI_LINK_OUT) eti_turns(c, 1, 1, eti_mul_div_ceil(c->first_cycles, 1000, host_permille));
        }
    }
}

/* An input image: rows of tiles one after the other. Each tile's wideToNarrow reads its whole group of rows in chunks;
 * the copy op moves the tile's own columns, a byte a step for up to 3 channels, else a word. */
struct image { uint64_t row_bytes, chunk_rows; uint64_t steps_a_pixel; };

static struct image image_of(const struct eti_block *b, uint64_t lanes)
{
    struct image m;
    m.row_bytes = (uint64_t)b->shape.x * b->shape.z;
    m.chunk_rows = lanes / eti_gcd(m.row_bytes, lanes);
    m.steps_a_pixel = b->shape.z < lanes ? b->shape.z : b->words;
    return m;
}

static ets_status emit_copies(struct eti_emitter *e, const struct eti_block *b, const struct image *m, bool last_chunk)
{
    uint32_t gx = (uint32_t)e->l.arch->grid.x, n = gx * (uint32_t)e->l.arch->grid.y;
    struct eti_records r;
    eti_records_init(&r);
    for (uint32_t t = 0; t < n; t++) {
        uint32_t rows = b->rows[t / gx].own.n, cols = b->cols[t % gx].own.n, key[ETI_KEY_WORDS] = {0};
        uint32_t chunks = (uint32_t)eti_ceil_div(rows, m->chunk_rows);
        if (!rows || !cols) continue;
        uint32_t behind = rows - (uint32_t)((chunks - 1) * m->chunk_rows);
        key[0] = last_chunk ? behind : rows - behind;
        key[1] = cols;
        key[2] = b->rows[t / gx].fill_before;
        key[3] = b->cols[t % gx].fill_before;
        if (key[0]) eti_records_add(&r, (uint64_t)1 << t, key);
    }
    for (uint32_t i = 0; i < r.n; i++) {
        struct eti_command c = eti_command(ETI_OP, ETS_BOUND_COMPUTE, r.tiles[i], 17);
        uint32_t turns = last_chunk ? 1 : (uint32_t)eti_ceil_div(r.key[i][0], m->chunk_rows);
        c.steps = eti_core_pixels(e->l.arch, (uint64_t)r.key[i][0] * r.key[i][1]) * m->steps_a_pixel;
        eti_turns(&c, 1, turns, eti_ceil_div(c.steps, turns));
        if (!last_chunk) eti_wait(&c, ETI_WIDE_TO_NARROW_DONE, ETI_EACH_TURN, 1, 1);
        ETI_TRY(eti_emit(e, &c));
    }
    return ETS_OK;
}

/* Link, infeed and movers of one row of tiles, a chunk a turn. `*left_bytes` are still to come: the last row of a line is shorter. */
static ets_status emit_row_group(struct eti_emitter *e, const struct eti_block *b, const struct image *m, uint32_t row, uint64_t *left_bytes)
{
    const struct eti_arch *a = e->l.arch;
    uint64_t mask = eti_low_bits(a->grid.x) << (row * a->grid.x), rows = b->rows[row].own.n;
    uint32_t chunks = (uint32_t)eti_ceil_div(rows, m->chunk_rows);
    uint64_t bytes = m->chunk_rows * m->row_bytes;
    if (!rows) return ETS_OK;
    struct eti_command link = eti_command(ETI_LINK_IN, ETS_BOUND_LINK, 1, 0);
    eti_turns(&link, 1, chunks, eti_input_cycles(a, bytes));
    link.bytes = eti_min(rows * m->row_bytes, *left_bytes);
    *left_bytes -= link.bytes;
    eti_signal(&link, ETI_RING_READ_A, ETI_EACH_TURN, mask, a->ring.latency_cycles);
    ETI_TRY(eti_emit(e, &link));
    struct eti_command feed = eti_command(ETI_WIDE_TO_NARROW, ETS_BOUND_LINK, mask, 14);
    eti_turns(&feed, 1, chunks, eti_ceil_div(bytes, a->tile.lanes) * a->mover.cycles_per_word);
    eti_wait(&feed, ETI_RING_READ_A, ETI_EACH_TURN, 1, 1);
    eti_signal(&feed, ETI_WIDE_TO_NARROW_DONE, ETI_EACH_TURN, 0, 0);
    return eti_emit(e, &feed);
}

/* `b`: the image or a band of it; `whole`: its border is exchanged here, not by a group that cuts it further. */
static ets_status emit_image(struct eti_emitter *e, int32_t tensor, const struct eti_block *b, bool whole)
{
    const struct eti_arch *a = e->l.arch;
    struct image m = image_of(b, a->tile.lanes);
    uint32_t identity = b->shape.z % a->tile.lanes ? 7 : 0;
    uint64_t left_bytes = whole ? e->l.graph->tensors[tensor].elements : UINT64_MAX;
    ETI_TRY(eti_program_phase(e->program, ETI_OWNER_INPUT, a->scalar.fence_cycles, 45 + identity, e->err));
    struct eti_command start = eti_command(ETI_LINK_IN, ETS_BOUND_LINK, 1, 34); /* credit, pop, descriptor */
    eti_turns(&start, 1, 1, eti_cycles_of_ns(a->link.transfer_ns, a->clock_hz));
    if (b->by_channel) {
        start.bytes = eti_input_bytes(&e->l, tensor);
        start.first_cycles += eti_input_cycles(a, start.bytes);
        return eti_emit(e, &start);
    }
    ETI_TRY(emit_copies(e, b, &m, false));
    ETI_TRY(eti_emit(e, &start));
    for (uint32_t row = 0; row < a->grid.y; row++) ETI_TRY(emit_row_group(e, b, &m, row, &left_bytes));
    ETI_TRY(eti_phase_reset(e, ETI_OWNER_INPUT, 1));
    ETI_TRY(emit_copies(e, b, &m, true));
    if (!whole) return ETS_OK;
    ETI_TRY(eti_phase_reset(e, ETI_OWNER_INPUT, 1));
    return eti_emit_halo_of(e, b, 1, false);
}

ets_status eti_emit_input(struct eti_emitter *e, int32_t tensor)
{
    int32_t user = reader_of_bands(&e->l, tensor);
    if (user < 0) {
        struct eti_block b = eti_block_of(&e->l, tensor);
        return emit_image(e, tensor, &b, true);
    }
    const struct eti_layer_plan *p = &e->layers[user];
    for (uint32_t band = 0; band < eti_n_bands(p); band++) {
        struct eti_window_of w = eti_window_of_op(&e->l, (uint32_t)user);
        w.rows = eti_window_of_pass(&e->l, (uint32_t)user, band * p->n_strips).rows;
        struct eti_block b = eti_block_of_window(&e->l, tensor, &w);
        ETI_TRY(emit_image(e, tensor, &b, false));
    }
    return ETS_OK;
}

/* A row of narrow memory at a time into the FIFO, out over ring and link; tiles go one after the other. */
ets_status eti_emit_output(struct eti_emitter *e, int32_t tensor)
{
    const struct eti_arch *a = e->l.arch;
    struct eti_block b = eti_block_of(&e->l, tensor);
    uint64_t total = eti_output_bytes(a, e->l.graph, tensor), left = total;
    uint32_t n = (uint32_t)(a->grid.x * a->grid.y), sent = 0;
    uint64_t tiles = eti_tiles_with(&e->l, &b), lanes = a->tile.lanes;
    struct eti_records blocks;
    eti_pixel_records(&e->l, &b, &b, &blocks); /* those that lie alike share a mover's command */
    ETI_TRY(eti_program_phase(e->program, ETI_OWNER_OUTPUT, a->scalar.fence_cycles, 32 + 7 * blocks.n, e->err));
    for (uint32_t t = 0; t < n; t++) {
        if (!(tiles >> t & 1)) continue;
        uint64_t words = b.by_channel ? eti_min(a->tile.cells / lanes, b.words - t * (a->tile.cells / lanes))
                                      : eti_pixels_of(&e->l, &b, t) * b.words;
        uint64_t bytes = tiles >> t == 1 ? left : eti_min(left, words * lanes); /* the last one also pads */
        left -= bytes;
        struct eti_command c = eti_command(ETI_RING_PRODUCER, ETS_BOUND_MOVE, (uint64_t)1 << t, 6);
        eti_turns(&c, 1, 1, words * a->mover.cycles_per_word + eti_ceil_div(words * lanes, a->ring.packet_bytes) * eti_packet_cycles(a));
        eti_wait(&c, ETI_PRODUCED_A, ETI_ONCE, sent, 0);
        eti_signal(&c, ETI_PRODUCED_A, ETI_EACH_TURN, 0, 0);
        c.bytes = words * lanes;
        ETI_TRY(eti_emit(e, &c));
        struct eti_command out = eti_command(ETI_LINK_OUT, ETS_BOUND_LINK, 1, 0);
        eti_turns(&out, 1, 1, eti_cycles_of_bytes(bytes, a->link.out_bytes_per_s, a->clock_hz));
        if (!sent) out.first_cycles += eti_cycles_of_ns(a->link.transfer_ns, a->clock_hz);
        out.bytes = bytes;
        eti_wait(&out, ETI_PRODUCED_A, ETI_ONCE, ++sent, 0);
        ETI_TRY(eti_emit(e, &out));
    }
    if (b.shape.z % lanes == 0 || (b.words == 1 && !eti_release_of(a)->copies_words)) return ETS_OK;
    struct eti_command strip = eti_command(ETI_LINK_OUT, ETS_BOUND_LINK, 1, 0); /* the host's copy, without the padding */
    uint64_t pixels = (uint64_t)b.shape.y * b.shape.x;
    eti_turns(&strip, 1, 1, eti_cycles_of_ns(pixels * a->link.pixel_ns, a->clock_hz));
    return eti_emit(e, &strip);
}
