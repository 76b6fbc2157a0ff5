/* SPDX-License-Identifier: GPL-2.0 */
/*
 * keeping.h - a history file for one test, and what is in it
 */
#ifndef KEEPING_H
#define KEEPING_H

#include <stddef.h>
#include <stdint.h>

#include "keep/history.h"
#include "keep/writer.h"

#define KEPT_SINCE_NS	5000000000ull
#define KEPT_BOOT_ID	"0c1d2e3f-0000-4000-8000-000000000001"

struct kept {
	char *dir;
	char path[256];
	struct writer *writer;
	struct writer_progress progress;
};

/* A directory of its own, no file yet */
int kept_setup(void **state);
int kept_teardown(void **state);

/* The writer, of the one observation of the tests. Fails the test if it cannot be had */
void kept_open(struct kept *k);
void kept_close(struct kept *k);
/* A recovery of this function, with steps and decisions */
void kept_span(struct zrec_full_span *ret, uint32_t fid);
/* Writes it, at wall clock @position */
void kept_put(struct kept *k, uint64_t position, const struct zrec_full_span *s);
void kept_commit(struct kept *k, uint64_t read_to);
/* A closed file with so many of several functions, drivers, PECs and outcomes, 1 ns apart */
void kept_many(struct kept *k, size_t nr);
/* What somebody does to the file by hand */
void kept_sql(const struct kept *k, const char *sql);

/* A closed file with one */
void kept_make_one(struct kept *k);

/*
 * @fn in a process of its own returns @wanted. KEPT_NOT_HERE, which a container or a kernel may
 * make of it, is no failure
 */
#define KEPT_NOT_HERE	77
void kept_apart(struct kept *k, int (*fn)(struct kept *k), int wanted);

/* The writer does not take the file, with this error, and it stays as it is */
void kept_left_alone(const struct kept *k, int err);
/* What a reader of all says of it: 0 or a negative errno, and why. @why may be NULL */
int kept_look(const char *path, char why[256]);

void kept_random_filter(uint64_t *seed, struct history_filter *ret);

struct read_back {
	struct history_recovery *r;
	struct history_boot *boots;
	size_t nr;
	char unknown[HISTORY_NAME_LEN];
};

/* All that the filter (NULL: none) lets through. Fails the test if they cannot be read */
void read_back(struct read_back *ret, const char *path, const struct history_filter *filter,
	       enum history_order order);
void read_back_brief(struct read_back *ret, const char *path, const struct history_filter *filter);
void read_back_arm(struct read_back *ret, const char *path);
void read_back_free(struct read_back *r);

#endif /* KEEPING_H */
