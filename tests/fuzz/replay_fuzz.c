// SPDX-License-Identifier: GPL-2.0
/*
 * Recoveries of any content: each of their decisions is made once, in the order of time,
 * and judged.
 *
 * The input is a list of edits to one record: where (2 bytes, big-endian), how many bytes,
 * and these. An edit at 0xffff instead ends a recovery as it is now; its second byte says
 * in which boot it was.
 */
#include <stdlib.h>
#include <string.h>

#include "replay/judge.h"
#include "replay/known.h"
#include "replay/timeline.h"

#define RECOVERIES_MAX	64

struct run {
	struct replay_standing standing[4];	/* of each policy in the boot at hand */
	struct replay_result result[4];
	struct replay_knowledge knowledge;
	uint64_t calls, wanted;
	uint32_t answer;
	unsigned int boots;
	char kind;			/* of the boot at hand */
	uint64_t last_begin_ns;
};

static void must(bool ok)
{
	if (!ok)
		abort();
}

static void judge(struct run *run, const struct replay_call *c, unsigned int nr)
{
	struct replay_judge j = {
		.number = nr, .name = "fuzz", .is_rules = nr & 1,
		.against = nr % 3, .result = &run->result[nr],
	};
	uint32_t decided;

	/* Any answer there is, and those that are none */
	run->answer = run->answer * 1664525 + 1013904223;
	must(!replay_judge(&j, &run->standing[nr], c, run->answer & 1 << 30,
			   c->call.member == ZPCI_MEMBER_DEADLINE ? run->answer >> 10 : run->answer >> 8 & 3,
			   &decided));
}

static int take(void *ctx, const struct replay_call *c)
{
	struct run *run = ctx;
	bool first = c->r->nr ? c->point == c->r->point : !c->point;

	run->calls++;
	if (first)
		replay_known_begin(c->r);
	if (!c->point)
		must(!replay_known_end(&run->knowledge, c->r));
	else
		must(c->point->member < ZPCI_MEMBER_DONE);
	for (unsigned int i = 0; i < 4; i++)
		judge(run, c, i);
	replay_recovery_put(c->r);
	return 0;
}

/* Its functions go, and so do the recoveries that wait for a deadline */
static void leave(struct replay_timeline *t, struct run *run)
{
	const struct policy_budget none = { 0 };

	must(!replay_timeline_finish(t));
	for (unsigned int i = 0; i < 4; i++) {
		replay_standing_free(&run->standing[i]);
		run->standing[i] = (struct replay_standing){ 0 };
		kernel_policy_begin(&run->standing[i].kernel, &none, i & 1, 0);
	}
	replay_timeline_leave(t);
	run->last_begin_ns = 0;
	run->boots++;
}

static void add(struct replay_timeline *t, struct run *run, const struct zrec_full_span *full,
		unsigned int boot)
{
	static struct replay_points points;
	struct history_boot name = { .machine_id = "m", .host = "h" };
	struct history_recovery r = { .boot = &name, .full = *full };

	if (run->kind != (char)(boot & 1))
		leave(t, run);
	run->kind = (char)(boot & 1);
	snprintf(name.boot_id, sizeof(name.boot_id), "%u", run->boots);
	r.wall_ns = (int64_t)full->span.tai_ns;
	if (r.full.span.begin_ns < run->last_begin_ns)
		r.full.span.begin_ns = run->last_begin_ns;
	run->last_begin_ns = r.full.span.begin_ns;
	full = &r.full;
	replay_points_of(full, &points);
	must(points.nr <= REPLAY_MAX_POINTS);
	for (size_t i = 1; i < points.nr; i++)
		must(points.point[i - 1].at_ns <= points.point[i].at_ns);
	if (full->span.id && full->span.outcome != ZPCI_OUTCOME_DROPPED)
		run->wanted += points.nr + 1;
	must(!replay_timeline_add(t, &r));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct zrec_full_span full = { 0 };
	struct replay_timeline *t = NULL;
	struct run *run = calloc(1, sizeof(*run));
	unsigned int added = 0;

	must(run);
	must(!replay_timeline_new(&t, take, run));
	leave(t, run);
	while (size >= 3 && added < RECOVERIES_MAX) {
		size_t at = (size_t)data[0] << 8 | data[1], len = data[2];

		if (at == 0xffff) {
			added++;
			add(t, run, &full, data[2]);
			data += 3;
			size -= 3;
			continue;
		}
		at %= sizeof(full);
		data += 3;
		size -= 3;
		len = len > size ? size : len;
		len = len > sizeof(full) - at ? sizeof(full) - at : len;
		memcpy((uint8_t *)&full + at, data, len);
		data += len;
		size -= len;
	}
	leave(t, run);
	must(run->calls == run->wanted);
	for (unsigned int i = 0; i < 4; i++)
		replay_standing_free(&run->standing[i]);
	for (unsigned int i = 0; i < 4; i++) {
		must(run->result[i].comparison.same <= run->result[i].comparison.compared);
		free(run->result[i].comparison.difference);
		free(run->result[i].change);
	}
	replay_timeline_free(t);
	replay_knowledge_free(&run->knowledge);
	free(run);
	return 0;
}
