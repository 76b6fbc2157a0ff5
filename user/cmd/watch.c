// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "cmd/command.h"
#include "cmd/observing.h"
#include "cmd/values.h"
#include "base/log.h"
#include "base/signals.h"
#include "base/text.h"
#include "record/meaning.h"
#include "record/names.h"
#include "observe/announced.h"
#include "observe/observer.h"
#include "base/output.h"
#include "record/open.h"
#include "record/policy-exit.h"
#include "record/span.h"
#include "record/stats.h"
#include "serve/live-client.h"

struct watch {
	struct observer_opts opts;	/* first, see observing.h */
	struct span_filter filter;
	enum output_format format;
	bool verbose;
	bool limited;
	uint32_t limit;		/* recoveries to show, if limited */
	uint32_t shown;
	uint32_t until;		/* outcomes that end it, a bit each */
	bool met;		/* one of them was shown */
	struct output output;
	json_t *exits;		/* of policies, for the end of a JSON document */
	json_t *opens;		/* recoveries that were open for long, likewise */
	bool has_open_after;
	uint64_t open_after_ns;
	struct announced_list announced;
	struct function_list functions;	/* while open recoveries are shown */
	struct span_style style;
	struct zrec_stats stats;	/* as far as reported */
	struct observer *observer;
	uint64_t missed;		/* records, as far as reported */
	struct live_client live;	/* if a recorder reads the ring buffer, and we look on */
	bool waits;			/* somebody else reads, who does not share */
	int signal_fd;
};

#define OPEN_AFTER_S		5
#define WAIT_MS			1000	/* between looks for a recorder to come */

#define PARSE_FILTER(kind)							\
static int parse_##kind(void *args, const char *value)				\
{										\
	return span_filter_add_##kind(&((struct watch *)args)->filter, value);	\
}

PARSE_FILTER(fid)
PARSE_FILTER(function)
PARSE_FILTER(driver)
PARSE_FILTER(pec)
PARSE_FILTER(policy)

static int parse_outcome(void *args, const char *value)
{
	return span_parse_outcomes(&((struct watch *)args)->filter.outcomes, value);
}

static int parse_until(void *args, const char *value)
{
	return span_parse_outcomes(&((struct watch *)args)->until, value);
}

static int parse_count(void *args, const char *value)
{
	struct watch *w = args;

	w->limited = true;
	return name_parse_u32(value, &w->limit) ? -EINVAL : 0;
}

static int parse_open_after(void *args, const char *value)
{
	struct watch *w = args;
	uint32_t seconds;

	if (name_parse_u32(value, &seconds) < 0)
		return -EINVAL;
	w->open_after_ns = seconds * (uint64_t)NSEC_PER_SEC;
	w->has_open_after = true;
	return 0;
}

static const struct cli_option options[] = {
	{ 'v', "verbose", NULL,
	  "Draw the steps of each recovery as a timeline, and say what to do if it did not end well",
	  CLI_FLAG(struct watch, verbose) },
	CLI_FORMAT(struct watch, format),
	{ 'F', "fid", "FID", "Only this function ID; may be repeated",
	  .parse = parse_fid, .wants = FID_WANTS, .complete = complete_fids },
	{ 'D', "driver", "DRIVER", "Only functions of this driver; may be repeated",
	  .parse = parse_driver, .wants = "a driver's name", .complete = complete_drivers },
	{ 'P', "pec", "PEC", "Only this PCI event code, by number or name; may be repeated",
	  .parse = parse_pec, .wants = PEC_WANTS, .complete = complete_pecs },
	{ 0, "function", "FUNCTION", "Only this function; may be repeated",
	  .parse = parse_function, .wants = FUNCTION_WANTS, .complete = complete_functions },
	{ 0, "outcome", "OUTCOME", "Only recoveries with this outcome; may be repeated",
	  .parse = parse_outcome, .wants = OUTCOME_WANTS, .complete = complete_outcomes },
	{ 0, "policy", "NAME",
	  "Only recoveries in which this policy was asked; may be repeated",
	  .parse = parse_policy, .wants = POLICY_WANTS, .complete = complete_attached },
	{ 'u', "until", "OUTCOME",
	  "End with exit code 2 after showing a recovery with this outcome; may be repeated",
	  .parse = parse_until, .wants = OUTCOME_WANTS, .complete = complete_outcomes },
	{ 'n', "count", "N", "End after N recoveries; 0 only begins to observe",
	  .parse = parse_count, .wants = COUNT_WANTS },
	{ 0, "open-after", "SECONDS",
	  "Show a recovery once it has been open for so long, and again when it ends (default 5; "
	  "0: as soon as it begins)", .parse = parse_open_after, .wants = "a number of seconds up to 4294967295" },
	CLI_ROOM,
	CLI_RING_SIZE,
	{ 0 }
};

static bool reached_limit(const struct watch *w)
{
	return w->limited && w->shown >= w->limit;
}

/*
 * Ends of policies concern no function, so no filter hides them. A JSON document
 * can have a list only once, and that of recoveries is open.
 */
static int show_exit(void *ctx, const struct zrec_policy_exit *exit)
{
	struct watch *w = ctx;

	switch (w->format) {
	case OUTPUT_TEXT:
		policy_exit_print(stdout, exit, &w->style);
		return output_flush(stdout);
	case OUTPUT_JSONL:
		return output_value(&w->output, "policy_exit", policy_exit_to_json(exit, w->style.tai_offset_ns));
	default:
		return json_array_append_new(w->exits, policy_exit_to_json(exit, w->style.tai_offset_ns)) ? -ENOMEM : 0;
	}
}

static int show_open(void *ctx, const struct zrec_open *open)
{
	struct watch *w = ctx;
	struct open_recovery r;

	/* It has no outcome yet */
	if (w->filter.outcomes || !span_match(&w->filter, &open->span))
		return 0;
	open_recovery_fill(&r, open, &w->functions, clock_ns(CLOCK_MONOTONIC),
			   w->style.tai_offset_ns);
	switch (w->format) {
	case OUTPUT_TEXT:
		open_recovery_print(stdout, &r);
		return output_flush(stdout);
	case OUTPUT_JSONL:
		return output_value(&w->output, "open_recovery", open_recovery_to_json(&r));
	default:
		return json_array_append_new(w->opens, open_recovery_to_json(&r)) ? -ENOMEM : 0;
	}
}

static int note_event(void *ctx, const struct zrec_event *event)
{
	struct watch *w = ctx;

	return announced_add(&w->announced, w->observer, event);
}

static int show_span(void *ctx, const struct zrec_span *span)
{
	struct watch *w = ctx;
	int err;

	announced_remove(&w->announced, span->id);
	if (!span_match(&w->filter, span))
		return 0;
	if (w->format == OUTPUT_TEXT) {
		span_print_line(stdout, span, &w->style);
		if (w->verbose) {
			span_print_timeline(stdout, span, &w->style);
			meaning_print(stdout, span);
		}
		/* It counts as read when we return 0, so it has to be out by then */
		err = output_flush(stdout);
	} else {
		err = output_item(&w->output, span_to_json(span, w->style.tai_offset_ns));
	}
	if (err)
		return err;
	w->shown++;
	w->met = span_has_outcome(span, w->until);
	/* What comes after the last one asked for stays for the next reader */
	return w->met || reached_limit(w) ? -ECANCELED : 0;
}

static bool looks_on(const struct watch *w)
{
	return w->live.fd >= 0;
}

static void warn_of_losses(struct watch *w)
{
	struct zrec_stats now;

	if (w->live.missed != w->missed) {
		log_warn("%llu %s faster than this watch could write; the history has what it missed",
			 (unsigned long long)(w->live.missed - w->missed),
			 text_nr(w->live.missed - w->missed, "record came", "records came"));
		w->missed = w->live.missed;
	}

	if (!observer_stats(w->observer, &now))
		stats_warn(&w->stats, &now);
}

/* Recoveries that have been open for long, with what sysfs knows of their functions */
static int show_long_open(struct watch *w)
{
	int err;

	if (announced_timeout_ms(&w->announced, w->open_after_ns))
		return 0;
	err = function_list_read(&w->functions, NULL);
	if (err)
		log_debug("cannot list the zPCI functions: %s", strerror(-err));
	err = announced_report(&w->announced, w->observer, w->open_after_ns, show_open, w);
	function_list_free(&w->functions);
	return err;
}

/*
 * The recorder has ended. Of several that looked on, one reads, if it may, and the others
 * wait for a recorder to come
 */
static int go_on_alone(struct watch *w)
{
	int err = observer_claim(w->observer);

	w->waits = false;
	if (err == -ENOENT)
		return -ESHUTDOWN;
	if (err != -EBUSY && err != -EACCES && err != -EPERM)
		return err;
	w->waits = live_client_open(&w->live) != 0;
	return 0;
}

/* A recorder that has begun asks us to become its client: it reads from now on, and nothing is missed */
static void hand_over(struct watch *w)
{
	if (live_client_open(&w->live))
		return;
	observer_hand_over(w->observer);
	log_info("zrec run (%d) records from now on", (int)w->live.pid);
}

static const struct observer_reader reader = { note_event, show_span, show_exit };

static int show_shared(void *ctx, const struct ring_record *record)
{
	return observer_dispatch(record->data, &reader, ctx);
}

/* Where records come from changes when a recorder begins or ends */
static int read_records(struct watch *w)
{
	int n;

	if (w->waits)
		return go_on_alone(w);
	if (!looks_on(w)) {
		n = observer_poll(w->observer, 0, &reader, w);
		if (!n)
			hand_over(w);
		return n;
	}
	n = live_client_read(&w->live, show_shared, w);
	if (n != -ESHUTDOWN)
		return n;
	live_client_close(&w->live);
	log_info("zrec run has ended");
	return go_on_alone(w);
}

static int source_fd(const struct watch *w)
{
	if (w->waits)
		return -1;
	return looks_on(w) ? w->live.fd : observer_fd(w->observer);
}

static int timeout_ms(const struct watch *w)
{
	int ms = announced_timeout_ms(&w->announced, w->open_after_ns);

	return w->waits && (ms < 0 || ms > WAIT_MS) ? WAIT_MS : ms;
}

/*
 * Waits for records, a signal, or the reader of our output to go. Returns 0 to go
 * on, -ECANCELED to end, or another negative errno.
 */
static int wait_and_show(struct watch *w)
{
	struct pollfd fds[] = {
		{ .fd = source_fd(w), .events = POLLIN },
		{ .fd = w->signal_fd, .events = POLLIN },
		{ .fd = STDOUT_FILENO, .events = 0 },
	};
	int n = poll(fds, 3, timeout_ms(w));

	if (n < 0)
		return errno == EINTR ? 0 : -errno;
	if (fds[1].revents)
		return -ECANCELED;
	if (fds[2].revents & (POLLERR | POLLHUP | POLLNVAL))
		return -EPIPE;
	/* A time daemon may have set it since */
	w->style.tai_offset_ns = clock_tai_offset_ns();
	n = read_records(w);
	/* What is lost is lost among records, so that nobody has to wake up for it alone */
	if (n)
		warn_of_losses(w);
	if (n < 0 && n != -EINTR)
		return n;
	return show_long_open(w);
}

static int begin_output(struct watch *w)
{
	int err;

	span_style_init(&w->style, stdout);
	if (w->format == OUTPUT_TEXT) {
		span_print_header(stdout, &w->style);
		return output_flush(stdout);
	}
	w->exits = json_array();
	w->opens = json_array();
	if (!w->exits || !w->opens)
		return -ENOMEM;
	err = output_open(&w->output, stdout, w->format);
	return err ? err : output_list(&w->output, "recoveries", "recovery");
}

static int put_list(struct watch *w, const char *list, const char *item, json_t *values)
{
	int err = output_list(&w->output, list, item);
	json_t *value;
	size_t i;

	json_array_foreach(values, i, value)
		if (!err)
			err = output_item(&w->output, json_incref(value));
	return err;
}

static int end_output(struct watch *w)
{
	int err;

	if (w->format == OUTPUT_TEXT)
		return 0;
	err = put_list(w, "policy_exits", "policy_exit", w->exits);
	if (!err)
		err = put_list(w, "open_recoveries", "open_recovery", w->opens);
	if (!err)
		err = output_value(&w->output, "stats", stats_to_json(&w->stats));
	return err ? err : output_close(&w->output);
}

/* Returns 0 when the user ended it, or a negative errno */
static int watch(struct watch *w)
{
	int err = begin_output(w);

	if (err)
		return err;
	/* Also what was lost before we came */
	warn_of_losses(w);
	err = announced_begin(&w->announced, w->observer);
	while (!err && !reached_limit(w))
		err = wait_and_show(w);
	warn_of_losses(w);
	if (err && err != -ECANCELED && err != -ESHUTDOWN)
		return err;
	if (err == -ESHUTDOWN)
		log_warn("the observation was ended by 'zrec detach'");
	return end_output(w);
}

/* The ring buffer has one reader, and a recorder's socket any number of clients */
static int claim(struct watch *w)
{
	int err = live_client_open(&w->live);

	if (!err || err != -ENOENT)
		goto out;
	err = observer_claim(w->observer);
	/* A recorder may have begun right now */
	if (err == -EBUSY && !live_client_open(&w->live))
		return 0;
	/* The observation has gone meanwhile */
	if (err == -ENOENT)
		return -ESHUTDOWN;
	if (err == -EBUSY)
		log_error("another zrec watch reads, and no zrec run shares: each recovery goes to one reader; end it, or start zrec run");
	else if (err)
		log_error("cannot read the ring buffer: %s", strerror(-err));
	return err;
out:
	if (err)
		log_error("zrec run reads the ring buffer, and its socket does not answer: %s",
			  err == -EACCES ? "it is for root and the group zrec" : strerror(-err));
	return err;
}

static int run(void *args)
{
	struct watch *w = args;
	int err;

	w->signal_fd = -1;
	w->live = LIVE_CLIENT_CLOSED;
	if (!w->has_open_after)
		w->open_after_ns = OPEN_AFTER_S * NSEC_PER_SEC;
	err = observer_open(&w->observer, &w->opts);
	if (!err)
		observer_warn_missing(w->observer);
	if (!err && !reached_limit(w))
		err = claim(w);
	if (err || reached_limit(w))
		goto out;
	err = signals_open();
	if (err < 0)
		goto out;
	w->signal_fd = err;
	err = watch(w);
	err = output_exit_code(err, w->met ? EXIT_CONDITION : EXIT_OK);
out:
	if (w->signal_fd >= 0)
		close(w->signal_fd);
	live_client_close(&w->live);
	observer_close(w->observer);
	json_decref(w->exits);
	json_decref(w->opens);
	announced_free(&w->announced);
	return err;
}

static void release(void *args)
{
	span_filter_free(&((struct watch *)args)->filter);
}

const struct command cmd_watch = {
	.name = "watch",
	.summary = "recoveries as they happen",
	.doc = "Show each recovery of a zPCI function when it ends, and each policy that ends, "
	       "beginning with those that nobody has read yet. Observing goes on after this ends, "
	       "until zrec detach.",
	.page = "zrec(8)",
	.options = options,
	.size = sizeof(struct watch),
	.run = run,
	.release = release,
};
