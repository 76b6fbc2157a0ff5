// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <inttypes.h>
#include <syslog.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/systemd.h"
#include "record/meaning.h"
#include "serve/entry.h"
#include "serve/journal.h"

/* Nothing was held back for so long: the storm is over. An endless one is told of meanwhile */
#define QUIET_NS	(10 * NSEC_PER_SEC)
#define STORM_NS	(600 * NSEC_PER_SEC)
#define RESERVE		4	/* a quarter */

/* --- whether it is written --- */

static uint64_t now_ns(void)
{
	return clock_ns(CLOCK_MONOTONIC);
}

static bool may_write(struct journal *j, bool serious)
{
	const struct bucket_limits *limits = &j->limits;

	return bucket_take(&j->bucket, limits, now_ns(), serious ? 0 : limits->burst / RESERVE);
}

static void not_written(struct journal *j)
{
	j->quiet_ns = now_ns();
	if (!j->untold++)
		j->storm_ns = j->quiet_ns;
}

static int put(struct journal *j, const struct entry *e)
{
	int err = systemd_journal_send(j->fd, j->path, e->field, e->nr);

	j->stats.error = err;
	if (err)
		j->stats.lost++;
	else
		j->stats.written++;
	return err;
}

/* Before an entry is made: in a storm most are not */
static bool admits(struct journal *j, bool serious)
{
	if (j->fd < 0)
		return false;
	if (may_write(j, serious))
		return true;
	j->stats.held_back++;
	not_written(j);
	return false;
}

static void write_entry(struct journal *j, const struct entry *e)
{
	if (!put(j, e))
		return;
	j->untold_lost++;
	not_written(j);
}

/* --- what happened --- */

void journal_recovery(struct journal *j, const struct zrec_span *s, int64_t wall_ns)
{
	struct entry e;

	if (!admits(j, meaning_priority(s->pec, s->outcome, s->reason) <= LOG_ERR))
		return;
	entry_recovery(&e, s, wall_ns);
	write_entry(j, &e);
}

void journal_open_recovery(struct journal *j, const struct open_recovery *r)
{
	struct entry e;

	if (!admits(j, true))
		return;
	entry_open_recovery(&e, r);
	write_entry(j, &e);
}

void journal_policy_began(struct journal *j, const char *policy, int64_t wall_ns, bool shadow)
{
	struct entry e;

	if (!admits(j, true))
		return;
	entry_policy_began(&e, policy, wall_ns, shadow);
	write_entry(j, &e);
}

void journal_policy_ended(struct journal *j, const struct zrec_policy_exit *exit, int64_t wall_ns)
{
	struct entry e;

	if (!admits(j, true))
		return;
	entry_policy_ended(&e, exit, wall_ns);
	write_entry(j, &e);
}

/* --- what was not written --- */

/* Over the limits, too: there is one in ten seconds at most */
static void say_how_many(struct journal *j)
{
	const struct meaning *m = meaning_of_event(MEANING_HELD_BACK);
	uint64_t held = j->untold - j->untold_lost;
	struct entry e;

	entry_begin(&e, m, m->priority);
	entry_add(&e, "MESSAGE=%" PRIu64 " entries about PCI errors are not in the journal: %" PRIu64
		  " were held back, and %" PRIu64 " were lost; zrec history has the recoveries",
		  j->untold, held, j->untold_lost);
	entry_add(&e, "ZPCI_HELD_BACK=%" PRIu64, held);
	entry_add(&e, "ZPCI_LOST=%" PRIu64, j->untold_lost);
	if (put(j, &e)) {
		/* It is none of those that it would have counted */
		j->stats.lost--;
		j->storm_ns = j->quiet_ns = now_ns();
		return;
	}
	j->untold = 0;
	j->untold_lost = 0;
}

static uint64_t due_ns(const struct journal *j)
{
	uint64_t quiet = j->quiet_ns + QUIET_NS, storm = j->storm_ns + STORM_NS;

	return storm < quiet ? storm : quiet;
}

int journal_timeout_ms(const struct journal *j)
{
	uint64_t now = now_ns(), due = due_ns(j);

	/* Without a journald nobody wakes up for it: it is said when an entry arrives again */
	if (j->fd < 0 || !j->untold || (j->stats.error && !systemd_journal_has_no_room(j->stats.error)))
		return -1;
	return due > now ? (int)((due - now + NSEC_PER_MSEC - 1) / NSEC_PER_MSEC) : 0;
}

void journal_work(struct journal *j)
{
	if (!journal_timeout_ms(j))
		say_how_many(j);
}

/* --- begin and end --- */

int journal_open(struct journal *j, const char *path, const struct bucket_limits *limits)
{
	int fd = systemd_journal_open();

	*j = JOURNAL_CLOSED;
	if (fd < 0)
		return fd;
	*j = (struct journal){ .fd = fd, .path = path, .limits = *limits };
	bucket_fill(&j->bucket, limits, now_ns());
	if (access(path, W_OK) < 0)
		j->stats.error = -errno;
	return 0;
}

void journal_close(struct journal *j)
{
	if (j->fd < 0)
		return;
	if (j->untold)
		say_how_many(j);
	close(j->fd);
	*j = JOURNAL_CLOSED;
}
