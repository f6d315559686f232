#include "cli.h"
int command_explain(const struct arguments *a) { (void)a; return 1; }
