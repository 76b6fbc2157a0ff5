// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/json-file.h"
#include "base/log.h"
#include "base/output.h"
#include "serve/actions-file.h"

#define EACH_MS		1000

void actions_file_open(struct actions_file *f, const char *dir)
{
	*f = (struct actions_file){ .started_ns = (int64_t)clock_ns(CLOCK_REALTIME) };
	/* A service manager makes it, with the group that may look */
	if (mkdir(dir, 0750) < 0 && errno != EEXIST)
		log_debug("cannot make %s: %s", dir, strerror(errno));
	f->dir = open(dir, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (f->dir < 0)
		log_warn("zrec status will not show actions: cannot open %s: %s", dir, strerror(errno));
}

static json_t *document(const struct actions_file *f, const struct actions *a, const struct feed *feed)
{
	char started[CLOCK_TEXT_LEN];

	return json_pack("{s:i, s:s, s:b, s:o, s:o}", "pid", (int)getpid(),
			 "started", clock_utc(f->started_ns, started),
			 "connected", (int)feed_is_connected(feed),
			 "missed", output_count(feed->missed), "actions", actions_to_json(a));
}

static bool has_changed(const struct actions_file *f, const struct actions *a,
			const struct feed *feed)
{
	return !f->written || f->seen_version != actions_version(a) ||
	       f->seen_missed != feed->missed || f->seen_connected != feed_is_connected(feed);
}

void actions_file_work(struct actions_file *f, const struct actions *a, const struct feed *feed)
{
	const uint64_t now = clock_ns(CLOCK_MONOTONIC);
	json_t *o;
	int err;

	if (f->dir < 0 || now < f->next_ns || !has_changed(f, a, feed))
		return;
	o = document(f, a, feed);
	err = o ? json_file_replace(f->dir, ACTIONS_FILE_NAME, o) : -ENOMEM;
	json_decref(o);
	if (err && !f->said)
		log_warn("cannot replace " ACTIONS_FILE_NAME ": %s", strerror(-err));
	f->said = err;
	f->written = true;
	f->seen_version = actions_version(a);
	f->seen_missed = feed->missed;
	f->seen_connected = feed_is_connected(feed);
	f->next_ns = now + EACH_MS * NSEC_PER_MSEC;
}

int actions_file_timeout_ms(const struct actions_file *f, const struct actions *a,
			    const struct feed *feed)
{
	const uint64_t now = clock_ns(CLOCK_MONOTONIC);

	if (f->dir < 0 || !has_changed(f, a, feed))
		return -1;
	return f->next_ns > now ? (int)((f->next_ns - now) / NSEC_PER_MSEC) + 1 : 0;
}

void actions_file_close(struct actions_file *f)
{
	if (f->dir < 0)
		return;
	unlinkat(f->dir, ACTIONS_FILE_NAME, 0);
	close(f->dir);
	f->dir = -1;
}
