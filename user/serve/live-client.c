// SPDX-License-Identifier: GPL-2.0
#define _GNU_SOURCE	/* pipe2() */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "observe/observer.h"
#include "serve/live-client.h"
#include "serve/live-protocol.h"
#include "serve/peer.h"

/* A recorder that commits to a slow disk answers late, but one that hangs is no recorder */
#define PATIENCE_MS	5000

#define ASK_TRIES	5
#define ASK_NAP_MS	50

static int receive(int fd, void *buf, size_t size, size_t *len)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };
	ssize_t n;
	int ready;

	do
		ready = poll(&p, 1, PATIENCE_MS);
	while (ready < 0 && errno == EINTR);
	if (ready <= 0)
		return ready ? -errno : -ETIMEDOUT;
	n = recv(fd, buf, size, MSG_DONTWAIT | MSG_TRUNC);
	if (n < 0)
		return -errno;
	if (!n)
		return -EPIPE;
	*len = (size_t)n;
	return (size_t)n > size ? -EPROTO : 0;
}

static int connect_to(struct live_client *c, const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	/* A recorder that was stopped accepts nobody, and its queue may be full */
	const struct timeval patience = { .tv_sec = PATIENCE_MS / 1000 };
	int fd, err;

	if (strlen(path) >= sizeof(address.sun_path))
		return -ENAMETOOLONG;
	strcpy(address.sun_path, path);
	fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	if (setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience)) < 0)
		err = -errno;
	else if (connect(fd, (struct sockaddr *)&address, sizeof(address)) < 0)
		/* A socket that nobody listens at is what a killed recorder leaves */
		err = errno == ECONNREFUSED ? -ENOENT : errno == EAGAIN ? -ETIMEDOUT : -errno;
	else
		/* Records decide what an operator does, so they have to come from root */
		err = peer_is_trusted(fd, &c->pid) ? 0 : -EUCLEAN;
	if (err) {
		close(fd);
		return err;
	}
	c->fd = fd;
	return 0;
}

/* A command of ours: what a request has behind it, and where the command writes */
struct command_line {
	char text[LIVE_LINES_MAX];
	size_t len;
	int fd[2];			/* standard output and standard error */
};

static int send_request(int fd, enum live_want want, const struct command_line *line)
{
	struct live_request request = { LIVE_MAGIC, LIVE_VERSION, want, 0 };
	const size_t len = line ? line->len : 0;
	const int *const fds = line ? line->fd : NULL;
	struct iovec parts[] = {
		{ .iov_base = &request, .iov_len = sizeof(request) },
		{ .iov_base = line ? (void *)line->text : NULL, .iov_len = len },
	};
	union {
		struct cmsghdr head;
		char room[CMSG_SPACE(sizeof(line->fd))];
	} control = { .head = {
		.cmsg_len = CMSG_LEN(sizeof(line->fd)), .cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS,
	} };
	struct msghdr message = { .msg_iov = parts, .msg_iovlen = 1 };

	if (len) {
		memcpy(CMSG_DATA(&control.head), fds, sizeof(line->fd));
		message.msg_iovlen = 2;
		message.msg_control = &control;
		message.msg_controllen = sizeof(control.room);
	}
	return sendmsg(fd, &message, MSG_NOSIGNAL) < 0 ? -errno : 0;
}

static int ask_once(struct live_client *c, const char *path, enum live_want want,
		    const struct command_line *line)
{
	struct live_hello hello = { 0 };
	size_t len;
	int err;

	*c = LIVE_CLIENT_CLOSED;
	err = connect_to(c, path);
	if (!err)
		err = send_request(c->fd, want, line);
	if (!err)
		err = receive(c->fd, &hello, sizeof(hello), &len);
	if (!err && (len != sizeof(hello) || hello.magic != LIVE_MAGIC ||
		     hello.version != LIVE_VERSION || hello.abi != ZREC_ABI))
		err = -EPROTO;
	if (err)
		live_client_close(c);
	return err;
}

/*
 * A recorder that ends right now hangs up, as one does that has too many clients: whoever
 * asks again finds that out
 */
static int ask(struct live_client *c, const char *path, enum live_want want,
	       const struct command_line *line)
{
	const struct timespec nap = { .tv_nsec = ASK_NAP_MS * NSEC_PER_MSEC };
	int err, tries = 0;

	do {
		if (tries)
			nanosleep(&nap, NULL);
		err = ask_once(c, path, want, line);
	} while ((err == -EPIPE || err == -ECONNRESET) && ++tries < ASK_TRIES);
	return err == -EPIPE || err == -ECONNRESET ? -EBUSY : err;
}

int live_client_open(struct live_client *c)
{
	return ask(c, LIVE_SOCKET, LIVE_WANT_RECORDS, NULL);
}

int live_client_open_too(struct live_client *c, const char *path, live_client_open_fn open)
{
	int err = ask(c, path, LIVE_WANT_OPEN_TOO, NULL);

	c->open = open;
	return err;
}

void live_client_close(struct live_client *c)
{
	if (c->fd >= 0)
		close(c->fd);
	*c = LIVE_CLIENT_CLOSED;
}

struct packet {
	struct live_record head;
	char record[LIVE_RECORD_MAX];
};

static int hand_over(struct live_client *c, const struct packet *packet, size_t size,
		     live_client_fn fn, void *ctx)
{
	const struct ring_record record = {
		.position = packet->head.position,
		.data = packet->record,
		.size = size - sizeof(packet->head),
	};

	if (packet->head.missed) {
		c->missed += packet->head.missed;
		return 0;
	}
	if (packet->head.position == LIVE_POSITION_OPEN) {
		if (!c->open || record.size < sizeof(struct zrec_open))
			return -EPROTO;
		return c->open(ctx, record.data);
	}
	return observer_check_record(record.data, record.size) ? -EPROTO : fn(ctx, &record);
}

int live_client_read(struct live_client *c, live_client_fn fn, void *ctx)
{
	struct packet packet;
	int nr = 0, err = 0;

	while (!err) {
		ssize_t n = recv(c->fd, &packet, sizeof(packet), MSG_DONTWAIT | MSG_TRUNC);

		if (n < 0)
			return errno == EAGAIN || errno == EINTR ? nr : -errno;
		if (!n)
			return nr ? nr : -ESHUTDOWN;
		if ((size_t)n > sizeof(packet) || (size_t)n < sizeof(packet.head))
			return -EPROTO;
		err = hand_over(c, &packet, (size_t)n, fn, ctx);
		nr++;
	}
	return err;
}

int live_client_status(json_t **ret)
{
	struct live_client c;
	char *text = malloc(LIVE_PACKET_MAX);
	int err = text ? ask(&c, LIVE_SOCKET, LIVE_WANT_STATUS, NULL) : -ENOMEM;
	size_t len;

	if (!err) {
		err = receive(c.fd, text, LIVE_PACKET_MAX, &len);
		live_client_close(&c);
	}
	if (!err) {
		*ret = json_loadb(text, len, 0, NULL);
		err = *ret ? 0 : -EPROTO;
	}
	free(text);
	return err;
}

/* --- a command of ours, run by the recorder --- */

static int add_line(struct command_line *line, const char *text)
{
	size_t size = strlen(text) + 1;

	if (line->len + size > sizeof(line->text))
		return -E2BIG;
	memcpy(line->text + line->len, text, size);
	line->len += size;
	return 0;
}

/* The recorder takes no more of it than it needs */
static int add_environment(struct command_line *line)
{
	static const char *const keys[] = {
		"TZ", "LANG", "LC_ALL", "LC_CTYPE", "TERM", "COLUMNS", "NO_COLOR",
	};
	int err = 0;

	for (size_t i = 0; !err && i < sizeof(keys) / sizeof(keys[0]); i++) {
		const char *value = getenv(keys[i]);
		char text[128];

		if (value && snprintf(text, sizeof(text), "%s=%s", keys[i], value) < (int)sizeof(text))
			err = add_line(line, text);
	}
	return err ? err : add_line(line, "");
}

/* As the kernel keeps it: texts, each ended by a NUL */
static int add_arguments(struct command_line *line)
{
	FILE *f = fopen("/proc/self/cmdline", "re");
	int err = 0;

	if (!f)
		return -errno;
	line->len += fread(line->text + line->len, 1, sizeof(line->text) - line->len, f);
	/* More than the room is more than a command line has */
	if (ferror(f) || !feof(f) || line->text[line->len - 1])
		err = -E2BIG;
	fclose(f);
	return err;
}

static int wait_for_code(int fd)
{
	int32_t code;
	ssize_t n;

	do
		n = recv(fd, &code, sizeof(code), 0);
	while (n < 0 && errno == EINTR);
	/* Negative: it could not be run */
	return n == sizeof(code) ? code : -EIO;
}

/* Until all that could write to it have gone */
static void relay(int from, int to)
{
	char bytes[16384];
	ssize_t n, written;

	while ((n = read(from, bytes, sizeof(bytes))) > 0 || (n < 0 && errno == EINTR))
		for (ssize_t at = 0; at < n; at += written) {
			written = write(to, bytes + at, (size_t)(n - at));
			if (written < 0)
				_exit(1);
		}
	_exit(0);
}

/* The recorder writes to no socket: @fd is what it writes to instead, and @pid passes that on */
static int relay_socket(int *fd, pid_t *pid)
{
	struct stat st;
	int ends[2];

	if (fstat(*fd, &st) < 0 || !S_ISSOCK(st.st_mode))
		return 0;
	if (pipe2(ends, O_CLOEXEC) < 0)
		return -errno;
	*pid = fork();
	if (!*pid) {
		close(ends[1]);
		relay(ends[0], *fd);
	}
	close(ends[0]);
	*fd = ends[1];
	return *pid < 0 ? -errno : 0;
}

/* What was written has arrived when this returns */
static void end_relays(struct command_line *line, const pid_t pid[2])
{
	for (int i = 0; i < 2; i++)
		if (line->fd[i] > STDERR_FILENO)
			close(line->fd[i]);
	for (int i = 0; i < 2; i++)
		while (pid[i] > 0 && waitpid(pid[i], NULL, 0) < 0 && errno == EINTR)
			;
}

static int run_command(struct command_line *line)
{
	struct live_client c = LIVE_CLIENT_CLOSED;
	pid_t pid[2] = { 0, 0 };
	int ret = add_environment(line);

	if (!ret)
		ret = add_arguments(line);
	/* Each has its own pipe to itself, and ends when the command has closed that */
	for (int i = 1; !ret && i >= 0; i--)
		ret = relay_socket(&line->fd[i], &pid[i]);
	if (!ret)
		ret = ask(&c, LIVE_SOCKET, LIVE_WANT_HISTORY, line);
	if (!ret)
		ret = wait_for_code(c.fd);
	live_client_close(&c);
	end_relays(line, pid);
	return ret;
}

int live_client_run(void)
{
	struct command_line *line = malloc(sizeof(*line));
	int ret;

	if (!line)
		return -ENOMEM;
	line->len = 0;
	line->fd[0] = STDOUT_FILENO;
	line->fd[1] = STDERR_FILENO;
	ret = run_command(line);
	free(line);
	return ret;
}
