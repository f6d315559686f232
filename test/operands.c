/* operands.c - tensors from text. */
#include "operands.h"

#include "test.h"

static void read_list(const char *word, struct eti_tensor *t, int32_t *values)
{
    char *at = (char *)(uintptr_t)word;
    t->type = ETI_I32;
    t->constant = true;
    t->values = values;
    while (*at == ':' || *at == ',') values[t->n_values++] = (int32_t)strtol(at + 1, &at, 10);
    t->shape.rank = 1;
    t->shape.dim[0] = t->n_values;
}

static void read_shape(const char *word, struct eti_tensor *t)
{
    char *at = (char *)(uintptr_t)word - 1;
    do t->shape.dim[t->shape.rank++] = (uint32_t)strtoul(at + 1, &at, 10);
    while (*at == 'x');
    t->type = *at == 'f' ? ETI_F32 : *at == 'w' ? ETI_I16 : ETI_I8;
    t->quant = *at == 'f' ? ETI_QUANT_NONE : ETI_QUANT_TENSOR;
    t->all_zero = *at == 'z';
    t->constant = *at == 'c' || *at == 'z';
    t->dynamic = *at == 'd';
}

void test_read_operands(const char *text, struct test_operands *o)
{
    char copy[256];
    memset(o, 0, sizeof *o);
    snprintf(copy, sizeof copy, "%s", text);
    for (char *word = strtok(copy, " "); word; word = strtok(NULL, " "), o->n++) {
        struct eti_tensor *t = &o->tensor[o->n];
        if (word[0] == ':') read_list(word, t, o->values[o->n]);
        else if (word[0] != '-') read_shape(word, t);
        t->producer = -1;
        o->kept[o->n] = strchr(word, 'v') != NULL;
        t->elements = 1;
        for (uint32_t i = 0; i < t->shape.rank; i++) t->elements *= t->shape.dim[i];
        o->in[o->n] = word[0] == '-' ? NULL : t;
    }
}
