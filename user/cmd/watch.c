// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "cmd/cli.h"
#include "base/clock.h"
#include "base/log.h"
#include "record/names.h"
#include "observe/announced.h"
#include "observe/observer.h"
#include "base/output.h"
#include "record/open.h"
#include "record/policy-exit.h"
#include "record/span.h"
#include "record/stats.h"

/* How long a loss may go unreported while no recovery ends */
#define STATS_INTERVAL_MS	1000

struct watch {
	struct span_filter filter;
	struct observer_opts opts;
	enum output_format format;
	bool verbose;
	bool limited;
	uint32_t limit;		/* recoveries to show, if limited */
	uint32_t shown;
	struct output output;
	json_t *exits;		/* of policies, for the end of a JSON document */
	json_t *opens;		/* recoveries that were open for long, likewise */
	uint64_t open_after_ns;
	struct announced_list announced;
	struct function_list functions;	/* while open recoveries are shown */
	struct span_style style;
	struct zrec_stats stats;	/* as far as told */
	struct observer *observer;
	int signal_fd;
};

#define OPEN_AFTER_S		5
#define FUNCTIONS_MAX		4096
#define OPTION_FUNCTIONS	256

static const struct argp_option options[] = {
	{ "verbose", 'v', NULL, 0, "Draw the steps of each recovery as a timeline", 0 },
	CLI_FORMAT_OPTION,
	{ "fid", 'F', "FID", 0, "Only this function ID; may be repeated", 0 },
	{ "driver", 'D', "DRIVER", 0, "Only functions of this driver; may be repeated", 0 },
	{ "pec", 'P', "PEC", 0, "Only this PCI event code, by number or name; may be repeated", 0 },
	{ "count", 'n', "N", 0, "End after N recoveries; 0 only begins to observe", 0 },
	{ "open-after", 'o', "SECONDS", 0,
	  "Show a recovery that has been open for so long, once, and again when it ends (default 5; "
	  "0: as soon as it begins)", 0 },
	{ "functions", OPTION_FUNCTIONS, "N", 0,
	  "Make room for N functions when this begins the observation, and for as many to come (default: "
	  "those that there are)", 0 },
	{ "ring-size", 'r', "BYTES", 0,
	  "Room for recoveries that nobody has read yet, when this begins the observation "
	  "(default 262144: 468 recoveries, or 204 in which policies were asked)", 0 },
	{ 0 }
};

static error_t parse_ring_size(struct watch *w, const char *arg, struct argp_state *state)
{
	uint32_t bytes;

	if (name_parse_u32(arg, &bytes) < 0 || !bytes || bytes > 1u << 30)
		return cli_usage_error(state, "a ring size is a number from 1 to %u, not '%s'",
				       1u << 30, arg);
	w->opts.ring_bytes = bytes;
	return 0;
}

static error_t parse_functions(struct watch *w, const char *arg, struct argp_state *state)
{
	uint32_t nr;

	if (name_parse_u32(arg, &nr) < 0 || !nr || nr > FUNCTIONS_MAX)
		return cli_usage_error(state, "functions is a number from 1 to %u, not '%s'",
				       FUNCTIONS_MAX, arg);
	w->opts.functions = nr;
	return 0;
}

static error_t parse_open_after(struct watch *w, const char *arg, struct argp_state *state)
{
	uint32_t seconds;

	if (name_parse_u32(arg, &seconds) < 0)
		return cli_usage_error(state, "'%s' is no number of seconds", arg);
	w->open_after_ns = seconds * (uint64_t)NSEC_PER_SEC;
	return 0;
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct watch *w = state->input;

	switch (key) {
	case 'v':
		w->verbose = true;
		return 0;
	case CLI_FORMAT_KEY:
		return cli_parse_format(&w->format, arg, state);
	case 'F':
		if (span_filter_add_fid(&w->filter, arg) < 0)
			return cli_usage_error(state, "'%s' is no function ID", arg);
		return 0;
	case 'D':
		if (span_filter_add_driver(&w->filter, arg) < 0)
			return cli_usage_error(state, "'%s' is no driver name", arg);
		return 0;
	case 'P':
		if (span_filter_add_pec(&w->filter, arg) < 0)
			return cli_usage_error(state, "'%s' is no PCI event code", arg);
		return 0;
	case 'n':
		if (name_parse_u32(arg, &w->limit) < 0)
			return cli_usage_error(state, "'%s' is no number", arg);
		w->limited = true;
		return 0;
	case 'o':
		return parse_open_after(w, arg, state);
	case OPTION_FUNCTIONS:
		return parse_functions(w, arg, state);
	case 'r':
		return parse_ring_size(w, arg, state);
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

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

	if (!span_match(&w->filter, &open->span))
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

	return announced_add(&w->announced, event);
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
		if (w->verbose)
			span_print_timeline(stdout, span, &w->style);
		/* It counts as read when we return, so it has to be out by then */
		err = output_flush(stdout);
	} else {
		err = output_item(&w->output, span_to_json(span, w->style.tai_offset_ns));
	}
	if (err)
		return err;
	w->shown++;
	/* What comes after the last one asked for stays for the next reader */
	return reached_limit(w) ? -ECANCELED : 0;
}

static void tell_losses(struct watch *w)
{
	struct zrec_stats now;

	if (!observer_stats(w->observer, &now))
		stats_warn(&w->stats, &now);
}

/* Recoveries that have been open for long, with what sysfs knows of their functions */
static int tell_open(struct watch *w)
{
	int err;

	if (announced_timeout_ms(&w->announced, w->open_after_ns))
		return 0;
	err = function_list_read(&w->functions, NULL);
	if (err)
		log_debug("cannot list the zPCI functions: %s", strerror(-err));
	err = announced_tell(&w->announced, w->observer, w->open_after_ns, show_open, w);
	function_list_free(&w->functions);
	return err;
}

static int next_timeout_ms(const struct watch *w)
{
	int open = announced_timeout_ms(&w->announced, w->open_after_ns);

	return open >= 0 && open < STATS_INTERVAL_MS ? open : STATS_INTERVAL_MS;
}

/*
 * Waits for records, a signal, or the reader of our output to go. Returns 0 to go
 * on, -ECANCELED to end, or another negative errno.
 */
static int wait_and_show(struct watch *w)
{
	static const struct observer_reader reader = { note_event, show_span, show_exit };
	struct pollfd fds[] = {
		{ .fd = observer_fd(w->observer), .events = POLLIN },
		{ .fd = w->signal_fd, .events = POLLIN },
		{ .fd = STDOUT_FILENO, .events = 0 },
	};
	int n = poll(fds, 3, next_timeout_ms(w));

	if (n < 0)
		return errno == EINTR ? 0 : -errno;
	if (fds[1].revents)
		return -ECANCELED;
	if (fds[2].revents & (POLLERR | POLLHUP | POLLNVAL))
		return -EPIPE;
	/* A time daemon may have set it since */
	w->style.tai_offset_ns = clock_tai_offset_ns();
	n = observer_poll(w->observer, 0, &reader, w);
	tell_losses(w);
	if (n < 0 && n != -EINTR)
		return n;
	return tell_open(w);
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
	/* Also tells what was lost before we came */
	tell_losses(w);
	while (!err && !reached_limit(w))
		err = wait_and_show(w);
	tell_losses(w);
	if (err && err != -ECANCELED && err != -ESHUTDOWN)
		return err;
	if (err == -ESHUTDOWN)
		log_warn("the observation was ended by 'zrec detach'");
	return end_output(w);
}

static int catch_signals(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGHUP);
	if (sigprocmask(SIG_BLOCK, &set, NULL) < 0)
		return -errno;
	return signalfd(-1, &set, SFD_CLOEXEC);
}

static int claim(struct watch *w)
{
	int err = observer_claim(w->observer);

	if (err == -EBUSY)
		log_error("another zrec watch is reading; each recovery goes to one reader, so there can be only one");
	else if (err)
		log_error("cannot read the ring buffer: %s", strerror(-err));
	return err;
}

int cmd_watch(int argc, char **argv)
{
	static const struct argp argp = {
		.options = options,
		.parser = parse,
		.doc = "Show each recovery of a zPCI function when it ends, and each policy that ends, "
		       "beginning with those that nobody has read yet. Observing goes on after this ends, "
		       "until zrec detach.",
	};
	struct watch w = { .signal_fd = -1, .open_after_ns = OPEN_AFTER_S * NSEC_PER_SEC };
	int err, ret = EXIT_USAGE;

	if (cli_parse(&argp, argc, argv, &w) < 0)
		goto out;
	err = observer_open(&w.observer, &w.opts);
	if (!err && !reached_limit(&w))
		err = claim(&w);
	ret = observer_exit_code(err);
	if (err || reached_limit(&w))
		goto out;
	w.signal_fd = catch_signals();
	if (w.signal_fd < 0) {
		log_error("cannot catch signals: %s", strerror(errno));
		ret = EXIT_USAGE;
		goto out;
	}
	ret = output_exit_code(watch(&w), EXIT_OK);
out:
	if (w.signal_fd >= 0)
		close(w.signal_fd);
	observer_close(w.observer);
	json_decref(w.exits);
	json_decref(w.opens);
	announced_free(&w.announced);
	span_filter_free(&w.filter);
	return ret;
}
