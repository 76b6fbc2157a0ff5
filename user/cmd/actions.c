// SPDX-License-Identifier: GPL-2.0
/* zrec actions: runs the commands of [action NAME] in zrec.conf */
#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/signals.h"
#include "base/supervise.h"
#include "base/systemd.h"
#include "base/text.h"
#include "cmd/command.h"
#include "serve/actions-file.h"
#include "serve/actions.h"
#include "serve/config.h"
#include "serve/feed.h"
#include "serve/live-protocol.h"

/* Commands that run at the end have so long, and then those that SIGTERM does not end */
#define END_MS		10000
#define KILL_MS		(SUPERVISE_GRACE_MS + 3000)
#define FDS		4

struct run {
	const char *config_file;
	struct actions *actions;
	struct feed feed;
	struct actions_file file;
	int signal_fd;
	bool ends;
};

/* --- what happens --- */

static void recovery(void *args, const struct zrec_span *s)
{
	actions_recovery(((struct run *)args)->actions, s, clock_tai_offset_ns());
}

static void open_for_long(void *args, const struct zrec_open *open)
{
	actions_open(((struct run *)args)->actions, open, clock_tai_offset_ns());
}

static void policy_exit(void *args, const struct zrec_policy_exit *exit)
{
	actions_exit(((struct run *)args)->actions, exit, clock_tai_offset_ns());
}

/* --- the configuration --- */

static void notify(const char *state)
{
	int err = systemd_notify(state);

	if (err < 0)
		log_debug("cannot notify the service manager: %s", strerror(-err));
}

static void say_ready(const struct run *r)
{
	const size_t nr = actions_nr(r->actions);
	char text[128];

	if (nr)
		snprintf(text, sizeof(text), "READY=1\nSTATUS=%zu %s", nr, text_nr(nr, "action", "actions"));
	else
		snprintf(text, sizeof(text), "READY=1\nSTATUS=Nothing to do: no [action NAME] in zrec.conf");
	notify(text);
	if (!nr)
		log_info("nothing to do: no [action NAME] in zrec.conf; SIGHUP reads it again");
}

/* A mistake in it is one of usage: nothing was tried */
static int use_config(struct run *r)
{
	struct config config;
	int err = config_read(&config, r->config_file, log_is_quiet() ? NULL : log_errors(), NULL);

	if (err)
		return err == -EINVAL ? EXIT_USAGE : err;
	err = actions_use(r->actions, &config.actions);
	if (err)
		log_error("cannot take the configuration: %s", strerror(-err));
	config_free(&config);
	if (!actions_nr(r->actions))
		feed_pause(&r->feed);
	return err;
}

static void reload(struct run *r)
{
	char text[96];

	snprintf(text, sizeof(text), "RELOADING=1\nMONOTONIC_USEC=%" PRIu64 "\nSTATUS=Reading zrec.conf",
		 clock_ns(CLOCK_MONOTONIC) / 1000);
	notify(text);
	if (use_config(r))
		log_error("the configuration is not taken, and what was in force stays");
	else
		log_info("the configuration was read again");
	say_ready(r);
}

/* --- the loop --- */

static void read_signal(struct run *r)
{
	struct signalfd_siginfo info;

	if (read(r->signal_fd, &info, sizeof(info)) != sizeof(info))
		return;
	if (info.ssi_signo != SIGHUP)
		r->ends = true;
	else if (!r->ends)
		reload(r);
}

static int sooner(int a, int b)
{
	if (a < 0 || b < 0)
		return a < 0 ? b : a;
	return a < b ? a : b;
}

static bool listens(const struct run *r)
{
	return !r->ends && actions_nr(r->actions);
}

/* Waits for one of these, and works on it. 0 or a negative errno */
static int turn(struct run *r, int timeout_ms)
{
	struct pollfd fds[FDS] = {
		{ .fd = r->signal_fd, .events = POLLIN },
		{ .fd = actions_fd(r->actions), .events = POLLIN },
		{ .fd = listens(r) ? feed_fd(&r->feed) : -1, .events = POLLIN },
		{ .fd = listens(r) ? feed_watch_fd(&r->feed) : -1, .events = POLLIN },
	};

	timeout_ms = sooner(timeout_ms, actions_file_timeout_ms(&r->file, r->actions, &r->feed));
	if (listens(r))
		timeout_ms = sooner(timeout_ms, feed_timeout_ms(&r->feed));
	if (poll(fds, FDS, timeout_ms) < 0)
		return errno == EINTR ? 0 : -errno;
	if (fds[0].revents)
		read_signal(r);
	if (fds[1].revents)
		actions_work(r->actions);
	if (listens(r))
		feed_work(&r->feed);
	actions_file_work(&r->file, r->actions, &r->feed);
	return 0;
}

/* Until none runs, or the time is over */
static int wait_for_end(struct run *r, unsigned int ms)
{
	const uint64_t end = clock_ns(CLOCK_MONOTONIC) + ms * NSEC_PER_MSEC;
	int err = 0;

	while (!err && actions_running(r->actions)) {
		const uint64_t now = clock_ns(CLOCK_MONOTONIC);

		if (now >= end)
			break;
		err = turn(r, (int)((end - now) / NSEC_PER_MSEC) + 1);
	}
	return err;
}

static int end(struct run *r)
{
	int err;

	notify("STOPPING=1\nSTATUS=Waiting for commands that run");
	actions_close(r->actions);
	err = wait_for_end(r, END_MS);
	actions_stop(r->actions);
	return err ? err : wait_for_end(r, KILL_MS);
}

static int serve(struct run *r)
{
	int err = 0;

	actions_file_open(&r->file, ACTIONS_DIR);
	say_ready(r);
	while (!err && !r->ends)
		err = turn(r, -1);
	if (!err)
		err = end(r);
	actions_file_close(&r->file);
	if (err)
		log_error("cannot go on: %s", strerror(-err));
	return err;
}

static int run(void *args)
{
	struct run *r = args;
	const struct feed_reader reader = { recovery, open_for_long, policy_exit, r };
	int err;

	r->signal_fd = signals_open();
	if (r->signal_fd < 0)
		return r->signal_fd;
	feed_begin(&r->feed, LIVE_SOCKET, &reader);
	r->actions = actions_new();
	err = r->actions ? use_config(r) : -ENOMEM;
	if (!err)
		err = serve(r);
	feed_end(&r->feed);
	actions_free(r->actions);
	close(r->signal_fd);
	return err;
}

static const struct cli_option arguments[] = {
	{ .arg = "CONFIG", .help = "Instead of /etc/zrec/zrec.conf and its drop-ins; see zrec.conf(5)",
	  CLI_TEXT(struct run, config_file) },
	{ 0 }
};

const struct command cmd_actions = {
	.name = "actions",
	.summary = "run commands when recoveries or policies end",
	.doc = "Run the commands that [action NAME] in zrec.conf has for recoveries and policies that "
	       "end, and for recoveries that stay open, until SIGTERM or SIGINT. zrec run says what "
	       "happens; this needs no right but to connect to its socket. SIGHUP reads the "
	       "configuration again.",
	.page = "zrec.conf(5)",
	.arguments = arguments,
	.size = sizeof(struct run),
	.run = run,
};
