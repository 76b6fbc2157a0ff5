// SPDX-License-Identifier: GPL-2.0
/* Rule files: what is taken, what is refused and with which words */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cmocka-all.h"
#include "rules/rules-int.h"

#define HEAD	"[policy]\nname = x\n"

/* All that is said about a text; to be freed */
static char *complaints(const char *text, int *err)
{
	struct rules *rules = NULL;
	char *errors = NULL;
	size_t len;
	FILE *f = open_memstream(&errors, &len);

	assert_non_null(f);
	*err = rules_parse("f", text, strlen(text), &rules, f);
	fclose(f);
	if (!*err)
		rules_free(rules);
	return errors;
}

static void refused(const char *text, const char *expected)
{
	int err;
	char *errors = complaints(text, &err);

	assert_string_equal(errors, expected);
	assert_int_equal(err, -EINVAL);
	free(errors);
}

/* Refused, and the first complaint begins so */
static void refused_for(const char *rule, const char *expected)
{
	char text[512], *errors;
	int err;

	snprintf(text, sizeof(text), HEAD "[rule a]\n%s\n", rule);
	errors = complaints(text, &err);
	if (err != -EINVAL || strncmp(errors, expected, strlen(expected)))
		fail_msg("'%s': %d, %s", rule, err, errors);
	free(errors);
}

static struct rules *taken(const char *text)
{
	struct rules *rules = NULL;

	assert_int_equal(rules_parse("f", text, strlen(text), &rules, stderr), 0);
	return rules;
}

static void all_keys_are_taken(void **state)
{
	static const char text[] =
		"# comment\n; another\n\n[policy]\nname=all-of-it\n"
		"description = says = what it is\n mode = enforce \n"
		"budget = 1 isolations, 2 clamps, 3 failures in 1h 30m\n"
		"[rule one]\r\nfid = 0x11, 0x20-0x2f 7\ndriver = nvme mlx5_core\n"
		"device = 1b36:0010, 8086:*\nclass = 0x01, 0200-0x0203, 0x030001\n"
		"pec = translation_protection, 0x3a, \\\n# in between\n  0x6-0x9\nmediated = yes\n"
		"errors-in-window = 3 in 10m\nattempt = 0-1\nevent = isolate\nvote = isolate\n"
		"reset = isolate\ndeadline = 1m30s\n[rule two]\nevent = default\n";
	struct rules *rules = taken(text);
	const struct rule *r = &rules->rule[0];

	(void)state;
	assert_string_equal(rules_name(rules), "all-of-it");
	assert_string_equal(rules_description(rules), "says = what it is");
	assert_int_equal(rules_mode(rules), POLICY_ENFORCE);
	assert_int_equal(rules_budget(rules)->max_isolations, 1);
	assert_int_equal(rules_budget(rules)->max_clamps, 2);
	assert_int_equal(rules_budget(rules)->max_failures, 3);
	assert_int_equal(rules_budget(rules)->window_s, 5400);
	assert_int_equal(rules_count(rules), 2);
	assert_true(range_set_has(&r->dim[RULE_FID], 0x2f));
	assert_true(range_set_has(&r->dim[RULE_FID], 7));
	assert_false(range_set_has(&r->dim[RULE_FID], 0x30));
	assert_true(range_set_has(&r->dim[RULE_DEVICE], 0x80861234));
	assert_false(range_set_has(&r->dim[RULE_DEVICE], 0x1b360011));
	assert_true(range_set_has(&r->dim[RULE_CLASS], 0x010802));
	assert_true(range_set_has(&r->dim[RULE_CLASS], 0x0203ff));
	assert_false(range_set_has(&r->dim[RULE_CLASS], 0x020400));
	assert_true(range_set_has(&r->dim[RULE_PEC], 8));
	assert_int_equal(r->window_errors, 3);
	assert_int_equal(r->window_ns, 600000000000ull);
	assert_int_equal(r->deadline_ms, 90000);
	assert_int_equal(r->verdict[ZPCI_MEMBER_RESET], ZPCI_VERDICT_ISOLATE);
	for (unsigned int i = 0; i < ZPCI_NR_MEMBERS; i++)
		assert_int_equal(rules_decide_member(rules, i),
				 i != ZPCI_MEMBER_FAILED && i != ZPCI_MEMBER_DONE);
	rules_free(rules);
}

static void mode_is_shadow_unless_said(void **state)
{
	struct rules *rules = taken(HEAD);

	(void)state;
	assert_int_equal(rules_mode(rules), POLICY_SHADOW);
	assert_int_equal(rules_count(rules), 0);
	rules_free(rules);
}

static void all_problems_are_told_at_once_in_order(void **state)
{
	(void)state;
	refused("event = reset\n[policy]\nnme = x\n[rule a]\nfid = 0x11, x, 9-8\n"
		"evnt = reset\nfid = 1\nreset = reset\n[rule a]\n[what]\n[rule]\n",
		"f:1: 'event' before the first section, expected [policy] or [rule NAME]\n"
		"f:2: the policy has no name, expected name = NAME in [policy]\n"
		"f:3: unknown key 'nme' in [policy], expected name, description, mode or budget\n"
		"f:5: bad fid 'x', expected FIDs or ranges such as 0x11, 0x20-0x2f\n"
		"f:5: fid range '9-8' runs backwards, expected the lower end first\n"
		"f:6: unknown key 'evnt' in a rule, expected fid, driver, device, class, pec, mediated, errors-in-window, attempt, event, vote, reset, failed or deadline\n"
		"f:7: 'fid' again, expected it once (it is in line 5)\n"
		"f:8: bad reset 'reset', expected default or isolate\n"
		"f:9: rule 'a' again, expected another name (it is in line 4)\n"
		"f:10: unknown section [what], expected [policy] or [rule NAME]\n"
		"f:11: bad rule name '', expected at most 63 letters, digits, '_', '.' and '-'\n");
}

/* What is wrong elsewhere is no reason to keep quiet about a rule */
static void problems_of_other_kinds_hide_nothing(void **state)
{
	(void)state;
	refused("[policy]\nmode = off\n[rule a]\nfid = 1-9\n[rule b]\nfid = 3\n",
		"f:1: the policy has no name, expected name = NAME in [policy]\n"
		"f:2: bad mode 'off', expected enforce or shadow\n"
		"f:5: rule 'b' can never match: rule 'a' in line 3 takes all of it, expected it before that one\n");
	refused(HEAD "[rule a b]\nfid = x\nevent = nope\n",
		"f:3: bad rule name 'a b', expected at most 63 letters, digits, '_', '.' and '-'\n"
		"f:4: bad fid 'x', expected FIDs or ranges such as 0x11, 0x20-0x2f\n"
		"f:5: bad event 'nope', expected default, reset or isolate\n");
}

static void bad_values_are_refused(void **state)
{
	static const char *const bad[] = {
		"fid = 0x100000000", "fid = -1", "fid = 1-2-3", "fid = 1 - 2", "fid =", "fid = ,",
		"fid = 3, 1-5", "driver = a/b", "driver = twenty-four-characters-x", "device = 1b36",
		"device = 1b36:", "device = 1b360:1", "device = *:*", "class = 0x1", "class = 0x01080",
		"class = 0x0102-0x0101", "class = g0", "pec = 0x10000", "pec = foo", "pec = 5-4",
		"mediated = maybe", "mediated =", "errors-in-window = 3", "errors-in-window = 1 in 10m",
		"errors-in-window = 33 in 10m", "errors-in-window = 3 in 0s",
		"errors-in-window = 3 in 25h", "errors-in-window = 3 in 10x", "attempt = 4",
		"attempt = 2-1", "event = retry", "event =", "event = Reset", "failed = isolate",
		"reset = reset", "deadline = 0", "deadline = 61m", "deadline = 500ms", "deadline = 1h1s",
		"event", "= reset", "event \x01= reset", "errors-in-window = 3 or 30 in 10m",
		"errors-in-window = in 10m", "errors-in-window = 3 in", "fid = 1,,2", "fid = ,1",
		"fid = 1,", "deadline = 1 0m",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		refused_for(bad[i], "f:4: ");
}

static void bad_policy_sections_are_refused(void **state)
{
	(void)state;
	refused("", "f:1: the policy has no name, expected name = NAME in [policy]\n");
	refused("[policy]\nmode = off\nname = x\n", "f:2: bad mode 'off', expected enforce or shadow\n");
	refused("[policy]\nname = a b\n",
		"f:2: bad name 'a b', expected at most 31 letters, digits, '_' and '-', the first a letter or digit\n");
	refused("[policy]\nname = a.b\n",
		"f:2: bad name 'a.b', expected at most 31 letters, digits, '_' and '-', the first a letter or digit\n");
	refused(HEAD "description = \344\n",
		"f:3: bad description '\\xe4', expected one line of at most 119 bytes in UTF-8, without control characters\n");
	/* The second turns the direction of writing, the first is ESC [ for a terminal */
	refused(HEAD "description = \xc2\x9b" "2J \xe2\x80\xae\n",
		"f:3: bad description '\\xc2\\x9b2J \\xe2\\x80\\xae', expected one line of at most 119 bytes in UTF-8, without control characters\n");
	refused(HEAD "name = y\n", "f:3: 'name' again, expected it once\n");
	refused(HEAD "[policy]\n", "f:3: [policy] again, expected it once (it is in line 1)\n");
	refused(HEAD "budget = 65 isolations\n",
		"f:3: bad budget '65 isolations', expected limits such as 3 isolations, 10 clamps, 5 failures in 10m (at most 64, 1000, 64 in 1m to 1d)\n");
	refused(HEAD "budget = 1 failures in 59s\n",
		"f:3: bad budget '1 failures in 59s', expected limits such as 3 isolations, 10 clamps, 5 failures in 10m (at most 64, 1000, 64 in 1m to 1d)\n");
}

static void budgets_without_a_limit_are_refused(void **state)
{
	static const char *const bad[] = {
		"", ",", "in 10m", ", 1 clamps", "1 clamps,", "1 clamps,, 2 failures", "1 clamps in",
		"1 clamps 2 failures", "1 clamps, 2 clamps", "1 clamps in 10m in 20m", "clamps", "1",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		char text[128];
		char *errors;
		int err;

		snprintf(text, sizeof(text), HEAD "budget = %s\n", bad[i]);
		errors = complaints(text, &err);
		if (err != -EINVAL || strncmp(errors, "f:3: bad budget '", 17))
			fail_msg("'%s': %d, %s", bad[i], err, errors);
		free(errors);
	}
}

static char *printed(const struct rules *rules)
{
	char *text = NULL;
	size_t len;
	FILE *f = open_memstream(&text, &len);

	assert_non_null(f);
	rules_print(rules, f);
	fclose(f);
	return text;
}

/* Puts @word before the word @at of @value; false: there are fewer words */
static bool put_word(char *ret, size_t size, const char *value, const char *word, size_t at)
{
	const char *s = value;

	for (size_t i = 0; i < at; i++) {
		s = strchr(s, ' ');
		if (!s)
			return i + 1 == at && snprintf(ret, size, "%s %s", value, word) > 0;
		s++;
	}
	snprintf(ret, size, "%.*s%s %s", (int)(s - value), value, word, s);
	return true;
}

/* A value with a word too many is refused, or says something else: no part of it goes unread */
static void every_word_of_a_value_counts(void **state)
{
	static const struct {
		const char *section, *key, *value;
	} good[] = {
		{ "policy", "budget", "1 isolations, 2 clamps, 3 failures in 10m" },
		{ "policy", "budget", "2 clamps" },
		{ "policy", "mode", "enforce" },
		{ "rule a", "fid", "0x11, 0x20-0x2f" },
		{ "rule a", "driver", "nvme, mlx5_core" },
		{ "rule a", "device", "1b36:0010, 8086:*" },
		{ "rule a", "class", "0x01, 0x0201-0x0203" },
		{ "rule a", "pec", "translation_protection, 0x1-0x3" },
		{ "rule a", "mediated", "yes" },
		{ "rule a", "errors-in-window", "3 in 1h 30m" },
		{ "rule a", "attempt", "0, 2-3" },
		{ "rule a", "event", "isolate" },
		{ "rule a", "reset", "isolate" },
		{ "rule a", "failed", "reset" },
		{ "rule a", "deadline", "1m 30s" },
		{ "rule a", "deadline", "none" },
	};
	static const char *const words[] = {
		"or", "30", "in", ",", "-", "=", "x", "0x", "isolate", "none", ":", "5m", "#", ";", "/",
	};
	unsigned int tried = 0;

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		char text[256], value[128], *expected;
		const char *head = good[i].section[0] == 'p' ? "" : HEAD;
		const char *name = good[i].section[0] == 'p' ? "name = x\n" : "";
		struct rules *rules;

		snprintf(text, sizeof(text), "%s[%s]\n%s%s = %s\n", head, good[i].section, name,
			 good[i].key, good[i].value);
		rules = taken(text);
		expected = printed(rules);
		rules_free(rules);
		for (size_t w = 0; w < sizeof(words) / sizeof(words[0]); w++) {
			for (size_t at = 0; put_word(value, sizeof(value), good[i].value, words[w], at); at++) {
				char *got = NULL;

				tried++;
				snprintf(text, sizeof(text), "%s[%s]\n%s%s = %s\n", head,
					 good[i].section, name, good[i].key, value);
				rules = NULL;
				if (rules_parse("f", text, strlen(text), &rules, NULL) == 0)
					got = printed(rules);
				if (got && !strcmp(got, expected))
					fail_msg("'%s = %s' is read as '%s'", good[i].key, value,
						 good[i].value);
				rules_free(rules);
				free(got);
			}
		}
		free(expected);
	}
	assert_in_range(tried, 300, 10000);
}

/* Half a million mistakes are a hundred lines and a number */
static void many_problems_are_counted(void **state)
{
	char *text = malloc(RULES_FILE_MAX), *errors, *last;
	size_t len = 0, lines = 0;
	int err;

	(void)state;
	assert_non_null(text);
	len = (size_t)sprintf(text, HEAD);
	while (len + 3 < RULES_FILE_MAX)
		len += (size_t)sprintf(text + len, "x\n");
	errors = complaints(text, &err);
	assert_int_equal(err, -EINVAL);
	last = errors;
	for (char *s = errors; (s = strchr(s, '\n')); s++) {
		lines++;
		if (s[1])
			last = s + 1;
	}
	assert_int_equal(lines, PROBLEMS_SHOWN + 1);
	assert_memory_equal(errors, "f:3: 'x' is not an assignment", 29);
	assert_string_equal(last, "f: and 524178 more\n");
	free(errors);
	free(text);
}

static void bad_section_hides_no_mistake_of_its_own(void **state)
{
	(void)state;
	refused(HEAD "[rules a]\nfid = x\nevent = nope\nother = 1\nmode = off\n[rule b\nfid = 1 1\n[rule c]\n",
		"f:3: unknown section [rules a], expected [policy] or [rule NAME]\n"
		"f:4: bad fid 'x', expected FIDs or ranges such as 0x11, 0x20-0x2f\n"
		"f:5: bad event 'nope', expected default, reset or isolate\n"
		"f:7: bad mode 'off', expected enforce or shadow\n"
		"f:8: bad section '[rule b', expected [policy] or [rule NAME]\n"
		"f:9: fid '1' is in the list already, expected each value once\n");
	refused("fid = x\nfid = 1\n" HEAD "[policy]\nmode = off\nname = y\n",
		"f:1: 'fid' before the first section, expected [policy] or [rule NAME]\n"
		"f:1: bad fid 'x', expected FIDs or ranges such as 0x11, 0x20-0x2f\n"
		"f:2: 'fid' again, expected it once (it is in line 1)\n"
		"f:5: [policy] again, expected it once (it is in line 3)\n"
		"f:6: bad mode 'off', expected enforce or shadow\n"
		"f:7: 'name' again, expected it once\n");
}

/* Cut where a character ends, and it says so */
static void long_values_are_cut_visibly(void **state)
{
	(void)state;
	refused_for("event = 0123456789012345678901234567890123456789",
		    "f:4: bad event '0123456789012345678901234567890123456789', expected");
	refused_for("event = 0123456789012345678901234567890123456789x",
		    "f:4: bad event '0123456789012345678901234567890123456789...', expected");
	refused_for("event = 012345678901234567890123456789012345678\xc3\xa4",
		    "f:4: bad event '012345678901234567890123456789012345678...', expected");
	refused_for("fid = 01234567890123456789012345678901234567890x",
		    "f:4: bad fid '0123456789012345678901234567890123456789...', expected");
}

static void verdicts_that_are_always_clamped_are_refused(void **state)
{
	(void)state;
	refused_for("mediated = yes\nevent = reset", "f:5: event = reset for mediated functions");
	refused_for("mediated = yes\nvote = reset", "f:5: vote = reset for mediated functions");
	refused_for("mediated = yes\nfailed = reset", "f:5: failed = reset for mediated functions");
	refused_for("mediated = no\ndeadline = 1m", "f:5: a deadline for functions that are not");
	refused_for("attempt = 3\nfailed = reset", "f:5: failed = reset after the last attempt");
	refused_for("attempt = 0\nfailed = reset", "f:4: failed is decided after the first attempt");
	refused_for("attempt = 1-3\nevent = reset", "f:4: event, vote and deadline are decided before");
	refused_for("pec = 0x2a-0x2c, permanent_error", "f:4: rule 'a' can never match: no policy");
}

static void rule_behind_a_wider_one_is_refused(void **state)
{
	(void)state;
	refused(HEAD "[rule a]\nfid = 1-9\nevent = reset\n[rule b]\nfid = 3, 5-6\npec = 0x4\n",
		"f:6: rule 'b' can never match: rule 'a' in line 3 takes all of it, expected it before that one\n");
	refused(HEAD "[rule a]\n[rule b]\ndriver = nvme\n",
		"f:4: rule 'b' can never match: rule 'a' in line 3 takes all of it, expected it before that one\n");
}

static void rule_behind_several_that_cover_it_is_refused(void **state)
{
	(void)state;
	refused(HEAD "[rule a]\nmediated = yes\n[rule b]\nattempt = 0\n[rule c]\nattempt = 1-3\n[rule d]\nfid = 1\n",
		"f:9: rule 'd' can never match: earlier rules together take all of it, expected it before them\n");
	refused(HEAD "[rule a]\nfid = 0-0x7fffffff\n[rule b]\nfid = 0x80000000-0xffffffff\n[rule c]\n",
		"f:7: rule 'c' can never match: earlier rules together take all of it, expected it before them\n");
}

static void rule_behind_a_narrower_window_is_refused_only_if_implied(void **state)
{
	(void)state;
	refused(HEAD "[rule a]\nerrors-in-window = 3 in 10m\n[rule b]\nerrors-in-window = 4 in 5m\n",
		"f:5: rule 'b' can never match: rule 'a' in line 3 takes all of it, expected it before that one\n");
	rules_free(taken(HEAD "[rule a]\nerrors-in-window = 3 in 10m\n[rule b]\nerrors-in-window = 2 in 5m\n[rule c]\n"));
	rules_free(taken(HEAD "[rule a]\nerrors-in-window = 3 in 5m\n[rule b]\nerrors-in-window = 3 in 10m\n[rule c]\n"));
}

static void rule_with_something_left_is_taken(void **state)
{
	(void)state;
	rules_free(taken(HEAD "[rule a]\nfid = 1-9\npec = 4\n[rule b]\nfid = 1-9\npec = 5\n[rule c]\nfid = 1-9\n[rule d]\n"));
	rules_free(taken(HEAD "[rule a]\ndriver = nvme\n[rule b]\ndriver = nvme mlx5_core\n[rule c]\n"));
}

static void text_that_is_no_text_is_refused(void **state)
{
	static const char text[] = HEAD "\0[rule x]\n";
	struct rules *rules = NULL;
	char *errors = NULL;
	size_t len;
	FILE *f = open_memstream(&errors, &len);

	(void)state;
	assert_non_null(f);
	assert_int_equal(rules_parse("f", text, sizeof(text) - 1, &rules, f), -EINVAL);
	fclose(f);
	assert_null(rules);
	assert_string_equal(errors, "f:3: the file has NUL bytes, expected text\n");
	free(errors);
}

static void byte_order_mark_is_passed_over(void **state)
{
	(void)state;
	rules_free(taken("\xef\xbb\xbf" HEAD));
}

static void more_rules_than_there_may_be_are_refused(void **state)
{
	char *text = NULL, *errors;
	size_t len;
	FILE *f = open_memstream(&text, &len);
	int err;

	(void)state;
	assert_non_null(f);
	fputs(HEAD, f);
	for (int i = 0; i < 1025; i++)
		fprintf(f, "[rule r%d]\nfid = %d\n", i, i);
	fclose(f);
	errors = complaints(text, &err);
	assert_int_equal(err, -EINVAL);
	assert_string_equal(errors, "f:2051: too many rules, expected at most 1024\n");
	free(errors);
	free(text);
}

static void what_is_printed_parses_to_the_same(void **state)
{
	static const char text[] =
		HEAD "description = d\nmode = enforce\nbudget = 2 clamps in 1d\n[rule one]\n"
		"fid = 0x11, 0x20-0x2f\ndriver = nvme\ndevice = 1b36:0010, 8086:*\nclass = 0x01\n"
		"pec = 0x4, 0x20-0x22\nmediated = no\nerrors-in-window = 3 in 90s\nattempt = 0-1\n"
		"event = reset\nfailed = reset\n[rule two]\nmediated = yes\ndeadline = 1h\n";
	char *first = NULL, *second = NULL;
	struct rules *rules = taken(text);
	size_t len;
	FILE *f = open_memstream(&first, &len);

	(void)state;
	assert_non_null(f);
	rules_print(rules, f);
	fclose(f);
	rules_free(rules);
	rules = taken(first);
	f = open_memstream(&second, &len);
	assert_non_null(f);
	rules_print(rules, f);
	fclose(f);
	assert_string_equal(first, second);
	assert_non_null(strstr(first, "pec = translation_protection, 0x20-0x22\n"));
	assert_non_null(strstr(first, "budget = 2 clamps in 24h\n"));
	rules_free(rules);
	free(first);
	free(second);
}

static void spans_are_those_of_systemd(void **state)
{
	static const struct {
		const char *text;
		unsigned int seconds;
	} good[] = {
		{ "1", 1 }, { "90s", 90 }, { "1m", 60 }, { "1min 30sec", 90 }, { "1h30m", 5400 },
		{ "2 hours", 7200 }, { "1d", 86400 }, { "24h", 86400 },
	};
	static const char *const bad[] = { "", "m", "1x", "-1", "1.5m", "1m,", "0x10", "s1" };
	uint64_t ns;

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		assert_int_equal(rules_parse_span(good[i].text, &ns), 0);
		assert_int_equal(ns, good[i].seconds * 1000000000ull);
	}
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(rules_parse_span(bad[i], &ns), -EINVAL);
	assert_int_equal(rules_parse_span("25h", &ns), -ERANGE);
	assert_int_equal(rules_parse_span("99999999999999999999999h", &ns), -ERANGE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_keys_are_taken),
		cmocka_unit_test(mode_is_shadow_unless_said),
		cmocka_unit_test(all_problems_are_told_at_once_in_order),
		cmocka_unit_test(bad_values_are_refused),
		cmocka_unit_test(bad_policy_sections_are_refused),
		cmocka_unit_test(budgets_without_a_limit_are_refused),
		cmocka_unit_test(every_word_of_a_value_counts),
		cmocka_unit_test(many_problems_are_counted),
		cmocka_unit_test(bad_section_hides_no_mistake_of_its_own),
		cmocka_unit_test(long_values_are_cut_visibly),
		cmocka_unit_test(verdicts_that_are_always_clamped_are_refused),
		cmocka_unit_test(rule_behind_a_wider_one_is_refused),
		cmocka_unit_test(rule_behind_several_that_cover_it_is_refused),
		cmocka_unit_test(rule_behind_a_narrower_window_is_refused_only_if_implied),
		cmocka_unit_test(rule_with_something_left_is_taken),
		cmocka_unit_test(text_that_is_no_text_is_refused),
		cmocka_unit_test(byte_order_mark_is_passed_over),
		cmocka_unit_test(problems_of_other_kinds_hide_nothing),
		cmocka_unit_test(more_rules_than_there_may_be_are_refused),
		cmocka_unit_test(what_is_printed_parses_to_the_same),
		cmocka_unit_test(spans_are_those_of_systemd),
	};

	return cmocka_run_group_tests_name("rules", tests, NULL, NULL);
}
