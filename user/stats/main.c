// SPDX-License-Identifier: GPL-2.0-or-later
/* zrec-stats: a program for zrec, not for people; see stats.h */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <gsl/gsl_errno.h>

#include "stats/stats.h"

/* 100 million recoveries are 1.6 GB: beyond that it is a mistake */
#define MAX_SAMPLES	100000000ull

static int fail(const char *what)
{
	fprintf(stderr, "zrec-stats: %s\n", what);
	return EXIT_FAILURE;
}

int main(void)
{
	struct stats_sample *samples;
	struct stats_result result;
	struct stats_plan plan;
	int err;

	/* A number out of its range becomes a NaN here, not the end of the program */
	gsl_set_error_handler_off();
	if (fread(&plan, sizeof(plan), 1, stdin) != 1 || plan.version != STATS_VERSION)
		return fail("this program is for zrec experiment report");
	if (plan.nr_samples > MAX_SAMPLES || plan.nr_clusters > plan.nr_samples)
		return fail("too many recoveries, or clusters without any");
	samples = calloc(plan.nr_samples + 1, sizeof(*samples));
	if (!samples)
		return fail("no memory");
	if (fread(samples, sizeof(*samples), plan.nr_samples, stdin) != plan.nr_samples) {
		free(samples);
		return fail("the recoveries end too soon");
	}
	err = stats_analyse(&plan, samples, &result);
	free(samples);
	if (err)
		return fail(strerror(-err));
	if (fwrite(&result, sizeof(result), 1, stdout) != 1 || fflush(stdout))
		return fail("cannot write the result");
	return EXIT_SUCCESS;
}
