/* test_arch.c - machine descriptions: what is refused, where and how; inheritance, settings, printing. */
#include <unistd.h>

#include "arch/arch.h"
#include "test.h"

static char *shipped(void)
{
    static char text[16384];
    FILE *f = fopen(TREE("arch/coral-usb.yaml"), "r");
    size_t n = fread(text, 1, sizeof text - 1, f);
    fclose(f);
    text[n] = '\0';
    return text;
}

/* The shipped machine with the first `from` replaced by `to`. */
static char *changed(const char *from, const char *to)
{
    static char text[20000];
    const char *whole = shipped(), *at = strstr(whole, from);
    ck_assert_msg(at != NULL, "'%s' is not in the file", from);
    snprintf(text, sizeof text, "%.*s%s%s", (int)(at - whole), whole, to, at + strlen(from));
    return text;
}

static ets_status parse(const char *text, ets_arch **out, ets_error *e)
{
    return ets_arch_parse("m.yaml", text, strlen(text), NULL, 0, NULL, out, e);
}

START_TEST(faults_are_named_with_their_place)
{
    static const struct { const char *from, *to; ets_status status; const char *message; } faults[] = {
        {"  x: {value: 4,", "  x: {value: 9,", ETS_RANGE, "m.yaml:9:14: grid.x: 9 is outside 1..8 tiles"},
        {"  y: {value", "  z: {value", ETS_SCHEMA, "m.yaml:10:3: unknown key 'grid.z'; did you mean 'grid.x'?"},
        {"  y: {value: 4", "  y: {valu: 4", ETS_SCHEMA, "unknown key 'grid.y.valu'; a value has: value, mark, source"},
        {"mark: known", "mark: sure", ETS_SCHEMA, "mark: must be one of known, derived, fitted, guess"},
        {"kind: {value: tile_grid", "kind: {value: tilegrid", ETS_SCHEMA, "kind: 'tilegrid' is not one of: tile_grid"},
        {"value: 500M", "value: fast", ETS_SCHEMA, "clock_hz: 'fast' is not a whole number"},
        {"edgetpu_sim_arch: 1", "edgetpu_sim_arch: 2", ETS_SCHEMA, "only version 1"},
        {"edgetpu_sim_arch: 1", "machine: 1", ETS_SCHEMA, "its first line must be 'edgetpu_sim_arch: 1'"},
        {"edgetpu_sim_arch: 1", "edgetpu_sim_model: 1", ETS_SCHEMA, "m.yaml:1:1: a model, not a machine"},
        {"name: coral-usb", "inherit: coral-base", ETS_SCHEMA, "only a machine that is read from a file can inherit"},
        {"  x: {value: 4,", "  x: {value: [4],", ETS_SCHEMA, "m.yaml:9:7: grid.x.value: a single value is expected"},
        {"  x: {value: 4,", "  x: {valve: 4, value: 4,", ETS_SCHEMA, "unknown key 'grid.x.valve'; a value has"},
        {"  x: {value: 4,", "  x: {", ETS_SCHEMA, "grid.x: missing 'value'"},
        {"clock_hz:", "zzzzzzzzzzzzzzzz: 1\nclock_hz:", ETS_SCHEMA, "unknown key 'zzzzzzzzzzzzzzzz'; docs/FORMATS.md lists the keys"},
        {"clock_hz:", "zzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzz:\n  z: 1\nclock_hz:", ETS_SCHEMA,
         "unknown key 'zzzzzzzzzzzzzz"},
        {"edgetpu_sim_arch: 1", "edgetpu_sim_arch: [1]", ETS_SCHEMA, "only version 1"},
        {"grid:", "grid: 4\ngred:", ETS_SCHEMA, "grid: keys are expected in it"},
        {"clock_hz:", "kind: tile_grid\nclock_hz:", ETS_SCHEMA, "kind: already set on line 6"},
        {"ring:\n", "ring:\n  packet_bytes: 128\n", ETS_CONFLICT, "a packet is one weight row"},
        {"{value: 512Ki,", "{value: 524289,", ETS_RANGE, "units of 64 bytes"},
        {"name: coral-usb", "name: &a coral-usb", ETS_SYNTAX, "anchors and aliases are not used"},
        {"kind: {", "#kind: {", ETS_SCHEMA, "missing 'kind' (which compute array)"},
        {"grid:\n", "array:\n  rows: 4\ngrid:\n", ETS_SCHEMA, "m.yaml:9:3: unknown key 'array.rows': a machine of kind 'tile_grid' has none"},
    };
    for (size_t i = 0; i < sizeof faults / sizeof *faults; i++) {
        ets_arch *a = NULL;
        ets_error e;
        ASSERT_FAILS(parse(changed(faults[i].from, faults[i].to), &a, &e), faults[i].status, e, faults[i].message);
        ck_assert_ptr_null(a);
    }
}
END_TEST

START_TEST(a_missing_key_is_named_with_its_meaning)
{
    ets_arch *a;
    ets_error e;
    ASSERT_FAILS(parse(changed("  x: {value: 4, mark: known, source: \"chip configuration headers, google-coral/libedgetpu\"}\n", ""), &a, &e),
                 ETS_SCHEMA, e, "missing 'grid.x' (tiles in a row)");
}
END_TEST

START_TEST(settings_are_checked_like_files)
{
    static const struct { const char *key, *value; ets_status status; const char *message; } faults[] = {
        {"grid.q", "2", ETS_SCHEMA, "unknown key 'grid.q'; did you mean 'grid.x'?"},
        {"grid.x", "0", ETS_RANGE, "grid.x: 0 is outside 1..8 tiles"},
        {"clock", "1G", ETS_SCHEMA, "unknown key 'clock'; did you mean 'clock_hz'?"},
        {"bytes", "1G", ETS_SCHEMA, "unknown key 'bytes'; docs/FORMATS.md lists"},
        {"grid.x", "two", ETS_SCHEMA, "grid.x: 'two' is not a whole number"},
        {"tile.cells", "66", ETS_CONFLICT, "tile.cells: must be a multiple of tile.lanes"},
        {"ring.packet_bytes", "128", ETS_CONFLICT, "ring.packet_bytes: a packet is one weight row"},
        {"tile.wide_bytes", "524289", ETS_RANGE, "units of 64 bytes"},
        {"kind", "systolic", ETS_SCHEMA, "kind: name another machine instead"},
        {"array.rows", "8", ETS_SCHEMA, "a machine of kind 'tile_grid' has none"},
    };
    for (size_t i = 0; i < sizeof faults / sizeof *faults; i++) {
        ets_setting s = {faults[i].key, faults[i].value};
        ets_arch *a;
        ets_error e;
        ASSERT_FAILS(ets_arch_load(TREE("arch/coral-usb.yaml"), &s, 1, NULL, &a, &e), faults[i].status, e, faults[i].message);
        ck_assert_msg(!strstr(e.text, "--"), "an option of the command in a message of the library: %s", e.text);
    }
}
END_TEST

static const char *value_of(const ets_arch *a, const char *key)
{
    for (size_t i = 0; i < ets_arch_field_count(a); i++)
        if (strcmp(ets_arch_field_at(a, i).key, key) == 0) return ets_arch_field_at(a, i).value;
    return "";
}

/* It is a weight row: a study of array sizes varies cells and lanes alone. */
START_TEST(a_packet_follows_cells_and_lanes)
{
    const ets_setting both[] = {{"tile.cells", "128"}, {"tile.lanes", "8"}};
    ets_arch *a = NULL, *b = NULL;
    ets_error e;
    ASSERT_OK(ets_arch_load(TREE("arch/coral-usb.yaml"), NULL, 0, NULL, &a, &e), e);
    ck_assert_str_eq(value_of(a, "ring.packet_bytes"), "256");
    ASSERT_OK(ets_arch_with(a, both, 1, NULL, &b, &e), e);
    ck_assert_str_eq(value_of(b, "ring.packet_bytes"), "512");
    ets_arch_free(a);
    ASSERT_OK(ets_arch_with(b, both + 1, 1, NULL, &a, &e), e);
    ck_assert_str_eq(value_of(a, "ring.packet_bytes"), "1024");
    ets_arch_free(b);
    const ets_setting too_many[] = {{"tile.cells", "4096"}, {"tile.lanes", "64"}};
    ASSERT_FAILS(ets_arch_with(a, too_many, 2, NULL, &b, &e), ETS_RANGE, e, "ring.packet_bytes: 262144 is outside");
    ets_arch_free(a);
}
END_TEST

START_TEST(with_equals_loading_with_settings)
{
    ets_setting s[2] = {{"clock_hz", "0.25G"}, {"grid.x", "2"}};
    ets_arch *base, *a, *b;
    ets_error e;
    ASSERT_OK(ets_arch_load(TREE("arch/coral-usb.yaml"), NULL, 0, NULL, &base, &e), e);
    ASSERT_OK(ets_arch_load(TREE("arch/coral-usb.yaml"), s, 2, NULL, &a, &e), e);
    ASSERT_OK(ets_arch_with(base, s, 2, NULL, &b, &e), e);
    ets_arch_free(base);
    ck_assert_uint_eq(b->v.clock_hz, 250000000);
    for (size_t i = 0; i < ets_arch_field_count(a); i++) {
        ck_assert_str_eq(ets_arch_field_at(a, i).value, ets_arch_field_at(b, i).value);
        ck_assert_str_eq(ets_arch_field_at(a, i).origin, ets_arch_field_at(b, i).origin);
    }
    ets_arch_free(a);
    ets_arch_free(b);
}
END_TEST

/* Printed and read again it is the same machine. */
START_TEST(fields_round_trip)
{
    static char text[16384] = "edgetpu_sim_arch: 1\n";
    char section[64] = "";
    ets_arch *a, *b;
    ets_error e;
    ASSERT_OK(ets_arch_load(TREE("arch/coral-usb.yaml"), NULL, 0, NULL, &a, &e), e);
    for (size_t i = 0; i < ets_arch_field_count(a); i++) {
        ets_arch_field f = ets_arch_field_at(a, i);
        const char *dot = strchr(f.key, '.'), *name = dot ? dot + 1 : f.key;
        size_t n = strlen(text);
        if (dot && (strncmp(section, f.key, (size_t)(dot - f.key)) != 0 || !section[0])) {
            snprintf(section, sizeof section, "%.*s", (int)(dot - f.key), f.key);
            n += (size_t)snprintf(text + n, sizeof text - n, "%s:\n", section);
        }
        snprintf(text + n, sizeof text - n, "%s%s: {value: '%s', mark: %s, source: '%s'}\n", dot ? "  " : "", name, f.value, f.mark, "x");
    }
    ASSERT_OK(parse(text, &b, &e), e);
    for (size_t i = 0; i < ets_arch_field_count(a); i++) ck_assert_str_eq(ets_arch_field_at(a, i).value, ets_arch_field_at(b, i).value);
    ets_arch_free(a);
    ets_arch_free(b);
}
END_TEST

static void write_text(const char *path, const char *text)
{
    FILE *f = fopen(path, "w");
    ck_assert_ptr_nonnull(f);
    fputs(text, f);
    fclose(f);
}

START_TEST(a_child_overrides_its_parent)
{
    char folder[] = "/tmp/ets-arch-XXXXXX", path[128], loop[128];
    ets_arch *a;
    ets_error e;
    ck_assert_ptr_nonnull(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/base.yaml", folder);
    write_text(path, shipped());
    snprintf(loop, sizeof loop, "%s/loop.yaml", folder);
    write_text(loop, "edgetpu_sim_arch: 1\ninherit: loop\n");
    ASSERT_FAILS(ets_arch_load(loop, NULL, 0, NULL, &a, &e), ETS_RANGE, e, "does one inherit itself?");
    write_text(loop, "edgetpu_sim_arch: 1\ninherit: base\nkind: systolic\n");
    ASSERT_FAILS(ets_arch_load(loop, NULL, 0, NULL, &a, &e), ETS_SCHEMA, e, "loop.yaml:3:7: kind: it differs");
    write_text(loop, "edgetpu_sim_arch: 1\ninherit: base\nname: slow\nclock_hz: 250M\n");
    ASSERT_OK(ets_arch_load(loop, NULL, 0, NULL, &a, &e), e);
    ck_assert_str_eq(ets_arch_name(a), "slow");
    ck_assert_str_eq(value_of(a, "clock_hz"), "250M");
    ck_assert_str_eq(value_of(a, "grid.x"), "4");
    ets_arch_free(a);
    unlink(path);
    unlink(loop);
    rmdir(folder);
}
END_TEST

/* One's own machine may lie anywhere: what it inherits is looked for beside it first, then where machines are that ship. */
START_TEST(a_child_finds_what_ships)
{
    char folder[] = "/tmp/ets-arch-XXXXXX", mine[128], theirs[128], wanted[512];
    ets_arch *a;
    ets_error e;
    ck_assert_ptr_nonnull(mkdtemp(folder));
    snprintf(mine, sizeof mine, "%s/mine.yaml", folder);
    snprintf(theirs, sizeof theirs, "%s/coral-usb.yaml", folder);
    const char *kept = getenv("EDGETPU_SIM_DATA"), *tree = TREE(".");
    char *data = kept ? strdup(kept) : NULL;
    unsetenv("EDGETPU_SIM_DATA");
    write_text(mine, "edgetpu_sim_arch: 1\ninherit: coral-usb.yaml\nname: mine\n");
    ASSERT_OK(ets_arch_load_beside(mine, tree, NULL, 0, NULL, &a, &e), e);
    ck_assert_str_eq(value_of(a, "grid.x"), "4");
    ets_arch_free(a);
    write_text(mine, "edgetpu_sim_arch: 1\ninherit: coral-usbx\nname: mine\n");
    ASSERT_FAILS(ets_arch_load_beside(mine, tree, NULL, 0, NULL, &a, &e), ETS_IO, e, "did you mean 'coral-usb'?");
    snprintf(wanted, sizeof wanted, "mine.yaml:2:10: inherit: no coral-usbx.yaml in %s, %s/arch, ", folder, tree);
    ck_assert_msg(strstr(e.text, wanted) != NULL, "%s", e.text);
    ck_assert_uint_eq(e.line, 2);
    ck_assert_uint_eq(e.column, 10);
    setenv("EDGETPU_SIM_DATA", tree, 1);
    write_text(mine, "edgetpu_sim_arch: 1\ninherit: coral-usb\nname: mine\n");
    ASSERT_OK(ets_arch_load(mine, NULL, 0, NULL, &a, &e), e);
    ets_arch_free(a);
    write_text(theirs, "edgetpu_sim_arch: 1\ninherit: coral-pcie\ngrid: {x: 2}\nname: theirs\n"); /* the nearer one is taken */
    ASSERT_OK(ets_arch_load(mine, NULL, 0, NULL, &a, &e), e);
    ck_assert_str_eq(value_of(a, "grid.x"), "2");
    ets_arch_free(a);
    write_text(theirs, "edgetpu_sim_arch: 1\ninherit: mine\n");
    ASSERT_FAILS(ets_arch_load(mine, NULL, 0, NULL, &a, &e), ETS_RANGE, e, "does one inherit itself?");
    if (data) setenv("EDGETPU_SIM_DATA", data, 1);
    else unsetenv("EDGETPU_SIM_DATA");
    free(data);
    unlink(mine);
    unlink(theirs);
    rmdir(folder);
}
END_TEST

START_TEST(every_allocation_of_a_load_may_fail)
{
    for (size_t i = 1;; i++) {
        struct test_memory m = {.fail_at = i};
        ets_allocator mem = test_allocator(&m);
        ets_arch *a = NULL;
        ets_error e;
        ets_status status = ets_arch_load(TREE("arch/coral-usb.yaml"), NULL, 0, &mem, &a, &e);
        ets_arch_free(a);
        ck_assert_uint_eq(m.blocks, 0);
        if (status == ETS_OK) break;
        ck_assert_int_eq(status, ETS_NOMEM);
    }
}
END_TEST

/* A choice may be given by its short name; a key of the other kind is not one. */
START_TEST(a_systolic_array_has_fields_of_its_own)
{
    static const struct { const char *key, *value; ets_status status; const char *message; } faults[] = {
        {"schedule.dataflow", "weight", ETS_SCHEMA, "schedule.dataflow: 'weight' is not one of: weight_stationary/ws output"},
        {"schedule.dataflow", "", ETS_SCHEMA, "is not one of"},
        {"grid.x", "2", ETS_SCHEMA, "unknown key 'grid.x': a machine of kind 'systolic' has none"},
        {"array.row", "2", ETS_SCHEMA, "did you mean 'array.rows'?"},
        {"input_sram.bytes", "64", ETS_CONFLICT, "input_sram.bytes: does not hold one activation"},
        {"dram.mapping", "row-bank-column", ETS_RANGE, "dram.mapping: name row, rank, bank, column, group and channel once each"},
    };
    ets_setting s[2] = {{"schedule.dataflow", "is"}, {"schedule.convention", "scalesim"}};
    ets_arch *a;
    ets_error e;
    for (size_t i = 0; i < sizeof faults / sizeof *faults; i++) {
        ets_setting wrong = {faults[i].key, faults[i].value};
        ASSERT_FAILS(ets_arch_load(TREE("arch/systolic-64x64.yaml"), &wrong, 1, NULL, &a, &e), faults[i].status, e, faults[i].message);
    }
    ASSERT_OK(ets_arch_load(TREE("arch/systolic-64x64.yaml"), s, 2, NULL, &a, &e), e);
    ck_assert_uint_eq(a->v.schedule.dataflow, ETI_INPUT_STATIONARY);
    ck_assert_uint_eq(a->v.schedule.convention, ETI_SCALESIM);
    ets_arch_free(a);
}
END_TEST

/* A file from before a field was there says what the field's row says for it; what was always there must be given. */
START_TEST(what_older_files_lack_has_a_meaning)
{
    static char text[65536];
    ets_arch *a;
    ets_error e;
    FILE *f = fopen(TREE("arch/systolic-64x64.yaml"), "r");
    ck_assert_ptr_nonnull(f);
    text[fread(text, 1, sizeof text - 1, f)] = '\0';
    fclose(f);
    char *ranks = strstr(text, "  ranks:"), *channels = strstr(text, "  channels:");
    ck_assert_ptr_nonnull(ranks);
    ck_assert_ptr_nonnull(channels);
    ranks[0] = '#';
    ASSERT_OK(ets_arch_parse("older", text, strlen(text), NULL, 0, NULL, &a, &e), e);
    ck_assert_uint_eq(a->v.dram.ranks, 1);
    for (size_t i = 0; i < ets_arch_field_count(a); i++) {
        ets_arch_field x = ets_arch_field_at(a, i);
        if (strcmp(x.key, "dram.ranks") == 0) ck_assert_str_eq(x.origin, "not given");
    }
    ets_arch_free(a);
    channels[0] = '#';
    ASSERT_FAILS(ets_arch_parse("older", text, strlen(text), NULL, 0, NULL, &a, &e), ETS_SCHEMA, e, "missing 'dram.channels'");
}
END_TEST

static void documented(const char *path, const char *text)
{
    ets_arch *a;
    ets_error e;
    ASSERT_OK(ets_arch_load(path, NULL, 0, NULL, &a, &e), e);
    for (size_t i = 0; i < ets_arch_field_count(a); i++) {
        ets_arch_field x = ets_arch_field_at(a, i);
        char row[512];
        snprintf(row, sizeof row, "| `%s` | %s | %s |", x.key, x.unit[0] ? x.unit : "-", x.doc);
        ck_assert_msg(strstr(text, row) != NULL, "docs/FORMATS.md lacks: %s", row);
    }
    ets_arch_free(a);
}

/* docs/FORMATS.md has a row for every key, with unit and sentence. */
START_TEST(the_documentation_lists_every_key)
{
    static char text[65536];
    FILE *f = fopen(TREE("docs/FORMATS.md"), "r");
    ck_assert_ptr_nonnull(f);
    text[fread(text, 1, sizeof text - 1, f)] = '\0';
    fclose(f);
    documented(TREE("arch/coral-usb.yaml"), text);
    documented(TREE("arch/systolic-64x64.yaml"), text);
}
END_TEST

Suite *suite_arch(void);
Suite *suite_arch(void)
{
    Suite *s = suite_create("arch");
    TCase *t = tcase_create("machines");
    tcase_add_test(t, faults_are_named_with_their_place);
    tcase_add_test(t, a_missing_key_is_named_with_its_meaning);
    tcase_add_test(t, settings_are_checked_like_files);
    tcase_add_test(t, a_packet_follows_cells_and_lanes);
    tcase_add_test(t, with_equals_loading_with_settings);
    tcase_add_test(t, fields_round_trip);
    tcase_add_test(t, a_child_overrides_its_parent);
    tcase_add_test(t, a_child_finds_what_ships);
    tcase_add_test(t, every_allocation_of_a_load_may_fail);
    tcase_add_test(t, a_systolic_array_has_fields_of_its_own);
    tcase_add_test(t, what_older_files_lack_has_a_meaning);
    tcase_add_test(t, the_documentation_lists_every_key);
    suite_add_tcase(s, t);
    return s;
}
