/* tape_machine.c - choices as a machine. */
#include "fuzz/tape.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "arch/arch_fields.h"
#include "fuzz/targets.h"

#define MOST_CHANGES 6

/* Another value for a field: near its own, or an end of its range. */
static void change(struct tape *t, const ets_arch_field *f, char *value, size_t size)
{
    const struct eti_field *row = &eti_fields[eti_field_by_key(f->key)];
    uint64_t was = 0;
    uint32_t how = tape_byte(t);
    if (row->type == ETI_FIELD_CHOICE) {
        const char *from = row->choices;
        for (uint32_t i = how % 5; i && strchr(from, ' '); i--) from = strchr(from, ' ') + 1;
        snprintf(value, size, "%.*s", (int)strcspn(from, " /"), from);
        return;
    }
    if (row->type == ETI_FIELD_TEXT) { snprintf(value, size, "text"); return; }
    was = strtoull(f->value, NULL, 10);
    switch (how % 8) {
    case 0: was = row->low; break;
    case 1: was = row->high; break;
    case 2: was *= 2; break;
    case 3: was /= 2; break;
    case 4: was = row->low + how; break;
    case 5: was = 1ull << how / 8; break;
    case 6: was += how; break;
    default: was = tape_word(t); break;
    }
    was = was < row->low ? row->low : was > row->high ? row->high : was;
    snprintf(value, size, "%llu", (unsigned long long)was);
}

/* What ships, and what no shipped machine is: little memory, so that networks of a few layers are cut into strips and kept by the host;
 * DRAM by the rules of a standard (the fewer refreshes may be late, the sooner its rate is known). */
struct base { const char *name; ets_setting settings[6]; uint32_t n; };
static const struct base bases[] = {
    {"coral-usb", {{0}}, 0}, {"coral-pcie", {{0}}, 0}, {"coral-devboard-micro", {{0}}, 0}, {"edgetpu-v1", {{0}}, 0}, {"edgetpu-v3", {{0}}, 0},
    {"systolic-16x16", {{0}}, 0}, {"systolic-64x64", {{0}}, 0}, {"scalesim-32x32", {{0}}, 0}, {"edgetpu-v2", {{0}}, 0}, {"systolic-256x256", {{0}}, 0},
    {"coral-usb", {{"grid.x", "2"}, {"grid.y", "2"}, {"tile.narrow_bytes", "4Ki"}, {"tile.wide_bytes", "32Ki"}}, 4},
    {"coral-usb", {{"grid.x", "1"}, {"grid.y", "2"}, {"tile.narrow_bytes", "16Ki"}, {"tile.cores", "4"}, {"link.runs_ahead", "1"}, {"compiler.release", "1"}}, 6},
    {"edgetpu-v1", {{"grid.x", "2"}, {"grid.y", "1"}, {"tile.cores", "2"}, {"tile.narrow_bytes", "1Ki"}}, 4},
    {"systolic-16x16", {{"dram.standard", "ddr4_2400"}, {"dram.channels", "2"}, {"dram.ranks", "2"}, {"schedule.dataflow", "auto"},
                        {"dram.postponed_refreshes", "0"}}, 5},
    {"systolic-16x16", {{"dram.standard", "lpddr4_3200"}, {"dram.ranks", "2"}, {"schedule.keep", "yes"}, {"array.rows", "4"},
                        {"dram.postponed_refreshes", "1"}}, 5},
    {"systolic-64x64", {{"dram.standard", "hbm2"}, {"dram.channels", "4"}, {"input_sram.bytes", "2Ki"}, {"weight_sram.bytes", "2Ki"},
                        {"dram.postponed_refreshes", "0"}}, 5},
};

static const ets_arch *base_machine(uint32_t which)
{
    static ets_arch *made[sizeof bases / sizeof *bases];
    const struct base *b = &bases[which];
    ets_error err;
    if (!made[which] && ets_arch_with(fuzz_machine(b->name), b->settings, b->n, NULL, &made[which], &err) != ETS_OK)
        fuzz_broken("bases are machines", err.text);
    return made[which];
}

ets_arch *tape_machine(struct tape *t)
{
    const ets_arch *base = base_machine(tape_below(t, sizeof bases / sizeof *bases));
    ets_setting settings[MOST_CHANGES];
    char values[MOST_CHANGES][64];
    ets_arch *arch = NULL;
    uint32_t n = tape_below(t, MOST_CHANGES + 1);
    for (uint32_t i = 0; i < n; i++) {
        ets_arch_field f = ets_arch_field_at(base, 3 + tape_below(t, (uint32_t)ets_arch_field_count(base) - 3));
        settings[i].key = f.key;
        settings[i].value = values[i];
        change(t, &f, values[i], sizeof values[i]);
    }
    if (ets_arch_with(base, settings, n, NULL, &arch, NULL) != ETS_OK && ets_arch_with(base, NULL, 0, NULL, &arch, NULL) != ETS_OK) abort();
    return arch;
}
