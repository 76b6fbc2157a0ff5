// SPDX-License-Identifier: GPL-2.0
/*
 * What zrec-exporter makes of maps, of a recorder's status, and of what clients accept. With
 * a directory as argument it writes pages there, for exposition_test.py to judge.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cmocka-all.h"
#include "base/array.h"
#include "exporter/accept.h"
#include "exporter/actions-file.h"
#include "exporter/buckets.h"
#include "exporter/maps.h"
#include "exporter/pages.h"
#include "exporter/policy-file.h"
#include "exporter/recorder-file.h"
#include "exporter/render.h"
#include "record/hist.h"

#define MAX_FUNCTIONS	20

/* Names that would cost a page, or forge a series, if they went out as they are */
static const char *const hostile[] = {
	"nvme", "a\"} 1\nzrec_observer_up 0", "\\", "\xff\xfe", "", "{}", "a\nb",
	"\xc3\xa9t\xc3\xa9 123456789012345678901234",
};

static void add_driver(struct snapshot *s, const char *name, const uint64_t *ns, size_t nr)
{
	struct zrec_driver_hists *d = calloc(1, sizeof(*d));
	size_t len = strnlen(name, sizeof(d->driver));

	assert_non_null(d);
	d->state = 2;
	memcpy(d->driver, name, len);
	for (size_t i = 0; i < nr; i++) {
		hist_add(&d->total, ns[i]);
		hist_add(&d->step[ZPCI_STEP_RESET], ns[i]);
	}
	/* The kernel counts buckets only */
	d->total.count = 0;
	assert_int_equal(maps_add_driver(s, d, sizeof(*d)), 0);
	free(d);
}

static void add_function(struct snapshot *s, uint32_t fid, uint32_t life, uint16_t pec,
			 unsigned int outcome, uint64_t count)
{
	struct zrec_function *f = calloc(1, sizeof(*f));

	assert_non_null(f);
	f->tag = ZREC_FUNCTION_TAG(fid, life);
	f->counter[0] = (struct zrec_counter){ .tag = ZREC_COUNTER_TAG(pec, outcome), .count = count };
	f->total.bucket[7] = (uint32_t)count;
	f->total.sum_ns = count * 1500000000;
	assert_int_equal(maps_add_function(s, f, sizeof(*f)), 0);
	free(f);
}

static void add_open(struct snapshot *s, uint32_t fid, uint64_t begin_ns, unsigned int step)
{
	struct zrec_open *open = calloc(1, sizeof(*open));

	assert_non_null(open);
	open->id = open->span.id = fid + 1;
	open->span.fid = fid;
	open->span.begin_ns = begin_ns;
	open->last_ns = begin_ns + 10;
	open->step = step;
	assert_int_equal(maps_add_open(s, open, 1000000000), 0);
	free(open);
}

static char *page(const struct snapshot *s, enum emit_format format)
{
	struct emit e = { 0 };

	assert_int_equal(render(&e, format, s), 0);
	e.buf = realloc(e.buf, e.len + 1);
	assert_non_null(e.buf);
	e.buf[e.len] = '\0';
	return e.buf;
}

static void fill(struct snapshot *s)
{
	static const uint64_t ns[] = { 0, 1023, 1024, 1ull << 20, (1ull << 20) - 1, 1ull << 41 };

	assert_int_equal(snapshot_init(s, MAX_FUNCTIONS), 0);
	snapshot_begin(s, 42);
	s->state = OBSERVATION_OBSERVING;
	s->wall_ns = 1795612258640511399;
	strcpy(s->info.version, "0.1.0");
	for (size_t i = 0; i < ARRAY_SIZE(hostile); i++)
		add_driver(s, hostile[i], ns, ARRAY_SIZE(ns));
	for (uint32_t i = 0; i < 100; i++) {
		char name[16];

		snprintf(name, sizeof(name), "driver%u", i);
		add_driver(s, name, ns, 1);
		add_function(s, i, 1, (uint16_t)(i * 7), i % ZPCI_NR_OUTCOMES, 3);
	}
	for (uint16_t pec = 0; pec < 100; pec++)
		add_function(s, 3, pec + 2u, pec, ZPCI_OUTCOME_FAILED, 1);
	add_open(s, 5, 500, ZPCI_STEP_USER);
	add_open(s, 5, 900, ZPCI_STEP_LOCK);
	s->policies_supported = true;
	strcpy(s->policies.enforced.name, "a\"}\n");
	strcpy(s->policies.shadow[0].name, "flapping");
}

static void a_bound_counts_what_is_not_above_it(void **state)
{
	struct zrec_hist *h = calloc(1, sizeof(*h));
	char le[BUCKETS_LE_LEN];

	(void)state;
	assert_non_null(h);
	for (unsigned int i = 0; i < BUCKETS_NR; i++) {
		uint64_t bound = (uint64_t)(strtod(buckets_le(i, le), NULL) * 1e9 + 0.5);
		struct buckets b = { 0 };
		uint64_t below = 0;

		memset(h, 0, sizeof(*h));
		hist_add(h, bound);
		hist_add(h, bound + 1);
		hist_add(h, 0);
		buckets_add(&b, h);
		for (unsigned int at = 0; at <= i; at++)
			below += b.count[at];
		assert_int_equal(below, 2);
		assert_int_equal(b.sum_ns, 2 * bound + 1);
	}
	free(h);
}

static void bounds_are_written_as_a_server_would(void **state)
{
	char le[BUCKETS_LE_LEN];

	(void)state;
	assert_string_equal(buckets_le(0, le), "1.023e-06");
	assert_string_equal(buckets_le(10, le), "0.001048575");
	assert_string_equal(buckets_le(BUCKETS_NR - 1, le), "1099.511627775");
	for (unsigned int i = 0; i < BUCKETS_NR; i++)
		assert_non_null(strchr(buckets_le(i, le), '.'));
}

static void shards_and_lives_are_added_up(void **state)
{
	const uint64_t ns[] = { 1000 };
	struct snapshot s;

	(void)state;
	assert_int_equal(snapshot_init(&s, MAX_FUNCTIONS), 0);
	snapshot_begin(&s, 1);
	add_driver(&s, "nvme", ns, 1);
	add_driver(&s, "nvme", ns, 1);
	add_function(&s, 0x11, 1, 0x3a, ZPCI_OUTCOME_RECOVERED, 2);
	add_function(&s, 0x11, 2, 0x3a, ZPCI_OUTCOME_RECOVERED, 3);
	assert_int_equal(s.nr_drivers, 1);
	assert_int_equal(s.driver[0]->total.count[0], 2);
	assert_int_equal(s.nr_functions, 1);
	assert_int_equal(s.function[0].outcome[ZPCI_OUTCOME_RECOVERED], 5);
	assert_int_equal(s.function[0].nr_pairs, 1);
	assert_int_equal(s.function[0].count, 5);
	assert_int_equal(s.function[0].sum_ns, 5 * 1500000000ull);
	snapshot_free(&s);
}

/* What has no room is under "other", and nothing is lost by it */
static void rows_are_bounded(void **state)
{
	uint64_t sum = 0;
	struct snapshot s;

	(void)state;
	fill(&s);
	assert_int_equal(s.nr_functions, MAX_FUNCTIONS);
	assert_int_equal(s.nr_drivers, SNAPSHOT_DRIVERS);
	assert_string_equal(s.driver[SNAPSHOT_DRIVERS - 1]->name, SNAPSHOT_OTHER);
	assert_int_equal(s.nr_pecs, SNAPSHOT_PECS);
	for (unsigned int i = 0; i < s.nr_functions; i++)
		for (unsigned int o = 0; o < ZPCI_NR_OUTCOMES; o++)
			sum += s.function[i].outcome[o];
	for (unsigned int o = 0; o < ZPCI_NR_OUTCOMES; o++)
		sum += s.others.outcome[o];
	assert_int_equal(sum, 100 * 3 + 100);
	sum = 0;
	for (unsigned int i = 0; i < s.nr_pecs; i++)
		for (unsigned int o = 0; o < ZPCI_NR_OUTCOMES; o++)
			sum += s.pec[i].outcome[o];
	assert_int_equal(sum, 100 * 3 + 100);
	snapshot_free(&s);
}

static void rows_stay_until_another_observation(void **state)
{
	struct snapshot s;

	(void)state;
	fill(&s);
	snapshot_begin(&s, 42);
	assert_int_equal(s.nr_functions, MAX_FUNCTIONS);
	assert_int_equal(s.function[0].outcome[ZPCI_OUTCOME_RECOVERED], 0);
	assert_int_equal(s.driver[0]->total.count[0], 0);
	snapshot_begin(&s, 43);
	assert_int_equal(s.nr_functions, 0);
	snapshot_free(&s);
}

static void the_oldest_open_recovery_is_shown(void **state)
{
	struct snapshot s;
	char *text;

	(void)state;
	fill(&s);
	text = page(&s, EMIT_PROMETHEUS);
	assert_non_null(strstr(text, "zrec_open_recoveries{step=\"user\"} 1\n"));
	assert_non_null(strstr(text, "zrec_open_recoveries{step=\"lock\"} 1\n"));
	assert_non_null(strstr(text, "zrec_open_recovery_oldest_seconds 0.999999500\n"));
	assert_non_null(strstr(text, "zrec_open_recovery_age_seconds{fid=\"0x5\"} 0.999999500\n"));
	assert_non_null(strstr(text, "zrec_open_recovery_step_age_seconds{fid=\"0x5\",step=\"user\"} "
				     "0.999999490\n"));
	free(text);
	snapshot_free(&s);
}

/* Or else no increase is seen of the first failure */
static void what_alerts_need_is_there_at_zero(void **state)
{
	static const char *const lines[] = {
		"zrec_recoveries_total{fid=\"0x11\",outcome=\"failed\"} 0\n",
		"zrec_recoveries_total{fid=\"0x11\",outcome=\"isolated\"} 0\n",
		"zrec_pec_recoveries_total{pec=\"0x3a\",outcome=\"failed\"} 0\n",
		"zrec_recovery_duration_seconds_count{driver=\"nvme\"} 0\n",
		"zrec_observer_recoveries_lost_total{reason=\"ring_full\"} 0\n",
		"zrec_open_recovery_oldest_seconds 0.000000000\n",
		"zrec_policy_exits_total 0\n",
		"zrec_policy_ejections_total 0\n",
		"zrec_recorder_up 0\n",
		"zrec_actions_up 0\n",
		"zrec_actions_connected 0\n",
		"zrec_observer_up 1\n",
	};
	struct snapshot_function *f;
	struct snapshot s;
	char *text;

	(void)state;
	assert_int_equal(snapshot_init(&s, MAX_FUNCTIONS), 0);
	snapshot_begin(&s, 1);
	s.state = OBSERVATION_OBSERVING;
	f = snapshot_function(&s, 0x11);
	f->here = true;
	snapshot_driver(&s, "nvme", 5)->here = true;
	text = page(&s, EMIT_PROMETHEUS);
	for (size_t i = 0; i < ARRAY_SIZE(lines); i++)
		assert_non_null(strstr(text, lines[i]));
	free(text);
	snapshot_free(&s);
}

/* Counters that are not complete are absent: a fall would be taken for a reset */
static void nothing_is_counted_where_nothing_is_observed(void **state)
{
	struct snapshot s;
	char *text;

	(void)state;
	fill(&s);
	s.state = OBSERVATION_TAKING_OVER;
	text = page(&s, EMIT_PROMETHEUS);
	assert_null(strstr(text, "zrec_recoveries_total"));
	assert_non_null(strstr(text, "zrec_observer_up 0\n"));
	assert_non_null(strstr(text, "zrec_observer_state{state=\"taking_over\"} 1\n"));
	free(text);
	snapshot_free(&s);
}

static void formats_are_chosen(void **state)
{
	static const struct {
		const char *accept;
		enum emit_format format;
	} cases[] = {
		{ NULL, EMIT_PROMETHEUS },
		{ "", EMIT_PROMETHEUS },
		{ "*/*", EMIT_PROMETHEUS },
		{ "text/html,application/xhtml+xml,*/*;q=0.8", EMIT_PROMETHEUS },
		{ "application/openmetrics-text", EMIT_OPENMETRICS },
		{ "application/openmetrics-text; version=1.0.0; charset=utf-8", EMIT_OPENMETRICS },
		{ "application/openmetrics-text;version=2.0.0", EMIT_PROMETHEUS },
		{ "application/openmetrics-text;q=0", EMIT_PROMETHEUS },
		{ "APPLICATION/OpenMetrics-Text ; Q=0.5", EMIT_OPENMETRICS },
		/* Prometheus 2 and 3 */
		{ "application/openmetrics-text;version=1.0.0,application/openmetrics-text;"
		  "version=0.0.1;q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1", EMIT_OPENMETRICS },
		{ "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.5,"
		  "text/plain;version=0.0.4;q=0.3,*/*;q=0.2", EMIT_OPENMETRICS },
		{ "text/plain;version=0.0.4;q=0.6,application/openmetrics-text;q=0.5", EMIT_PROMETHEUS },
		{ "application/openmetrics-text;q=nonsense", EMIT_PROMETHEUS },
		{ ",;,=;q=;,;;", EMIT_PROMETHEUS },
		{ "application/openmetrics-textual", EMIT_PROMETHEUS },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		if (accept_choose(cases[i].accept) != cases[i].format)
			fail_msg("%s", cases[i].accept);
}

static int write_and_read_by(int (*read)(struct snapshot *s, const char *path), struct snapshot *s,
			     const char *json)
{
	char path[] = "/tmp/exporter-test-XXXXXX";
	int fd = mkstemp(path), err;

	assert_true(fd >= 0);
	assert_int_equal(write(fd, json, strlen(json)), strlen(json));
	close(fd);
	err = read(s, path);
	unlink(path);
	return err;
}

static int write_and_read(struct snapshot *s, const char *json)
{
	return write_and_read_by(recorder_file_read, s, json);
}

static void what_policy_conf_wants_is_exported(void **state)
{
	struct snapshot s;
	char *text;

	(void)state;
	assert_int_equal(snapshot_init(&s, MAX_FUNCTIONS), 0);
	assert_int_equal(write_and_read_by(policy_file_read, &s, "[policy one]\nmode = enforce\n"
					   "[policy two]\nfunctions = 20%\n"), 0);
	text = page(&s, EMIT_PROMETHEUS);
	assert_non_null(strstr(text, "zrec_policy_wanted_info{policy=\"one\",mode=\"enforced\"} 1\n"));
	assert_non_null(strstr(text, "zrec_policy_wanted_info{policy=\"two\",mode=\"shadow\"} 1\n"));
	free(text);
	assert_int_equal(write_and_read_by(policy_file_read, &s, "[policy one]\nmode = perhaps\n"), -EINVAL);
	assert_int_equal(s.nr_wishes, 0);
	assert_int_equal(policy_file_read(&s, "/nonexistent"), 0);
	snapshot_free(&s);
}

static void what_actions_say_is_read(void **state)
{
	static const char *const bad[] = {
		"", "[]", "{}", "{\"pid\": 1}",
		"{\"pid\": 1, \"connected\": 1, \"missed\": 0, \"actions\": []}",
		"{\"pid\": 1, \"connected\": true, \"missed\": -1, \"actions\": []}",
		"{\"pid\": 1, \"connected\": true, \"missed\": 0, \"actions\": [1]}",
		"{\"pid\": 1, \"connected\": true, \"missed\": 0, \"actions\": [{\"action\": \"a\"}]}",
	};
	struct snapshot s;
	char json[1024], *text;

	(void)state;
	assert_int_equal(snapshot_init(&s, MAX_FUNCTIONS), 0);
	snprintf(json, sizeof(json),
		 "{\"pid\": %d, \"connected\": true, \"missed\": 3, \"actions\": ["
		 "{\"action\": \"a\", \"running\": 1, \"queued\": 2, \"ended\": {\"succeeded\": 4, \"later\": 1},"
		 " \"dropped\": {\"rate\": 5}},"
		 "{\"action\": \"a\", \"running\": 9, \"queued\": 9, \"ended\": {}, \"dropped\": {}}]}", getpid());
	assert_int_equal(write_and_read_by(exporter_read_actions, &s, json), 0);
	text = page(&s, EMIT_PROMETHEUS);
	assert_non_null(strstr(text, "zrec_actions_up 1\n"));
	assert_non_null(strstr(text, "zrec_actions_records_missed_total 3\n"));
	assert_non_null(strstr(text, "zrec_action_commands_total{action=\"a\",result=\"succeeded\"} 4\n"));
	assert_non_null(strstr(text, "zrec_action_commands_total{action=\"a\",result=\"timed_out\"} 0\n"));
	assert_non_null(strstr(text, "zrec_action_events_dropped_total{action=\"a\",reason=\"rate\"} 5\n"));
	assert_non_null(strstr(text, "zrec_action_commands_running{action=\"a\"} 1\n"));
	assert_non_null(strstr(text, "zrec_action_events_queued{action=\"a\"} 2\n"));
	assert_null(strstr(text, "{action=\"a\"} 9"));
	free(text);
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		if (write_and_read_by(exporter_read_actions, &s, bad[i]) != -EINVAL || s.actions.up || s.actions.nr)
			fail_msg("%s", bad[i]);
	assert_int_equal(exporter_read_actions(&s, "/nonexistent"), 0);
	snapshot_free(&s);
}

static void the_recorders_status_is_read(void **state)
{
	struct snapshot s;
	char json[1024], *text;

	(void)state;
	assert_int_equal(snapshot_init(&s, MAX_FUNCTIONS), 0);
	s.wall_ns = 1795612260000000000;
	snprintf(json, sizeof(json),
		 "{\"pid\": %d, \"recording\": true, \"recorded\": 7, \"gaps\": {\"ring_full\": 2, \"no_slot\": 0},"
		 "\"policy_ejections\": 3, \"journal\": {\"written\": 4, \"held_back\": 5, \"lost\": 0},"
		 "\"last_life\": \"2026-11-25T13:10:58.000000000Z\", \"later\": [1],"
		 "\"removed_tracepoints\": [\"s390_zpci_step_end\", 5],"
		 "\"arms\": [{\"fid\": \"0x11\", \"experiment\": \"e\", \"arm\": \"a\\\"\"}],"
		 "\"experiments\": [{\"experiment\": \"e\", \"arm\": \"b\", \"sum_ns\": 3145728,"
		 "\"times\": {\"9\": 1, \"20\": 2, \"39\": 1, \"63\": 1}, \"pchids\": [{\"pchid\": \"0x1c0\","
		 "\"recovered\": 5, \"failed\": 1, \"isolated\": 0, \"abandoned\": 0, \"relapsed\": 2}]}]}",
		 getpid());
	assert_int_equal(write_and_read(&s, json), 0);
	s.attached = UINT64_MAX;
	s.state = OBSERVATION_OBSERVING;
	text = page(&s, EMIT_PROMETHEUS);
	assert_non_null(strstr(text, "zrec_recorder_up 1\n"));
	assert_non_null(strstr(text, "zrec_recorder_recoveries_total 7\n"));
	assert_non_null(strstr(text, "zrec_recorder_gap_recoveries_total{reason=\"ring_full\"} 2\n"));
	assert_non_null(strstr(text, "zrec_recorder_gap_recoveries_total{reason=\"no_slot\"} 0\n"));
	assert_non_null(strstr(text, "zrec_policy_ejections_total 3\n"));
	assert_non_null(strstr(text, "zrec_recorder_journal_entries_total{result=\"held_back\"} 5\n"));
	assert_non_null(strstr(text, "zrec_recorder_last_life_age_seconds 2.000000000\n"));
	assert_non_null(strstr(text, "zrec_observer_hook{tracepoint=\"s390_zpci_step_end\"} 0\n"));
	assert_non_null(strstr(text, "zrec_observer_hook{tracepoint=\"s390_zpci_step_begin\"} 1\n"));
	assert_non_null(strstr(text, "zrec_experiment_arm_info{fid=\"0x11\",experiment=\"e\",arm=\"a\\\"\"} 1\n"));
	assert_non_null(strstr(text, "zrec_experiment_recoveries_total{experiment=\"e\",arm=\"b\",pchid=\"0x1c0\",outcome=\"recovered\"} 5\n"));
	assert_non_null(strstr(text, "zrec_experiment_recoveries_total{experiment=\"e\",arm=\"b\",pchid=\"0x1c0\",outcome=\"abandoned\"} 0\n"));
	assert_non_null(strstr(text, "zrec_experiment_relapses_total{experiment=\"e\",arm=\"b\",pchid=\"0x1c0\"} 2\n"));
	/* From 2^20 ns on is more than 2^20 - 1, and less than the next bound */
	assert_non_null(strstr(text, "_seconds_bucket{experiment=\"e\",arm=\"b\",le=\"1.023e-06\"} 1\n"));
	assert_non_null(strstr(text, "_seconds_bucket{experiment=\"e\",arm=\"b\",le=\"0.001048575\"} 1\n"));
	assert_non_null(strstr(text, "_seconds_bucket{experiment=\"e\",arm=\"b\",le=\"0.002097151\"} 3\n"));
	assert_non_null(strstr(text, "_seconds_bucket{experiment=\"e\",arm=\"b\",le=\"1099.511627775\"} 4\n"));
	assert_non_null(strstr(text, "_seconds_bucket{experiment=\"e\",arm=\"b\",le=\"+Inf\"} 5\n"));
	assert_null(strstr(text, "zrec_recorder_wal_bytes"));
	free(text);
	snapshot_free(&s);
}

static void a_bad_status_is_none(void **state)
{
	static const char *const bad[] = {
		"", "{", "[]", "{}", "{\"pid\": -1}", "{\"pid\": \"1\"}", "{\"pid\": 1, \"recorded\": -1}",
		"{\"pid\": 1, \"last_life\": \"yesterday\"}", "{\"pid\": 1, \"gaps\": [1]}",
		"{\"pid\": 1, \"gaps\": {\"a\": \"b\"}}", "{\"pid\": 1, \"arms\": [{}]}",
		"{\"pid\": 1, \"pid\": 2}", "{\"pid\": 1, \"journal\": 3}",
		"{\"pid\": 1, \"policy_ejections\": \"many\"}", "{\"pid\": 1, \"experiments\": [{}]}",
		"{\"pid\": 1, \"experiments\": [{\"times\": {\"64\": 1}, \"sum_ns\": 0, \"pchids\": []}]}",
		"{\"pid\": 1, \"experiments\": [{\"times\": {}, \"sum_ns\": 0, \"pchids\": [{\"pchid\": 5}]}]}",
	};
	struct snapshot s;

	(void)state;
	assert_int_equal(snapshot_init(&s, MAX_FUNCTIONS), 0);
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		if (write_and_read(&s, bad[i]) != -EINVAL || s.recorder.up || s.nr_arms)
			fail_msg("%s", bad[i]);
	assert_int_equal(recorder_file_read(&s, "/nonexistent"), 0);
	assert_int_equal(recorder_file_read(&s, "/dev/null"), -EINVAL);
	/* One that was killed left its file behind; no process has that number */
	assert_int_equal(write_and_read(&s, "{\"pid\": 2147483647, \"recording\": true}"), 0);
	assert_false(s.recorder.up);
	snapshot_free(&s);
}

static int count_renders(void *ctx, struct emit *e, enum emit_format format)
{
	++*(int *)ctx;
	emit_begin(e, format);
	return emit_end(e);
}

static void pages_are_shared_and_few(void **state)
{
	int renders = 0;
	struct pages p = { .render = count_renders, .ctx = &renders };
	struct page *page[PAGES_NR + 1];

	(void)state;
	for (int i = 0; i < 100; i++)
		assert_int_equal(pages_get(&p, EMIT_OPENMETRICS, 1, &page[0]), 0);
	assert_int_equal(renders, 1);
	for (unsigned int i = 1; i < PAGES_NR; i++)
		assert_int_equal(pages_get(&p, EMIT_OPENMETRICS, i * 2000000000ull, &page[i]), 0);
	assert_int_equal(pages_get(&p, EMIT_PROMETHEUS, 1, &page[PAGES_NR]), -EBUSY);
	pages_put(&p, page[1]);
	assert_int_equal(pages_get(&p, EMIT_PROMETHEUS, 1, &page[PAGES_NR]), 0);
	assert_int_equal(renders, PAGES_NR + 1);
	pages_free(&p);
}

static int write_page(const char *dir, const char *name, const struct snapshot *s,
		      enum emit_format format)
{
	char path[4096], *text = page(s, format);
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	f = fopen(path, "w");
	if (!f)
		return -errno;
	fputs(text, f);
	free(text);
	return fclose(f);
}

static int write_pages(const char *dir)
{
	struct snapshot s;
	int err;

	fill(&s);
	err = write_page(dir, "full.prometheus", &s, EMIT_PROMETHEUS) |
	      write_page(dir, "full.openmetrics", &s, EMIT_OPENMETRICS);
	s.state = OBSERVATION_NONE;
	err |= write_page(dir, "none.prometheus", &s, EMIT_PROMETHEUS) |
	       write_page(dir, "none.openmetrics", &s, EMIT_OPENMETRICS);
	snapshot_free(&s);
	return err;
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_bound_counts_what_is_not_above_it),
		cmocka_unit_test(bounds_are_written_as_a_server_would),
		cmocka_unit_test(shards_and_lives_are_added_up),
		cmocka_unit_test(rows_are_bounded),
		cmocka_unit_test(rows_stay_until_another_observation),
		cmocka_unit_test(the_oldest_open_recovery_is_shown),
		cmocka_unit_test(what_alerts_need_is_there_at_zero),
		cmocka_unit_test(nothing_is_counted_where_nothing_is_observed),
		cmocka_unit_test(formats_are_chosen),
		cmocka_unit_test(the_recorders_status_is_read),
		cmocka_unit_test(what_actions_say_is_read),
		cmocka_unit_test(a_bad_status_is_none),
		cmocka_unit_test(what_policy_conf_wants_is_exported),
		cmocka_unit_test(pages_are_shared_and_few),
	};

	if (argc > 1)
		return write_pages(argv[1]) != 0;
	return cmocka_run_group_tests_name("exporter", tests, NULL, NULL);
}
