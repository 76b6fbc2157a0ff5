// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/epoll.h>
#include <sys/file.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#include "observe/pins.h"
#include "observe/reader.h"

static bool has_ended(const struct reader *r)
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
 */
static int open_end(struct reader *r)
{
	char above[48];

	snprintf(above, sizeof(above), "/proc/self/fd/%d/..", r->dir);
	r->end = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
	if (r->end < 0 || inotify_add_watch(r->end, above, IN_DELETE | IN_MOVE_SELF) < 0)
		return -errno;
	return has_ended(r) ? -ENOENT : 0;
}

static int open_wait(struct reader *r)
{
	const int fds[] = { ring_buffer__epoll_fd(r->ring), r->end };
	struct epoll_event event = { .events = EPOLLIN };

	r->wait = epoll_create1(EPOLL_CLOEXEC);
	if (r->wait < 0)
		return -errno;
	for (int i = 0; i < 2; i++)
		if (epoll_ctl(r->wait, EPOLL_CTL_ADD, fds[i], &event) < 0)
			return -errno;
	return 0;
}

int reader_open(struct reader *r, const struct bpffs *fs, int ring_map, ring_buffer_sample_fn fn,
		void *ctx)
{
	int err;

	*r = READER_CLOSED;
	err = open_dir(r, fs);
	if (!err)
		err = open_end(r);
	if (!err) {
		r->ring = ring_buffer__new(ring_map, fn, ctx, NULL);
		err = r->ring ? open_wait(r) : -errno;
	}
	if (err)
		reader_close(r);
	return err;
}

void reader_close(struct reader *r)
{
	ring_buffer__free(r->ring);
	bpffs_put(r->wait);
	bpffs_put(r->end);
	bpffs_put(r->dir);
	*r = READER_CLOSED;
}

/* What was removed beside our directory does not matter; has_ended() looks at ours */
static void read_removals(struct reader *r)
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

int reader_poll(struct reader *r, int timeout_ms)
{
	int n = ring_buffer__poll(r->ring, timeout_ms);

	/* Records come first; an event that is not read wakes the caller again */
	if (n)
		return n;
	read_removals(r);
	return has_ended(r) ? -ESHUTDOWN : 0;
}
