// SPDX-License-Identifier: GPL-2.0
/* A recording of any size, as JSON lines on standard output; campaign.h says of what */
#include <argp.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "data/campaign.h"
#include "keep/jsonl.h"

enum { OPT_SEED = 's', OPT_HOSTS = 'h', OPT_FUNCTIONS = 'f', OPT_RECOVERIES = 'n', OPT_MEAN = 'm',
       OPT_POINTS = 'p' };

static const struct argp_option options[] = {
	{ "seed", OPT_SEED, "N", 0, "The same seed gives the same recording (1)", 0 },
	{ "hosts", OPT_HOSTS, "N", 0, "So many hosts (1)", 0 },
	{ "functions", OPT_FUNCTIONS, "N", 0, "So many functions on each (32)", 0 },
	{ "recoveries", OPT_RECOVERIES, "N", 0, "So many recoveries in all (1000)", 0 },
	{ "mean", OPT_MEAN, "SECONDS", 0, "Between errors of a function, about (21600)", 0 },
	{ "points", OPT_POINTS, NULL, 0, "With decision points, as if a policy was asked them all", 0 },
	{ 0 }
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct campaign *c = state->input;
	char *end = NULL;
	unsigned long long n = arg ? strtoull(arg, &end, 10) : 0;

	if (arg && (*end || !*arg || (n > 1000000 && key != OPT_RECOVERIES && key != OPT_SEED)))
		argp_error(state, "'%s' is no number from 0 to 1000000", arg);
	switch (key) {
	case OPT_SEED:
		c->seed = n;
		return 0;
	case OPT_HOSTS:
		c->hosts = (unsigned int)n;
		return 0;
	case OPT_FUNCTIONS:
		c->functions = (unsigned int)n;
		return 0;
	case OPT_RECOVERIES:
		c->recoveries = n;
		return 0;
	case OPT_MEAN:
		c->mean_s = (unsigned int)n;
		return 0;
	case OPT_POINTS:
		c->points = true;
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static int write_recovery(void *writer, struct history_recovery *r)
{
	return jsonl_write_recovery(writer, r);
}

int main(int argc, char **argv)
{
	static const struct argp argp = { options, parse, NULL, "Writes a recording of recoveries "
		"that could have happened, as JSON lines.", NULL, NULL, NULL };
	struct campaign c = { .seed = 1, .hosts = 1, .functions = 32, .recoveries = 1000 };
	struct jsonl_writer w = { .f = stdout };
	int err;

	argp_parse(&argp, argc, argv, 0, NULL, &c);
	err = jsonl_write_meta(&w);
	if (!err)
		err = campaign_run(&c, write_recovery, &w);
	jsonl_writer_free(&w);
	if (!err && fflush(stdout))
		err = -errno;
	if (err)
		fprintf(stderr, "make-recording: %s\n", strerror(-err));
	return err ? EXIT_FAILURE : EXIT_SUCCESS;
}
