/* arch_mapping.c - which bits of an address are what, as a machine file says it. See arch.h. */
#include <string.h>

#include "arch/arch.h"

static const char *const names[ETI_DRAM_FIELDS] = {"row", "rank", "bank", "column", "group", "channel"};

static int field_of(const char *name, size_t length)
{
    int i = 0;
    while (i < ETI_DRAM_FIELDS && (strlen(names[i]) != length || memcmp(names[i], name, length) != 0)) i++;
    return i;
}

bool eti_dram_order_of(const char *text, enum eti_dram_field order[ETI_DRAM_FIELDS])
{
    unsigned seen = 0;
    for (int i = ETI_DRAM_FIELDS; i-- > 0;) {
        size_t length = strcspn(text, "-");
        int field = field_of(text, length);
        if (field == ETI_DRAM_FIELDS || seen >> field & 1) return false;
        order[i] = (enum eti_dram_field)field;
        seen |= 1u << field;
        text += length + (text[length] == '-' && i > 0);
    }
    return *text == '\0';
}
