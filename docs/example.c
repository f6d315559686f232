/* example.c - the latency of a model and its three heaviest layers.
 * cc example.c $(pkg-config --cflags --libs edgetpu_sim) && ./a.out coral-usb efficientnet-edgetpu-s */
#include <edgetpu_sim/edgetpu_sim.h>
#include <stdio.h>

int main(int argc, char **argv)
{
    ets_arch *arch = NULL;
    ets_model *model = NULL;
    ets_report *report = NULL;
    ets_error err;
    char arch_path[4096], model_path[4096];
    if (argc != 3) return 2;
    if (ets_data_find("arch", argv[1], NULL, arch_path, sizeof arch_path, &err) ||
        ets_data_find("models", argv[2], NULL, model_path, sizeof model_path, &err) ||
        ets_arch_load(arch_path, NULL, 0, NULL, &arch, &err) ||
        ets_model_load(model_path, NULL, &model, &err) ||
        ets_simulate(arch, model, NULL, NULL, &report, &err)) {
        fprintf(stderr, "%s\n", err.text);
        return 1;
    }
    printf("%.3f ms\n", 1e-6 * (double)ets_report_summary(report)->latency_ns);
    uint64_t below = UINT64_MAX;
    for (int k = 0; k < 3; k++) {
        const ets_layer *most = NULL;
        for (size_t i = 0; i < ets_report_layer_count(report); i++) {
            const ets_layer *l = ets_report_layer(report, i);
            if (l->cycles < below && (!most || l->cycles > most->cycles)) most = l;
        }
        if (!most) break;
        printf("%8.1f us  %s (%s)\n", 1e-3 * (double)most->latency_ns, most->name, ets_bound_name(most->bound_by));
        below = most->cycles;
    }
    ets_report_free(report);
    ets_model_free(model);
    ets_arch_free(arch);
    return 0;
}
