// SPDX-License-Identifier: GPL-2.0
/* Test vectors: what is taken, what is refused and with which words */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cmocka-all.h"
#include "policy/vectors.h"

#define BEGIN_NS	3600000000000ull
#define SECOND		1000000000ull

static char *complaints_of(const char *text, size_t len, int *err)
{
	struct vectors vectors;
	char *errors = NULL;
	size_t size;
	FILE *f = open_memstream(&errors, &size);

	assert_non_null(f);
	*err = vectors_parse("f", text, len, &vectors, f);
	fclose(f);
	vectors_free(&vectors);
	return errors;
}

static void refused_bytes(const char *text, size_t len, const char *expected)
{
	int err;
	char *errors = complaints_of(text, len, &err);

	assert_string_equal(errors, expected);
	assert_int_equal(err, -EINVAL);
	free(errors);
}

static void refused(const char *text, const char *expected)
{
	refused_bytes(text, strlen(text), expected);
}

static struct vectors taken(const char *text)
{
	struct vectors vectors;

	assert_int_equal(vectors_parse("f", text, strlen(text), &vectors, stderr), 0);
	return vectors;
}

static void every_field_is_read(void **state)
{
	struct vectors vectors = taken(
		"# comment\n\n"
		"event fid=0x11 fh=2 uid=3 class=0x010802 pchid=0x1a0 vfn=4 domain=5 bus=6 devfn=7 pft=8 "
		"mediated=1 attempt=2 id=9 faddr=0xffffffffffffffff events=10 recovered=11 failed=12 "
		"pec=translation_protection driver=vfio-pci device=1B36:10 vote=can_recover "
		"last_event=10m +90s -> isolate\r\n"
		"done outcome=failed reason=reset_failed\n"
		"  deadline\tmediated=1->1m 30s \n"
		"deadline -> none");
	const struct zpci_event_in *e = &vectors.v[0].event;

	(void)state;
	assert_int_equal(vectors.nr, 4);
	assert_int_equal(vectors.v[0].line, 3);
	assert_int_equal(vectors.v[0].member, ZPCI_MEMBER_EVENT);
	assert_int_equal(vectors.v[0].expected, ZPCI_VERDICT_ISOLATE);
	assert_int_equal(e->fid, 0x11);
	assert_int_equal(e->fh, 2);
	assert_int_equal(e->uid, 3);
	assert_int_equal(e->class_code, 0x010802);
	assert_int_equal(e->pchid, 0x1a0);
	assert_int_equal(e->vfn, 4);
	assert_int_equal(e->domain, 5);
	assert_int_equal(e->bus, 6);
	assert_int_equal(e->devfn, 7);
	assert_int_equal(e->pft, 8);
	assert_int_equal(e->mediated, 1);
	assert_int_equal(e->attempt, 2);
	assert_int_equal(e->id, 9);
	assert_true(e->faddr == UINT64_MAX);
	assert_int_equal(e->events, 10);
	assert_int_equal(e->recovered, 11);
	assert_int_equal(e->failed, 12);
	assert_int_equal(e->pec, 4);
	assert_string_equal(e->driver, "vfio-pci");
	assert_int_equal(e->vendor, 0x1b36);
	assert_int_equal(e->device, 0x10);
	assert_int_equal(e->vote, ZPCI_VOTE_CAN_RECOVER);
	assert_int_equal(e->now_ns, BEGIN_NS + 90 * SECOND);
	assert_int_equal(e->last_event_ns, BEGIN_NS + 90 * SECOND - 600 * SECOND);
	assert_int_equal(vectors.v[1].outcome, ZPCI_OUTCOME_FAILED);
	assert_int_equal(vectors.v[1].reason, ZPCI_REASON_RESET_FAILED);
	assert_int_equal(vectors.v[2].expected, 90000);
	assert_int_equal(vectors.v[3].expected, 0);
	vectors_free(&vectors);
}

static void events_are_counted_by_function(void **state)
{
	struct vectors vectors = taken(
		"event fid=1 -> default\nvote fid=1 -> default\nevent fid=2 +1s -> default\n"
		"event fid=1 +1s -> default\nevent fid=1 events=0 -> default\nevent fid=1 -> default\n");

	(void)state;
	assert_int_equal(vectors.v[0].event.events, 1);
	assert_int_equal(vectors.v[0].event.last_event_ns, 0);
	assert_int_equal(vectors.v[1].event.events, 1);
	assert_int_equal(vectors.v[2].event.events, 1);
	assert_int_equal(vectors.v[3].event.events, 2);
	assert_int_equal(vectors.v[3].event.last_event_ns, BEGIN_NS);
	assert_int_equal(vectors.v[4].event.events, 0);
	assert_int_equal(vectors.v[5].event.events, 1);
	vectors_free(&vectors);
}

/* The numbers of rule files: "010" is ten, to both */
static void numbers_are_those_of_rule_files(void **state)
{
	struct vectors vectors = taken("event fid=010 -> default\n");

	(void)state;
	assert_int_equal(vectors.v[0].event.fid, 10);
	vectors_free(&vectors);
}

/* A sign of time in a word is part of the word */
static void time_is_a_word_of_its_own(void **state)
{
	(void)state;
	refused("event driver=a+5s -> default\n",
		"f:1: bad driver 'a+5s', expected at most 23 letters, digits, '_' and '-'\n");
	refused("event +5s +5s -> default\n", "f:1: time '+5s' again, expected it once\n");
	refused("event + 5s -> default\n",
		"f:1: bad time '+', expected one such as +90s\n"
		"f:1: '5s' is not a field, expected FIELD=VALUE\n");
}

static void bad_values_are_refused(void **state)
{
	static const char *const bad[] = {
		"fid=", "fid=x", "fid=-1", "fid=+1", "fid=0x", "fid=1x", "fid=0x100000000", "fid=1,2",
		"class=0x1000000", "pchid=65536", "bus=256", "mediated=2", "mediated=yes",
		"id=0x1ffffffffffffffff", "pec=0x10000", "pec=foo", "driver=", "driver=a/b",
		"driver=twenty-four-characters-x", "device=1b36", "device=1b36:", "device=:10",
		"device=-1:-2", "device=1b360:1", "device=1b36:00100", "device=0x1:0x2",
		"device=1b36:0010:1", "vote=maybe", "vote=ok", "last_event=x", "last_event=2h",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		char text[128], expected[64], *errors;
		int err;

		snprintf(text, sizeof(text), "event %s -> default\n", bad[i]);
		snprintf(expected, sizeof(expected), "f:1: bad %.*s '%s', expected ",
			 (int)strcspn(bad[i], "="), bad[i], strchr(bad[i], '=') + 1);
		errors = complaints_of(text, strlen(text), &err);
		if (err != -EINVAL || strncmp(errors, expected, strlen(expected)))
			fail_msg("'%s': %d, %s", bad[i], err, errors);
		free(errors);
	}
}

static void bad_lines_are_refused(void **state)
{
	(void)state;
	refused("", "f:1: no vectors in it, expected at least one\n");
	refused("# none\n", "f:2: no vectors in it, expected at least one\n");
	refused("evnt -> default\n",
		"f:1: unknown member 'evnt', expected event, vote, reset, failed, deadline or done\n");
	refused("-> default\n",
		"f:1: unknown member '', expected event, vote, reset, failed, deadline or done\n");
	refused("event fid -> default\n", "f:1: 'fid' is not a field, expected FIELD=VALUE\n");
	refused("event fd=1 -> default\n",
		"f:1: unknown field 'fd', expected fid=, driver=, pec=, ... as the author guide lists them\n");
	refused("event fid=1 fid=1 -> default\n", "f:1: fid again, expected it once\n");
	refused("event\n", "f:1: no verdict, expected '-> VERDICT' at the end\n");
	refused("done outcome=recovered -> default\n", "f:1: 'done' has no verdict, expected no '->'\n");
	refused("done\n", "f:1: no outcome, expected outcome= of 'done'\n");
	refused("event outcome=failed -> default\n",
		"f:1: outcome and reason before the end, expected them of 'done' only\n");
	refused("event fid=\x1b[2J -> default\n", "f:1: control character 0x1b, expected text\n");
	refused("event fid=\xc2\x9b -> default\n", "f:1: bad fid '\\xc2\\x9b', expected a number\n");
}

/* However long it is, and whatever follows */
static void all_of_a_verdict_is_read(void **state)
{
	static const char *const bad[] = {
		"", "Default", "default default", "default -> default", "isolate x", "1", "none", "1m",
		"default                                                                        isolate",
	};
	char text[256];

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		char *errors;
		int err;

		snprintf(text, sizeof(text), "event -> %s\n", bad[i]);
		errors = complaints_of(text, strlen(text), &err);
		if (err != -EINVAL || strncmp(errors, "f:1: bad verdict '", 18))
			fail_msg("'%s': %d, %s", bad[i], err, errors);
		free(errors);
	}
	refused("deadline -> default\n", "f:1: bad verdict 'default', expected none or a time\n");
	refused("deadline -> 1m x\n", "f:1: bad verdict '1m x', expected none or a time\n");
}

/* The lines after it would go untested */
static void file_with_nul_bytes_is_refused(void **state)
{
	static const char in_line[] = "event -> default\nevent -> \0default\nevent -> isolate\n";
	static const char at_end[] = "event -> default\n\0";

	(void)state;
	refused_bytes(in_line, sizeof(in_line) - 1, "f:2: the file has NUL bytes, expected text\n");
	refused_bytes(at_end, sizeof(at_end) - 1, "f:2: the file has NUL bytes, expected text\n");
}

static void all_mistakes_are_told(void **state)
{
	(void)state;
	refused("event fid=x bus=y -> z\nevent -> default\nvote\n",
		"f:1: bad fid 'x', expected a number\nf:1: bad bus 'y', expected a number\n"
		"f:1: bad verdict 'z', expected default, reset or isolate\n"
		"f:3: no verdict, expected '-> VERDICT' at the end\n");
}

static void many_mistakes_are_counted(void **state)
{
	char text[2 * 250 + 1], *errors;
	int err;

	(void)state;
	for (size_t i = 0; i < 250; i++)
		memcpy(text + 2 * i, "x\n", 3);
	errors = complaints_of(text, strlen(text), &err);
	assert_int_equal(err, -EINVAL);
	assert_non_null(strstr(errors, "\nf:100: unknown member 'x'"));
	assert_null(strstr(errors, "\nf:101: "));
	assert_string_equal(errors + strlen(errors) - strlen("f: and 150 more\n"), "f: and 150 more\n");
	free(errors);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_field_is_read),
		cmocka_unit_test(events_are_counted_by_function),
		cmocka_unit_test(numbers_are_those_of_rule_files),
		cmocka_unit_test(time_is_a_word_of_its_own),
		cmocka_unit_test(bad_values_are_refused),
		cmocka_unit_test(bad_lines_are_refused),
		cmocka_unit_test(all_of_a_verdict_is_read),
		cmocka_unit_test(file_with_nul_bytes_is_refused),
		cmocka_unit_test(all_mistakes_are_told),
		cmocka_unit_test(many_mistakes_are_counted),
	};

	return cmocka_run_group_tests_name("vectors", tests, NULL, NULL);
}
