// SPDX-License-Identifier: GPL-2.0
/* Reading a recording of several hosts boot by boot, whatever the wall clock did */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "cmocka-all.h"
#include "fixtures.h"
#include "keep/jsonl.h"
#include "keeping.h"

static const struct history_boot boots[] = {
	{ "", "host1", "bbbbbbbb-0000-4000-8000-000000000001" },
	{ "", "host2", "aaaaaaaa-0000-4000-8000-000000000001" },
	/* The first one, which was called otherwise then */
	{ "", "host1.example.com", "bbbbbbbb-0000-4000-8000-000000000001" },
};

static const struct made {
	unsigned int boot;
	int64_t wall_ns;
	uint64_t begin_ns;
} made[] = {
	{ 0, 1000, 10 }, { 1, 1001, 500 }, { 0, 1002, 12 },
	/* The clock of the first is set back */
	{ 0, 900, 20 }, { 1, 1003, 510 }, { 2, 1004, 5 }, { 0, 901, 21 }, { 2, 1005, 30 },
};

/* Which of them, in order: the boot of the smaller ID comes first */
static const size_t by_boot[] = { 1, 4, 5, 0, 2, 3, 6, 7 };

static void make(struct kept *k)
{
	struct writer_progress progress;
	struct zrec_full_span full;

	assert_int_equal(writer_open(&k->writer, k->path), 0);
	for (size_t i = 0; i < ARRAY_SIZE(made); i++) {
		const struct zrec_info info = { .abi = ZREC_ABI, .since_ns = 1 + made[i].boot, .version = "t" };

		assert_int_equal(writer_observation(k->writer, &boots[made[i].boot], &info, 1, &progress), 0);
		kept_span(&full, 0x11);
		full.span.begin_ns = made[i].begin_ns;
		full.span.id = i + 1;
		assert_int_equal(writer_span(k->writer, i, &full.span, made[i].wall_ns, NULL), 0);
		kept_commit(k, i + 1);
	}
}

struct seen {
	struct kept *k;
	const char *sql;		/* what another does to the file after the first one */
	uint64_t id[ARRAY_SIZE(made)];
	size_t nr;
};

static int see(void *ctx, const struct history_recovery *r)
{
	struct seen *seen = ctx;

	assert_true(seen->nr < ARRAY_SIZE(made));
	seen->id[seen->nr++] = r->full.span.id;
	if (seen->sql)
		kept_sql(seen->k, seen->sql);
	seen->sql = NULL;
	return 0;
}

static void read_by_boot(struct seen *seen, const char *path, const struct history_filter *filter)
{
	const struct history_filter all = { 0 };
	struct history *h;

	assert_int_equal(history_open(&h, path), 0);
	if (history_each_by_boot(h, filter ? filter : &all, see, seen))
		fail_msg("%s", history_error(h));
	history_close(h);
}

static void assert_by_boot(const char *path)
{
	struct seen seen = { .nr = 0 };

	read_by_boot(&seen, path, NULL);
	assert_int_equal(seen.nr, ARRAY_SIZE(made));
	for (size_t i = 0; i < seen.nr; i++)
		assert_int_equal(seen.id[i], by_boot[i] + 1);
}

static int put(void *ctx, const struct history_recovery *r)
{
	return jsonl_write_recovery(ctx, r);
}

static void boots_come_one_after_the_other(void **state)
{
	const struct history_filter all = { 0 };
	struct kept *k = *state;
	char path[300];
	struct jsonl_writer w = { 0 };
	struct history *h;

	make(k);
	kept_close(k);
	assert_by_boot(k->path);
	snprintf(path, sizeof(path), "%s/h.jsonl", k->dir);
	w.f = fopen(path, "w");
	assert_non_null(w.f);
	assert_int_equal(history_open(&h, k->path), 0);
	assert_int_equal(jsonl_write_meta(&w), 0);
	assert_int_equal(history_each(h, &all, HISTORY_OLDEST_FIRST, put, &w), 0);
	history_close(h);
	jsonl_writer_free(&w);
	assert_int_equal(fclose(w.f), 0);
	assert_by_boot(path);
}

static void both_orders_of_one_open_file(void **state)
{
	const struct history_filter all = { 0 };
	struct kept *k = *state;
	struct seen first = { .nr = 0 }, by = { .nr = 0 }, again = { .nr = 0 };
	struct history *h;

	make(k);
	kept_close(k);
	assert_int_equal(history_open(&h, k->path), 0);
	assert_int_equal(history_each(h, &all, HISTORY_OLDEST_FIRST, see, &first), 0);
	assert_int_equal(history_each_by_boot(h, &all, see, &by), 0);
	assert_int_equal(history_each(h, &all, HISTORY_OLDEST_FIRST, see, &again), 0);
	history_close(h);
	assert_memory_equal(first.id, again.id, sizeof(first.id));
	assert_memory_not_equal(first.id, by.id, sizeof(first.id));
}

static void filters_hold(void **state)
{
	struct kept *k = *state;
	char *hosts[] = { "host2" };
	const struct history_filter host2 = { .hosts = hosts, .nr_hosts = 1 }, until = { .until_ns = 1000 };
	struct seen seen = { .nr = 0 };

	make(k);
	kept_close(k);
	read_by_boot(&seen, k->path, &host2);
	assert_int_equal(seen.nr, 2);
	assert_int_equal(seen.id[1], 5);
	seen.nr = 0;
	read_by_boot(&seen, k->path, &until);
	assert_int_equal(seen.nr, 2);
	assert_int_equal(seen.id[0], 4);
}

/* As the recorder removes old ones while we read, some of which are not in memory yet */
static void what_is_removed_meanwhile_is_passed_over(void **state)
{
	struct kept *k = *state;
	struct seen seen = { .k = k, .sql = "PRAGMA foreign_keys=ON; DELETE FROM recovery WHERE kernel_id IN (4, 6)" };

	make(k);
	read_by_boot(&seen, k->path, NULL);
	assert_int_equal(seen.nr, ARRAY_SIZE(made) - 2);
	assert_int_equal(seen.id[3], 3);
	assert_int_equal(seen.id[4], 7);
}

/* In the index by time, but not in its table: nobody removed it, so the file is damaged */
static void what_only_the_index_has_is_damage(void **state)
{
	const struct history_filter all = { 0 };
	struct kept *k = *state;
	struct seen seen = { .nr = 0 };
	struct history *h;

	make(k);
	kept_close(k);
	kept_sql(k, "CREATE TABLE kept (name, root, sql); INSERT INTO kept SELECT name, rootpage, sql FROM"
		 " sqlite_schema WHERE name = 'recovery_by_time'; PRAGMA writable_schema = ON;"
		 " DELETE FROM sqlite_schema WHERE name = 'recovery_by_time'");
	kept_sql(k, "DELETE FROM recovery WHERE kernel_id = 3");
	kept_sql(k, "PRAGMA writable_schema = ON; INSERT INTO sqlite_schema (type, name, tbl_name, rootpage, sql)"
		 " SELECT 'index', name, 'recovery', root, sql FROM kept");
	assert_int_equal(history_open(&h, k->path), 0);
	assert_int_equal(history_each_by_boot(h, &all, see, &seen), -EUCLEAN);
	assert_non_null(strstr(history_error(h), "recovery 3 is only in the index"));
	history_close(h);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(boots_come_one_after_the_other, kept_setup, kept_teardown),
		cmocka_unit_test_setup_teardown(both_orders_of_one_open_file, kept_setup, kept_teardown),
		cmocka_unit_test_setup_teardown(filters_hold, kept_setup, kept_teardown),
		cmocka_unit_test_setup_teardown(what_is_removed_meanwhile_is_passed_over, kept_setup,
						kept_teardown),
		cmocka_unit_test_setup_teardown(what_only_the_index_has_is_damage, kept_setup, kept_teardown),
	};

	return cmocka_run_group_tests_name("by_boot", tests, NULL, NULL);
}
