// SPDX-License-Identifier: GPL-2.0
/* What is counted of each policy, to be set side by side */
#include <stddef.h>

#include "base/array.h"
#include "replay/result.h"

typedef uint64_t (*figure_fn)(const struct replay_result *r, unsigned int arg);

static uint64_t answers(const struct replay_result *r, unsigned int verdict)
{
	uint64_t sum = 0;

	for (unsigned int m = 0; m < ZPCI_MEMBER_DEADLINE; m++)
		sum += r->answers[m][verdict];
	return sum;
}

static uint64_t deadlines(const struct replay_result *r, unsigned int some)
{
	return r->answers[ZPCI_MEMBER_DEADLINE][some];
}

static uint64_t clamps(const struct replay_result *r, unsigned int arg)
{
	uint64_t sum = 0;

	(void)arg;
	for (unsigned int m = 0; m < ZPCI_MEMBER_DONE; m++)
		sum += r->clamps[m];
	return sum;
}

static uint64_t different(const struct replay_result *r, unsigned int arg)
{
	(void)arg;
	return r->comparison.compared - r->comparison.same;
}

static uint64_t path(const struct replay_result *r, unsigned int which)
{
	return r->paths[which];
}

/* Recorded outcomes of what this policy gives up */
static uint64_t given_up_of(const struct replay_result *r, unsigned int outcome)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < r->nr_changes; i++)
		if (replay_path_is_isolation(r->change[i].path))
			sum += r->change[i].recorded[outcome];
	return sum;
}

static uint64_t functions(const struct replay_result *r, unsigned int arg)
{
	(void)arg;
	return r->given_up;
}

static uint64_t unknown(const struct replay_result *r, unsigned int arg)
{
	(void)arg;
	return replay_result_unknown(r);
}

static uint64_t ejections(const struct replay_result *r, unsigned int arg)
{
	(void)arg;
	return r->ejections;
}

static uint64_t incomplete(const struct replay_result *r, unsigned int arg)
{
	(void)arg;
	return r->incomplete;
}

static const struct {
	const char *text;
	figure_fn of;
	unsigned int arg;
} figures[] = {
	{ "answers: reset", answers, ZPCI_VERDICT_RESET },
	{ "answers: isolate", answers, ZPCI_VERDICT_ISOLATE },
	{ "answers: a deadline", deadlines, 1 },
	{ "answers clamped by the kernel", clamps, 0 },
	{ "decisions that differ", different, 0 },
	{ "recoveries isolated", path, REPLAY_ISOLATED },
	{ "recoveries isolated by a deadline", path, REPLAY_EXPIRED },
	{ "of those isolated, recorded as recovered", given_up_of, ZPCI_OUTCOME_RECOVERED },
	{ "of those isolated, recorded as failed", given_up_of, ZPCI_OUTCOME_FAILED },
	{ "of those isolated, recorded as abandoned", given_up_of, ZPCI_OUTCOME_ABANDONED },
	{ "recoveries reset at once", path, REPLAY_RESET },
	{ "recoveries reset once more", path, REPLAY_AGAIN },
	{ "recoveries tried without a reset", path, REPLAY_WITHOUT },
	{ "recoveries no longer isolated", path, REPLAY_NOT_ISOLATED },
	{ "outcomes unknown", unknown, 0 },
	{ "functions given up", functions, 0 },
	{ "later recoveries of these, not reached", path, REPLAY_NOT_REACHED },
	{ "ejected by the kernel", ejections, 0 },
	{ "recoveries replayed with less than the kernel knew", incomplete, 0 },
};

const char *replay_figure_text(size_t i)
{
	return i < ARRAY_SIZE(figures) ? figures[i].text : NULL;
}

uint64_t replay_figure(const struct replay_result *r, size_t i)
{
	return figures[i].of(r, figures[i].arg);
}
