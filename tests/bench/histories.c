// SPDX-License-Identifier: GPL-2.0
/*
 * How fast recoveries come to the disk, with the clock of the wall: as zrec run writes them,
 * a commit every 100 ms, beside the pattern of rasdaemon, an insert that commits by itself
 * for each event, on the same disk in the same run.
 *	histories DIR N: leaves N recoveries in DIR/history.db, prints "name value" lines
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/clock.h"
#include "data/campaign.h"
#include "keep/db.h"
#include "keep/sqlite.h"
#include "keep/writer.h"

#define COMMIT_NS	(100 * NSEC_PER_MSEC)	/* as serve/recorder.c */
#define PEER_NS		(3 * NSEC_PER_SEC)

struct bench {
	struct writer *writer;
	struct writer_progress progress;
	uint64_t commit_ns;
	bool begun;
};

static int begin(struct bench *b, const struct history_recovery *r)
{
	const struct zrec_info info = { .abi = ZREC_ABI, .since_ns = r->observation_ns, .version = "bench" };

	b->begun = true;
	return writer_observation(b->writer, r->boot, &info, r->wall_ns, &b->progress);
}

static int commit(struct bench *b)
{
	b->commit_ns = clock_ns(CLOCK_MONOTONIC) + COMMIT_NS;
	return writer_commit(b->writer, &b->progress);
}

static int add(void *ctx, struct history_recovery *r)
{
	struct bench *b = ctx;
	int err = b->begun ? 0 : begin(b, r);

	if (!err)
		err = writer_span(b->writer, r->position, &r->full.span, r->wall_ns, NULL);
	b->progress.read_to = r->position + 1;
	b->progress.accounted++;
	if (!err && clock_ns(CLOCK_MONOTONIC) >= b->commit_ns)
		err = commit(b);
	return err;
}

/* Recoveries a second, or a negative errno */
static double write_all(const char *path, uint64_t nr)
{
	const struct campaign c = { .seed = 1, .hosts = 1, .functions = 32, .recoveries = nr };
	uint64_t begin_ns = clock_ns(CLOCK_MONOTONIC);
	struct bench b = { 0 };
	int err = writer_open(&b.writer, path);

	if (err)
		return err;
	err = campaign_run(&c, add, &b);
	if (!err)
		err = commit(&b);
	begin_ns = clock_ns(CLOCK_MONOTONIC) - begin_ns;
	if (!err)
		err = writer_finish(b.writer);
	writer_close(b.writer);
	return err ? err : (double)nr * NSEC_PER_SEC / (double)begin_ns;
}

/* A table and a row as large as rasdaemon's aer_event, with what SQLite does by itself */
static double write_one_by_one(const char *path)
{
	uint64_t begin_ns, now, nr = 0;
	sqlite3_stmt *st = NULL;
	sqlite3 *db = NULL;
	int err = sqlite_load();

	if (!err)
		err = db_errno(db, sqlite3_open_v2(path, &db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, NULL));
	if (!err)
		err = db_exec(db, "CREATE TABLE aer_event (id INTEGER PRIMARY KEY, timestamp TEXT,"
			      " dev_name TEXT, err_type TEXT, err_msg TEXT)");
	if (!err)
		err = db_prepare(db, "INSERT INTO aer_event (timestamp, dev_name, err_type, err_msg) VALUES"
			       " ('2026-11-25 10:00:00 +0000', '0001:00:00.0', 'Uncorrected (Non-Fatal)',"
			       " 'Completion Timeout')", &st);
	begin_ns = clock_ns(CLOCK_MONOTONIC);
	do {
		if (!err)
			err = db_run(st);
		nr++;
		now = clock_ns(CLOCK_MONOTONIC);
	} while (!err && now - begin_ns < PEER_NS);
	sqlite3_finalize(st);
	sqlite3_close(db);
	return err ? err : (double)nr * NSEC_PER_SEC / (double)(now - begin_ns);
}

int main(int argc, char **argv)
{
	char ours[4096], peers[4096];
	double batch, single;
	struct stat st;
	uint64_t nr;

	if (argc != 3) {
		fprintf(stderr, "Usage: histories DIR N\n");
		return EXIT_FAILURE;
	}
	nr = strtoull(argv[2], NULL, 10);
	snprintf(ours, sizeof(ours), "%s/history.db", argv[1]);
	snprintf(peers, sizeof(peers), "%s/rasdaemon.db", argv[1]);
	single = write_one_by_one(peers);
	batch = write_all(ours, nr);
	if (single <= 0 || batch <= 0 || stat(ours, &st) < 0) {
		fprintf(stderr, "histories: %s\n", strerror(single <= 0 ? (int)-single :
							      batch <= 0 ? (int)-batch : errno));
		return EXIT_FAILURE;
	}
	printf("insert.one %.0f\ninsert.batch %.0f\ninsert.times %.0f\nbytes %.0f\n", single, batch,
	       batch / single, (double)st.st_size / (double)nr);
	return EXIT_SUCCESS;
}
