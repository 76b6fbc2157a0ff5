// SPDX-License-Identifier: GPL-2.0
/*
 * The recordings of a fleet, one file a host, as zrec record would leave them: each host has
 * one boot, 32 functions and recoveries of its own (see data/campaign.h, its seed is the
 * host's number), an experiment in force whose arms are drawn by PCHID, one gap and one
 * policy event. FIDs are the same on all hosts, as they are in a real fleet.
 *	fleet DIR HOSTS N: leaves DIR/lpNUMBER.db for each host, N recoveries in all
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "data/campaign.h"
#include "keep/writer.h"

#define COMMIT_ROWS	32768

struct host {
	struct writer *writer;
	struct writer_progress progress;
	struct history_boot boot;
	unsigned int number;
	bool begun;
};

/* What a host has but recoveries */
static int begin(struct host *h, const struct history_recovery *r)
{
	const struct zrec_info info = { .abi = ZREC_ABI, .since_ns = 1, .version = "bench" };
	struct history_policy_event event = {
		.wall_ns = r->wall_ns, .policy = "isolate-flapping", .what = "enforced", .boot = &h->boot,
	};
	const struct history_gap gap = {
		.reason = HISTORY_GAP_RING_FULL, .recoveries = 1 + h->number % 7,
		.from_ns = r->wall_ns, .to_ns = r->wall_ns + (int64_t)NSEC_PER_SEC,
	};
	int err;

	snprintf(h->boot.machine_id, sizeof(h->boot.machine_id), "%032x", h->number);
	snprintf(h->boot.host, sizeof(h->boot.host), "lp%u", h->number);
	snprintf(h->boot.boot_id, sizeof(h->boot.boot_id), "00000000-0000-4000-8000-%012x", h->number);
	h->begun = true;
	err = writer_observation(h->writer, &h->boot, &info, r->wall_ns - (int64_t)r->full.span.begin_ns + 1,
				 &h->progress);
	if (!err)
		err = writer_policy_event(h->writer, &event);
	return err ? err : writer_gap(h->writer, &gap);
}

/* A coin for each PCHID of each host: a hash, so that it falls the same way on each run */
static bool is_treated(const struct host *h, const struct zrec_span *s)
{
	uint64_t x = ((uint64_t)h->number << 16 | s->pchid) * 0x9e3779b97f4a7c15ull;

	return x >> 63;
}

static int add(void *ctx, struct history_recovery *r)
{
	struct host *h = ctx;
	struct writer_arm arm = { .experiment = "flapping" };
	int err = h->begun ? 0 : begin(h, r);

	strcpy(arm.arm, is_treated(h, &r->full.span) ? "isolate" : "default");
	if (!err)
		err = writer_span(h->writer, r->position, &r->full.span, r->wall_ns, &arm);
	h->progress.read_to = r->position + 1;
	h->progress.accounted++;
	if (!err && h->progress.accounted % COMMIT_ROWS == 0)
		err = writer_commit(h->writer, &h->progress);
	return err;
}

static int write_host(const char *dir, unsigned int number, uint64_t recoveries)
{
	const struct campaign c = {
		.seed = number, .hosts = 1, .functions = 32, .recoveries = recoveries, .points = true,
	};
	struct host h = { .number = number };
	char path[4096];
	int err;

	snprintf(path, sizeof(path), "%s/lp%u.db", dir, number);
	err = writer_open(&h.writer, path);
	if (err)
		return err;
	err = campaign_run(&c, add, &h);
	if (!err)
		err = writer_commit(h.writer, &h.progress);
	if (!err)
		err = writer_finish(h.writer);
	writer_close(h.writer);
	return err;
}

int main(int argc, char **argv)
{
	unsigned int hosts;
	uint64_t recoveries;
	int err = 0;

	if (argc != 4) {
		fprintf(stderr, "Usage: fleet DIR HOSTS N\n");
		return EXIT_FAILURE;
	}
	hosts = (unsigned int)strtoul(argv[2], NULL, 10);
	recoveries = strtoull(argv[3], NULL, 10);
	for (unsigned int i = 1; !err && i <= hosts; i++)
		err = write_host(argv[1], i, recoveries / hosts);
	if (err)
		fprintf(stderr, "fleet: %s: %s\n", argv[1], strerror(-err));
	return err ? EXIT_FAILURE : EXIT_SUCCESS;
}
