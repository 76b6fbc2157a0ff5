// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/inotify.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/text.h"
#include "serve/feed.h"

/* Between looks for a recorder, and right after one has gone or come */
#define RETRY_MS	5000
#define HURRY_MS	20
#define HURRY_FOR_MS	2000

#define COMES		(IN_CREATE | IN_MOVED_TO | IN_ONLYDIR)
#define WINDOW		64

/* --- each once --- */

static uint64_t end_ns(const void *data)
{
	const struct zrec_record *head = data;
	const struct zrec_span *span = data;

	if (head->flags & ZREC_RECORD_EVENT)
		return ((const struct zrec_event *)data)->begin_ns;
	if (head->flags & ZREC_RECORD_EXIT)
		return ((const struct zrec_policy_exit *)data)->at_ns;
	return span->begin_ns + span->total_ns;
}

/* Of two processors, one may have got its number first, and its place in the ring second */
static bool is_late(struct feed *f, uint64_t seq)
{
	const uint64_t back = f->next_seq - 1 - seq;

	if (back >= WINDOW || f->late & 1ull << back)
		return false;
	f->late |= 1ull << back;
	f->missed -= f->missed > f->said_missed;
	return true;
}

/* What the recorder has said that it did not send us, before the numbers show it */
static void hear(struct feed *f)
{
	const uint64_t more = f->live.missed - f->heard;

	f->heard = f->live.missed;
	f->missed += more;
	f->told += more;
}

static void miss(struct feed *f, uint64_t nr)
{
	f->missed += nr > f->told ? nr - f->told : 0;
	f->told = 0;
}

static void advance(struct feed *f, uint64_t seq)
{
	const uint64_t by = seq + 1 - f->next_seq;

	f->late = by < WINDOW ? f->late << by : 0;
	f->late |= 1;
	f->next_seq = seq + 1;
}

/* True if it is the first time; another observation begins to count anew, and later */
static bool is_new(struct feed *f, uint64_t seq, uint64_t ns)
{
	if (!f->has_seq) {
		f->has_seq = true;
		f->next_seq = seq;
		/* What came before is nobody's to miss */
		f->late = UINT64_MAX;
	}
	if (seq >= f->next_seq) {
		miss(f, seq - f->next_seq);
		advance(f, seq);
	} else if (!is_late(f, seq)) {
		if (ns <= f->last_ns)
			return false;
		miss(f, seq);
		f->next_seq = seq;
		f->late = 0;
		advance(f, seq);
	}
	if (ns > f->last_ns)
		f->last_ns = ns;
	return true;
}

int feed_record(struct feed *f, const void *data)
{
	const struct zrec_record *head = data;

	if (!is_new(f, head->seq, end_ns(data)))
		return 0;
	if (head->flags & ZREC_RECORD_EXIT)
		f->reader->exit(f->reader->ctx, data);
	else if (!(head->flags & ZREC_RECORD_EVENT))
		f->reader->recovery(f->reader->ctx, data);
	return 0;
}

static int take_record(void *ctx, const struct ring_record *record)
{
	hear(ctx);
	return feed_record(ctx, record->data);
}

static int take_open(void *ctx, const struct zrec_open *open)
{
	struct feed *f = ctx;

	for (size_t i = 0; i < f->nr_opens && i < FEED_OPENS; i++)
		if (f->opens[i] == open->id)
			return 0;
	f->opens[f->nr_opens++ % FEED_OPENS] = open->id;
	f->reader->open(f->reader->ctx, open);
	return 0;
}

static void say_missed(struct feed *f)
{
	const uint64_t nr = f->missed - f->said_missed;

	if (f->missed <= f->said_missed)
		return;
	f->said_missed = f->missed;
	log_warn("%llu %s missed: no action runs for them; the history has what was recorded",
		 (unsigned long long)nr, text_nr(nr, "record was", "records were"));
}

/* --- where it comes from --- */

/* Not the socket, which a recorder makes anew: the directory that it makes it in */
static void watch(struct feed *f)
{
	char dir[sizeof("/proc/self/fd/") + 256];
	char *slash;

	if (f->watch < 0)
		f->watch = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
	if (f->watch < 0 || f->watches || snprintf(dir, sizeof(dir), "%s", f->path) >= (int)sizeof(dir))
		return;
	slash = strrchr(dir, '/');
	if (!slash || slash == dir)
		return;
	*slash = '\0';
	f->watches = inotify_add_watch(f->watch, dir, COMES) >= 0;
}

static void read_watch(struct feed *f)
{
	char events[1024];
	ssize_t n;

	while (f->watch >= 0 && (n = read(f->watch, events, sizeof(events))) > 0) {
		for (ssize_t at = 0; at < n;) {
			const struct inotify_event *event = (const void *)(events + at);

			/* The directory itself has gone */
			f->watches &= !(event->mask & IN_IGNORED);
			at += (ssize_t)sizeof(*event) + event->len;
		}
		f->retry_ns = 0;
		f->hurry_until_ns = clock_ns(CLOCK_MONOTONIC) + HURRY_FOR_MS * NSEC_PER_MSEC;
	}
}

static void end_watch(struct feed *f)
{
	if (f->watch >= 0)
		close(f->watch);
	f->watch = -1;
	f->watches = false;
}

static void say_none(struct feed *f, int err)
{
	if (err == f->said)
		return;
	f->said = err;
	if (err == -ENOENT)
		log_info("no zrec run records: waiting for it");
	else
		log_warn("zrec run does not share what it records: %s",
			 err == -EACCES ? "its socket is for root and the group zrec" :
			 err == -EUCLEAN ? "whoever listens at its socket is not root" :
			 err == -EPROTO ? "it is of another version: restart it, or zrec actions" :
			 err == -EBUSY ? "it has too many clients" : strerror(-err));
}

/* While a recorder hangs this waits for some seconds; commands that run end in time all the same */
static void connect_now(struct feed *f)
{
	uint64_t now;
	int err;

	watch(f);
	err = live_client_open_too(&f->live, f->path, take_open);
	if (!err) {
		/* The recorder makes files there all the time */
		end_watch(f);
		f->said = 0;
		f->heard = 0;
		log_info("zrec run (%d) shares what it records", (int)f->live.pid);
		return;
	}
	now = clock_ns(CLOCK_MONOTONIC);
	f->retry_ns = now + (now < f->hurry_until_ns ? HURRY_MS : RETRY_MS) * NSEC_PER_MSEC;
	/* A recorder that is restarted is back before anybody need know */
	if (now >= f->hurry_until_ns)
		say_none(f, err);
}

static void disconnect(struct feed *f)
{
	live_client_close(&f->live);
	/* One that answers with an end each time is not asked without a pause */
	f->retry_ns = clock_ns(CLOCK_MONOTONIC) + HURRY_MS * NSEC_PER_MSEC;
	f->hurry_until_ns = clock_ns(CLOCK_MONOTONIC) + HURRY_FOR_MS * NSEC_PER_MSEC;
}

void feed_pause(struct feed *f)
{
	feed_end(f);
	f->retry_ns = 0;
	f->has_seq = false;
	f->told = 0;
}

static void read_records(struct feed *f)
{
	int n = live_client_read(&f->live, take_record, f);

	hear(f);
	if (n >= 0)
		return;
	if (n != -ESHUTDOWN)
		log_warn("cannot read what zrec run shares: %s", strerror(-n));
	disconnect(f);
}

void feed_work(struct feed *f)
{
	read_watch(f);
	if (!feed_is_connected(f) && clock_ns(CLOCK_MONOTONIC) >= f->retry_ns)
		connect_now(f);
	if (feed_is_connected(f))
		read_records(f);
	say_missed(f);
}

int feed_fd(const struct feed *f)
{
	return f->live.fd;
}

int feed_watch_fd(const struct feed *f)
{
	return f->watch;
}

int feed_timeout_ms(const struct feed *f)
{
	const uint64_t now = clock_ns(CLOCK_MONOTONIC);

	if (feed_is_connected(f))
		return -1;
	return f->retry_ns > now ? (int)((f->retry_ns - now) / NSEC_PER_MSEC) + 1 : 0;
}

void feed_begin(struct feed *f, const char *path, const struct feed_reader *reader)
{
	*f = (struct feed){
		.path = path,
		.reader = reader,
		.live = LIVE_CLIENT_CLOSED,
		.watch = -1,
	};
}

void feed_end(struct feed *f)
{
	live_client_close(&f->live);
	end_watch(f);
}
