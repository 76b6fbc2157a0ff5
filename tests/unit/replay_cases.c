// SPDX-License-Identifier: GPL-2.0
#define _GNU_SOURCE	/* asprintf() */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cmocka-all.h"
#include "data/campaign.h"
#include "fixtures.h"
#include "replay_cases.h"

static int keep(void *ctx, struct history_recovery *r)
{
	struct recording *rec = ctx;

	rec->r[rec->nr] = *r;
	for (size_t i = 0; i < HOSTS_MAX; i++) {
		if (rec->boot[i].host[0] && strcmp(rec->boot[i].boot_id, r->boot->boot_id))
			continue;
		rec->boot[i] = *r->boot;
		rec->r[rec->nr++].boot = &rec->boot[i];
		return 0;
	}
	return -E2BIG;
}

/* As history_each_by_boot() has them: of each host in the order in which they were made */
static int compare(const void *a, const void *b)
{
	const struct history_recovery *x = a, *y = b;

	if (x->boot != y->boot)
		return x->boot < y->boot ? -1 : 1;
	return x->full.span.begin_ns < y->full.span.begin_ns ? -1 :
	       x->full.span.begin_ns > y->full.span.begin_ns;
}

struct recording campaign(uint64_t seed, unsigned int hosts, uint64_t recoveries, bool points)
{
	const struct campaign c = {
		.seed = seed, .hosts = hosts, .functions = 8, .mean_s = 600,
		.recoveries = recoveries, .points = points,
	};
	struct recording rec = {
		.r = calloc(recoveries, sizeof(*rec.r)),
		.boot = calloc(HOSTS_MAX, sizeof(*rec.boot)),
	};

	assert_true(rec.r && rec.boot);
	assert_int_equal(campaign_run(&c, keep, &rec), 0);
	qsort(rec.r, rec.nr, sizeof(*rec.r), compare);
	return rec;
}

void free_recording(struct recording *rec)
{
	free(rec->r);
	free(rec->boot);
}

const struct history_boot one_boot = {
	.machine_id = "00000000000000000000000000000001", .host = "lp1",
	.boot_id = "00000000-0000-4000-8000-000000000001",
};

/* A recovery of an nvme: reset by the host, which takes 10 ms */
struct history_recovery nvme_at(uint64_t id, uint64_t s)
{
	struct history_recovery r = { .boot = &one_boot };
	struct zrec_span *span = &r.full.span;

	span->abi = ZREC_ABI;
	span->size = sizeof(*span);
	span->id = id;
	span->begin_ns = s * SECOND;
	r.wall_ns = FIXTURE_CLOCK_OFFSET + (int64_t)span->begin_ns;
	span->flags = ZREC_SPAN_DEVICE;
	span->fid = FID;
	span->life = 1;
	span->events = 1;
	span->pec = 0x4;
	strcpy(span->driver, "nvme");
	span->recoverer = ZREC_BY_HOST;
	span->step_count[ZPCI_STEP_ERROR_DETECTED] = 1;
	span->step_at_ns[ZPCI_STEP_ERROR_DETECTED] = 1000;
	span->step_ns[ZPCI_STEP_ERROR_DETECTED] = 1000;
	span->step_result[ZPCI_STEP_ERROR_DETECTED] = ZPCI_VOTE_NEED_RESET;
	span->step_count[ZPCI_STEP_RESET] = 1;
	span->step_at_ns[ZPCI_STEP_RESET] = 3000;
	span->step_ns[ZPCI_STEP_RESET] = 5000;
	fixture_close(span, 10000000);
	return r;
}

void set_vote(struct history_recovery *r, enum zpci_vote vote)
{
	r->full.span.step_result[ZPCI_STEP_ERROR_DETECTED] = vote;
	if (vote == ZPCI_VOTE_NEED_RESET)
		return;
	r->full.span.step_count[ZPCI_STEP_RESET] = 0;
	r->full.span.step_ns[ZPCI_STEP_RESET] = 0;
}

void set_failed(struct history_recovery *r)
{
	r->full.span.step_result[ZPCI_STEP_RESET] = -EIO;
	r->full.span.outcome = ZPCI_OUTCOME_FAILED;
	r->full.span.reason = ZPCI_REASON_RESET_FAILED;
}

void set_user(struct history_recovery *r, uint64_t total_s)
{
	struct zrec_span *span = &r->full.span;

	set_vote(r, ZPCI_VOTE_CAN_RECOVER);
	strcpy(span->driver, "vfio-pci");
	span->recoverer = ZREC_BY_USER;
	span->pending_max = 1;
	memset(span->step_ns, 0, sizeof(span->step_ns));
	fixture_close(span, total_s * SECOND);
}

/* --- policies --- */

char *policy_file(const char *dir, const char *name, const char *rules)
{
	char text[4096], *path;

	snprintf(text, sizeof(text), "[policy]\nname = %s\n%s", name, rules);
	assert_true(asprintf(&path, "%s/%s.conf", dir, name) > 0);
	put_file(dir, strrchr(path, '/') + 1, text);
	return path;
}

struct replay *replay_with(enum replay_against against, const char *name, const char *rules)
{
	char *dir = make_temp_dir(), *path = policy_file(dir, name, rules);
	struct replay *r = NULL;

	assert_int_equal(replay_new(&r, against, stderr), 0);
	assert_int_equal(replay_add_policy(r, path, NULL), 0);
	free(path);
	remove_temp_dir(dir);
	return r;
}

void add_all(struct replay *r, const struct history_recovery *h, size_t nr)
{
	for (size_t i = 0; i < nr; i++)
		assert_int_equal(replay_add(r, &h[i]), 0);
	assert_int_equal(replay_end(r), 0);
}

void write_answer(struct zrec_span_policy *p, const char *name, const struct replay_point *at,
		  uint32_t verdict)
{
	struct zrec_answer *a;

	if (!verdict || at->number == REPLAY_REBUILT)
		return;
	if (p->nr == ZREC_MAX_ANSWERS) {
		p->unlisted++;
		return;
	}
	a = &p->answer[p->nr++];
	strcpy(a->policy, name);
	a->dflt = at->dflt;
	a->verdict = a->effective = verdict;
	a->member = at->member;
	a->shadow = 1;
	a->point = at->number;
}

struct replay *two_policies(void)
{
	struct recording rec = campaign(11, 2, 2000, false);
	char *dir = make_temp_dir();
	char *a = policy_file(dir, "mixed", MIXED), *b = policy_file(dir, "isolate", ISOLATE_ALL);
	struct history_gap gap = { .reason = HISTORY_GAP_RING_FULL, .recoveries = 12 };
	struct replay *r = NULL;

	assert_int_equal(replay_new(&r, REPLAY_DEFAULT, stderr), 0);
	replay_name_recording(r, "lp.db");
	/* The report has the path, which is another one each time */
	assert_int_equal(chdir(dir), 0);
	assert_int_equal(replay_add_policy(r, "./mixed.conf", NULL), 0);
	assert_int_equal(replay_add_policy(r, "./isolate.conf", NULL), 0);
	replay_add_gap(r, &gap);
	add_all(r, rec.r, rec.nr);
	assert_int_equal(chdir("/"), 0);
	free(a);
	free(b);
	free_recording(&rec);
	remove_temp_dir(dir);
	return r;
}
