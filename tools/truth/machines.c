/* machines.c - see machines.h. */
#include "machines.h"

#include "table.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const ets_arch *machine_named(struct machines *m, const char *name, struct running how, ets_error *err)
{
    char key[64], path[4096];
    ets_setting settings[35];
    size_t n = 0;
    snprintf(key, sizeof key, "%s@%s@%s@%s", name, how.clock_hz, how.release, how.others_bytes);
    for (size_t i = 0; i < m->n_loaded; i++)
        if (strcmp(m->loaded[i].name, key) == 0) return m->loaded[i].arch;
    if (m->n_loaded == sizeof m->loaded / sizeof *m->loaded) return NULL;
    for (size_t i = 0; i < m->n_settings && n < 32; i++) {
        const char *colon = strchr(m->settings[i].key, ':'); /* "machine:key" is for that machine alone */
        size_t length = colon ? (size_t)(colon - m->settings[i].key) : 0;
        if (colon && (strlen(name) != length || strncmp(name, m->settings[i].key, length) != 0)) continue;
        settings[n] = m->settings[i];
        if (colon) settings[n].key = colon + 1;
        n++;
    }
    if (*how.clock_hz) settings[n++] = (ets_setting){"clock_hz", how.clock_hz};
    if (*how.release) settings[n++] = (ets_setting){"compiler.release", how.release};
    if (*how.others_bytes) settings[n++] = (ets_setting){"compiler.others_bytes", how.others_bytes};
    ets_arch *arch = NULL;
    if (ets_data_find("arch", name, m->folder, path, sizeof path, err) ||
        ets_arch_load(path, settings, n, NULL, &arch, err)) return NULL;
    snprintf(m->loaded[m->n_loaded].name, sizeof key, "%s", key);
    m->loaded[m->n_loaded++].arch = arch;
    return arch;
}

void machines_free(struct machines *m)
{
    for (size_t i = 0; i < m->n_loaded; i++) ets_arch_free(m->loaded[i].arch);
    m->n_loaded = 0;
}

/* What figures of a source say of its host and clock where its words do not. Parameters of LibrEdgeTPU's "usb2-class" link that are sent
 * again take 13.4 ms of 4.0 MiB and 14.8 of 4.8, which is USB 3; its MobileNet v1 takes 4.0 ms, as the vendor's runtime at 250 MHz. */
static const struct { const char *source, *name, *clock_hz; } by_source[] = {{"LibrEdgeTPU", "coral-usb", "250M"}};

const ets_arch *machine_of_platform(struct machines *m, const char *words, const char *source, const char *release, ets_error *err)
{
    static const struct { const char *word, *name; } names[] = { /* letters and digits only, lower case; the first that is in it */
        {"devboardmicro", "coral-devboard-micro"}, {"devboardmini", "coral-usb2"}, {"devboard", "coral-devboard"},
        {"m2pcie", "coral-pcie"}, {"raspberrypi4", "coral-usb-pi4"}, {"raspberrypi3", "coral-usb2-pi3"},
        {"raspberrypi2", "coral-usb2-pi3"}, {"usb3hostjetsonnano5w", "coral-usb-nano-5w"}, {"usb2hostjetsonnano5w", "coral-usb2-nano-5w"},
        {"usb2hostjetsonnano", "coral-usb2"}, {"usb2jetsonnano", "coral-usb2"}, {"jetsonnano", "coral-usb-nano"}, {"usb2", "coral-usb2"}, {"usb", "coral-usb"},
    };
    char plain[256];
    plain_words(words, plain, sizeof plain);
    struct running how = {strstr(words, "250 MHz") ? "250M" : "", release, strstr(words, "re-sent each call") ? "8Mi" : ""};
    for (size_t i = 0; i < sizeof by_source / sizeof *by_source; i++) {
        if (!strstr(source, by_source[i].source)) continue;
        how.clock_hz = by_source[i].clock_hz;
        return machine_named(m, by_source[i].name, how, err);
    }
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strstr(plain, names[i].word)) return machine_named(m, names[i].name, how, err);
    snprintf(err->text, sizeof err->text, "the platform '%.60s' is not described", words);
    return NULL;
}

const char *release_of_version(const char *version)
{
    static const char *const names[] = {"", "1", "2", "3", "4", "5", "6", "7", "8", "9", "10", "11", "12", "13", "14", "15", "16"};
    int n = atoi(version);
    return names[n >= 1 && n <= 16 ? n : 0];
}

const char *release_of_source(const char *source)
{
    static const struct { const char *word, *release; } sources[] = {
        {"EdgeTPU_Analysis", "1"},          /* its logs are of 1.0 */
        {"google-coral/edgetpu@5020de9", "1"}, {"freedomtan", "1"}, {"benchmarking-ml-on-the-edge", "1"}, /* 2019 */
        {"QutibenchWeb", "2"},              /* 2020 */
    };
    for (size_t i = 0; i < sizeof sources / sizeof *sources; i++)
        if (strstr(source, sources[i].word)) return sources[i].release;
    return "";
}
