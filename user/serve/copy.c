// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "keep/boot.h"
#include "keep/experiment-host.h"
#include "keep/writer.h"
#include "observe/observer.h"
#include "serve/copy.h"
#include "serve/policy-watch.h"
#include "serve/recorder.h"

#define COMMIT_MS	100

struct copy {
	const struct copy_opts *opts;
	struct live_client *client;
	struct writer *writer;
	struct history_boot boot;
	struct writer_progress progress;
	struct copy_result result;
	struct policy_watch policies;
	struct experiment_host_state experiments;
	int64_t tai_offset_ns;
	uint64_t position;	/* of the record at hand */
	bool open_batch;
	bool told;		/* on stderr, why it failed */
};

static int add_event(void *ctx, const struct zrec_event *event)
{
	(void)ctx;
	(void)event;
	return 0;
}

static int add_span(void *ctx, const struct zrec_span *span)
{
	struct copy *c = ctx;
	struct writer_arm arm;
	bool takes_part = experiment_arm_of(&c->experiments, span, arm.experiment, arm.arm);
	int err = writer_span(c->writer, c->position, span, (int64_t)span->tai_ns - c->tai_offset_ns,
			      takes_part ? &arm : NULL);

	/* Recorded before, into the same file */
	if (err == -EEXIST)
		return 0;
	c->open_batch = true;
	c->result.recorded += !err;
	c->progress.accounted += !err;
	return err;
}

static int add_exit(void *ctx, const struct zrec_policy_exit *exit)
{
	struct copy *c = ctx;

	c->open_batch = true;
	experiment_host_exit(&c->experiments, exit);
	return recorder_write_exit(c->writer, &c->boot, exit, c->tai_offset_ns);
}

static int add_record(void *ctx, const struct ring_record *record)
{
	static const struct observer_reader reader = { add_event, add_span, add_exit };
	struct copy *c = ctx;

	c->position = record->position;
	return observer_dispatch(record->data, &reader, c);
}

static int commit(struct copy *c)
{
	const struct history_gap gap = {
		.reason = HISTORY_GAP_TOO_SLOW,
		.recoveries = c->client->missed - c->result.missed,
		.from_ns = c->progress.wall_ns,
		.to_ns = (int64_t)clock_ns(CLOCK_REALTIME),
	};
	int err = policy_watch_record(&c->policies, c->writer, &c->boot);

	if (!err && gap.recoveries)
		err = writer_gap(c->writer, &gap);
	c->progress.wall_ns = gap.to_ns;
	if (!err)
		err = writer_commit(c->writer, &c->progress);
	if (err)
		return err;
	policy_watch_recorded(&c->policies);
	c->result.missed = c->client->missed;
	c->open_batch = false;
	return 0;
}

static int timeout_ms(const struct copy *c)
{
	uint64_t now = clock_ns(CLOCK_MONOTONIC), left;

	if (c->open_batch)
		return COMMIT_MS;
	if (!c->opts->end_ns)
		return -1;
	left = c->opts->end_ns > now ? (c->opts->end_ns - now) / NSEC_PER_MSEC + 1 : 0;
	return left < 3600000 ? (int)left : 3600000;
}

static bool is_done(const struct copy *c)
{
	return (c->opts->limit && c->result.recorded >= c->opts->limit) ||
	       (c->opts->end_ns && clock_ns(CLOCK_MONOTONIC) >= c->opts->end_ns);
}

/* Returns 0 to go on, 1 to end, or a negative errno */
static int turn(struct copy *c)
{
	struct pollfd fds[] = {
		{ .fd = c->client->fd, .events = POLLIN },
		{ .fd = c->opts->signal_fd, .events = POLLIN },
		{ .fd = c->policies.fd, .events = POLLIN },
	};
	int n = poll(fds, 3, timeout_ms(c));

	if (n < 0)
		return errno == EINTR ? 0 : -errno;
	c->tai_offset_ns = clock_tai_offset_ns();
	if (fds[0].revents) {
		/* It has said what is wrong; recoveries are recorded all the same */
		experiment_host_look(&c->experiments, NULL);
		n = live_client_read(c->client, add_record, c);
	}
	if (n == -EPROTO) {
		log_error("cannot read what zrec run sends: it is another version's; restart zrec run");
		c->told = true;
	}
	if (n < 0 && n != -ESHUTDOWN)
		return n;
	if (n == -ESHUTDOWN)
		log_info("zrec run has ended, and with it this recording");
	policy_watch_look(&c->policies);
	c->open_batch |= c->policies.changed;
	/* What it did not read in time is known after it has read on */
	if (c->open_batch || c->client->missed != c->result.missed) {
		int err = commit(c);

		if (err)
			return err;
	}
	return fds[1].revents || n == -ESHUTDOWN || is_done(c);
}

static int begin(struct copy *c)
{
	struct observer *observer;
	int err = writer_open(&c->writer, c->opts->path);

	if (err)
		return err;
	err = observer_reuse(&observer);
	if (err) {
		if (!observer_told(err))
			log_error("cannot read the observation: %s", strerror(-err));
		c->told = true;
		writer_discard(c->writer);
		c->writer = NULL;
		return err;
	}
	history_boot_read(&c->boot);
	policy_watch_begin(&c->policies);
	err = writer_observation(c->writer, &c->boot, observer_info(observer),
				 (int64_t)observer_info(observer)->since_tai_ns -
				 clock_tai_offset_ns(), &c->progress);
	if (!err)
		c->progress.wall_ns = (int64_t)clock_ns(CLOCK_REALTIME);
	observer_close(observer);
	/* Also with nothing to record: the policies in force are worth a row */
	return err ? err : commit(c);
}

int copy_records(struct live_client *client, const struct copy_opts *opts, struct copy_result *ret)
{
	struct copy c = { .opts = opts, .client = client, .policies.fd = -1 };
	int err = begin(&c), ended = 0;

	while (!err && !ended) {
		ended = turn(&c);
		if (ended < 0)
			err = ended;
	}
	if (!err)
		err = writer_finish(c.writer);
	if (err && !c.told)
		log_error("cannot record in %s: %s", opts->path, recorder_reason(err));
	if (c.writer)
		writer_close(c.writer);
	policy_watch_end(&c.policies);
	experiment_host_free(&c.experiments);
	*ret = c.result;
	return err;
}
