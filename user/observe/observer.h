/* SPDX-License-Identifier: GPL-2.0 */
/*
 * observer.h - one observation: programs in the kernel, pinned in bpffs
 *
 * An observation outlives the process that began it. observer_open() begins
 * one or joins the one that runs; observer_reuse() only joins.
 */
#ifndef ZREC_OBSERVER_H
#define ZREC_OBSERVER_H

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "observe/ring.h"
#include "zrec.h"

struct observer;

/* All zero means: the defaults */
struct observer_opts {
	size_t ring_bytes;	/* size of the ring buffer; rounded up to a power of two of pages */
	size_t functions;	/* to make room for; twice as many fit */
	uint32_t took_over;	/* ABI of the observation that it takes over from, 0: none */
	bool heartbeat;		/* observer_beat() is wanted */
};

/*
 * Each called once a record; a negative return ends observer_poll() with it. The record
 * counts as read when this returns 0 or -ECANCELED, so have it written out by then;
 * otherwise it stays for the next reader.
 */
struct observer_reader {
	int (*event)(void *ctx, const struct zrec_event *event);
	int (*span)(void *ctx, const struct zrec_span *span);
	int (*policy_exit)(void *ctx, const struct zrec_policy_exit *exit);
};

/* @merged is the sum over all CPUs and valid during the call only */
typedef int (*observer_hist_fn)(void *ctx, const struct zrec_hist_key *key,
				const struct zrec_hist *merged);

/* How often an outcome came about; a life of 0 is not known */
struct observer_counter {
	uint32_t fid;
	uint32_t life;
	uint16_t pec;
	uint8_t outcome;	/* enum zpci_outcome */
	uint64_t count;
};

typedef int (*observer_counter_fn)(void *ctx, const struct observer_counter *counter);

/* @open is valid during the call only, and may change under the eyes of the reader */
typedef int (*observer_open_fn)(void *ctx, const struct zrec_open *open);

/*
 * Loads, attaches and pins, or joins the pins of a running observation. Says
 * on stderr why it failed. Returns 0, or
 * -EOPNOTSUPP: the kernel has no zPCI tracepoints or no BTF;
 * -EPERM, -EACCES: capabilities or file permissions are missing;
 * -ENOMEDIUM: no bpffs is mounted;
 * -EEXIST: a ring size was asked for and the running observation has another;
 * -EUCLEAN: what is where its pins belong is not to be trusted;
 * -EALREADY: an observation runs whose pins are out of reach;
 * -ETIMEDOUT: another command kept the lock; other negative errno.
 */
int observer_open(struct observer **ret, const struct observer_opts *opts);

/*
 * Joins the pins of a running observation; silent but for surprises.
 * Returns 0, -ENOENT: nothing observes, -EPROTO: another version of zrec does,
 * -EUCLEAN, -EALREADY as above (all with a message), -EACCES: no permission, other
 * negative errno.
 */
int observer_reuse(struct observer **ret);

/* True if one of these functions has already said on stderr what this error means */
static inline bool observer_told(int err)
{
	return err == -EPROTO || err == -EUCLEAN || err == -EALREADY || err == -ETIMEDOUT;
}

void observer_close(struct observer *observer);

/*
 * Claims the ring buffer, which has one reader at a time, for this process.
 * Returns 0, or -EBUSY when another process reads it.
 */
int observer_claim(struct observer *observer);

/*
 * The same for a recorder. A zrec watch that reads now is woken up, becomes a client of the
 * recorder's socket, which @meanwhile serves, and calls observer_hand_over(). -EBUSY: nobody
 * did so within five seconds. @meanwhile may be NULL; a negative return ends it.
 */
int observer_claim_from(struct observer *observer, int (*meanwhile)(void *ctx), void *ctx);
void observer_hand_over(struct observer *observer);

/*
 * A file descriptor that polls readable when records wait or the observation has
 * ended; after observer_claim()
 */
int observer_fd(const struct observer *observer);

/*
 * Hands waiting records to @reader, in their order; waits @timeout_ms (0: not at
 * all, -1: without limit) for the first. Claims the ring buffer if that was not done yet.
 * Returns how many records were handed over, -ESHUTDOWN after the end of the
 * observation, -EINTR, or another negative errno.
 */
int observer_poll(struct observer *observer, int timeout_ms, const struct observer_reader *reader,
		  void *ctx);

/*
 * For a reader that lets go of records later than it reads them; after observer_claim().
 * observer_check_record() returns 0, or -EPROTO for a record that this version does not know.
 */
struct ring *observer_ring(struct observer *observer);
/* Calls the function of @reader for a record that observer_check_record() knows */
int observer_dispatch(const void *data, const struct observer_reader *reader, void *ctx);
bool observer_has_ended(const struct observer *observer);
/* Before observer_has_ended(): what made observer_fd() readable is dealt with */
void observer_read_removals(struct observer *observer);
int observer_check_record(const void *data, size_t size);

/*
 * Has a program in the kernel send a heartbeat through the ring, if opts.heartbeat was set; see
 * observe/heartbeat.h. Returns 0, -ENOSPC: the ring is full, or another negative errno.
 */
int observer_beat(struct observer *observer);

/* Each calls @fn until it returns non-zero, which is then returned */
int observer_each_hist(struct observer *observer, observer_hist_fn fn, void *ctx);
int observer_each_counter(struct observer *observer, observer_counter_fn fn, void *ctx);
int observer_each_open(struct observer *observer, observer_open_fn fn, void *ctx);

/* What is observed; as long as @observer is open */
const struct zrec_info *observer_info(const struct observer *observer);

int observer_stats(struct observer *observer, struct zrec_stats *ret);

/*
 * The tracepoints that the observation was attached to when it began, and whose links
 * somebody has removed since. Returns how many, -EACCES: only root may look, or another
 * negative errno.
 */
#define OBSERVER_TRACEPOINTS_MAX	64
int observer_missing(struct observer *observer, const char *ret[OBSERVER_TRACEPOINTS_MAX]);

/* If there are such, says so on stderr, and what to do. Also if that cannot be read */
void observer_warn_missing(struct observer *observer);

/*
 * Ends the running observation. Returns 0, -ENOENT: there is none;
 * -ENOTEMPTY: it has ended, but there are pins that zrec did not make, which stderr
 * names; -EUCLEAN, -EALREADY, -ETIMEDOUT as above; other negative errno.
 */
int observer_detach(void);

#endif /* ZREC_OBSERVER_H */
