/* complete.c - what may stand in the place of a word, for the shells' completions (share/completion). */
#include "options.h"

#include <string.h>

struct completion {
    const struct arguments *a;
    const struct command_row *command; /* NULL: it is the word */
    char *const *words;
    size_t n;                          /* the last one is to be completed */
    const char *prefix, *before;       /* of the word; what stands before it in each answer ("--arch=") */
};

static void offer(const struct completion *c, const char *name, const char *end)
{
    if (strncmp(name, c->prefix, strlen(c->prefix)) == 0) printf("%s%s%s\n", c->before, name, end);
}

static int offer_shipped(void *ctx, const char *name, const char *path)
{
    (void)path;
    offer(ctx, name, "");
    return 0;
}

static void offer_names(const struct completion *c, const char *const *names)
{
    for (; *names; names++) offer(c, *names, "");
}

static const struct option_row *option_of(const char *word)
{
    for (const struct option_row *o = option_rows; o->name; o++) {
        if (o->letter && word[0] == '-' && word[1] == o->key && !word[2]) return o;
        if (strncmp(word, "--", 2) == 0 && strcmp(word + 2, o->name) == 0) return o;
    }
    return NULL;
}

static bool is_option(const char *word) { return word[0] == '-' && word[1]; }

/* The operand before the last word with this number, from 0; NULL: there is none. *index counts all of them. */
static const char *operand_before(const struct completion *c, size_t number, size_t *index)
{
    const char *found = NULL;
    *index = 0;
    for (size_t i = 1; i + 1 < c->n; i++) {
        const struct option_row *o = is_option(c->words[i]) ? option_of(c->words[i]) : NULL;
        if (o && o->value) i++;
        else if (!is_option(c->words[i]) && (*index)++ == number) found = c->words[i];
    }
    return found;
}

/* What --arch says on this line, or of 'arch' its operand. */
static const char *machine_of(const struct completion *c)
{
    const char *name = "coral-usb";
    for (size_t i = 0; i + 1 < c->n; i++) {
        const struct option_row *o = option_of(c->words[i]);
        if (o && o->key == 'a') name = c->words[i + 1];
        if (strncmp(c->words[i], "--arch=", 7) == 0) name = c->words[i] + 7;
    }
    size_t n;
    const char *operand = c->command->command == ARCH ? operand_before(c, 0, &n) : NULL;
    return operand ? operand : name;
}

static void offer_keys(const struct completion *c)
{
    ets_arch *arch = NULL;
    ets_error err;
    if (find_and_load_arch(c->a, machine_of(c), &arch, &err) != ETS_OK) return;
    for (size_t i = 0; i < ets_arch_field_count(arch); i++) offer(c, ets_arch_field_at(arch, i).key, "=");
    ets_arch_free(arch);
}

/* The layers of the model that stands before it. */
static void offer_layers(const struct completion *c)
{
    ets_model *model = NULL;
    ets_error err;
    size_t n;
    const char *name = operand_before(c, 0, &n);
    if (!name || find_and_load_model(c->a, name, &model, &err) != ETS_OK) return;
    for (size_t i = 0; i < ets_model_describe(model).n_ops; i++) offer(c, ets_model_layer_name(model, i), "");
    ets_model_free(model);
}

static void offer_kind(struct completion *c, enum kind kind)
{
    switch (kind) {
    case A_MODEL:
    case A_MACHINE:
        ets_data_list(kind == A_MODEL ? "models" : "arch", c->a->beside, offer_shipped, c, NULL, NULL);
        puts(":files");
        break;
    case A_FILE: puts(":files"); break;
    case A_LAYER: offer_layers(c); break;
    case A_KEY: offer_keys(c); break;
    case A_FORMAT:
        for (const struct format_name *f = format_names; f->name; f++)
            if (c->command->formats >> f->format & 1) offer(c, f->name, "");
        break;
    case A_SORT: offer_names(c, sort_names); break;
    case A_COLOR: offer_names(c, color_names); break;
    case AN_OBJECTIVE: offer_names(c, objective_names); break;
    case NOTHING: case A_NUMBER: case A_PATTERN: break;
    }
}

static void offer_options(const struct completion *c)
{
    char name[64];
    for (const struct option_row *o = option_rows; o->name; o++) {
        snprintf(name, sizeof name, "--%s", o->name);
        if (o->commands & c->command->command) offer(c, name, "");
    }
}

static void offer_commands(const struct completion *c)
{
    for (const struct command_row *k = command_rows; k->name; k++)
        if (k->command != COMPLETE) offer(c, k->name, "");
    offer(c, "--help", "");
    offer(c, "--version", "");
}

int command_complete(const struct arguments *a)
{
    struct completion c = {a, NULL, a->operands, a->n_operands, "", ""};
    if (!c.n) return fail_usage("complete", "which words?");
    c.prefix = c.words[c.n - 1];
    c.command = c.n > 1 ? find_command(c.words[0]) : NULL;
    const char *equals = strncmp(c.prefix, "--", 2) == 0 ? strchr(c.prefix, '=') : NULL;
    char before[64] = "", name[64] = "";
    if (equals && (size_t)(equals - c.prefix) < sizeof name - 1) { /* --arch=cor */
        snprintf(before, sizeof before, "%.*s", (int)(equals - c.prefix) + 1, c.prefix);
        snprintf(name, sizeof name, "%.*s", (int)(equals - c.prefix), c.prefix);
        c.prefix = equals + 1;
        c.before = before;
    }
    size_t operands;
    const struct option_row *o = option_of(equals ? name : c.n > 2 ? c.words[c.n - 2] : "");
    if (c.n == 1) offer_commands(&c);
    else if (!c.command || c.command->command == COMPLETE) return EXIT_GOOD;
    else if (o && o->value) offer_kind(&c, o->kind);
    else if (c.prefix[0] == '-') offer_options(&c);
    else {
        operand_before(&c, 0, &operands);
        offer_kind(&c, c.command->operands[operands > 0]);
    }
    return EXIT_GOOD;
}
