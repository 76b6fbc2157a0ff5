// SPDX-License-Identifier: GPL-2.0
/* docs/history.md: its queries have answers, and no table or column is missing there */
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "cmocka-all.h"
#include "keep/schema.h"
#include "keeping.h"

#define MAX	(1 << 20)

static char *read_page(void)
{
	char *text;
	size_t len;

	assert_int_equal(file_read(HISTORY_MD, MAX, &text, &len), 0);
	return text;
}

/* All outcomes, a relapse, a gap, a policy that came and went */
static void fill(struct kept *k)
{
	const struct history_gap gap = { HISTORY_GAP_RING_FULL, 3, 1, 2 };
	struct history_policy_event event = { .wall_ns = 5, .at_ns = 7, .policy = "calm", .what = "budget" };

	kept_many(k, 500);
	kept_open(k);
	assert_int_equal(writer_gap(k->writer, &gap), 0);
	assert_int_equal(writer_policy_event(k->writer, &event), 0);
	kept_commit(k, 500);
	assert_int_equal(writer_finish(k->writer), 0);
	kept_close(k);
}

static int count_rows(sqlite3 *db, const char *sql)
{
	sqlite3_stmt *st;
	int rows = 0, rc;

	if (sqlite3_prepare_v2(db, sql, -1, &st, NULL))
		fail_msg("%s: %s", sql, sqlite3_errmsg(db));
	while ((rc = sqlite3_step(st)) == SQLITE_ROW)
		rows++;
	if (rc != SQLITE_DONE)
		fail_msg("%s: %s", sql, sqlite3_errmsg(db));
	sqlite3_finalize(st);
	return rows;
}

static void the_queries_have_answers(void **state)
{
	char *page = read_page(), *at = page, *end;
	struct kept *k = *state;
	int queries = 0;
	sqlite3 *db;

	fill(k);
	assert_int_equal(sqlite3_open(k->path, &db), 0);
	for (; (at = strstr(at, "```sql\n")); at = end + 1) {
		at += strlen("```sql\n");
		end = strstr(at, "```");
		assert_non_null(end);
		*end = '\0';
		if (!count_rows(db, at))
			fail_msg("no row: %s", at);
		queries++;
	}
	assert_int_equal(queries, 10);
	sqlite3_close(db);
	free(page);
}

static void views_are_read_by_who_trusts_no_schema(void **state)
{
	static const char *const views[] = { "recovery_view", "step_view", "decision_view", "answer_view",
					     "policy_view", "gap_view", "function_view" };
	struct kept *k = *state;
	char sql[64];
	sqlite3 *db;

	fill(k);
	assert_int_equal(sqlite3_open(k->path, &db), 0);
	assert_int_equal(sqlite3_db_config(db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL), 0);
	for (size_t i = 0; i < sizeof(views) / sizeof(views[0]); i++) {
		snprintf(sql, sizeof(sql), "SELECT * FROM %s LIMIT 9", views[i]);
		assert_true(count_rows(db, sql) > 0);
	}
	sqlite3_close(db);
}

static void every_table_and_column_is_described(void **state)
{
	char *page = read_page(), columns[1024], wanted[80];

	(void)state;
	for (const struct schema_table *t = schema_tables; t->name; t++) {
		snprintf(wanted, sizeof(wanted), "**%s**", t->name);
		if (!strstr(page, wanted))
			fail_msg("%s is not in docs/history.md", wanted);
		snprintf(columns, sizeof(columns), "%s", t->columns);
		for (char *c = strtok(columns, ", "); c; c = strtok(NULL, ", ")) {
			snprintf(wanted, sizeof(wanted), "`%s`", c);
			if (!strstr(page, wanted))
				fail_msg("%s of %s is not in docs/history.md", wanted, t->name);
		}
	}
	free(page);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, kept_setup, kept_teardown)
	const struct CMUnitTest tests[] = {
		TEST(the_queries_have_answers),
		TEST(views_are_read_by_who_trusts_no_schema),
		TEST(every_table_and_column_is_described),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
