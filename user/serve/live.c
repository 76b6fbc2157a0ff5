// SPDX-License-Identifier: GPL-2.0
#define _GNU_SOURCE	/* accept4() */
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/log.h"
#include "serve/live-protocol.h"
#include "serve/live.h"
#include "serve/peer.h"

#define CLIENTS_MAX	64
#define CLIENTS_OF_ROOT	8	/* places that others do not get */
#define EVENTS_AT_ONCE	16
#define GROUP		"zrec"
#define LOCK_NAME	"live.lock"

struct client {
	int fd;			/* -1: free */
	bool wants_records;	/* it has asked for them and got its hello; else it has not asked */
	bool wants_open;	/* and for open recoveries */
	uint64_t nr;		/* of those that came, in their order */
	uint64_t missed;	/* records since it was told last */
};

struct live {
	int lock;
	int listener;
	int epoll;
	char path[sizeof(((struct sockaddr_un *)0)->sun_path)];
	struct live_answers answers;
	struct client client[CLIENTS_MAX];
	uint64_t came;
	struct live_stats stats;
};

/* --- clients --- */

static void wait_for(const struct live *l, const struct client *c, uint32_t events, int op)
{
	struct epoll_event event = { .events = events, .data.ptr = (void *)c };

	if (epoll_ctl(l->epoll, op, c->fd, &event) < 0)
		log_debug("cannot wait for a client: %s", strerror(errno));
}

static void drop(struct live *l, struct client *c)
{
	/* Closing it is not enough while a process that runs a command for it has it open */
	epoll_ctl(l->epoll, EPOLL_CTL_DEL, c->fd, NULL);
	close(c->fd);
	l->stats.clients -= c->wants_records;
	*c = (struct client){ .fd = -1 };
}

static int send_packet(const struct client *c, const void *data, size_t size)
{
	return send(c->fd, data, size, MSG_DONTWAIT | MSG_NOSIGNAL) < 0 ? -errno : 0;
}

static int send_record(const struct client *c, const struct ring_record *record)
{
	struct live_record head = { .position = record->position };
	struct iovec parts[] = {
		{ .iov_base = &head, .iov_len = sizeof(head) },
		{ .iov_base = (void *)record->data, .iov_len = record->size },
	};
	const struct msghdr message = { .msg_iov = parts, .msg_iovlen = 2 };

	return sendmsg(c->fd, &message, MSG_DONTWAIT | MSG_NOSIGNAL) < 0 ? -errno : 0;
}

static bool has_no_room(int err)
{
	return err == -EAGAIN || err == -ENOBUFS;
}

/* 0, or -EAGAIN: there is still no room */
static int send_missed(const struct live *l, struct client *c)
{
	const struct live_record missed = { .missed = c->missed };
	int err = send_packet(c, &missed, sizeof(missed));

	if (err)
		return err;
	c->missed = 0;
	wait_for(l, c, EPOLLIN, EPOLL_CTL_MOD);
	return 0;
}

static void send_or_count(struct live *l, struct client *c, const struct ring_record *record)
{
	int err = c->missed ? send_missed(l, c) : 0;

	if (!err)
		err = send_record(c, record);
	if (has_no_room(err)) {
		/* As soon as it reads again it hears how many */
		if (!c->missed++)
			wait_for(l, c, EPOLLIN | EPOLLOUT, EPOLL_CTL_MOD);
		l->stats.missed++;
	} else if (err) {
		drop(l, c);
	}
}

void live_send(struct live *l, const struct ring_record *record)
{
	for (int i = 0; i < CLIENTS_MAX; i++)
		if (l->client[i].fd >= 0 && l->client[i].wants_records)
			send_or_count(l, &l->client[i], record);
}

void live_send_open(struct live *l, const struct zrec_open *open)
{
	const struct ring_record record = {
		.position = LIVE_POSITION_OPEN, .data = open, .size = sizeof(*open),
	};

	for (int i = 0; i < CLIENTS_MAX; i++)
		if (l->client[i].fd >= 0 && l->client[i].wants_open)
			send_or_count(l, &l->client[i], &record);
}

static void send_status(const struct live *l, const struct client *c)
{
	json_t *status = l->answers.status(l->answers.ctx);
	char *text = status ? json_dumps(status, JSON_COMPACT) : NULL;

	if (text && strlen(text) <= LIVE_PACKET_MAX)
		send_packet(c, text, strlen(text));
	free(text);
	json_decref(status);
}

/*
 * What it wants, which stays in the socket. There is no room for descriptors here: closing
 * one of a stranger's takes as long as its file system likes, and recording would wait.
 */
static ssize_t look(const struct client *c, struct live_request *ret)
{
	ssize_t n = recv(c->fd, ret, sizeof(*ret), MSG_PEEK | MSG_TRUNC | MSG_DONTWAIT);

	return n < 0 ? -errno : n;
}

/* What is unread when a socket is closed takes with it what the client has not read yet */
static void take(const struct client *c)
{
	char byte;

	if (recv(c->fd, &byte, sizeof(byte), MSG_DONTWAIT) < 0)
		log_debug("cannot take a client's request: %s", strerror(errno));
}

static void run_history(struct live *l, const struct client *c)
{
	int32_t code = l->answers.history(l->answers.ctx, c->fd);

	if (!code)
		return;
	take(c);
	l->stats.refused++;
	send_packet(c, &code, sizeof(code));
}

/* True if the client stays */
static bool answer(struct live *l, struct client *c, const struct live_request *request)
{
	const struct live_hello hello = { LIVE_MAGIC, LIVE_VERSION, ZREC_ABI, (uint32_t)getpid() };
	const bool is_for_another = request->version == LIVE_VERSION &&
				    request->want == LIVE_WANT_HISTORY;

	if (!is_for_another)
		take(c);
	if (request->magic != LIVE_MAGIC || send_packet(c, &hello, sizeof(hello)) < 0) {
		l->stats.refused++;
		return false;
	}
	/* One of another version reads the hello and says so itself */
	if (request->version != LIVE_VERSION)
		return false;
	switch (request->want) {
	case LIVE_WANT_RECORDS:
	case LIVE_WANT_OPEN_TOO:
		c->wants_records = true;
		c->wants_open = request->want == LIVE_WANT_OPEN_TOO;
		l->stats.clients++;
		return true;
	case LIVE_WANT_STATUS:
		send_status(l, c);
		return false;
	case LIVE_WANT_HISTORY:
		run_history(l, c);
		return false;
	default:
		return false;
	}
}

/* Once a client: what it wants. All else that it does ends it */
static void serve(struct live *l, struct client *c)
{
	struct live_request request;
	ssize_t n = look(c, &request);

	if (n == -EAGAIN)
		return;
	if (n >= (ssize_t)sizeof(request) && !c->wants_records) {
		if (answer(l, c, &request))
			return;
	} else if (n > 0) {
		take(c);
	}
	drop(l, c);
}

/* Who comes and says nothing is in the way of those who do: the one that is here longest goes */
static struct client *oldest_silent(struct live *l)
{
	struct client *found = NULL;

	for (int i = 0; i < CLIENTS_MAX; i++) {
		struct client *c = &l->client[i];

		if (c->fd >= 0 && !c->wants_records && (!found || c->nr < found->nr))
			found = c;
	}
	if (!found)
		return NULL;
	l->stats.refused++;
	drop(l, found);
	return found;
}

static struct client *free_client(struct live *l, bool is_trusted)
{
	struct client *found = NULL;
	int nr = 0;

	for (int i = 0; i < CLIENTS_MAX; i++) {
		if (l->client[i].fd >= 0)
			continue;
		found = &l->client[i];
		nr++;
	}
	return nr > (is_trusted ? 0 : CLIENTS_OF_ROOT) ? found : oldest_silent(l);
}

static void accept_clients(struct live *l)
{
	int fd, left = CLIENTS_MAX;

	/* Who comes without end is in nobody's way: we come back for the rest */
	while (left-- && (fd = accept4(l->listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK)) >= 0) {
		struct client *c = free_client(l, peer_is_trusted(fd, NULL));

		if (!c) {
			l->stats.refused++;
			close(fd);
			continue;
		}
		*c = (struct client){ .fd = fd, .nr = l->came++ };
		wait_for(l, c, EPOLLIN, EPOLL_CTL_ADD);
		/* Mostly it has asked already, and is not in the next one's way */
		serve(l, c);
	}
}

static void work_on(struct live *l, struct client *c, uint32_t events)
{
	if (c->fd < 0)
		return;
	if (events & EPOLLOUT && c->missed) {
		int err = send_missed(l, c);

		if (err && !has_no_room(err)) {
			drop(l, c);
			return;
		}
	}
	if (events & (EPOLLIN | EPOLLHUP | EPOLLERR))
		serve(l, c);
}

int live_work(struct live *l)
{
	struct epoll_event events[EVENTS_AT_ONCE];
	int n = epoll_wait(l->epoll, events, EVENTS_AT_ONCE, 0);

	for (int i = 0; i < n; i++) {
		if (events[i].data.ptr)
			work_on(l, events[i].data.ptr, events[i].events);
		else
			accept_clients(l);
	}
	return n < 0 && errno != EINTR ? -errno : 0;
}

int live_fd(const struct live *l)
{
	return l->epoll;
}

struct live_stats live_stats(const struct live *l)
{
	return l->stats;
}

/* --- the socket --- */

/* For root and the group, if there is one: as the maps */
static int own(int dir, const char *name, mode_t mode, mode_t group_mode)
{
	const struct group *group = getgrnam(GROUP);

	if (group && !fchownat(dir, name, (uid_t)-1, group->gr_gid, AT_SYMLINK_NOFOLLOW))
		mode |= group_mode;
	return fchmodat(dir, name, mode, 0) < 0 ? -errno : 0;
}

/* Opens the directory: ours, and nobody else may write to it */
static int open_dir(const char *path)
{
	bool made = !mkdir(path, 0700);
	struct stat st;
	int fd, err = 0;

	if (!made && errno != EEXIST)
		return -errno;
	fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	/* What is made there later belongs to the group, too */
	if (made)
		err = own(fd, ".", 0700, 02050);
	if (!err && fstat(fd, &st) < 0)
		err = -errno;
	if (!err && (st.st_uid != geteuid() || st.st_mode & S_IWOTH ||
		     (st.st_mode & S_IWGRP && st.st_gid)))
		err = -EUCLEAN;
	if (err) {
		close(fd);
		return err;
	}
	return fd;
}

/*
 * Of the one recorder: a second one that took the place of the socket, failed and removed it
 * would leave the first one without. A file, since the group may open the directory, and who
 * may open it can lock it.
 */
static int lock_in(int dir)
{
	int fd = openat(dir, LOCK_NAME, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600), err;

	if (fd < 0)
		return -errno;
	if (!flock(fd, LOCK_EX | LOCK_NB))
		return fd;
	err = errno == EWOULDBLOCK ? -EBUSY : -errno;
	close(fd);
	return err;
}

static int bind_in(int dir, const char *name)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0), err;

	if (fd < 0)
		return -errno;
	if (unlinkat(dir, name, 0) < 0 && errno != ENOENT) {
		err = -errno;
		close(fd);
		return err;
	}
	snprintf(address.sun_path, sizeof(address.sun_path), "/proc/self/fd/%d/%s", dir, name);
	/* Nobody can connect before it listens, and then it is only for those who may */
	if (bind(fd, (struct sockaddr *)&address, sizeof(address)) < 0) {
		err = -errno;
		close(fd);
		return err;
	}
	err = own(dir, name, 0600, 0060);
	if (!err && listen(fd, CLIENTS_MAX) < 0)
		err = -errno;
	if (err) {
		close(fd);
		return err;
	}
	return fd;
}

static int listen_at(struct live *l)
{
	struct epoll_event event = { .events = EPOLLIN };
	char dir[sizeof(l->path)];
	char *slash;
	int fd;

	strcpy(dir, l->path);
	slash = strrchr(dir, '/');
	if (!slash || slash == dir)
		return -EINVAL;
	*slash = '\0';
	fd = open_dir(dir);
	if (fd < 0)
		return fd;
	l->lock = lock_in(fd);
	if (l->lock >= 0)
		l->listener = bind_in(fd, slash + 1);
	close(fd);
	if (l->lock < 0 || l->listener < 0)
		return l->lock < 0 ? l->lock : l->listener;
	l->epoll = epoll_create1(EPOLL_CLOEXEC);
	if (l->epoll < 0 || epoll_ctl(l->epoll, EPOLL_CTL_ADD, l->listener, &event) < 0)
		return -errno;
	return 0;
}

int live_open(struct live **ret, const char *path, const struct live_answers *answers)
{
	struct live *l = calloc(1, sizeof(*l));
	int err = l ? 0 : -ENOMEM;

	if (!err) {
		l->lock = -1;
		l->listener = -1;
		l->epoll = -1;
		l->answers = *answers;
		for (int i = 0; i < CLIENTS_MAX; i++)
			l->client[i].fd = -1;
		err = strlen(path) < sizeof(l->path) ? 0 : -ENAMETOOLONG;
	}
	if (!err) {
		strcpy(l->path, path);
		err = listen_at(l);
	}
	if (err == -EBUSY)
		log_error("another zrec run records already; see 'zrec status'");
	else if (err == -EUCLEAN || err == -ENOTDIR)
		log_error("cannot listen at %s: its directory is not one that only we can write to; find out who made it, and remove it",
			  path);
	else if (err)
		log_error("cannot listen at %s: %s", path, strerror(-err));
	if (err) {
		live_close(l);
		return err;
	}
	*ret = l;
	return 0;
}

void live_close(struct live *l)
{
	if (!l)
		return;
	/* First the socket: a client that finds itself alone looks for another recorder there */
	if (l->listener >= 0) {
		unlink(l->path);
		close(l->listener);
	}
	for (int i = 0; i < CLIENTS_MAX; i++)
		if (l->client[i].fd >= 0)
			drop(l, &l->client[i]);
	if (l->epoll >= 0)
		close(l->epoll);
	if (l->lock >= 0)
		close(l->lock);
	free(l);
}
