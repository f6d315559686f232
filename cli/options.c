/* options.c - the commands and their options. */
#include "options.h"

#include <string.h>

#define BIT(format) (1u << (format))
#define TEXT_FORMATS (BIT(ETS_FORMAT_TABLE) | BIT(ETS_FORMAT_JSON) | BIT(ETS_FORMAT_CSV))

const char *const sort_names[] = {"order", "cycles", "macs", "parameters", "energy", "utilization", "name", NULL}; /* as ets_sort */
const char *const color_names[] = {"auto", "always", "never", NULL};
const char *const objective_names[] = {"latency", "energy", "edp", "area", "latency-area", NULL};
const struct format_name format_names[] = {
    {"table", ETS_FORMAT_TABLE}, {"json", ETS_FORMAT_JSON}, {"csv", ETS_FORMAT_CSV}, {"trace", ETS_FORMAT_TRACE},
    {"html", ETS_FORMAT_HTML},
    {"scalesim", ETS_FORMAT_SCALESIM_COMPUTE}, {NULL, ETS_FORMAT_TABLE},
};

const struct option_row option_rows[] = {
    {"arch", 'a', true, "NAME|FILE", A_MACHINE, SIMULATES & ~(unsigned)COMPARE, "the machine (default coral-usb; 'edgetpu-sim arch' lists them)"},
    {"arch", 'a', true, "NAME|FILE", A_MACHINE, COMPARE, "A, then B; one (default coral-usb): B is A with what --set says ('edgetpu-sim arch' lists them)"},
    {"set", 's', true, "KEY=VALUE", A_KEY, (SIMULATES & ~(unsigned)COMPARE) | ARCH, "change a value of the machine, e.g. clock_hz=250M; may be repeated"},
    {"set", 's', true, "KEY=VALUE", A_KEY, COMPARE, "change a value of B, e.g. clock_hz=250M; may be repeated"},
    {"multi-subgraph", 'm', false, NULL, NOTHING, SIMULATES, "also map what follows an operator on the host"},
    {"as-int8", '8', false, NULL, NOTHING, SIMULATES, "a model of floats as it would be once it is quantised to 8 bits"},
    {"sort", 'S', false, "KEY", A_SORT, PROFILE, "order of rows: order, cycles, macs, parameters, energy, utilization (the least first), name"},
    {"top", 'T', false, "N", A_NUMBER, PROFILE, "the first N rows only; without --sort, the slowest"},
    {"layers", 'L', false, "PATTERN", A_PATTERN, PROFILE, "rows whose names match, e.g. '*expand*'"},
    {"split", 'P', false, NULL, NOTHING, PROFILE, "what each row did or waited for, in per cent"},
    {"compare", 'c', false, "ARCH|MODEL", A_MACHINE, PROFILE, "--format html: a second report beside the first"},
    {"vary", 'v', false, "KEYS=VALUES", A_KEY, SWEEP, "e.g. array.rows,array.columns=8..256*2; up to 8 times"},
    {"objective", 'b', false, "WHAT", AN_OBJECTIVE, SWEEP, "what is best: latency (default), energy, edp (energy x latency), area, latency-area"},
    {"plot", 'p', false, "FILE.svg", A_FILE, SWEEP, "one --vary: a line a model; more: a map of the first two"},
    {"stdin", 'i', false, NULL, NOTHING, PREDICT, "a line of JSON in is a line of JSON out"},
    {"threads", 'j', true, "N", A_NUMBER, PREDICT, "by N threads, 1 to 64 (default 1)"},
    {"threads", 'j', true, "N", A_NUMBER, SWEEP, "by N threads, 1 to 64 (default: one a processor)"},
    {"format", 'f', true, "FORMAT", A_FORMAT, ALL, "what to write"},
    {"json", 'J', false, NULL, NOTHING, ALL, "the same as --format json"},
    {"output", 'o', true, "FILE", A_FILE, ALL, "where to write it (default: standard output)"},
    {"color", 'C', false, "WHEN", A_COLOR, PROFILE | INSPECT | EXPLAIN, "auto (default: on a terminal, unless NO_COLOR is set), always, never"},
    {"help", 'h', true, NULL, NOTHING, ALL | COMPLETE, "this text"},
    {NULL, 0, false, NULL, NOTHING, 0, NULL},
};

static int profile(const struct arguments *a) { return command_profile(a, false); }
static int inspect(const struct arguments *a) { return command_profile(a, true); }

const struct command_row command_rows[] = {
    {"profile", PROFILE, {A_MODEL, NOTHING}, TEXT_FORMATS | BIT(ETS_FORMAT_TRACE) | BIT(ETS_FORMAT_HTML) | BIT(ETS_FORMAT_SCALESIM_COMPUTE),
     "where the time goes", "MODEL [options]",
     "The time of each layer on the machine, what bounds it, and the totals.\n"
     "html: a page that opens from disk. trace: for ui.perfetto.dev.\n"
     "scalesim: that tool's three reports, into folder -o (without it, this one).\n",
     "edgetpu-sim profile my.tflite --set clock_hz=250M --json -o report.json", profile},
    {"inspect", INSPECT, {A_MODEL, NOTHING}, TEXT_FORMATS, "operators, and what runs where", "MODEL [options]",
     "Operators with shapes, MACs and parameters, where each runs and why, and memory\nuse.\n",
     "edgetpu-sim inspect my_model.tflite", inspect},
    {"explain", EXPLAIN, {A_MODEL, A_LAYER}, BIT(ETS_FORMAT_TABLE) | BIT(ETS_FORMAT_JSON), "one layer: how it is split, ordered and timed",
     "MODEL LAYER [options]",
     "How a layer is split over the tiles and in which order it is computed, its\n"
     "formulas with their numbers, what every unit did, what bounds it, and what other\n"
     "machines and shapes would cost, each simulated. LAYER: a name, a number, or how\none name begins.\n",
     "edgetpu-sim explain efficientnet-edgetpu-s b1a.expand", command_explain},
    {"predict", PREDICT, {A_MODEL, A_MODEL}, BIT(ETS_FORMAT_TABLE) | BIT(ETS_FORMAT_JSON), "the totals of many models, a line each; --stdin: of a stream",
     "MODEL... [options]\n       edgetpu-sim predict --stdin [options]",
     "The totals of each model, a line each. With --stdin, a line of JSON in is a line\n"
     "of JSON out: {\"model\": \"NAME OR PATH\"}, or a graph (docs/FORMATS.md); a line\nthat is wrong is answered, too.\n",
     "edgetpu-sim predict -j 2 --json candidates/*.tflite", command_predict},
    {"compare", COMPARE, {A_MODEL, NOTHING}, TEXT_FORMATS, "two machines, layer by layer", "MODEL [--arch A [--arch B]] [-s KEY=VALUE] [options]",
     "The time of each layer on two machines, and the ratio; or on one machine and on\nthe same with other values.\n",
     "edgetpu-sim compare resnet-50-v1-224 --arch coral-usb --arch coral-usb2", command_compare},
    {"sweep", SWEEP, {A_MODEL, A_MODEL}, TEXT_FORMATS, "one machine with many values of some keys: table, front, picture",
     "MODEL... --vary KEYS=VALUES [--vary ...] [options]",
     "Every combination of the values on every model; best points and the front of\n"
     "latency and area. KEYS: one key, or several with commas that take the same\n"
     "value. VALUES: v1,v2,... and ranges lo..hi*2 (times) or lo..hi+16 (plus). With\n-o, a sweep that was stopped goes on where it was.\n",
     "edgetpu-sim sweep efficientnet-edgetpu-s --arch systolic-64x64 \\\n"
     "             --vary array.rows=8..256*2 -f csv -o sweep.csv --plot sweep.svg", command_sweep},
    {"arch", ARCH, {A_MACHINE, NOTHING}, BIT(ETS_FORMAT_TABLE) | BIT(ETS_FORMAT_JSON), "the machines there are; one with every value and its source",
     "[NAME|FILE] [options]",
     "Without a name, the machines there are; with one, every value with unit, mark\nand source.\n",
     "edgetpu-sim arch coral-usb --set grid.x=2", command_arch},
    {"models", MODELS, {NOTHING, NOTHING}, BIT(ETS_FORMAT_TABLE) | BIT(ETS_FORMAT_JSON), "the reference models there are", "[options]",
     "The reference models that ship, by the names that the other commands take, with\ntheir operators, multiply-accumulates and weights.\n",
     "edgetpu-sim models --json", command_models},
    {"complete", COMPLETE, {NOTHING, NOTHING}, BIT(ETS_FORMAT_TABLE), NULL, "WORD...",
     "What may stand in the place of the last word of 'edgetpu-sim WORD...', a line\n"
     "each: for shells. A line ':files' says that a file may stand there, too.\n",
     "edgetpu-sim complete profile --arch coral", command_complete},
    {NULL, PROFILE, {NOTHING, NOTHING}, 0, NULL, NULL, NULL, NULL, NULL},
};

const struct command_row *find_command(const char *name)
{
    for (const struct command_row *c = command_rows; c->name; c++)
        if (strcmp(c->name, name) == 0) return c;
    return NULL;
}

void name_commands(char *to, size_t room, unsigned mask)
{
    size_t used = 0;
    to[0] = '\0';
    for (const struct command_row *c = command_rows; c->name; c++) {
        if (!(mask & c->command) || c->command == COMPLETE) continue;
        mask &= ~(unsigned)c->command;
        int n = snprintf(to + used, room - used, "%s'%s'", !used ? "" : mask & ALL ? ", " : " and ", c->name);
        if (n < 0 || (size_t)n >= room - used) return;
        used += (size_t)n;
    }
}
