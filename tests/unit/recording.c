// SPDX-License-Identifier: GPL-2.0
#include <string.h>

#include "cmocka-all.h"
#include "fixtures.h"
#include "keep/jsonl.h"
#include "recording.h"

static const struct history_boot boots[] = {
	{ "0123456789abcdef0123456789abcdef", "lpar1", "11111111-2222-4333-8444-555555555555" },
	{ "0123456789abcdef0123456789abcdef", "lpar1", "66666666-2222-4333-8444-555555555555" },
	/* A host with a name that a spreadsheet would calculate, and a terminal obey */
	{ "fedcba9876543210fedcba9876543210", "=cmd|' /C calc'!A0\033[2J",
	  "77777777-2222-4333-8444-555555555555" },
};

/* The export of an older zrec does not say more of its own than when it began */
static const struct history_observation observations[] = {
	{ .boot = &boots[0], .since_ns = 1000000000, .since_wall_ns = 1764000001123456789, .version = "0.1.0" },
	{ .boot = &boots[1], .since_ns = 1000000000, .since_wall_ns = 1779552001123456789, .version = "0.2.0" },
};

#define DAY_NS	(24 * 3600 * 1000000000LL)
#define FIRST	1764000000123456789LL	/* 2025-11-24 16:00 UTC: another year than most of it */

/* The second error of a function, "permanent", a minute after its first */
static size_t fixture_of(size_t i)
{
	return i == 1 ? 3 : i == 2 || i == 3 ? i - 1 : i;
}

/* Recovery @i of all, made of the fixtures in turn; the boots follow each other */
static void make(size_t i, struct history_recovery *r)
{
	struct zrec_span *s = &r->full.span;

	memset(r, 0, sizeof(*r));
	fixtures[fixture_of(i % nr_fixtures)].make(s);
	r->boot = &boots[i / nr_fixtures];
	r->observation_ns = 1000000000;
	r->observation = i / nr_fixtures < 2 ? &observations[i / nr_fixtures] : NULL;
	r->position = 1280 * (i % nr_fixtures);
	s->id = 1 + i % nr_fixtures;
	s->seq = i % nr_fixtures;
	s->begin_ns = 5000000000 + (i % nr_fixtures) * 3600000000000;
	if (i % nr_fixtures == 1)
		s->begin_ns = 5000000000 + 60000000000;
	s->tai_ns = (uint64_t)(FIRST + (int64_t)(i / nr_fixtures) * 180 * DAY_NS) + s->begin_ns;
	r->wall_ns = (int64_t)s->tai_ns;
	if (s->experiment) {
		strcpy(r->experiment, "reset-first");
		strcpy(r->arm, "@b");
	}
}

static void write_rest(struct jsonl_writer *w)
{
	const struct history_gap gap = {
		.reason = HISTORY_GAP_RING_FULL, .recoveries = 12,
		.from_ns = FIRST + 180 * DAY_NS, .to_ns = FIRST + 180 * DAY_NS + 4000000000,
	};
	struct history_policy_event event = {
		.wall_ns = FIRST + 180 * DAY_NS, .at_ns = 4000000000, .policy = "isolate-flapping",
		.what = "enforced", .boot = &boots[1],
	};

	assert_int_equal(jsonl_write_gap(w, &boots[1], &gap), 0);
	assert_int_equal(jsonl_write_policy_event(w, &event), 0);
	event.wall_ns += DAY_NS;
	event.at_ns += DAY_NS;
	strcpy(event.what, "budget");
	strcpy(event.text, "too many functions given up");
	event.code = 1;
	assert_int_equal(jsonl_write_policy_event(w, &event), 0);
}

void recording_write(FILE *f)
{
	struct jsonl_writer w = { .f = f };
	struct history_recovery r;

	/* Without host and time, so that it is the same every time */
	fprintf(f, "{\"meta\":{\"api_level\":2,\"tool\":\"zrec\",\"format\":\"%s\",\"format_version\":%d}}\n",
		JSONL_FORMAT, JSONL_FORMAT_VERSION);
	for (size_t i = 0; i < 3 * nr_fixtures; i++) {
		make(i, &r);
		assert_int_equal(jsonl_write_recovery(&w, &r), 0);
	}
	write_rest(&w);
	jsonl_writer_free(&w);
}
