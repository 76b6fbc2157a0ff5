/* SPDX-License-Identifier: GPL-2.0 */
/*
 * campaign.h - recoveries as they could have happened, for tests and benchmarks
 *
 * The same seed gives the same recoveries on any machine. They follow these distributions,
 * all independent of each other:
 *
 *	drivers		nvme 50 %, mlx5_core 30 %, vfio-pci 20 % of the functions
 *	rates		per function a mean time between errors, its logarithm uniform
 *			from 1/4 to 64 times .mean_s; about exponential times between them
 *	bad functions	one in .bad_one_in fails 16 times as often
 *	bursts		one error in 8 is a storm of 2 to 10 errors, 1 to 50 ms apart
 *	relapses	one recovery in 6 is followed by an error of the function within
 *			about a minute (exponential, mean 60 s)
 *	PECs		translation_protection 60 %, service_action 20 %,
 *			address_out_of_range 10 %, invalid_dma_as 5 %, fmb_update 4 %,
 *			permanent_error 1 %
 *	votes		nvme need_reset; mlx5_core can_recover 70 %, need_reset 28 %,
 *			disconnect 2 %; vfio-pci can_recover
 *	resets		fail 20 % after service_action, 5 % after the others
 *	user space	resets 80 % after 5 ms to 2 s, closes 20 % after 1 s to 1 h
 *
 * In a burst of a mediated function the later errors join the first; the host recovers one
 * after the other.
 */
#ifndef CAMPAIGN_H
#define CAMPAIGN_H

#include <stdbool.h>
#include <stdint.h>

#include "keep/record.h"

struct campaign {
	uint64_t seed;
	unsigned int hosts;		/* with one boot each */
	unsigned int functions;		/* of a host */
	unsigned int mean_s;		/* 0: 6 hours */
	unsigned int bad_one_in;	/* 0: 16 */
	uint64_t recoveries;		/* in all */
	bool points;			/* with the decision points, as if a shadow was asked them all */
};

/*
 * Calls @fn for each, the oldest first, until it returns non-zero, which is returned.
 * -ENOMEM if there is no memory.
 */
typedef int (*campaign_fn)(void *ctx, struct history_recovery *r);
int campaign_run(const struct campaign *c, campaign_fn fn, void *ctx);

#endif /* CAMPAIGN_H */
