/* energy.c - see energy.h. */
#include "timing/energy.h"

#include "base/clock.h"

static uint64_t add_product(uint64_t sum, uint64_t count, uint64_t each)
{
    uint64_t product;
    if (__builtin_mul_overflow(count, each, &product) || __builtin_add_overflow(sum, product, &sum)) return UINT64_MAX;
    return sum;
}

#define PRODUCTS_OF_A_STATED_STEP 256

uint64_t eti_dynamic_energy_fj(const struct eti_arch *arch, const struct eti_activity *a)
{
    uint64_t step_fj = eti_mul_div_floor(arch->energy.step_fj, arch->tile.cells * arch->tile.lanes, PRODUCTS_OF_A_STATED_STEP);
    uint64_t sum = add_product(0, a->steps, step_fj);
    sum = add_product(sum, a->narrow_bytes, arch->energy.narrow_fj_per_byte);
    sum = add_product(sum, a->wide_bytes, arch->energy.wide_fj_per_byte);
    sum = add_product(sum, a->ring_bytes, arch->energy.ring_fj_per_byte);
    return add_product(sum, a->link_bytes, arch->energy.link_fj_per_byte);
}

/* Of a memory of `bytes`, for a byte: by the square root of its size, 1 at 8 KiB. */
static uint64_t of_memory(const struct eti_arch *arch, uint64_t bytes)
{
    uint64_t root = 0; /* of 16 x size / 8 KiB, rounded down */
    for (uint64_t bit = (uint64_t)1 << 31; bit; bit >>= 1)
        if ((root + bit) * (root + bit) <= bytes / 512) root += bit;
    return arch->energy.sram_fj_per_byte * root / 4;
}

uint64_t eti_array_energy_fj(const struct eti_arch *arch, const struct eti_array_activity *a)
{
    uint64_t sum = add_product(0, a->products, arch->energy.product_fj);
    sum = add_product(sum, a->input_bytes, of_memory(arch, arch->input_sram.bytes));
    sum = add_product(sum, a->weight_bytes, of_memory(arch, arch->weight_sram.bytes));
    sum = add_product(sum, a->output_bytes, of_memory(arch, arch->output_sram.bytes));
    return add_product(sum, a->dram_bytes, arch->energy.dram_fj_per_byte);
}

/* A milliwatt for a nanosecond is a picojoule. */
uint64_t eti_energy_nj(const struct eti_arch *arch, uint64_t dynamic_fj, uint64_t cycles)
{
    uint64_t static_pj = add_product(0, eti_ns_of_cycles(cycles, arch->clock_hz), arch->energy.static_mw);
    uint64_t sum = add_product(dynamic_fj / 1000000, static_pj / 1000, 1);
    return sum;
}
