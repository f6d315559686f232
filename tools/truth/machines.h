/* machines.h - the machines that tables name: a shipped one at a clock, running programs of a release of the compiler. Each is read
 * once and owned by `struct machines`. */
#ifndef TRUTH_MACHINES_H
#define TRUTH_MACHINES_H

#include <edgetpu_sim/edgetpu_sim.h>

/* What predictions need: the folder of machines and models, settings for every machine, machines loaded so far. */
struct machines {
    const char *folder;
    const ets_setting *settings;
    size_t n_settings;
    struct { char name[64]; ets_arch *arch; } loaded[32];
    size_t n_loaded;
};
void machines_free(struct machines *m);

/* How a machine ran: its clock, the compiler's release, what of the cache others had. "": its own. */
struct running { const char *clock_hz, *release, *others_bytes; };
/* NULL with the reason in `err`. */
const ets_arch *machine_named(struct machines *m, const char *name, struct running how, ets_error *err);
/* The machine that a table's words for a platform mean, or its source; NULL if none of ours. Slowed-down hosts are not described. */
const ets_arch *machine_of_platform(struct machines *m, const char *words, const char *source, const char *release, ets_error *err);

/* The compiler's release: of its version "1.0.249710469" or "16.x", and of what was published when only it existed. "": not known. */
const char *release_of_version(const char *version);
const char *release_of_source(const char *source);

#endif
