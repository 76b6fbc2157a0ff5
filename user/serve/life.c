// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/systemd.h"
#include "base/text.h"
#include "serve/life.h"

#define STATUS_MAX	(TEXT_SHOWN_MAX + 256)

/* A manager that has no room now hears of it at the next turn of things */
static void notify(const char *state)
{
	int err = systemd_notify(state);

	if (err < 0)
		log_debug("cannot notify the service manager: %s", strerror(-err));
}

/* How many tracepoints have lost their link; what cannot be read has lost none */
static int missing(const struct life *l)
{
	const char *names[OBSERVER_TRACEPOINTS_MAX];
	int nr = observer_missing(recorder_observer(l->recorder), names);

	return nr < 0 ? 0 : nr;
}

static void say_status(struct life *l, const char *before)
{
	const struct recorder_state *state = recorder_state(l->recorder);
	char text[STATUS_MAX];

	l->said_error = state->error;
	if (state->error)
		snprintf(text, sizeof(text), "%sSTATUS=Cannot record in %s: %s; recoveries wait in the ring buffer",
			 before, text_shown(l->path), state->reason);
	else if (l->missing)
		snprintf(text, sizeof(text), "%sSTATUS=Recording in %s, but %d of the observation's links %s missing: see zrec status",
			 before, text_shown(l->path), l->missing, l->missing == 1 ? "is" : "are");
	else
		snprintf(text, sizeof(text), "%sSTATUS=Recording in %s", before, text_shown(l->path));
	notify(text);
}

void life_begin(struct life *l, struct recorder *recorder, const char *path)
{
	*l = (struct life){ .recorder = recorder, .path = path };
	/* Twice in the time that the manager gives */
	l->every_ns = systemd_watchdog_us() * 1000 / 2;
	l->due_ns = clock_ns(CLOCK_MONOTONIC);
	/* What was gone before does not come back by a new beginning: it is said, and no reason to die */
	observer_warn_missing(recorder_observer(recorder));
	l->missing = missing(l);
	say_status(l, "READY=1\n");
}

static void alive(struct life *l)
{
	int nr = missing(l);

	l->beat_to = 0;
	if (nr > l->missing) {
		if (!l->said_silent)
			log_error("somebody removed links of the observation, %d so far: zrec run gives no sign of life any more; see zrec status",
				  nr - l->missing);
		l->said_silent = true;
		return;
	}
	l->last_ns = clock_ns(CLOCK_REALTIME);
	notify("WATCHDOG=1");
}

static void beat(struct life *l)
{
	struct observer *observer = recorder_observer(l->recorder);
	int err = observer_beat(observer);

	/* Recoveries fill the ring, and are on their way to us as well as a heartbeat would be */
	if (!err || err == -ENOSPC)
		l->beat_to = ring_written(observer_ring(observer));
	else if (!l->said_silent)
		log_error("cannot send a heartbeat through the ring buffer, so zrec run gives no sign of life: %s",
			  strerror(-err));
	l->said_silent |= err && err != -ENOSPC;
}

void life_work(struct life *l)
{
	const struct recorder_state *state = recorder_state(l->recorder);
	uint64_t now;

	if (state->error != l->said_error)
		say_status(l, "");
	if (!l->every_ns)
		return;
	if (l->beat_to && recorder_read_to(l->recorder) >= l->beat_to)
		alive(l);
	now = clock_ns(CLOCK_MONOTONIC);
	if (now < l->due_ns)
		return;
	l->due_ns = now + l->every_ns;
	if (state->error)
		alive(l);
	else if (!l->beat_to)
		beat(l);
}

int life_timeout_ms(const struct life *l)
{
	uint64_t now;

	if (!l->every_ns)
		return -1;
	now = clock_ns(CLOCK_MONOTONIC);
	if (l->due_ns <= now)
		return 0;
	/* Far off is soon enough to look again */
	if (l->due_ns - now > 3600 * (uint64_t)NSEC_PER_SEC)
		return 3600000;
	return (int)((l->due_ns - now + NSEC_PER_MSEC - 1) / NSEC_PER_MSEC);
}

void life_reloading(struct life *l)
{
	char text[96];

	(void)l;
	snprintf(text, sizeof(text), "RELOADING=1\nMONOTONIC_USEC=%" PRIu64 "\nSTATUS=Reading zrec.conf",
		 clock_ns(CLOCK_MONOTONIC) / 1000);
	notify(text);
}

void life_reloaded(struct life *l)
{
	say_status(l, "READY=1\n");
}

void life_stopping(void)
{
	notify("STOPPING=1\nSTATUS=Recording what is left");
}
