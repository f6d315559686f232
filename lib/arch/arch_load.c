/* arch_load.c - a machine from YAML by the table of fields: inherit, keys, settings, then the rules across fields. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "arch/arch_fields.h"
#include "arch/scalesim_cfg.h"
#include "base/alloc.h"
#include "base/text.h"
#include "io/data.h"
#include "io/file.h"
#include "io/yamltree.h"

/* The machine being read: its file, those that it inherits from, then the settings. */
struct loader {
    ets_arch *arch;
    ets_error *err;
    const ets_allocator *mem;
    const char *beside; /* ets_data_find()'s, for machines that are inherited */
};

static const char *file_part(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

/* ------------------------------------------------------------------ values ------------------------------- */

static ets_status store_number(struct loader *l, const struct eti_field *f, const char *text, const struct eti_place *at)
{
    uint64_t value;
    if (!eti_parse_u64(text, &value))
        return eti_fail(l->err, ETS_SCHEMA, at, "%s: '%s' is not a whole number (suffixes: k M G Ki Mi Gi)", f->key, text);
    if (value < f->low || value > f->high)
        return eti_fail(l->err, ETS_RANGE, at, "%s: %s is outside %llu..%llu %s", f->key, text,
                        (unsigned long long)f->low, (unsigned long long)f->high, f->unit);
    memcpy((char *)&l->arch->v + f->offset, &value, sizeof value);
    return ETS_OK;
}

/* Is `text` the name at `name`, NAME or NAME/SHORT? `*next` is where the following one begins. */
static bool is_choice(const char *name, const char *text, const char **next)
{
    size_t n = strlen(text), whole = strcspn(name, " "), first = strcspn(name, "/ ");
    *next = name + whole + strspn(name + whole, " ");
    if (n == first && memcmp(name, text, n) == 0) return true;
    return first < whole && n == whole - first - 1 && memcmp(name + first + 1, text, n) == 0;
}

static ets_status store_choice(struct loader *l, const struct eti_field *f, const char *text, const struct eti_place *at)
{
    uint64_t value = 0;
    for (const char *name = f->choices, *next; *name; name = next, value++) {
        if (!is_choice(name, text, &next)) continue;
        memcpy((char *)&l->arch->v + f->offset, &value, sizeof value);
        return ETS_OK;
    }
    return eti_fail(l->err, ETS_SCHEMA, at, "%s: '%s' is not one of: %s", f->key, text, f->choices);
}

/* Sets field `i`; texts are copied. */
static ets_status store(struct loader *l, size_t i, const struct eti_arch_origin *from, const struct eti_place *at)
{
    const struct eti_field *f = &eti_fields[i];
    struct eti_arena *arena = &l->arch->arena;
    char *value = eti_arena_text(arena, from->value, strlen(from->value));
    if (!value) return eti_nomem(l->err);
    if (f->type == ETI_FIELD_COUNT_OF) ETI_TRY(store_number(l, f, value, at));
    if (f->type == ETI_FIELD_CHOICE) ETI_TRY(store_choice(l, f, value, at));
    if (f->type == ETI_FIELD_TEXT) memcpy((char *)&l->arch->v + f->offset, &value, sizeof value);
    struct eti_arch_origin *o = &l->arch->origins[i];
    o->value = value;
    o->origin = eti_arena_text(arena, from->origin, strlen(from->origin));
    o->mark = eti_arena_text(arena, from->mark, strlen(from->mark));
    o->source = eti_arena_text(arena, from->source, strlen(from->source));
    return o->origin && o->mark && o->source ? ETS_OK : eti_nomem(l->err);
}

/* ------------------------------------------------------------------ YAML --------------------------------- */

static struct eti_place place_of(const char *file, const struct eti_yaml *n, bool key)
{
    struct eti_place at = {file, key ? n->key_line : n->line, key ? n->key_column : n->column, 0, false};
    return at;
}

/* {value: 64, mark: fitted, source: "..."}: the parts of a value that says how it is known. */
struct annotated { const struct eti_yaml *value; const char *mark, *source; };

static ets_status known_mark(struct loader *l, const char *file, const struct eti_yaml *n)
{
    static const char *const marks[] = {"known", "derived", "fitted", "guess"};
    struct eti_place at = place_of(file, n, false);
    for (size_t i = 0; n->text && i < 4; i++)
        if (strcmp(n->text, marks[i]) == 0) return ETS_OK;
    return eti_fail(l->err, ETS_SCHEMA, &at, "mark: must be one of known, derived, fitted, guess");
}

static ets_status read_annotated(struct loader *l, const char *file, const char *key, const struct eti_yaml *n,
                                 struct annotated *out)
{
    struct annotated a = {n, "guess", ""};
    struct eti_place at = place_of(file, n, false);
    *out = a;
    if (n->kind == ETI_YAML_SCALAR) return ETS_OK;
    if (n->kind == ETI_YAML_SEQUENCE) return eti_fail(l->err, ETS_SCHEMA, &at, "%s: a single value is expected", key);
    out->value = NULL;
    for (const struct eti_yaml *m = n->child; m; m = m->next) {
        at = place_of(file, m, true);
        if (m->kind != ETI_YAML_SCALAR) return eti_fail(l->err, ETS_SCHEMA, &at, "%s.%s: a single value is expected", key, m->key);
        if (strcmp(m->key, "value") == 0) out->value = m;
        else if (strcmp(m->key, "source") == 0) out->source = m->text;
        else if (strcmp(m->key, "mark") == 0) {
            ETI_TRY(known_mark(l, file, m));
            out->mark = m->text;
        } else {
            return eti_fail(l->err, ETS_SCHEMA, &at, "unknown key '%s.%s'; a value has: value, mark, source", key, m->key);
        }
    }
    at = place_of(file, n, false);
    return out->value ? ETS_OK : eti_fail(l->err, ETS_SCHEMA, &at, "%s: missing 'value'", key);
}

/* "clock" of "clock_hz": the only key that the word is part of. */
static const char *only_with(const char *word, const char *const *keys, size_t n)
{
    const char *found = NULL;
    for (size_t i = 0; i < n; i++) {
        if (!strstr(keys[i], word)) continue;
        if (found) return NULL;
        found = keys[i];
    }
    return found;
}

static ets_status unknown_key(struct loader *l, const struct eti_place *at, const char *key)
{
    const char *keys[ETI_MOST_FIELDS];
    size_t n = 0, i = eti_field_by_key(key);
    if (i < eti_n_fields)
        return eti_fail(l->err, ETS_SCHEMA, at, "unknown key '%s': a machine of kind '%s' has none", key,
                        l->arch->origins[eti_field_by_key("kind")].value);
    for (i = 0; i < eti_n_fields; i++)
        if (eti_field_is_of(&eti_fields[i], l->arch->v.kind)) keys[n++] = eti_fields[i].key;
    const char *meant = eti_did_you_mean(key, keys, n);
    if (!meant) meant = only_with(key, keys, n);
    if (meant) return eti_fail(l->err, ETS_SCHEMA, at, "unknown key '%s'; did you mean '%s'?", key, meant);
    return eti_fail(l->err, ETS_SCHEMA, at, "unknown key '%s'; docs/FORMATS.md lists the keys of a machine", key);
}

/* The field of a key that this kind of machine has. */
static ets_status find_field(struct loader *l, const struct eti_place *at, const char *key, size_t *out)
{
    *out = eti_field_by_key(key);
    bool known = *out < eti_n_fields && eti_field_is_of(&eti_fields[*out], l->arch->v.kind);
    return known ? ETS_OK : unknown_key(l, at, key);
}

static ets_status read_field(struct loader *l, const char *file, const char *key, const struct eti_yaml *n)
{
    struct eti_place at = place_of(file, n, true);
    size_t i;
    struct annotated a;
    char origin[96];
    ETI_TRY(find_field(l, &at, key, &i));
    ETI_TRY(read_annotated(l, file, key, n, &a));
    at = place_of(file, a.value, false);
    snprintf(origin, sizeof origin, "%.80s:%u", file_part(file), a.value->line);
    struct eti_arch_origin from = {a.value->text, origin, a.mark, a.source};
    return store(l, i, &from, &at);
}

/* Is `key` the name of a section, "grid" of "grid.x"? */
static bool is_section(const char *key)
{
    size_t n = strlen(key);
    for (size_t i = 0; i < eti_n_fields; i++)
        if (strncmp(eti_fields[i].key, key, n) == 0 && eti_fields[i].key[n] == '.') return true;
    return false;
}

static ets_status read_section(struct loader *l, const char *file, const struct eti_yaml *section)
{
    struct eti_place at = place_of(file, section, false);
    char key[96];
    if (section->kind != ETI_YAML_MAPPING) return eti_fail(l->err, ETS_SCHEMA, &at, "%s: keys are expected in it", section->key);
    for (const struct eti_yaml *n = section->child; n; n = n->next) {
        at = place_of(file, n, true);
        int length = snprintf(key, sizeof key, "%s.%s", section->key, n->key);
        if (length >= (int)sizeof key) return eti_fail(l->err, ETS_SCHEMA, &at, "unknown key '%.40s...'", key);
        ETI_TRY(read_field(l, file, key, n));
    }
    return ETS_OK;
}

static ets_status check_head(struct loader *l, const char *file, const struct eti_yaml *root)
{
    struct eti_place at = {file, root->line, root->column, 0, false};
    const struct eti_yaml *version = root->kind == ETI_YAML_MAPPING ? root->child : NULL;
    if (version && strcmp(version->key, "edgetpu_sim_model") == 0) return eti_fail(l->err, ETS_SCHEMA, &at, "a model, not a machine");
    if (!version || strcmp(version->key, "edgetpu_sim_arch") != 0)
        return eti_fail(l->err, ETS_SCHEMA, &at, "not a machine description: its first line must be 'edgetpu_sim_arch: 1'");
    at = place_of(file, version, false);
    if (!version->text || strcmp(version->text, "1") != 0)
        return eti_fail(l->err, ETS_SCHEMA, &at, "edgetpu_sim_arch: only version 1 is read here");
    return ETS_OK;
}

/* The kind says which other keys there are, so it is read first. An heir keeps its parent's. */
static ets_status read_kind(struct loader *l, const char *file, const struct eti_yaml *root)
{
    const struct eti_yaml *n = eti_yaml_get(root, "kind");
    const struct eti_arch_origin *set = &l->arch->origins[eti_field_by_key("kind")];
    uint64_t inherited = l->arch->v.kind;
    bool heir = set->value != NULL;
    struct eti_place at = {file, root->line, root->column, 0, false};
    if (!n && !heir) return eti_fail(l->err, ETS_SCHEMA, &at, "missing 'kind' (which compute array)");
    if (n) ETI_TRY(read_field(l, file, "kind", n));
    if (!heir || l->arch->v.kind == inherited) return ETS_OK;
    at = place_of(file, n, false);
    return eti_fail(l->err, ETS_SCHEMA, &at, "kind: it differs from that of the inherited machine");
}

static ets_status read_keys(struct loader *l, const char *file, const struct eti_yaml *root)
{
    ETI_TRY(read_kind(l, file, root));
    for (const struct eti_yaml *n = root->child->next; n; n = n->next) {
        if (strcmp(n->key, "inherit") == 0 || strcmp(n->key, "kind") == 0) continue;
        if (is_section(n->key)) ETI_TRY(read_section(l, file, n));
        else ETI_TRY(read_field(l, file, n->key, n));
    }
    return ETS_OK;
}

/* ------------------------------------------------------------------ files -------------------------------- */

static ets_status read_file(struct loader *l, const char *path, uint32_t chain);

/* `inherit: coral-usb` is coral-usb.yaml beside the file, or else one that ships. */
static ets_status find_parent(struct loader *l, const char *file, const struct eti_yaml *n, char *path, size_t size)
{
    enum { EXTENSION = sizeof ".yaml" - 1 };
    struct eti_place at = place_of(file, n, false);
    size_t length = strlen(n->text), folder = (size_t)(file_part(file) - file);
    bool extended = length > EXTENSION && strcmp(n->text + length - EXTENSION, ".yaml") == 0;
    const char *name = eti_arena_text(&l->arch->arena, n->text, extended ? length - EXTENSION : length);
    char shipped[256];
    ets_error why;
    if (!name) return eti_nomem(l->err);
    int there = snprintf(path, size, "%.*s%s.yaml", (int)folder, file, name);
    if (there >= 0 && (size_t)there < size && access(path, F_OK) == 0) return ETS_OK; /* who reads it says if it cannot be */
    if (ets_data_find("arch", name, l->beside, path, size, &why) == ETS_OK) return ETS_OK;
    eti_data_folders("arch", l->beside, shipped, sizeof shipped);
    return eti_fail(l->err, why.status, &at, "inherit: no %.60s.yaml in %.*s, %s: %s", name, folder ? (int)folder - 1 : 1, folder ? file : ".",
                    shipped, why.text);
}

static ets_status read_parent(struct loader *l, const char *file, const struct eti_yaml *root, bool has_folder, uint32_t chain)
{
    const struct eti_yaml *n = eti_yaml_get(root, "inherit");
    char path[4096];
    if (!n) return ETS_OK;
    struct eti_place at = place_of(file, n, false);
    if (n->kind != ETI_YAML_SCALAR || !n->text[0] || strchr(n->text, '/'))
        return eti_fail(l->err, ETS_SCHEMA, &at, "inherit: the name of a machine is expected: one in the same folder, or one that ships");
    if (!has_folder) return eti_fail(l->err, ETS_SCHEMA, &at, "inherit: only a machine that is read from a file can inherit");
    if (chain == ETI_MAX_HEIRS)
        return eti_fail(l->err, ETS_RANGE, &at, "inherit: more than %d machines in a chain (does one inherit itself?)", ETI_MAX_HEIRS);
    ETI_TRY(find_parent(l, file, n, path, sizeof path));
    ets_status status = read_file(l, path, chain + 1);
    if (status != ETS_IO || !l->err) return status;
    char why[sizeof l->err->text];
    memcpy(why, l->err->text, sizeof why);
    return eti_fail(l->err, ETS_IO, &at, "inherit: %s", why);
}

struct cfg_reader { struct loader *l; const char *file; };

static ets_status store_cfg_value(void *ctx, const struct eti_cfg_value *v)
{
    struct cfg_reader *c = ctx;
    char origin[96];
    bool stated = strcmp(v->mark, "known") == 0;
    snprintf(origin, sizeof origin, stated ? "%.80s:%u" : "%.80s", file_part(c->file), v->at.line);
    struct eti_arch_origin from = {v->value, origin, v->mark, v->source};
    return store(c->l, eti_field_by_key(v->key), &from, &v->at);
}

static ets_status read_cfg(struct loader *l, const char *file, const uint8_t *data, size_t size)
{
    struct cfg_reader c = {l, file};
    return eti_scalesim_cfg(file, data, size, &l->arch->arena, store_cfg_value, &c, l->err);
}

static ets_status read_bytes(struct loader *l, const char *file, const uint8_t *data, size_t size, bool has_folder, uint32_t chain)
{
    struct eti_arena tree;
    struct eti_yaml *root = NULL;
    eti_skip_mark(&data, &size);
    if (eti_is_scalesim_cfg(data, size)) return read_cfg(l, file, data, size);
    struct eti_place at = {file, 0, 0, 0, false};
    if (size >= 8 && memcmp(data + 4, "TFL3", 4) == 0) return eti_fail(l->err, ETS_SCHEMA, &at, "a model (.tflite), not a machine");
    eti_arena_init(&tree, l->mem);
    ets_status status = eti_yaml_parse(file, data, size, &tree, &root, l->err);
    if (status == ETS_OK) status = check_head(l, file, root);
    if (status == ETS_OK) status = read_parent(l, file, root, has_folder, chain);
    if (status == ETS_OK) status = read_keys(l, file, root);
    eti_arena_free(&tree);
    return status;
}

static ets_status read_file(struct loader *l, const char *path, uint32_t chain)
{
    struct eti_file file;
    ETI_TRY(eti_file_open(&file, path, l->mem, l->err));
    ets_status status = read_bytes(l, eti_file_name(path), file.data, file.size, true, chain);
    eti_file_close(&file);
    return status;
}

/* ------------------------------------------------------------------ settings and the whole ---------------- */

static ets_status apply_setting(struct loader *l, const ets_setting *s)
{
    uint64_t kind = l->arch->v.kind;
    size_t i;
    if (!s->key || !s->value) return eti_fail(l->err, ETS_ARGUMENT, NULL, "a setting has no key or no value");
    ETI_TRY(find_field(l, NULL, s->key, &i));
    struct eti_arch_origin from = {s->value, "setting", "guess", ""};
    ETI_TRY(store(l, i, &from, NULL));
    return l->arch->v.kind == kind ? ETS_OK : eti_fail(l->err, ETS_SCHEMA, NULL, "kind: name another machine instead");
}

#define NOT_GIVEN "not given"

/* A packet of the ring is a weight row: where no one states another, it is as long as cells and lanes make it. */
static ets_status derive_packet(struct loader *l, const char *name)
{
    struct eti_place at = {name, 0, 0, 0, false};
    size_t packet = eti_field_by_key("ring.packet_bytes");
    const struct eti_arch_origin *o = l->arch->origins;
    const struct eti_arch *a = &l->arch->v;
    char text[24];
    if (a->kind != ETI_TILE_GRID || !o[eti_field_by_key("tile.cells")].value || !o[eti_field_by_key("tile.lanes")].value) return ETS_OK;
    if (o[packet].value && strcmp(o[packet].origin, NOT_GIVEN) != 0) return ETS_OK;
    snprintf(text, sizeof text, "%llu", (unsigned long long)(a->tile.cells * a->tile.lanes));
    struct eti_arch_origin from = {text, NOT_GIVEN, "derived", "tile.cells x tile.lanes: a weight row"};
    return store(l, packet, &from, &at);
}

/* What an older file could not say is what its absence means, and is listed as that. */
static ets_status nothing_missing(struct loader *l, const char *name)
{
    struct eti_place at = {name, 1, 1, 0, false};
    for (size_t i = 0; i < eti_n_fields; i++) {
        const struct eti_field *f = &eti_fields[i];
        if (!eti_field_is_of(f, l->arch->v.kind) || l->arch->origins[i].value) continue;
        if (!f->absent) return eti_fail(l->err, ETS_SCHEMA, &at, "missing '%s' (%s)", f->key, f->doc);
        struct eti_arch_origin from = {f->absent, NOT_GIVEN, "guess", ""};
        ETI_TRY(store(l, i, &from, &at));
    }
    return ETS_OK;
}

static ets_status finish(struct loader *l, const char *name, const ets_setting *set, size_t n_set)
{
    for (size_t i = 0; i < n_set; i++) ETI_TRY(apply_setting(l, &set[i]));
    ETI_TRY(derive_packet(l, name));
    ETI_TRY(nothing_missing(l, name));
    return eti_arch_check(l->arch, name, l->err);
}

static ets_status begin(struct loader *l, const ets_allocator *mem, ets_error *err)
{
    ets_allocator a = eti_allocator(mem);
    l->beside = NULL;
    l->mem = mem;
    l->err = err;
    l->arch = eti_alloc(&a, 1, sizeof *l->arch);
    if (!l->arch) return eti_nomem(err);
    eti_arena_init(&l->arch->arena, mem);
    l->arch->n_origins = eti_n_fields;
    l->arch->origins = eti_arena_alloc(&l->arch->arena, eti_n_fields, sizeof *l->arch->origins);
    if (l->arch->origins) return ETS_OK;
    eti_arch_free(l->arch);
    return eti_nomem(err);
}

static ets_status end(struct loader *l, ets_status status, ets_arch **out)
{
    if (status == ETS_OK) *out = l->arch;
    else eti_arch_free(l->arch);
    return status;
}

ets_status eti_arch_load(const char *path, const char *beside, const ets_setting *set, size_t n_set, const ets_allocator *mem,
                         ets_arch **out, ets_error *err)
{
    struct loader l;
    ETI_TRY(begin(&l, mem, err));
    l.beside = beside;
    ets_status status = read_file(&l, path, 0);
    if (status == ETS_OK) status = finish(&l, path, set, n_set);
    return end(&l, status, out);
}

ets_status eti_arch_parse(const char *name, const uint8_t *data, size_t size, const ets_setting *set, size_t n_set,
                          const ets_allocator *mem, ets_arch **out, ets_error *err)
{
    struct loader l;
    struct eti_file file;
    ETI_TRY(eti_file_wrap(&file, name, data, size, mem, err));
    ets_status status = begin(&l, mem, err);
    if (status == ETS_OK) {
        status = read_bytes(&l, name, file.data, file.size, false, 0);
        if (status == ETS_OK) status = finish(&l, name, set, n_set);
        status = end(&l, status, out);
    }
    eti_file_close(&file);
    return status;
}

ets_status eti_arch_with(const ets_arch *base, const ets_setting *set, size_t n_set, const ets_allocator *mem,
                         ets_arch **out, ets_error *err)
{
    struct loader l;
    ETI_TRY(begin(&l, mem, err));
    ets_status status = ETS_OK;
    for (size_t i = 0; status == ETS_OK && i < eti_n_fields; i++) {
        const struct eti_arch_origin *o = &base->origins[i];
        if (o->value) status = store(&l, i, o, NULL);
    }
    if (status == ETS_OK) status = finish(&l, base->v.name, set, n_set);
    return end(&l, status, out);
}

void eti_arch_free(ets_arch *arch)
{
    if (!arch) return;
    ets_allocator mem = arch->arena.mem;
    eti_arena_free(&arch->arena);
    eti_free(&mem, arch, 1, sizeof *arch);
}
