// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/epoll.h>
#include <sys/file.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#include "observe/pins.h"
#include "observe/reader.h"

bool reader_has_ended(const struct reader *r)
{
	struct stat st;

	return r->moved || (!fstat(r->dir, &st) && !st.st_nlink);
}

static int open_dir(struct reader *r, const struct bpffs *fs)
{
	r->dir = pins_open_reader(fs);
	if (r->dir < 0)
		return r->dir;
	if (flock(r->dir, LOCK_EX | LOCK_NB) < 0)
		return errno == EWOULDBLOCK ? -EBUSY : -errno;
	return 0;
}

/*
 * Since we keep our directory open, its removal is reported only to who watches the one
 * above. That one moves when the observation ends, before anything in it is removed.
 * When a recorder asks for the ring, by reader_ask(), our directory's times are set.
 */
static int open_end(struct reader *r)
{
	char above[48];

	snprintf(above, sizeof(above), "/proc/self/fd/%d/..", r->dir);
	r->end = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
	if (r->end < 0 || inotify_add_watch(r->end, above, IN_DELETE | IN_MOVE_SELF | IN_ATTRIB) < 0)
		return -errno;
	return reader_has_ended(r) ? -ENOENT : 0;
}

static int open_wait(struct reader *r, int ring_map)
{
	const int fds[] = { ring_map, r->end };
	struct epoll_event event = { .events = EPOLLIN };

	r->wait = epoll_create1(EPOLL_CLOEXEC);
	if (r->wait < 0)
		return -errno;
	for (int i = 0; i < 2; i++)
		if (epoll_ctl(r->wait, EPOLL_CTL_ADD, fds[i], &event) < 0)
			return -errno;
	return 0;
}

int reader_open(struct reader *r, const struct bpffs *fs, int ring_map)
{
	int err;

	*r = READER_CLOSED;
	err = open_dir(r, fs);
	if (!err)
		err = open_end(r);
	if (!err)
		err = ring_open(&r->ring, ring_map, RING_READ);
	if (!err)
		err = open_wait(r, ring_map);
	if (err)
		reader_close(r);
	return err;
}

int reader_ask(const struct bpffs *fs)
{
	int dir = pins_open_reader(fs), err = 0;

	if (dir < 0)
		return dir;
	if (futimens(dir, NULL) < 0)
		err = -errno;
	close(dir);
	return err;
}

void reader_close(struct reader *r)
{
	ring_close(&r->ring);
	bpffs_put(r->wait);
	bpffs_put(r->end);
	bpffs_put(r->dir);
	*r = READER_CLOSED;
}

/* What was removed beside our directory does not matter; reader_has_ended() looks at ours */
void reader_read_removals(struct reader *r)
{
	char events[512] __attribute__((aligned(__alignof__(struct inotify_event))));
	ssize_t len;

	while ((len = read(r->end, events, sizeof(events))) > 0) {
		const struct inotify_event *event;

		for (const char *at = events; at < events + len; at += sizeof(*event) + event->len) {
			event = (const void *)at;
			if (event->mask & IN_MOVE_SELF)
				r->moved = true;
		}
	}
}

/* As many as there are, up to what an int can count */
static int hand_over(struct reader *r, reader_fn fn, void *ctx)
{
	uint64_t at = ring_released(&r->ring);
	struct ring_record record;
	int n, err = 0;

	for (n = 0; !err && n < INT_MAX; n++) {
		int more = ring_next(&r->ring, &at, &record);

		/* What was discarded is no record, but has to be let go of: it polls readable */
		if (!more)
			ring_release(&r->ring, at);
		if (more <= 0)
			return more < 0 ? more : n;
		err = fn(ctx, &record);
		if (!err || err == -ECANCELED)
			ring_release(&r->ring, record.end);
	}
	return err ? err : n;
}

int reader_poll(struct reader *r, int timeout_ms, reader_fn fn, void *ctx)
{
	struct epoll_event event;
	int n;

	if (timeout_ms && epoll_wait(r->wait, &event, 1, timeout_ms) < 0)
		return -errno;
	n = hand_over(r, fn, ctx);
	/* Records come first; an event that is not read wakes the caller again */
	if (n)
		return n;
	reader_read_removals(r);
	return reader_has_ended(r) ? -ESHUTDOWN : 0;
}
