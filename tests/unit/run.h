/* SPDX-License-Identifier: GPL-2.0 */
/*
 * run.h - a command of zrec, run within a test
 */
#ifndef RUN_H
#define RUN_H

struct run {
	int rc;
	char *out, *err;
};

/* With its standard output and error in files, as cron has it; argv ends with NULL */
struct run run_command(int (*command)(int argc, char **argv), char **argv);
void end_run(struct run *r);

#endif /* RUN_H */
