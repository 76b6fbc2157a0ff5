// SPDX-License-Identifier: GPL-2.0
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "run.h"

static char *read_back(FILE *f)
{
	char *text = NULL;
	size_t len = 0;

	rewind(f);
	if (getdelim(&text, &len, '\0', f) < 0) {
		free(text);
		text = strdup("");
	}
	fclose(f);
	return text;
}

struct run run_command(const struct command *command, char **argv)
{
	FILE *out = tmpfile(), *err = tmpfile();
	int saved_out = dup(1), saved_err = dup(2), argc = 0;
	struct run r;

	while (argv[argc])
		argc++;
	fflush(stdout);
	dup2(fileno(out), 1);
	dup2(fileno(err), 2);
	r.rc = command_run(command, argc, argv);
	fflush(stdout);
	dup2(saved_out, 1);
	dup2(saved_err, 2);
	close(saved_out);
	close(saved_err);
	r.out = read_back(out);
	r.err = read_back(err);
	return r;
}

void end_run(struct run *r)
{
	free(r->out);
	free(r->err);
}
