// SPDX-License-Identifier: GPL-2.0
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/array.h"
#include "base/file.h"
#include "cmocka-all.h"
#include "fixtures.h"
#include "keeping.h"
#include "span_random.h"

int kept_setup(void **state)
{
	struct kept *k = calloc(1, sizeof(*k));

	assert_non_null(k);
	k->dir = make_temp_dir();
	snprintf(k->path, sizeof(k->path), "%s/history.db", k->dir);
	*state = k;
	return 0;
}

int kept_teardown(void **state)
{
	struct kept *k = *state;

	if (k->writer)
		writer_close(k->writer);
	remove_temp_dir(k->dir);
	free(k);
	return 0;
}

void kept_open(struct kept *k)
{
	static const struct history_boot boot = { "0123456789abcdef0123456789abcdef", "host1",
						  KEPT_BOOT_ID };
	static const struct zrec_info info = { .abi = ZREC_ABI, .since_ns = KEPT_SINCE_NS,
					       .version = "test", .tier = ZREC_TIER_TRACEPOINT };

	assert_int_equal(writer_open(&k->writer, k->path), 0);
	assert_int_equal(writer_observation(k->writer, &boot, &info, 1, &k->progress), 0);
}

void kept_close(struct kept *k)
{
	writer_close(k->writer);
	k->writer = NULL;
}

void kept_span(struct zrec_full_span *ret, uint32_t fid)
{
	static struct zrec_full_span full;

	fixtures[0].make(&full.span);
	*ret = full;
	ret->span.fid = fid;
	ret->span.life = fid + 1;
	ret->span.tai_ns = 0;
}

void kept_put(struct kept *k, uint64_t position, const struct zrec_full_span *s)
{
	struct zrec_full_span at = *s;

	assert_int_equal(writer_span(k->writer, position, &at.span, (int64_t)position, NULL), 0);
}

void kept_commit(struct kept *k, uint64_t read_to)
{
	const struct writer_progress p = { .read_to = read_to, .accounted = read_to, .wall_ns = 1 };

	assert_int_equal(writer_commit(k->writer, &p), 0);
}

/* As few names and lives as a host has: each is kept as long as the file */
static void settle(uint64_t *seed, struct zrec_full_span *full)
{
	static const char *const drivers[] = { "nvme", "mlx5_core", "vfio-pci", "" };
	struct zrec_span *s = &full->span;
	uint32_t fid = (uint32_t)random_below(seed, 8);

	s->flags |= ZREC_SPAN_DEVICE;
	s->fid = s->life = s->uid = fid;
	s->domain = s->pchid = s->vendor = s->device = (uint16_t)fid;
	s->bus = s->devfn = s->pft = (uint8_t)fid;
	s->class_code = 0x010802;
	s->pec = (uint16_t)random_below(seed, 5);
	memset(s->driver, 0, sizeof(s->driver));
	strcpy(s->driver, drivers[random_below(seed, 4)]);
	for (int i = 0; i < ZREC_NR_STEPS; i++)
		s->step_result[i] %= 7;
	for (int i = 0; i < ZREC_MAX_POINTS; i++)
		full->policy.point[i].dflt %= ZPCI_NR_VERDICTS;
	for (int i = 0; i < ZREC_MAX_ANSWERS; i++) {
		struct zrec_answer *a = &full->policy.answer[i];

		memset(a->policy, 0, sizeof(a->policy));
		strcpy(a->policy, "calm");
		a->dflt %= ZPCI_NR_VERDICTS;
		a->verdict %= ZPCI_NR_VERDICTS;
		a->effective %= ZPCI_NR_VERDICTS;
	}
	memcpy(full->policy.policy, full->policy.answer[0].policy, sizeof(full->policy.policy));
}

void kept_many(struct kept *k, size_t nr)
{
	struct zrec_full_span s;
	uint64_t seed = 3;

	kept_open(k);
	for (size_t i = 1; i <= nr; i++) {
		span_random(&seed, &s);
		settle(&seed, &s);
		assert_int_equal(writer_span(k->writer, i, &s.span, (int64_t)i, NULL), 0);
	}
	kept_commit(k, nr);
	kept_close(k);
}

void kept_sql(const struct kept *k, const char *sql)
{
	sqlite3 *db;

	assert_int_equal(sqlite3_open(k->path, &db), SQLITE_OK);
	if (sqlite3_exec(db, sql, NULL, NULL, NULL))
		fail_msg("%s: %s", sql, sqlite3_errmsg(db));
	assert_int_equal(sqlite3_close(db), SQLITE_OK);
}

void kept_random_filter(uint64_t *seed, struct history_filter *ret)
{
	static const char *const functions[] = { "fid:0x3", "fid:5", "nvme", "vfio-pci" };
	static const char *const drivers[] = { "nvme", "mlx5_core", "mlx5", "nvme\xc3\xa9" };
	static const char *const pecs[] = { "1", "0x2", "translation_protection" };
	static const char *const outcomes[] = { "recovered", "dropped", "isolated" };
	struct span_filter *f = &ret->span;

	for (int i = 0; i < 2; i++) {
		if (!random_below(seed, 3))
			assert_int_equal(span_filter_add_function(f, functions[random_below(seed, 4)]), 0);
		if (!random_below(seed, 3))
			assert_int_equal(span_filter_add_driver(f, drivers[random_below(seed, 4)]), 0);
		if (!random_below(seed, 3))
			assert_int_equal(span_filter_add_pec(f, pecs[random_below(seed, 3)]), 0);
		if (!random_below(seed, 3))
			assert_int_equal(span_filter_add_fid(f, random_below(seed, 2) ? "1" : "fid:0x4"), 0);
		if (!random_below(seed, 3))
			assert_int_equal(span_parse_outcomes(&f->outcomes,
							     outcomes[random_below(seed, 3)]), 0);
	}
}

static int keep_one(void *ctx, const struct history_recovery *r)
{
	struct read_back *got = ctx;
	size_t nr = got->nr;
	struct history_recovery *at = array_add(&got->r, &nr, sizeof(*at));
	struct history_boot *boot = array_add(&got->boots, &got->nr, sizeof(*boot));

	assert_non_null(at);
	assert_non_null(boot);
	*at = *r;
	*boot = *r->boot;
	return 0;
}

static void end(struct read_back *ret, struct history *h, int err)
{
	const char *unknown = history_unknown_name(h);

	if (err)
		fail_msg("%s", history_error(h));
	snprintf(ret->unknown, sizeof(ret->unknown), "%s", unknown ? unknown : "");
	history_close(h);
}

void read_back(struct read_back *ret, const char *path, const struct history_filter *filter,
	       enum history_order order)
{
	const struct history_filter all = { 0 };
	struct history *h;
	int err = history_open(&h, path);

	*ret = (struct read_back){ 0 };
	if (!err)
		err = history_each(h, filter ? filter : &all, order, keep_one, ret);
	end(ret, h, err);
}

void read_back_brief(struct read_back *ret, const char *path, const struct history_filter *filter)
{
	struct history *h;
	int err = history_open(&h, path);

	*ret = (struct read_back){ 0 };
	if (!err)
		err = history_each_brief(h, filter, keep_one, ret);
	end(ret, h, err);
}

void read_back_arm(struct read_back *ret, const char *path)
{
	struct history *h;
	int err = history_open(&h, path);

	*ret = (struct read_back){ 0 };
	if (!err)
		err = history_each_arm(h, keep_one, ret);
	end(ret, h, err);
}

void read_back_free(struct read_back *r)
{
	free(r->r);
	free(r->boots);
}

/* --- the file as others see it --- */

#define FILE_MAX	(64 << 20)

/* cmocka's skip() is a failure to meson, which reads TAP by the book */
void kept_apart(struct kept *k, int (*fn)(struct kept *k), int wanted)
{
	pid_t pid = fork();
	int status;

	if (!pid)
		_exit(fn(k));
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	if (WEXITSTATUS(status) == KEPT_NOT_HERE)
		print_message("# SKIP it is not allowed here, or the kernel cannot do it\n");
	else
		assert_int_equal(WEXITSTATUS(status), wanted);
}

void kept_left_alone(const struct kept *k, int err)
{
	struct writer *w;
	char *before, *after;
	size_t before_len, after_len;

	assert_int_equal(file_read(k->path, FILE_MAX, &before, &before_len), 0);
	assert_int_equal(writer_open(&w, k->path), err);
	assert_int_equal(file_read(k->path, FILE_MAX, &after, &after_len), 0);
	assert_int_equal(before_len, after_len);
	assert_memory_equal(before, after, after_len);
	free(before);
	free(after);
}

static int any(void *ctx, const struct history_recovery *r)
{
	(void)r;
	++*(size_t *)ctx;
	return 0;
}

int kept_look(const char *path, char why[256])
{
	const struct history_filter all = { 0 };
	struct history *h;
	size_t nr = 0;
	int err = history_open(&h, path);

	if (!err)
		err = history_each(h, &all, HISTORY_NEWEST_FIRST, any, &nr);
	if (why)
		snprintf(why, 256, "%s", err ? history_error(h) : "");
	history_close(h);
	return err;
}

void kept_make_one(struct kept *k)
{
	struct zrec_full_span s;

	kept_span(&s, 1);
	kept_open(k);
	kept_put(k, 1, &s);
	kept_commit(k, 1);
	kept_close(k);
}
