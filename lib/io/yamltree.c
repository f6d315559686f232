/* yamltree.c - libyaml's events to a tree, with a limit on everything that could grow. libyaml allocates with malloc;
 * what it keeps is bounded by the depth, and its failures are reported like ours. */
#include "io/yamltree.h"

#include <string.h>
#include <yaml.h>

#include "base/limits.h"
#include "base/mem.h"

struct builder {
    const char *name;
    const uint8_t *data;
    size_t size;
    struct eti_arena *arena;
    ets_error *err;
    struct eti_yaml *open[ETI_MAX_YAML_DEPTH]; /* collections being read, outermost first */
    struct eti_yaml *last[ETI_MAX_YAML_DEPTH]; /* their newest member */
    const char *key[ETI_MAX_YAML_DEPTH];       /* a mapping's key that waits for its value */
    uint64_t key_hash[ETI_MAX_YAML_DEPTH];
    uint32_t key_line[ETI_MAX_YAML_DEPTH], key_column[ETI_MAX_YAML_DEPTH];
    uint32_t depth, nodes;
    struct eti_yaml *root;
};

static struct eti_place place(const struct builder *b, const yaml_mark_t *mark)
{
    struct eti_place at = {b->name, (uint32_t)mark->line + 1, (uint32_t)mark->column + 1, 0, false};
    return at;
}

/* FNV-1a */
static uint64_t hash_of(const char *key)
{
    uint64_t hash = 0xcbf29ce484222325u;
    for (; *key; key++) hash = (hash ^ (unsigned char)*key) * 0x100000001b3u;
    return hash;
}

/* The first scalar of a pair is its key. */
static ets_status take_key(struct builder *b, const yaml_event_t *event)
{
    struct eti_place at = place(b, &event->start_mark);
    uint32_t d = b->depth - 1;
    const char *text = (const char *)event->data.scalar.value;
    char *key = eti_arena_text(b->arena, text, event->data.scalar.length);
    if (!key) return eti_nomem(b->err);
    if (b->open[d]->n_children >= ETI_MAX_YAML_KEYS)
        return eti_fail(b->err, ETS_RANGE, &at, "more than %u keys in one mapping", ETI_MAX_YAML_KEYS);
    uint64_t hash = hash_of(key);
    const struct eti_yaml *before = b->open[d]->child;
    while (before && (before->key_hash != hash || strcmp(before->key, key) != 0)) before = before->next;
    if (before) return eti_fail(b->err, ETS_SCHEMA, &at, "%s: already set on line %u", key, before->key_line);
    b->key[d] = key;
    b->key_hash[d] = hash;
    b->key_line[d] = at.line;
    b->key_column[d] = at.column;
    return ETS_OK;
}

static ets_status new_node(struct builder *b, const yaml_event_t *event, enum eti_yaml_kind kind, struct eti_yaml **out)
{
    struct eti_place at = place(b, &event->start_mark);
    if (++b->nodes > ETI_MAX_YAML_NODES) return eti_fail(b->err, ETS_RANGE, &at, "more than %u values", ETI_MAX_YAML_NODES);
    struct eti_yaml *node = eti_arena_alloc(b->arena, 1, sizeof *node);
    if (!node) return eti_nomem(b->err);
    node->kind = kind;
    node->line = at.line;
    node->column = at.column;
    *out = node;
    if (!b->depth) {
        if (b->root) return eti_fail(b->err, ETS_SYNTAX, &at, "a second document begins here; a file holds one");
        b->root = node;
        return ETS_OK;
    }
    uint32_t d = b->depth - 1;
    node->key = b->key[d];
    node->key_hash = b->key_hash[d];
    node->key_line = b->key_line[d];
    node->key_column = b->key_column[d];
    b->key[d] = NULL;
    if (b->last[d]) b->last[d]->next = node;
    else b->open[d]->child = node;
    b->last[d] = node;
    b->open[d]->n_children++;
    return ETS_OK;
}

static bool wants_key(const struct builder *b)
{
    return b->depth && b->open[b->depth - 1]->kind == ETI_YAML_MAPPING && !b->key[b->depth - 1];
}

/* Of a tag, libyaml writes out what its %TAG line says, which may be most of the file, for each value. */
static ets_status value_alone(struct builder *b, const yaml_event_t *event, const yaml_char_t *anchor, const yaml_char_t *tag)
{
    struct eti_place at = place(b, &event->start_mark);
    if (anchor) return eti_fail(b->err, ETS_SYNTAX, &at, "anchors and aliases are not used here; write the value out");
    return tag ? eti_fail(b->err, ETS_SYNTAX, &at, "tags are not used here; write the value alone") : ETS_OK;
}

static ets_status take_scalar(struct builder *b, const yaml_event_t *event)
{
    struct eti_place at = place(b, &event->start_mark);
    eti_written_outside(event->data.scalar.value, event->data.scalar.length);
    ETI_TRY(value_alone(b, event, event->data.scalar.anchor, event->data.scalar.tag));
    if (event->data.scalar.length > ETI_MAX_TEXT_BYTES)
        return eti_fail(b->err, ETS_RANGE, &at, "a text of more than %u bytes", ETI_MAX_TEXT_BYTES);
    if (wants_key(b)) return take_key(b, event);
    struct eti_yaml *node = NULL;
    ETI_TRY(new_node(b, event, ETI_YAML_SCALAR, &node));
    node->text = eti_arena_text(b->arena, (const char *)event->data.scalar.value, event->data.scalar.length);
    node->plain = event->data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
    return node->text ? ETS_OK : eti_nomem(b->err);
}

static ets_status open_collection(struct builder *b, const yaml_event_t *event, enum eti_yaml_kind kind)
{
    struct eti_place at = place(b, &event->start_mark);
    bool mapping = kind == ETI_YAML_MAPPING;
    ETI_TRY(value_alone(b, event, mapping ? event->data.mapping_start.anchor : event->data.sequence_start.anchor,
                        mapping ? event->data.mapping_start.tag : event->data.sequence_start.tag));
    if (wants_key(b)) return eti_fail(b->err, ETS_SYNTAX, &at, "a key must be a single word");
    if (b->depth == ETI_MAX_YAML_DEPTH) return eti_fail(b->err, ETS_RANGE, &at, "nested more than %d deep", ETI_MAX_YAML_DEPTH);
    struct eti_yaml *node = NULL;
    ETI_TRY(new_node(b, event, kind, &node));
    b->open[b->depth] = node;
    b->last[b->depth] = NULL;
    b->key[b->depth++] = NULL;
    return ETS_OK;
}

static ets_status take_event(struct builder *b, const yaml_event_t *event)
{
    struct eti_place at = place(b, &event->start_mark);
    switch (event->type) {
    case YAML_SCALAR_EVENT: return take_scalar(b, event);
    case YAML_SEQUENCE_START_EVENT: return open_collection(b, event, ETI_YAML_SEQUENCE);
    case YAML_MAPPING_START_EVENT: return open_collection(b, event, ETI_YAML_MAPPING);
    case YAML_SEQUENCE_END_EVENT:
    case YAML_MAPPING_END_EVENT: b->depth--; return ETS_OK;
    case YAML_ALIAS_EVENT:
        return eti_fail(b->err, ETS_SYNTAX, &at, "anchors and aliases are not used here; write the value out");
    case YAML_NO_EVENT: case YAML_STREAM_START_EVENT: case YAML_STREAM_END_EVENT:
    case YAML_DOCUMENT_START_EVENT: case YAML_DOCUMENT_END_EVENT: break;
    }
    return ETS_OK;
}

static ets_status parser_error(const struct builder *b, const yaml_parser_t *parser)
{
    if (parser->error == YAML_MEMORY_ERROR) return eti_nomem(b->err);
    struct eti_place at = place(b, &parser->problem_mark);
    const char *problem = parser->problem ? parser->problem : "not YAML";
    if (parser->error == YAML_READER_ERROR) {
        at.line = at.column = 0;
        at.offset = parser->problem_offset;
        at.has_offset = true;
    }
    size_t index = parser->problem_mark.index; /* of a character, so of a byte where all before it are ASCII: this is but a hint */
    const char *hint = index < b->size && b->data[index] == '\t' ? "; a tab stands there: YAML is indented with blanks" : "";
    return eti_fail(b->err, ETS_SYNTAX, &at, "not valid YAML: %s%s%s%s", problem, parser->context ? " " : "",
                    parser->context ? parser->context : "", hint);
}

static ets_status read_events(struct builder *b, yaml_parser_t *parser)
{
    for (;;) {
        yaml_event_t event;
        int parsed = yaml_parser_parse(parser, &event);
        eti_written_outside(&parsed, sizeof parsed);
        eti_written_outside(parser, sizeof *parser);
        eti_written_outside(&event, sizeof event);
        if (!parsed) return parser_error(b, parser);
        bool end = event.type == YAML_STREAM_END_EVENT;
        ets_status status = take_event(b, &event);
        yaml_event_delete(&event);
        if (status != ETS_OK || end) return status;
    }
}

/* libyaml compares each directive with those before it, before it says anything of them. A line that begins so is one, or text of a
 * block, of which nobody has as many. Of the bytes, three end lines: the last ones of U+0085, 2028 and 2029. */
static ets_status few_directives(const char *name, const uint8_t *data, size_t size, ets_error *err)
{
    uint32_t found = 0;
    for (size_t i = 0; i < size; i++) {
        const uint8_t *percent = memchr(data + i, '%', size - i);
        if (!percent) break;
        i = (size_t)(percent - data);
        uint8_t before = i ? data[i - 1] : '\n';
        bool begins = before == '\n' || before == '\r' || before == 0x85 || before == 0xa8 || before == 0xa9;
        struct eti_place at = {name, 0, 0, i, true};
        if (begins && ++found > ETI_MAX_YAML_DIRECTIVES)
            return eti_fail(err, ETS_RANGE, &at, "more than %d directives (lines that begin with %%)", ETI_MAX_YAML_DIRECTIVES);
    }
    return ETS_OK;
}

ets_status eti_yaml_parse(const char *name, const uint8_t *data, size_t size, struct eti_arena *arena,
                          struct eti_yaml **out, ets_error *err)
{
    struct builder b;
    yaml_parser_t parser;
    struct eti_place at = {name, 0, 0, 0, false};
    if (size > ETI_MAX_YAML_BYTES) return eti_fail(err, ETS_RANGE, &at, "is larger than 64 MiB, the largest YAML that is read");
    ETI_TRY(few_directives(name, data, size, err));
    memset(&b, 0, sizeof b);
    b.name = name;
    b.data = data;
    b.size = size;
    b.arena = arena;
    b.err = err;
    int ready = yaml_parser_initialize(&parser);
    eti_written_outside(&ready, sizeof ready);
    if (!ready) return eti_nomem(err);
    yaml_parser_set_encoding(&parser, YAML_UTF8_ENCODING); /* else two bytes before the text choose another one */
    yaml_parser_set_input_string(&parser, data, size);
    ets_status status = read_events(&b, &parser);
    yaml_parser_delete(&parser);
    if (status != ETS_OK) return status;
    at.line = at.column = 1;
    if (!b.root) return eti_fail(err, ETS_SYNTAX, &at, "holds no value");
    *out = b.root;
    return ETS_OK;
}

const struct eti_yaml *eti_yaml_get(const struct eti_yaml *mapping, const char *key)
{
    if (mapping->kind != ETI_YAML_MAPPING) return NULL;
    for (const struct eti_yaml *n = mapping->child; n; n = n->next)
        if (n->key && strcmp(n->key, key) == 0) return n;
    return NULL;
}
