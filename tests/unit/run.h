/* SPDX-License-Identifier: GPL-2.0 */
/*
 * run.h - a command of zrec, run within a test
 */
#ifndef RUN_H
#define RUN_H

#include "cmd/command.h"

struct run {
	int rc;
	char *out, *err;
};

/* With its standard output and error in files, as cron has it; argv ends with NULL */
struct run run_command(const struct command *command, char **argv);
void end_run(struct run *r);

#endif /* RUN_H */
