/* listing.c - see listing.h. */
#include "listing.h"

void put_listed_name(struct listing *l, const char *name)
{
    fprintf(l->to, "%s\n    {\"name\": ", l->between);
    print_json_text(l->to, name);
    l->between = ",";
}

int print_listing(const struct arguments *a, const struct output *out, const struct listed *what)
{
    struct listing l = {.to = out->to, .between = "", .beside = a->beside};
    ets_error err;
    bool json = a->format == ETS_FORMAT_JSON;
    table_begin(&l.table, what->columns, what->n_columns);
    if (json) fputs(what->json_head, out->to);
    ets_status status = ets_data_list(what->folder, a->beside, json ? what->json : what->row, &l, NULL, &err);
    if (status != ETS_OK) {
        table_free(&l.table);
        return fail(err.text);
    }
    if (json) fputs("\n  ]\n}\n", out->to);
    if (!l.n) return fail(what->nothing);
    return json ? EXIT_GOOD : table_put(&l.table, out->to, width_of(out));
}
