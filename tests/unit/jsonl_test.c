// SPDX-License-Identifier: GPL-2.0
/* A history as JSON lines: what is written is read again, and what is damaged is named */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "cmocka-all.h"
#include "keep/jsonl-history.h"
#include "keep/jsonl.h"
#include "span_random.h"

#define NR_RECOVERIES	200

static const struct history_boot boots[] = {
	{ "0123456789abcdef0123456789abcdef", "lpar1", "11111111-2222-3333-4444-555555555555" },
	{ "0123456789abcdef0123456789abcdef", "lpar1", "66666666-2222-3333-4444-555555555555" },
	{ "fedcba9876543210fedcba9876543210", "lp\xc3\xa4r2", "77777777-2222-3333-4444-555555555555" },
};

/* Of the others the recording says no more than when they began */
static const struct history_observation observation = {
	.boot = &boots[0], .since_ns = 78, .since_wall_ns = 1795269839000000001, .version = "0.9-rc\"1\"",
	.tier = ZREC_TIER_TRACEPOINT,
};

static struct history_recovery recovery(int i)
{
	uint64_t seed = 4711 + (uint64_t)i;
	struct history_recovery r = {
		.boot = &boots[i % 3], .observation_ns = 77 + (uint64_t)i % 2, .position = (uint64_t)i * 1280,
	};

	if (r.boot == observation.boot && r.observation_ns == observation.since_ns)
		r.observation = &observation;
	span_random(&seed, &r.full);
	r.wall_ns = (int64_t)r.full.span.tai_ns;
	if (r.full.span.experiment) {
		strcpy(r.experiment, "reset-first");
		strcpy(r.arm, "a");
	}
	return r;
}

static const struct history_gap gap = {
	.reason = HISTORY_GAP_OTHER_READER, .recoveries = 12,
	.from_ns = 1795269839123456789, .to_ns = 1795269840000000000,
};

static const struct history_policy_event event = {
	.wall_ns = 1795269839123456789, .at_ns = UINT64_MAX, .policy = "isolate-flapping",
	.what = "budget", .code = 1, .text = "too many functions given up", .boot = &boots[2],
};

static char *write_all(void)
{
	struct jsonl_writer w = { 0 };
	char *text;
	size_t len;

	w.f = open_memstream(&text, &len);
	assert_int_equal(jsonl_write_meta(&w), 0);
	for (int i = 0; i < NR_RECOVERIES; i++) {
		struct history_recovery r = recovery(i);

		assert_int_equal(jsonl_write_recovery(&w, &r), 0);
	}
	assert_int_equal(jsonl_write_gap(&w, &boots[0], &gap), 0);
	assert_int_equal(jsonl_write_policy_event(&w, &event), 0);
	jsonl_writer_free(&w);
	fclose(w.f);
	return text;
}

static struct jsonl_history *open_text(const char *text, int wanted)
{
	struct jsonl_history *h;
	FILE *f = tmpfile();
	int err;

	fputs(text, f);
	rewind(f);
	err = jsonl_history_open(&h, f, "FILE");
	if (err != wanted)
		fail_msg("%d, not %d: %s", err, wanted, jsonl_history_error(h));
	return h;
}

struct seen {
	int nr;
	int64_t last_ns;
	int direction;
	int stop_at;
};

static void assert_same_boot(const struct history_boot *a, const struct history_boot *b)
{
	assert_string_equal(a->machine_id, b->machine_id);
	assert_string_equal(a->host, b->host);
	assert_string_equal(a->boot_id, b->boot_id);
}

static int see(void *ctx, const struct history_recovery *r)
{
	int i = (int)(r->position / 1280);
	struct history_recovery was = recovery(i);
	struct seen *seen = ctx;

	assert_same_boot(r->boot, was.boot);
	assert_true(r->observation_ns == was.observation_ns && r->wall_ns == was.wall_ns);
	assert_int_equal(!r->observation, !was.observation);
	if (was.observation) {
		assert_same_boot(r->observation->boot, observation.boot);
		assert_int_equal(r->observation->since_ns, observation.since_ns);
		assert_int_equal(r->observation->since_wall_ns, observation.since_wall_ns);
		assert_int_equal(r->observation->tier, observation.tier);
		assert_string_equal(r->observation->version, observation.version);
	}
	assert_string_equal(r->experiment, was.experiment);
	assert_string_equal(r->arm, was.arm);
	assert_memory_equal(&r->full, &was.full, was.full.span.size);
	if (seen->nr)
		assert_true(seen->direction * (r->wall_ns - seen->last_ns) >= 0);
	seen->last_ns = r->wall_ns;
	return ++seen->nr == seen->stop_at ? -ECANCELED : 0;
}

static int see_gap(void *ctx, const struct history_boot *boot, const struct history_gap *g)
{
	assert_same_boot(boot, &boots[0]);
	assert_memory_equal(g, &gap, sizeof(gap));
	++*(int *)ctx;
	return 0;
}

static int see_event(void *ctx, const struct history_policy_event *e)
{
	assert_same_boot(e->boot, event.boot);
	assert_true(e->wall_ns == event.wall_ns && e->at_ns == event.at_ns && e->code == event.code);
	assert_string_equal(e->policy, event.policy);
	assert_string_equal(e->what, event.what);
	assert_string_equal(e->text, event.text);
	++*(int *)ctx;
	return 0;
}

static void what_is_written_is_read_again(void **state)
{
	struct seen oldest = { .direction = 1 }, newest = { .direction = -1 }, few = { .stop_at = 5, .direction = 1 };
	const struct history_filter all = { 0 };
	char *text = write_all();
	struct jsonl_history *h = open_text(text, 0);
	int gaps = 0, events = 0;

	(void)state;
	assert_int_equal(jsonl_history_each(h, &all, HISTORY_OLDEST_FIRST, see, &oldest), 0);
	assert_int_equal(oldest.nr, NR_RECOVERIES);
	assert_int_equal(jsonl_history_each(h, &all, HISTORY_NEWEST_FIRST, see, &newest), 0);
	assert_int_equal(newest.nr, NR_RECOVERIES);
	assert_int_equal(jsonl_history_each(h, &all, HISTORY_OLDEST_FIRST, see, &few), -ECANCELED);
	assert_int_equal(few.nr, 5);
	assert_int_equal(jsonl_history_each_gap(h, &all, see_gap, &gaps), 0);
	assert_int_equal(jsonl_history_each_policy_event(h, &all, see_event, &events), 0);
	assert_int_equal(gaps, 1);
	assert_int_equal(events, 1);
	jsonl_history_close(h);
	free(text);
}

static int count(void *ctx, const struct history_recovery *r)
{
	(void)r;
	++*(int *)ctx;
	return 0;
}

static int count_gap(void *ctx, const struct history_boot *boot, const struct history_gap *g)
{
	(void)boot;
	(void)g;
	++*(int *)ctx;
	return 0;
}

static void filters_are_by_time_host_and_span(void **state)
{
	char *host = (char *)"lpar1", *machine = (char *)"fedcba9876543210fedcba9876543210";
	struct history_filter f = { .hosts = &host, .nr_hosts = 1 };
	char *text = write_all();
	struct jsonl_history *h = open_text(text, 0);
	struct history_recovery r = recovery(9);
	int nr = 0;

	(void)state;
	assert_int_equal(jsonl_history_each(h, &f, HISTORY_OLDEST_FIRST, count, &nr), 0);
	assert_int_equal(nr, (NR_RECOVERIES + 2) / 3 + (NR_RECOVERIES + 1) / 3);
	f.hosts = &machine;
	nr = 0;
	assert_int_equal(jsonl_history_each(h, &f, HISTORY_OLDEST_FIRST, count, &nr), 0);
	assert_int_equal(nr, NR_RECOVERIES / 3);
	f = (struct history_filter){ .since_ns = r.wall_ns, .until_ns = r.wall_ns + 1 };
	nr = 0;
	assert_int_equal(jsonl_history_each(h, &f, HISTORY_OLDEST_FIRST, count, &nr), 0);
	assert_int_equal(nr, 1);
	f = (struct history_filter){ .span.fids = &r.full.span.fid, .span.nr_fids = 1 };
	nr = 0;
	assert_int_equal(jsonl_history_each(h, &f, HISTORY_OLDEST_FIRST, count, &nr), 0);
	assert_int_equal(nr, 1);
	/* A gap is a length of time */
	f = (struct history_filter){ .since_ns = gap.from_ns + 5, .until_ns = gap.from_ns + 6 };
	nr = 0;
	assert_int_equal(jsonl_history_each_gap(h, &f, count_gap, &nr), 0);
	assert_int_equal(nr, 1);
	f.since_ns = gap.to_ns + 1;
	f.until_ns = 0;
	nr = 0;
	assert_int_equal(jsonl_history_each_gap(h, &f, count_gap, &nr), 0);
	assert_int_equal(nr, 0);
	jsonl_history_close(h);
	free(text);
}

#define META "{\"meta\":{\"format\":\"zrec-history\",\"format_version\":1}}\n"
#define BOOT "{\"boot\":{\"boot_id\":\"b0\",\"machine_id\":\"a0\",\"host\":\"h\"}}\n"

static void damage_is_named_by_its_line(void **state)
{
	static const struct {
		int err;
		const char *text, *why;
	} bad[] = {
		{ -EUCLEAN, "", "FILE: not a history: it is empty" },
		{ -EUCLEAN, "\n\n", "FILE:2: not a history: it is empty" },
		{ -EUCLEAN, "hello\n", "FILE:1: not a history; 'zrec history export' writes one" },
		{ -EUCLEAN, BOOT, "FILE:1: not a history; 'zrec history export' writes one" },
		{ -EUCLEAN, "{\"meta\":{\"api_level\":2}}\n",
		  "FILE:1: not a history; 'zrec history export' writes one" },
		{ -EUCLEAN, "{\"meta\":{\"format\":\"zrec-history\"}}\n",
		  "FILE:1: meta.format_version is missing, or no number from 1 on" },
		{ -EPROTO, "{\"meta\":{\"format\":\"zrec-history\",\"format_version\":2}}\n",
		  "FILE:1: of a newer zrec: format_version 2, this one reads 1" },
		{ -EUCLEAN, META "{", "FILE:2: not JSON, at byte 1: string or '}' expected near end of file" },
		{ -EUCLEAN, META "\n\n[]\n", "FILE:4: not an object in an object, {\"recovery\": {...}}" },
		{ -EUCLEAN, META "{\"boot\":{},\"gap\":{}}\n",
		  "FILE:2: not an object in an object, {\"recovery\": {...}}" },
		{ -EUCLEAN, META "{\"recovery\":{\"boot\":\"b0\"}}\n",
		  "FILE:2: recovery.boot is \"b0\", not the boot_id of a line before it" },
		{ -EUCLEAN, META BOOT "{\"recovery\":{\"boot\":\"b0\"}}\n",
		  "FILE:3: recovery.observation_ns is missing" },
		{ -EUCLEAN, META BOOT BOOT "{\"boot\":{\"boot_id\":\"b0\",\"machine_id\":\"ff\",\"host\":\"h\"}}\n",
		  "FILE:4: boot.boot_id is \"b0\", not one of this machine_id: a line before gives it another" },
		{ -EUCLEAN, META "{\"boot\":{\"boot_id\":\"../x\",\"machine_id\":\"a0\",\"host\":\"h\"}}\n",
		  "FILE:2: boot.boot_id is \"../x\", not a UUID or hexadecimal digits" },
		{ -EUCLEAN, META BOOT "{\"observation\":{\"boot\":\"b1\",\"observation_ns\":\"1\",\"tier\":\"x\"}}\n",
		  "FILE:3: observation.boot is \"b1\", not the boot_id of a line before it" },
		{ -EUCLEAN, META BOOT "{\"observation\":{\"boot\":\"b0\",\"tier\":\"x\"}}\n",
		  "FILE:3: observation.observation_ns is missing" },
		{ -EUCLEAN, META BOOT "{\"observation\":{\"boot\":\"b0\",\"observation_ns\":\"1\",\"tier\":\"x\","
		  "\"since\":\"soon\"}}\n",
		  "FILE:3: observation.since is \"soon\", not a time as 2026-11-21T02:24:55.753123456Z" },
		{ -EUCLEAN, META BOOT "{\"gap\":{\"boot\":\"b0\",\"reason\":\"x\",\"recoveries\":-1}}\n",
		  "FILE:3: gap.recoveries is -1, not a number from 0 to 9223372036854775807" },
		{ -EUCLEAN, META "{\"x\":{\"a\":1,\"a\":2}}\n", "FILE:2: not JSON, at byte 15: duplicate object key near '\"a\"'" },
		{ -EUCLEAN, META "{\"x\":{\"y\":[[[[[[[[[[[[[[[\"]\"]]]]]]]]]]]]]]]}}\n",
		  "FILE:2: objects in each other, more than 16 deep" },
		{ -EUCLEAN, META "{\"x\":{\"y\":\"\xff\"}}\n",
		  "FILE:2: not JSON, at byte 11: unable to decode byte 0xff near '\"'" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct jsonl_history *h = open_text(bad[i].text, bad[i].err);

		assert_string_equal(jsonl_history_error(h), bad[i].why);
		jsonl_history_close(h);
	}
}

static void what_is_not_known_is_skipped(void **state)
{
	static const char *const good[] = {
		META, META "\r\n\n" BOOT, META META BOOT META, META "{\"weather\":{\"rain\":true}}\n" BOOT,
		META "{\"boot\":{\"boot_id\":\"b0\",\"machine_id\":\"a0\",\"host\":\"h\",\"altitude\":[300]}}",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
		jsonl_history_close(open_text(good[i], 0));
}

static void a_long_line_is_refused_before_it_is_in_memory(void **state)
{
	size_t len = JSONL_LINE_MAX + 100;
	char *text = malloc(sizeof(META) + len);
	struct jsonl_history *h;

	(void)state;
	strcpy(text, META);
	memset(text + strlen(META), ' ', len);
	text[strlen(META) + len] = '\0';
	h = open_text(text, -EUCLEAN);
	assert_string_equal(jsonl_history_error(h), "FILE:2: longer than 262144 bytes");
	jsonl_history_close(h);
	free(text);
}

static void a_pipe_is_read_once(void **state)
{
	const struct history_filter all = { 0 };
	struct jsonl_history *h;
	int fds[2], nr = 0;
	char *text = write_all();

	(void)state;
	assert_int_equal(pipe(fds), 0);
	if (!fork()) {
		close(fds[0]);
		if (write(fds[1], text, strlen(text)) < 0)
			_exit(1);
		_exit(0);
	}
	close(fds[1]);
	assert_int_equal(jsonl_history_open(&h, fdopen(fds[0], "r"), "<stdin>"), 0);
	for (int i = 0; i < 2; i++)
		assert_int_equal(jsonl_history_each(h, &all, HISTORY_NEWEST_FIRST, count, &nr), 0);
	assert_int_equal(nr, 2 * NR_RECOVERIES);
	jsonl_history_close(h);
	free(text);
}

static void a_full_disk_is_an_error(void **state)
{
	struct jsonl_writer w = { .f = fopen("/dev/full", "w") };
	struct history_recovery r = recovery(1);
	int err = 0;

	(void)state;
	for (int i = 0; !err && i < 1000; i++)
		err = jsonl_write_recovery(&w, &r);
	assert_int_equal(err, -ENOSPC);
	jsonl_writer_free(&w);
	fclose(w.f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_written_is_read_again),
		cmocka_unit_test(filters_are_by_time_host_and_span),
		cmocka_unit_test(damage_is_named_by_its_line),
		cmocka_unit_test(what_is_not_known_is_skipped),
		cmocka_unit_test(a_long_line_is_refused_before_it_is_in_memory),
		cmocka_unit_test(a_pipe_is_read_once),
		cmocka_unit_test(a_full_disk_is_an_error),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
