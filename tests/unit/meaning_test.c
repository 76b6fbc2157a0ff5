// SPDX-License-Identifier: GPL-2.0
/* What errors and outcomes mean: every one has a meaning, and docs/recoveries.md has them all */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>

#include "cmocka-all.h"
#include "fixtures.h"
#include "record/meaning.h"
#include "record/names.h"

static void every_pec_that_has_a_name_has_a_meaning(void **state)
{
	const struct meaning_pec *last = meaning_of_pec(0xfffe);

	(void)state;
	for (unsigned int pec = 0; pec < 0xffff; pec++)
		if (strcmp(name_pec(pec), "unknown") != 0)
			assert_int_equal(meaning_of_pec(pec)->pec, pec);
		else
			assert_ptr_equal(meaning_of_pec(pec), last);
	assert_int_equal(last->kind, MEANING_UNKNOWN);
}

/* The keys are what the names say, so that no row is for another reason than it seems */
static void check_key(size_t i, unsigned int outcome, unsigned int reason)
{
	char key[64];

	snprintf(key, sizeof(key), "%s-%s", name_outcome(outcome), name_reason(outcome, reason));
	if (reason == 0xffff)
		*strchr(key, '-') = '\0';
	assert_string_equal(meaning_row(i)->key, key);
}

static void each_reason_has_its_row(void **state)
{
	unsigned int outcome, reason;

	(void)state;
	for (size_t i = 0; meaning_row_outcome(i, &outcome, &reason); i++) {
		if (outcome != 0xffff)
			check_key(i, outcome, reason);
		assert_ptr_equal(meaning_of(outcome, reason), meaning_row(i));
	}
	for (unsigned int r = ZPCI_REASON_PERMANENT; r <= ZPCI_REASON_RESET_FAILED; r++)
		assert_string_not_equal(meaning_of(ZPCI_OUTCOME_FAILED, r)->key, "failed");
	for (unsigned int r = 0; r < ZPCI_NR_DROP_REASONS; r++)
		assert_string_not_equal(meaning_of(ZPCI_OUTCOME_DROPPED, r)->key, "dropped");
	for (unsigned int o = 0; o < ZPCI_NR_OUTCOMES; o++)
		assert_memory_equal(meaning_of(o, 4711)->key, name_outcome(o), strlen(name_outcome(o)));
	assert_string_equal(meaning_of(99, 0)->key, "unknown");
}

static void texts_are_for_people_and_catalogs(void **state)
{
	const struct meaning *m, *other;

	(void)state;
	for (size_t i = 0; (m = meaning_row(i)); i++) {
		assert_int_equal(strlen(m->id), 32);
		assert_int_equal(strspn(m->id, "0123456789abcdef"), 32);
		assert_in_range(m->priority, LOG_CRIT, LOG_INFO);
		assert_true(strlen(m->meaning) < 400 && strlen(m->action) < 400);
		assert_true(m->meaning[strlen(m->meaning) - 1] == '.');
		for (size_t k = 0; k < i; k++) {
			other = meaning_row(k);
			assert_string_not_equal(m->id, other->id);
			assert_string_not_equal(m->key, other->key);
		}
	}
}

static const char *value(const void *ctx, const char *name)
{
	(void)ctx;
	return !strcmp(name, "ZPCI_FID") ? "0x12" : NULL;
}

static void names_in_texts_are_filled_in(void **state)
{
	char buf[32], small[6];

	(void)state;
	meaning_fill(buf, sizeof(buf), "@ZPCI_FID@: a@b @ @ZPCI_NONE@@", value, NULL);
	assert_string_equal(buf, "0x12: a@b @ -@");
	meaning_fill(small, sizeof(small), "ab@ZPCI_FID@", value, NULL);
	assert_string_equal(small, "ab0x1");
	meaning_fill(small, sizeof(small), "abcdefgh", value, NULL);
	assert_string_equal(small, "abcde");
}

static void severity_needs_all_three(void **state)
{
	(void)state;
	assert_int_equal(meaning_priority(0x3a, ZPCI_OUTCOME_RECOVERED, 0), LOG_NOTICE);
	assert_int_equal(meaning_priority(0x04, ZPCI_OUTCOME_RECOVERED, 0), LOG_WARNING);
	assert_int_equal(meaning_priority(0x3b, ZPCI_OUTCOME_FAILED, ZPCI_REASON_PERMANENT), LOG_CRIT);
	assert_false(meaning_needs_action(0x04, ZPCI_OUTCOME_RECOVERED, 0));
	assert_true(meaning_needs_action(0x04, ZPCI_OUTCOME_ABANDONED, 0));
	assert_false(meaning_needs_action(0x2b, ZPCI_OUTCOME_IGNORED, ZPCI_REASON_MEASUREMENT));
	assert_string_equal(meaning_severity(LOG_ERR), "err");
	assert_string_equal(meaning_severity(LOG_EMERG), "emerg");
	assert_string_equal(meaning_severity(LOG_DEBUG), "debug");
}

static void print_all(FILE *f, const void *arg)
{
	struct zrec_full_span s;

	(void)arg;
	for (size_t i = 0; i < nr_fixtures; i++) {
		memset(&s, 0, sizeof(s));
		fixtures[i].make(&s.span);
		fprintf(f, "%s\n", fixtures[i].name);
		meaning_print(f, &s.span);
	}
}

static void what_did_not_end_well_is_explained_in_80_columns(void **state)
{
	char *text = capture(print_all, NULL), *line, *rest = text;

	(void)state;
	assert_golden("meaning.text", text);
	while ((line = strsep(&rest, "\n")))
		assert_true(strlen(line) <= 80);
	free(text);
}

/* --- docs/recoveries.md --- */

static const char *field_as_read(const void *ctx, const char *name)
{
	static const char *const names[][2] = {
		{ "ZPCI_FID", "FID" }, { "ZPCI_SLOT", "SLOT" }, { "ZPCI_ADDRESS", "ADDRESS" },
		{ "ZPCI_DRIVER", "DRIVER" }, { "ZPCI_POLICY", "POLICY" },
	};

	(void)ctx;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (!strcmp(names[i][0], name))
			return names[i][1];
	fail_msg("nobody fills in @%s@", name);
	return NULL;
}

/* Not wrapped: a line that begins with ">" would be a quotation */
static void print_text(FILE *f, const char *text)
{
	char buf[1024];

	meaning_fill(buf, sizeof(buf), text, field_as_read, NULL);
	fprintf(f, "%s\n", buf);
}

static void print_pecs(FILE *f)
{
	const struct meaning_pec *p;

	fputs("## What firmware reports\n\n"
	      "IBM does not publish the meaning of each PCI event code (PEC). \"By its name\" marks those of which we know\n"
	      "no more than the name that Linux and QEMU give them.\n\n"
	      "| PEC | name | kind | meaning |\n|---|---|---|---|\n", f);
	for (size_t i = 0; (p = meaning_pec_row(i)); i++)
		if (p->kind == MEANING_UNKNOWN)
			fprintf(f, "| other | unknown | %s | %s |\n", meaning_kind_name(p->kind), p->meaning);
		else
			fprintf(f, "| 0x%02x | %s | %s | %s |\n", p->pec, name_pec(p->pec),
				meaning_kind_name(p->kind), p->meaning);
	fputs("\n| kind | where to look |\n|---|---|\n", f);
	for (unsigned int kind = 0; kind < MEANING_NR_KINDS; kind++)
		fprintf(f, "| %s | %s |\n", meaning_kind_name(kind), meaning_where(kind));
}

static unsigned int pec_of_kind(unsigned int kind)
{
	const struct meaning_pec *p;
	size_t i = 0;

	while ((p = meaning_pec_row(i)) && p->kind != kind)
		i++;
	assert_non_null(p);
	return p->pec;
}

/* With a column for each kind of PEC, as severity needs both */
static void print_severities(FILE *f)
{
	unsigned int outcome, reason;

	fputs("\n## How bad it is\n\n"
	      "Severities are those of syslog. Key `severity` in JSON, `PRIORITY` in the journal.\n\n| outcome and reason |", f);
	for (unsigned int kind = 0; kind < MEANING_NR_KINDS; kind++)
		fprintf(f, " %s |", meaning_kind_name(kind));
	fputs("\n|---|---|---|---|---|---|---|\n", f);
	for (size_t i = 0; meaning_row_outcome(i, &outcome, &reason); i++) {
		fprintf(f, "| %s |", meaning_row(i)->key);
		for (unsigned int kind = 0; kind < MEANING_NR_KINDS; kind++)
			fprintf(f, " %s |", meaning_severity(meaning_priority(pec_of_kind(kind),
									     outcome, reason)));
		fputc('\n', f);
	}
}

static void print_page(FILE *f, const void *arg)
{
	const struct meaning *m;
	unsigned int outcome, reason;

	(void)arg;
	fputs("# What a recovery means, and what to do\n\n"
	      "This page is made from the table that `zrec watch -v`, `zrec history show` and `journalctl -x` use too\n"
	      "(`user/record/meaning-table.c`). FID, SLOT (the FID in eight hexadecimal digits), ADDRESS, DRIVER and POLICY\n"
	      "stand for those of the recovery.\n\n", f);
	print_pecs(f);
	print_severities(f);
	fputs("\n## What became of it, and what to do\n", f);
	for (size_t i = 0; (m = meaning_row(i)); i++) {
		fprintf(f, "\n### %s\n\n%s.", m->key, m->subject);
		if (!meaning_row_outcome(i, &outcome, &reason))
			fprintf(f, " Severity %s.", meaning_severity(m->priority));
		fprintf(f, " In the journal: `MESSAGE_ID=%s`\n\n", m->id);
		print_text(f, m->meaning);
		fputs("\n**Do:** ", f);
		print_text(f, m->action);
	}
}

static void the_page_has_the_table(void **state)
{
	char *text = capture(print_page, NULL);

	(void)state;
	assert_golden("../../../docs/recoveries.md", text);
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_pec_that_has_a_name_has_a_meaning),
		cmocka_unit_test(each_reason_has_its_row),
		cmocka_unit_test(texts_are_for_people_and_catalogs),
		cmocka_unit_test(names_in_texts_are_filled_in),
		cmocka_unit_test(severity_needs_all_three),
		cmocka_unit_test(what_did_not_end_well_is_explained_in_80_columns),
		cmocka_unit_test(the_page_has_the_table),
	};

	return cmocka_run_group_tests_name("meaning", tests, NULL, NULL);
}
