// SPDX-License-Identifier: GPL-2.0
/* zrec history: what was recorded, the newest first */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/log.h"
#include "cmd/history-cmd.h"
#include "keep/record-json.h"
#include "record/names.h"

#define LIMIT_OF_TEXT	100

/* What stands between recoveries: a gap, at its end, or an event of a policy */
struct note {
	int64_t wall_ns;
	struct history_boot boot;
	bool is_gap;
	struct history_gap gap;
	struct history_policy_event event;
};

struct list {
	struct history_opts opts;
	enum output_format format;
	bool verbose;
	bool has_limit;
	uint32_t limit;			/* 0: none */
	uint32_t shown;
	bool more;			/* than the limit */
	struct span_style style;
	struct note *notes;		/* of text, the newest first */
	size_t nr_notes, at_note;
	char boot_id[HISTORY_ID_LEN];	/* of the line before */
	struct output output;
};

static int parse_limit(void *args, const char *value)
{
	struct list *l = args;

	l->has_limit = true;
	return name_parse_u32(value, &l->limit) ? -EINVAL : 0;
}

static const struct cli_option options[] = {
	{ 'v', "verbose", NULL, "Draw the steps of each recovery as a timeline",
	  CLI_FLAG(struct list, verbose) },
	CLI_FORMAT_CSV(struct list, format),
	{ 0, "limit", "N", "The newest N only, 0 for all (default: 100 in text, else 0)",
	  .parse = parse_limit, .wants = COUNT_WANTS },
	HISTORY_OPT_FILTERS,
	HISTORY_OPT_FILE,
	{ 0 }
};

/* --- text: recoveries, and notes where they belong ------------------------- */

static int add_gap(void *ctx, const struct history_boot *boot, const struct history_gap *gap)
{
	struct list *l = ctx;
	struct note *note = array_add(&l->notes, &l->nr_notes, sizeof(*note));

	if (!note)
		return -ENOMEM;
	note->boot = *boot;
	note->wall_ns = gap->to_ns;
	note->is_gap = true;
	note->gap = *gap;
	return 0;
}

static int add_event(void *ctx, const struct history_policy_event *event)
{
	struct list *l = ctx;
	struct note *note = array_add(&l->notes, &l->nr_notes, sizeof(*note));

	if (!note)
		return -ENOMEM;
	note->boot = *event->boot;
	note->wall_ns = event->wall_ns;
	note->event = *event;
	return 0;
}

static int newest_first(const void *a, const void *b)
{
	const struct note *x = a, *y = b;

	return x->wall_ns < y->wall_ns ? 1 : x->wall_ns > y->wall_ns ? -1 : 0;
}

static int read_notes(struct list *l, struct history *h)
{
	int err = history_each_gap(h, &l->opts.filter, add_gap, l);

	if (!err)
		err = history_each_policy_event(h, &l->opts.filter, add_event, l);
	if (l->nr_notes)
		qsort(l->notes, l->nr_notes, sizeof(*l->notes), newest_first);
	return err;
}

#define ROW_WIDTH	6

/* Whatever follows is of this boot, until the next such line */
static void print_boot(struct list *l, const struct history_boot *boot)
{
	if (!strcmp(l->boot_id, boot->boot_id))
		return;
	memcpy(l->boot_id, boot->boot_id, sizeof(l->boot_id));
	history_print_boot(stdout, boot);
}

/* Those that are newer than the next recovery */
static void print_notes(struct list *l, int64_t wall_ns)
{
	for (; l->at_note < l->nr_notes && l->notes[l->at_note].wall_ns > wall_ns; l->at_note++) {
		const struct note *note = &l->notes[l->at_note];

		print_boot(l, &note->boot);
		printf("%*s  ", ROW_WIDTH, "");
		if (note->is_gap)
			history_print_gap(stdout, &note->gap, &l->style);
		else
			history_print_policy_event(stdout, &note->event, &l->style);
	}
}

static void print_recovery(struct list *l, const struct history_recovery *r)
{
	print_notes(l, r->wall_ns);
	print_boot(l, r->boot);
	printf("%*lld  ", ROW_WIDTH, (long long)r->row);
	span_print_line(stdout, &r->full.span, &l->style);
	if (!l->verbose)
		return;
	span_print_timeline(stdout, &r->full.span, &l->style);
	span_print_decisions(stdout, &r->full.span, &l->style);
}

/* --- all formats ----------------------------------------------------------- */

static json_t *recovery_to_json(const struct history_recovery *r)
{
	json_t *o = history_recovery_to_json(r);

	if (o && json_object_set_new(o, "row", json_integer(r->row))) {
		json_decref(o);
		return NULL;
	}
	return o;
}

static int show(void *ctx, const struct history_recovery *r)
{
	struct list *l = ctx;

	if (l->limit && l->shown == l->limit) {
		l->more = true;
		return -ECANCELED;
	}
	l->shown++;
	switch (l->format) {
	case OUTPUT_TEXT:
		print_recovery(l, r);
		break;
	case OUTPUT_CSV:
		history_csv_line(stdout, r);
		break;
	default:
		return output_item(&l->output, recovery_to_json(r));
	}
	return ferror(stdout) ? output_flush(stdout) : 0;
}

static int put_gap(void *ctx, const struct history_boot *boot, const struct history_gap *gap)
{
	return output_item(ctx, history_gap_to_json(boot, gap));
}

static int put_event(void *ctx, const struct history_policy_event *event)
{
	return output_item(ctx, history_policy_event_to_json(event));
}

static int put_document(struct list *l, struct history *h)
{
	struct output *o = &l->output;
	int err = output_list(o, "recoveries", "recovery");

	if (!err)
		err = history_each(h, &l->opts.filter, HISTORY_NEWEST_FIRST, show, l);
	if (!err || err == -ECANCELED)
		err = output_list(o, "gaps", "gap");
	if (!err)
		err = history_each_gap(h, &l->opts.filter, put_gap, o);
	if (!err)
		err = output_list(o, "policy_events", "policy_event");
	if (!err)
		err = history_each_policy_event(h, &l->opts.filter, put_event, o);
	return err ? err : output_close(o);
}

static int put_lines(struct list *l, struct history *h)
{
	int err = 0;

	span_style_init(&l->style, stdout);
	/* A history has the wall clock */
	l->style.tai_offset_ns = 0;
	if (l->format == OUTPUT_CSV) {
		history_csv_header(stdout);
	} else {
		err = read_notes(l, h);
		printf("%*s  ", ROW_WIDTH, "ROW");
		span_print_header(stdout, &l->style);
	}
	if (!err)
		err = history_each(h, &l->opts.filter, HISTORY_NEWEST_FIRST, show, l);
	if (!err && l->format == OUTPUT_TEXT)
		print_notes(l, INT64_MIN);
	if (err && err != -ECANCELED)
		return err;
	err = output_flush(stdout);
	if (!err && l->more && !l->has_limit)
		log_info("these are the newest %u; --limit 0 shows all", l->limit);
	return err;
}

static int run(void *args)
{
	struct list *l = args;
	struct history *h = NULL;
	int err = history_source_open(&h, l->opts.file);

	if (err)
		return err;
	if (!l->has_limit && l->format == OUTPUT_TEXT)
		l->limit = LIMIT_OF_TEXT;
	err = output_open(&l->output, stdout, l->format);
	if (!err)
		err = l->format == OUTPUT_TEXT || l->format == OUTPUT_CSV ? put_lines(l, h) :
		      put_document(l, h);
	err = history_source_end(h, err);
	return err;
}

static void release(void *args)
{
	free(((struct list *)args)->notes);
	history_opts_release(args);
}

static const struct command *const commands[] = {
	&history_cmd_show, &history_cmd_stats, &history_cmd_export, &history_cmd_import,
	&history_cmd_check, &history_cmd_vacuum, &cmd_help, NULL
};

const struct command cmd_history = {
	.name = "history",
	.summary = "recoveries that were recorded",
	.doc = "Show what was recorded, the newest first: recoveries, gaps where some are missing, "
	       "and what became of policies.",
	.page = "zrec-history(8)",
	.options = options,
	.size = sizeof(struct list),
	.run = run,
	.elsewhere = history_elsewhere,
	.release = release,
	.commands = commands,
};
