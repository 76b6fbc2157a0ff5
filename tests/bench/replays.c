// SPDX-License-Identifier: GPL-2.0
/*
 * How many recorded decisions a processor replays in a second, on this machine, with the
 * clock of the wall: rule files in this program, and a policy in C in the kernel, many
 * calls at a time beside one BPF_PROG_RUN a decision, in the same run.
 *	replays OBJECT: prints "name value" lines; those of BPF are missing where it is not
 *	to be had
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "data/campaign.h"
#include "policy/batch.h"
#include "replay/timeline.h"
#include "rules/run.h"

#define CALLS		(1u << 16)
#define RUN_NS		400000000ull		/* of one measurement */
#define ROUNDS		5			/* the best of them: others run here, too */

struct calls {
	struct zpci_replay *call;
	size_t nr;
};

static int take_call(void *ctx, const struct replay_call *c)
{
	struct calls *calls = ctx;

	if (calls->nr < CALLS)
		calls->call[calls->nr++] = c->call;
	replay_recovery_put(c->r);
	return 0;
}

static int add_recovery(void *ctx, struct history_recovery *r)
{
	return replay_timeline_add(ctx, r);
}

/* What a recording of one host with 32 functions asks */
static int make_calls(struct calls *calls)
{
	const struct campaign c = { .seed = 1, .hosts = 1, .functions = 32, .recoveries = CALLS / 2 };
	struct replay_timeline *t = NULL;
	int err;

	calls->call = calloc(CALLS, sizeof(*calls->call));
	err = calls->call ? replay_timeline_new(&t, take_call, calls) : -ENOMEM;
	if (!err)
		err = campaign_run(&c, add_recovery, t);
	if (!err)
		err = replay_timeline_finish(t);
	replay_timeline_free(t);
	return err;
}

/* --- rules --- */

static char *rules_text(unsigned int nr, const char *more)
{
	char *text = NULL;
	size_t len;
	FILE *f = open_memstream(&text, &len);

	if (!f)
		return NULL;
	fputs("[policy]\nname = bench\n", f);
	/* Only the last one matches, at functions that are there */
	for (unsigned int i = 1; i <= nr; i++)
		fprintf(f, "[rule r%u]\nfid = 0x%x\n%sevent = default\nvote = default\n", i,
			i < nr ? 4096 + i : 0x12, more);
	return fclose(f) ? NULL : text;
}

static int measure_rules(const char *name, const struct calls *calls, const char *more)
{
	struct rules_table *table = NULL;
	struct rules_run *run = NULL;
	struct rules *rules = NULL;
	char *text = rules_text(64, more);
	uint64_t best = 0;
	uint32_t sum = 0;
	int err = text ? rules_parse(name, text, strlen(text), &rules, stderr) : -ENOMEM;

	if (!err)
		err = rules_compile(rules, &table);
	if (!err)
		err = rules_run_new(&run, table);
	for (int round = 0; !err && round < ROUNDS; round++) {
		uint64_t begin = clock_ns(CLOCK_MONOTONIC), ns, done = 0;

		do {
			for (size_t i = 0; i < calls->nr; i++)
				sum += rules_run_decide(run, &calls->call[i].event, calls->call[i].member);
			done += calls->nr;
			ns = clock_ns(CLOCK_MONOTONIC) - begin;
		} while (ns < RUN_NS);
		if (done * NSEC_PER_SEC / ns > best)
			best = done * NSEC_PER_SEC / ns;
	}
	/* The answers are used, or there would be no need to ask */
	if (!err)
		printf("%s %" PRIu64 "\n%s.answers %" PRIu32 "\n", name, best, name, sum);
	rules_run_free(run);
	rules_table_free(table);
	rules_free(rules);
	free(text);
	return err;
}

/* --- a policy in C --- */

static int many(struct policy_batch *batch, const struct calls *calls, size_t at)
{
	memcpy(policy_batch_calls(batch), &calls->call[at],
	       POLICY_BATCH_ROOM * sizeof(*calls->call));
	return policy_batch_run(batch, POLICY_BATCH_ROOM);
}

static int measure_batch(const struct calls *calls, const struct policy *policy, uint64_t *best)
{
	struct policy_batch *batch = NULL;
	int err = policy_batch_open(&batch, policy, stderr);
	size_t at = 0;

	for (int round = 0; !err && round < ROUNDS; round++) {
		uint64_t begin = clock_ns(CLOCK_MONOTONIC), ns, done = 0;

		do {
			err = many(batch, calls, at);
			at = (at + POLICY_BATCH_ROOM) % (calls->nr - POLICY_BATCH_ROOM);
			done += POLICY_BATCH_ROOM;
			ns = clock_ns(CLOCK_MONOTONIC) - begin;
		} while (!err && ns < RUN_NS);
		if (done * NSEC_PER_SEC / ns > *best)
			*best = done * NSEC_PER_SEC / ns;
	}
	policy_batch_close(batch);
	return err;
}

static int measure_one_by_one(const struct calls *calls, const struct policy *policy, uint64_t *best)
{
	struct policy *one = NULL;
	int err = policy_open_again(&one, policy, stderr);
	size_t at = 0;

	if (!err)
		err = policy_load(one, POLICY_REPLAY, stderr);
	for (int round = 0; !err && round < ROUNDS; round++) {
		uint64_t begin = clock_ns(CLOCK_MONOTONIC), ns, done = 0;

		do {
			struct zpci_replay call = calls->call[at++ % calls->nr];

			err = policy_replay_call(one, &call);
			done++;
			ns = done % 64 ? 0 : clock_ns(CLOCK_MONOTONIC) - begin;
		} while (!err && ns < RUN_NS);
		if (ns && done * NSEC_PER_SEC / ns > *best)
			*best = done * NSEC_PER_SEC / ns;
	}
	policy_close(one);
	return err;
}

/* Both in one run, in turns that are close together */
static int measure_object(const struct calls *calls, const char *path)
{
	struct policy *policy = NULL;
	uint64_t batch = 0, one = 0;
	int err = policy_open(&policy, path, stderr);

	if (!err)
		err = measure_batch(calls, policy, &batch);
	if (!err)
		err = measure_one_by_one(calls, policy, &one);
	policy_close(policy);
	if (!err)
		printf("object.batch %" PRIu64 "\nobject.one %" PRIu64 "\nobject.times %.1f\n", batch, one,
		       (double)batch / (double)one);
	return err == -EPERM || err == -EOPNOTSUPP ? 0 : err;
}

int main(int argc, char **argv)
{
	struct calls calls = { 0 };
	int err;

	if (argc != 2) {
		fprintf(stderr, "Usage: replays OBJECT\n");
		return EXIT_FAILURE;
	}
	err = make_calls(&calls);
	if (!err)
		err = measure_rules("rules64", &calls, "");
	if (!err)
		err = measure_rules("everything64", &calls,
				    "driver = nvme\ndevice = 1b36:0010\nclass = 0x0108\npec = 0x1-0x3a\nattempt = 0-3\n");
	if (!err)
		err = measure_rules("window64", &calls, "errors-in-window = 3 in 10m\n");
	if (!err)
		err = measure_object(&calls, argv[1]);
	free(calls.call);
	if (err)
		fprintf(stderr, "replays: %s\n", strerror(-err));
	return err ? EXIT_FAILURE : EXIT_SUCCESS;
}
