// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "base/clock.h"
#include "serve/service.h"

/* The sooner one; -1 is without limit */
static int sooner(int a, int b)
{
	if (a < 0 || b < 0)
		return a < 0 ? b : a;
	return a < b ? a : b;
}

static int ms_left(uint64_t end_ns)
{
	uint64_t now = clock_ns(CLOCK_MONOTONIC), ms;

	if (!end_ns)
		return -1;
	ms = end_ns > now ? (end_ns - now + NSEC_PER_MSEC - 1) / NSEC_PER_MSEC : 0;
	return ms < 3600000 ? (int)ms : 3600000;
}

/* True if the signal that came asks for the end */
static bool is_end(const struct service *s)
{
	struct signalfd_siginfo info;

	/* One a turn: the descriptor stays readable if there are more */
	if (read(s->signal_fd, &info, sizeof(info)) != sizeof(info))
		return false;
	if (!s->reload || info.ssi_signo != SIGHUP)
		return true;
	s->reload(s->ctx);
	return false;
}

/* Returns 0 to go on, 1 to end, or a negative errno */
static int turn(const struct service *s)
{
	struct pollfd fds[] = {
		{ .fd = s->signal_fd, .events = POLLIN },
		{ .fd = recorder_fd(s->recorder), .events = POLLIN },
		{ .fd = recorder_policy_fd(s->recorder), .events = POLLIN },
		{ .fd = s->live ? live_fd(s->live) : -1, .events = POLLIN },
	};
	int wait = sooner(recorder_timeout_ms(s->recorder), ms_left(s->end_ns)), err = 0;

	if (s->life)
		wait = sooner(wait, life_timeout_ms(s->life));
	if (s->file)
		wait = sooner(wait, status_file_timeout_ms(s->file, s->recorder, s->live, s->life));
	if (poll(fds, 4, wait) < 0)
		return errno == EINTR ? 0 : -errno;
	/* Who comes now sees what is read now */
	if (s->live && fds[3].revents)
		err = live_work(s->live);
	if (!err)
		err = recorder_work(s->recorder);
	if (err)
		return err;
	if (s->life)
		life_work(s->life);
	if (s->file)
		status_file_work(s->file, s->recorder, s->live, s->life, s->history);
	if ((fds[0].revents && is_end(s)) || !ms_left(s->end_ns))
		return 1;
	return s->done && s->done(s->ctx);
}

int service_run(const struct service *s)
{
	int ret;

	do
		ret = turn(s);
	while (!ret);
	return ret < 0 ? ret : 0;
}
