// SPDX-License-Identifier: GPL-2.0
/* The page that compares policies */
#define _GNU_SOURCE	/* asprintf() */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cmocka-all.h"
#include "fixtures.h"
#include "replay_cases.h"
#include "report/what-if.h"

static const struct what_if_about plain = { .made_ns = 1764000000000000000 };

/* Ends the replay; the page is to be freed */
static char *page_about(struct replay *r, const struct what_if_about *about)
{
	char *page = NULL;
	size_t size = 0;
	FILE *f = open_memstream(&page, &size);

	assert_non_null(f);
	assert_int_equal(what_if_write(r, about, f), 0);
	fclose(f);
	replay_free(r);
	return page;
}

static void assert_has(const char *page, const char *text)
{
	if (!strstr(page, text))
		fail_msg("the page does not have '%s'", text);
}

/* Two rule files, and no recovery yet */
static struct replay *replay_of(enum replay_against against, const char *a, const char *b,
				const char *name)
{
	char *dir = make_temp_dir(), *first = policy_file(dir, "first", a);
	char *second = policy_file(dir, name, b);
	struct replay *r = NULL;

	assert_int_equal(replay_new(&r, against, stderr), 0);
	replay_name_recording(r, "case.jsonl");
	assert_int_equal(replay_add_policy(r, first, NULL), 0);
	assert_int_equal(replay_add_policy(r, second, NULL), 0);
	free(first);
	free(second);
	remove_temp_dir(dir);
	return r;
}

static void sections_are_as_they_were(void **state)
{
	char *page = page_about(two_policies(), &plain);

	(void)state;
	assert_golden_part(page, "<section>\n<h2>Summary", "</section>\n", "what-if-summary.html");
	assert_golden_part(page, "<table class=\"shares\">", "</table>\n", "what-if-shares.html");
	assert_golden_part(page, "<section id=\"changes\">", "</section>\n", "what-if-changes.html");
	assert_golden_part(page, "<section>\n<h2>Where they disagree", "</section>\n",
			   "what-if-differences.html");
	assert_golden_part(page, "<section>\n<h2>Ejections", "</section>\n", "what-if-ejections.html");
	assert_golden_part(page, "<section id=\"lacks\">", "</section>\n", "what-if-lacks.html");
	free(page);
}

static void a_page_says_which_recording_it_was(void **state)
{
	const struct what_if_about about = {
		.since_ns = 1764000000000000000, .until_ns = 1764003600000000000, .filtered = true,
		.canary = "10%", .made_ns = 1764000000000000000,
	};
	char *page = page_about(two_policies(), &about);

	(void)state;
	assert_has(page, "<dt>Recording</dt><dd>lp.db</dd>");
	assert_has(page, "<dt>Policy mixed</dt><dd>./mixed.conf, rules, beside the kernel&#39;s default");
	assert_has(page, "<dt>Not older than</dt><dd>2025-11-24 16:00:00 UTC</dd>");
	assert_has(page, "<dt>Older than</dt><dd>2025-11-24 17:00:00 UTC</dd>");
	assert_has(page, "<dt>Filters</dt>");
	assert_has(page, "<dt>As if for</dt><dd>10%</dd>");
	assert_has(page, "<td>00000000-0000-4000-8000-000000000001</td>");
	free(page);
}

static void nothing_recorded_is_a_page_too(void **state)
{
	struct replay *r = replay_of(REPLAY_EFFECTIVE, ISOLATE_ALL, MIXED, "second");
	char *page;

	(void)state;
	assert_int_equal(replay_end(r), 0);
	page = page_about(r, &plain);
	assert_has(page, "it says nothing about these policies");
	assert_has(page, "No recovery is known to be missing");
	assert_null(strstr(page, "Side by side"));
	assert_has(page, "</html>\n");
	free(page);
}

static void policies_that_decide_alike_are_said_to(void **state)
{
	struct history_recovery h = nvme_at(1, 100);
	struct replay *r = replay_of(REPLAY_EFFECTIVE, ISOLATE_ALL, ISOLATE_ALL, "second");
	char *page;

	(void)state;
	add_all(r, &h, 1);
	page = page_about(r, &plain);
	assert_has(page, "first and second decide alike in all decisions that both reach: 1.");
	assert_has(page, "1 of 1 recovery would have gone another way: 1 isolated.");
	assert_has(page, "None: each policy would have stayed within its budget.");
	free(page);
}

static void policies_of_one_name_are_told_apart(void **state)
{
	struct history_recovery h = nvme_at(1, 100);
	struct replay *r = replay_of(REPLAY_EFFECTIVE, ISOLATE_ALL, MIXED, "first");
	char *page;

	(void)state;
	add_all(r, &h, 1);
	page = page_about(r, &plain);
	assert_has(page, "<h1>Policies compared: first (1) and first (2)</h1>");
	assert_has(page, "<dt>Policy first (2)</dt>");
	free(page);
}

/* Nothing leads away from what was recorded then */
static void beside_recorded_answers_nothing_changes(void **state)
{
	struct history_recovery h = nvme_at(1, 100);
	struct replay *r = replay_of(REPLAY_RECORDED, ISOLATE_ALL, MIXED, "second");
	char *page;

	(void)state;
	h.full.span.flags |= ZREC_SPAN_POLICY;
	h.full.span.size = sizeof(h.full);
	h.full.policy.nr = 1;
	strcpy(h.full.policy.answer[0].policy, "first");
	assert_int_equal(replay_look(r, &h), 0);
	add_all(r, &h, 1);
	page = page_about(r, &plain);
	assert_has(page, "first and its recorded answers");
	assert_has(page, "<h3>With first</h3>\n<p>Nothing: every recovery goes as it was recorded.");
	/* which the recording does not name */
	assert_has(page, "second and what took effect");
	free(page);
}

#define MARKUP	"\"><script>\x1b\xff'"

static void nothing_of_a_stranger_becomes_markup(void **state)
{
	const struct history_boot boot = { .host = MARKUP, .machine_id = MARKUP, .boot_id = MARKUP };
	struct replay *r = replay_of(REPLAY_EFFECTIVE, ISOLATE_ALL, MIXED, "second");
	struct history_recovery h[3];
	char *page;

	(void)state;
	replay_name_recording(r, MARKUP);
	for (uint64_t i = 0; i < 3; i++) {
		h[i] = nvme_at(i + 1, 100 + i);
		h[i].boot = &boot;
		memcpy(h[i].full.span.driver, MARKUP, sizeof(MARKUP));
	}
	/* As large as numbers are */
	h[2].wall_ns = INT64_MAX;
	h[2].full.span.id = UINT64_MAX;
	add_all(r, h, 3);
	page = page_about(r, &plain);
	assert_null(strstr(page, "<script"));
	assert_null(strstr(page, "\x1b"));
	assert_null(strstr(page, "\xff"));
	assert_has(page, "&quot;&gt;&lt;script&gt;\\x1b\\xff&#39;");
	free(page);
}

/* However many there are, it has so many rows at most */
static void a_page_has_a_limit(void **state)
{
	struct recording rec = campaign(5, 4, 20000, true);
	struct replay *r = replay_of(REPLAY_DEFAULT, ISOLATE_ALL, MIXED, "second");
	char *page;

	(void)state;
	add_all(r, rec.r, rec.nr);
	free_recording(&rec);
	page = page_about(r, &plain);
	assert_in_range(strlen(page), 10000, 200000);
	free(page);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sections_are_as_they_were),
		cmocka_unit_test(a_page_says_which_recording_it_was),
		cmocka_unit_test(nothing_recorded_is_a_page_too),
		cmocka_unit_test(policies_that_decide_alike_are_said_to),
		cmocka_unit_test(policies_of_one_name_are_told_apart),
		cmocka_unit_test(beside_recorded_answers_nothing_changes),
		cmocka_unit_test(nothing_of_a_stranger_becomes_markup),
		cmocka_unit_test(a_page_has_a_limit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
