// SPDX-License-Identifier: GPL-2.0
/* The report: what writes it, its pictures, and a whole one */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "fixtures.h"
#include "keep/history.h"
#include "report/html.h"
#include "report/report.h"

#define RECORDING	GOLDEN_DIR "/../../data/two-hosts.jsonl"

struct page {
	char *text;
	size_t size;
	struct html h;
};

static void begin(struct page *p)
{
	*p = (struct page){ 0 };
	p->h.f = open_memstream(&p->text, &p->size);
	assert_non_null(p->h.f);
}

#define assert_put(want, ...) do {			\
	struct page p;					\
							\
	begin(&p);					\
	html_put(&p.h, __VA_ARGS__);			\
	fclose(p.h.f);					\
	assert_string_equal(p.text, want);		\
	free(p.text);					\
} while (0)

static void values_are_escaped_and_markup_is_not(void **state)
{
	(void)state;
	assert_put("<b title=\"&quot;&gt;&lt;i&gt;&#39;&amp;\">", "<b title=\"%s\">", "\"><i>'&");
	assert_put("&amp;lt;", "%s", "&lt;");
	assert_put("a&lt;", "a%c", '<');
	assert_put("", "%s", "");
	assert_put("100 %", "100 %%");
}

static void numbers_are_those_of_printf(void **state)
{
	(void)state;
	assert_put("-7 7 0x2a 001", "%d %u 0x%x %03u", -7, 7u, 42u, 1u);
	assert_put("18446744073709551615 18446744073709551615 9", "%lu %llu %zu", ~0ul, ~0ull, (size_t)9);
	assert_put("1.5 %", "%.1f %%", 1.5);
}

static void bytes_that_are_no_text_are_shown_as_numbers(void **state)
{
	(void)state;
	assert_put("\\x1b[2J\\x0a\\xff&lt;", "%s", "\x1b[2J\n\xff<");
	/* the direction of writing */
	assert_put("\\xe2\\x80\\xae", "%s", "\xe2\x80\xae");
	assert_put("\xc3\xa4", "%s", "\xc3\xa4");
}

/* --- pages ------------------------------------------------------------------ */

static int add(void *ctx, const struct history_recovery *r)
{
	return report_add(ctx, r);
}

static int add_gap(void *ctx, const struct history_boot *boot, const struct history_gap *gap)
{
	return report_add_gap(ctx, boot, gap);
}

static int add_event(void *ctx, const struct history_policy_event *event)
{
	return report_add_policy_event(ctx, event);
}

static char *write_page(struct report *r, const char *source)
{
	const struct report_about about = { .source = source, .made_ns = 1764000000000000000 };
	struct page p;

	begin(&p);
	assert_int_equal(report_write(r, &about, p.h.f), 0);
	fclose(p.h.f);
	report_free(r);
	return p.text;
}

static char *page_of_recording(void)
{
	const struct history_filter all = { 0 };
	struct report *r = report_new();
	struct history *h;

	assert_non_null(r);
	assert_int_equal(history_open(&h, RECORDING), 0);
	assert_int_equal(history_each(h, &all, HISTORY_OLDEST_FIRST, add, r), 0);
	assert_int_equal(history_each_gap(h, &all, add_gap, r), 0);
	assert_int_equal(history_each_policy_event(h, &all, add_event, r), 0);
	history_close(h);
	return write_page(r, "two-hosts.jsonl");
}

static void pictures_are_as_they_were(void **state)
{
	char *page = page_of_recording();

	(void)state;
	assert_golden_part(page, "<svg class=\"bars\"", "</svg>\n", "report-over-time.svg");
	assert_golden_part(page, "<table class=\"latency\">", "</table>\n", "report-latency.html");
	assert_golden_part(page, "<table class=\"heatmap\">", "</table>\n", "report-steps.html");
	assert_golden_part(page, "<article>", "</article>\n", "report-timeline.html");
	free(page);
}

static void a_whole_page_has_all_sections(void **state)
{
	static const char *const words[] = {
		"39 PCI error recoveries from ", "What happened", "What to do", "Over time",
		"What did not end well", "How long it took", "Where the time goes",
		"The slowest recoveries", "Functions and their lives", "Policies", "Gaps and losses",
		"tracepoint", "lpar1", "two-hosts.jsonl", "A PCI function has a permanent error",
	};
	char *page = page_of_recording();

	(void)state;
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (!strstr(page, words[i]))
			fail_msg("the page does not have '%s'", words[i]);
	free(page);
}

static void nothing_recorded_is_a_page_too(void **state)
{
	struct report *r = report_new();
	char *page;

	(void)state;
	assert_non_null(r);
	page = write_page(r, NULL);
	assert_non_null(strstr(page, "No recovery was recorded"));
	assert_non_null(strstr(page, "No recovery is known to be missing"));
	assert_null(strstr(page, "Over time"));
	assert_non_null(strstr(page, "</html>\n"));
	free(page);
}

/* --- strangers -------------------------------------------------------------- */

#define MARKUP	"\"><script>\x1b\xff'"

/* Arrays that are full to their end, numbers that no kernel sends, a clock that was set back */
static struct history_recovery hostile(const struct history_boot *boot, int64_t wall_ns)
{
	struct history_recovery r = { .wall_ns = wall_ns, .boot = boot };
	struct zrec_span *s = &r.full.span;
	struct zrec_span_policy *p = &r.full.policy;

	memset(s, 0xff, sizeof(*s));
	s->size = sizeof(r.full);
	memcpy(s->driver, MARKUP, sizeof(MARKUP) - 1);
	memcpy(s->owner_comm, MARKUP, sizeof(MARKUP) - 1);
	memset(p, 0xff, sizeof(*p));
	memcpy(p->policy, MARKUP, sizeof(MARKUP) - 1);
	memcpy(p->answer[0].policy, MARKUP, sizeof(MARKUP) - 1);
	return r;
}

static void nothing_of_a_stranger_becomes_markup(void **state)
{
	const struct history_boot boot = { .host = MARKUP, .machine_id = MARKUP, .boot_id = MARKUP };
	struct history_gap gap = { .reason = 99, .recoveries = UINT64_MAX, .from_ns = INT64_MIN,
				   .to_ns = INT64_MAX };
	struct history_policy_event event = { .boot = &boot };
	struct report *r = report_new();
	char *page;

	(void)state;
	assert_non_null(r);
	memcpy(event.policy, MARKUP, sizeof(MARKUP));
	memcpy(event.what, MARKUP, sizeof(MARKUP));
	memcpy(event.text, MARKUP, sizeof(MARKUP));
	for (int i = 0; i < 3; i++) {
		struct history_recovery one = hostile(&boot, i == 1 ? INT64_MIN : i == 2 ? INT64_MAX : 0);

		assert_int_equal(report_add(r, &one), 0);
	}
	assert_int_equal(report_add_gap(r, &boot, &gap), 0);
	assert_int_equal(report_add_policy_event(r, &event), 0);
	page = write_page(r, MARKUP);
	assert_null(strstr(page, "<script"));
	assert_null(strstr(page, "\x1b"));
	assert_null(strstr(page, "\xff"));
	assert_non_null(strstr(page, "&quot;&gt;&lt;script&gt;\\x1b\\xff&#39;"));
	free(page);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(values_are_escaped_and_markup_is_not),
		cmocka_unit_test(numbers_are_those_of_printf),
		cmocka_unit_test(bytes_that_are_no_text_are_shown_as_numbers),
		cmocka_unit_test(pictures_are_as_they_were),
		cmocka_unit_test(a_whole_page_has_all_sections),
		cmocka_unit_test(nothing_recorded_is_a_page_too),
		cmocka_unit_test(nothing_of_a_stranger_becomes_markup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
