// SPDX-License-Identifier: GPL-2.0
/* zrec history check and vacuum: the file itself */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/text.h"
#include "cmd/history-cmd.h"
#include "keep/place.h"
#include "keep/summary.h"
#include "keep/verify.h"

struct check {
	const char *file;		/* NULL: the history of this host */
	enum output_format format;
	const char *path;
	uint64_t gaps, policy_events;
	struct summary summary;
};

/* --- check ----------------------------------------------------------------- */

static void say(void *ctx, const char *text)
{
	const struct check *c = ctx;

	fprintf(log_errors(), "%s: %s\n", text_shown(c->path), text_shown(text));
}

static int count(void *ctx, const struct history_recovery *r)
{
	return summary_add(&((struct check *)ctx)->summary, r, true);
}

static int count_gap(void *ctx, const struct history_boot *boot, const struct history_gap *gap)
{
	(void)boot;
	(void)gap;
	((struct check *)ctx)->gaps++;
	return 0;
}

static int count_event(void *ctx, const struct history_policy_event *event)
{
	(void)event;
	((struct check *)ctx)->policy_events++;
	return 0;
}

/* Whatever kind of file it is, all of it can be read */
static int read_all(struct check *c, struct history *h)
{
	const struct history_filter all = { 0 };
	int err = history_each(h, &all, HISTORY_OLDEST_FIRST, count, c);

	if (!err)
		err = history_each_gap(h, &all, count_gap, c);
	if (!err)
		err = history_each_policy_event(h, &all, count_event, c);
	return err;
}

static int put_text(const struct check *c)
{
	struct span_style st = { .year = clock_this_year() };
	char from[CLOCK_TEXT_LEN], to[CLOCK_TEXT_LEN];
	const struct summary *s = &c->summary;

	if (log_is_quiet())
		return 0;
	printf("%s: ok, recoveries: %" PRIu64 ", hosts: %zu, gaps: %" PRIu64 ", policy events: %" PRIu64,
	       text_shown(c->path), s->count, s->nr_hosts, c->gaps, c->policy_events);
	if (s->count)
		printf(", from %s to %s", span_style_time(&st, s->first_ns, from),
		       span_style_time(&st, s->last_ns, to));
	putchar('\n');
	return output_flush(stdout);
}

static int put_json(const struct check *c)
{
	const struct summary *s = &c->summary;
	char from[CLOCK_TEXT_LEN], to[CLOCK_TEXT_LEN];
	json_t *v = json_pack("{s:o, s:o, s:o, s:o, s:o}", "file", text_to_json(c->path),
			      "recoveries", output_count(s->count), "hosts", output_count(s->nr_hosts),
			      "gaps", output_count(c->gaps),
			      "policy_events", output_count(c->policy_events));
	struct output o;
	int err;

	if (v && s->count &&
	    json_object_set_new(v, "from", json_string(clock_utc(s->first_ns, from))) |
	    json_object_set_new(v, "to", json_string(clock_utc(s->last_ns, to)))) {
		json_decref(v);
		v = NULL;
	}
	err = output_open(&o, stdout, c->format);
	if (!err)
		err = output_value(&o, "check", v);
	else
		json_decref(v);
	return err ? err : output_close(&o);
}

static int check_file(struct check *c)
{
	struct history *h = NULL;
	int err;

	c->path = c->file ? c->file : HISTORY_FILE;
	c->summary.by = SUMMARY_BY_HOST;
	err = verify_is_database(c->path) ? verify_database(c->path, say, c) : 0;
	if (err < 0)
		log_error("cannot check %s: %s", c->path, place_problem(err));
	if (err)
		return err < 0 ? err : -EUCLEAN;
	err = history_source_open(&h, c->file);
	if (err)
		return err;
	err = read_all(c, h);
	if (err)
		say(c, history_error(h) && *history_error(h) ? history_error(h) : strerror(-err));
	history_close(h);
	return err;
}

static int run_check(void *args)
{
	struct check *c = args;
	int err = check_file(c);

	if (err)
		return err;
	err = c->format == OUTPUT_TEXT ? put_text(c) : put_json(c);
	return output_exit_code(err, EXIT_OK);
}

static void release_check(void *args)
{
	summary_free(&((struct check *)args)->summary);
}

#define FILE_OPTION(type) \
	{ 0, "file", "FILE", "Of this recording instead of this host's history", \
	  CLI_TEXT(type, file), .complete = complete_files }

static const struct cli_option check_options[] = {
	CLI_FORMAT(struct check, format),
	FILE_OPTION(struct check),
	{ 0 }
};

const struct command history_cmd_check = {
	.name = "check",
	.summary = "is all of a recording as it should be",
	.doc = "Read all of a recording, and say what is wrong with it. Without --quiet it also says "
	       "what is in it.",
	.page = "zrec-history(8)",
	.options = check_options,
	.size = sizeof(struct check),
	.run = run_check,
	.release = release_check,
};

/* --- vacuum ---------------------------------------------------------------- */

struct vacuum {
	const char *file;
};

static int run_vacuum(void *args)
{
	const char *file = ((struct vacuum *)args)->file;
	const char *path = file ? file : HISTORY_FILE;
	struct vacuum_sizes sizes;
	int err = vacuum_database(path, !file, &sizes);

	if (err == -EBUSY)
		log_error("cannot vacuum %s: another process has it open; zrec run returns space by itself",
			  path);
	else if (err == -EACCES || err == -EPERM)
		log_error("cannot vacuum %s: %s; it is for who owns it, mostly root", path, strerror(-err));
	else if (err == -EUCLEAN)
		log_error("cannot vacuum %s: no recording of SQLite, or damaged", path);
	else if (err)
		log_error("cannot vacuum %s: %s", path, place_problem(err));
	if (err)
		return err;
	if (!log_is_quiet())
		printf("%s: %lld bytes, %lld before\n", text_shown(path), (long long)sizes.after,
		       (long long)sizes.before);
	return output_exit_code(output_flush(stdout), EXIT_OK);
}

static const struct cli_option vacuum_options[] = {
	FILE_OPTION(struct vacuum),
	{ 0 }
};

const struct command history_cmd_vacuum = {
	.name = "vacuum",
	.summary = "make the file as small as it can be",
	.doc = "Write the file anew, without the room of what was removed from it. Nothing else may "
	       "have it open.",
	.page = "zrec-history(8)",
	.options = vacuum_options,
	.size = sizeof(struct vacuum),
	.run = run_vacuum,
};
