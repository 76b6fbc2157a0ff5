// SPDX-License-Identifier: GPL-2.0-or-later
#include <math.h>

#include <gsl/gsl_cdf.h>

#include "stats/stats-int.h"

/* Lan and DeMets' spending function of O'Brien and Fleming: of alpha, so much by this time */
static double spent(double alpha, double time)
{
	return time > 0 ? 2 * gsl_cdf_ugaussian_Q(gsl_cdf_ugaussian_Qinv(alpha / 2) / sqrt(time)) : 0;
}

/*
 * What is spent anew at each look is this look's own level. The levels add up to alpha, so
 * by Bonferroni there are at most alpha false alarms over all looks, however they hang
 * together; that is a little strict, and needs no more than the number of looks.
 */
double looks_alpha(double alpha, uint32_t look, uint32_t looks)
{
	if (looks == 1)
		return alpha;
	return spent(alpha, (double)look / looks) - spent(alpha, (look - 1.0) / looks);
}
