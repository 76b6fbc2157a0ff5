// SPDX-License-Identifier: GPL-2.0
/* zrec history show: all that is known of one recovery */
#include <errno.h>
#include <inttypes.h>

#include "base/log.h"
#include "base/text.h"
#include "cmd/history-cmd.h"
#include "keep/record-json.h"
#include "record/meaning.h"
#include "record/names.h"

struct show {
	struct history_opts opts;
	enum output_format format;
	bool found;
	struct span_style style;
};

static int parse_row(void *args, const char *value)
{
	struct show *s = args;
	uint64_t row;

	if (name_parse_u64(value, &row) || !row || row > INT64_MAX)
		return -EINVAL;
	s->opts.filter.row = (int64_t)row;
	return 0;
}

static void print_place(const struct history_recovery *r)
{
	const struct zrec_span *s = &r->full.span;

	printf("    recovery %" PRIu64 " of %s, boot %s\n", s->id, text_shown_array(r->boot->host),
	       text_shown_array(r->boot->boot_id));
	if (r->experiment[0])
		printf("    experiment %s, arm %s\n", text_shown_array(r->experiment),
		       text_shown_array(r->arm));
}

/* The document begins when there is something to put into it */
static int put(struct show *s, json_t *recovery)
{
	struct output o;
	int err = output_open(&o, stdout, s->format);

	if (err) {
		json_decref(recovery);
		return err;
	}
	err = output_value(&o, "recovery", recovery);
	return err ? err : output_close(&o);
}

static int show(void *ctx, const struct history_recovery *r)
{
	struct show *s = ctx;
	json_t *o;

	s->found = true;
	if (s->format != OUTPUT_TEXT) {
		o = history_recovery_to_json(r);
		if (o && json_object_set_new(o, "row", json_integer(r->row))) {
			json_decref(o);
			o = NULL;
		}
		return put(s, o);
	}
	span_style_init(&s->style, stdout);
	s->style.tai_offset_ns = 0;
	span_print_header(stdout, &s->style);
	span_print_line(stdout, &r->full.span, &s->style);
	print_place(r);
	span_print_timeline(stdout, &r->full.span, &s->style);
	span_print_decisions(stdout, &r->full.span, &s->style);
	meaning_print(stdout, &r->full.span);
	return 0;
}

static int run(void *args)
{
	struct show *s = args;
	struct history *h = NULL;
	int err = history_source_open(&h, s->opts.file);

	if (err)
		return err;
	err = history_each(h, &s->opts.filter, HISTORY_OLDEST_FIRST, show, s);
	if (!err && !s->found) {
		log_error("there is no recovery %" PRId64 " in the history", s->opts.filter.row);
		history_close(h);
		return -ENOENT;
	}
	return history_source_end(h, err ? err : output_flush(stdout));
}

static const struct cli_option options[] = {
	CLI_FORMAT(struct show, format),
	HISTORY_OPT_FILE,
	{ 0 }
};

static const struct cli_option arguments[] = {
	{ .arg = "ROW", .wants = "a number of the first column of zrec history", .required = true,
	  .parse = parse_row },
	{ 0 }
};

const struct command history_cmd_show = {
	.name = "show",
	.summary = "one recovery, with its steps and decisions",
	.doc = "Show one recovery with its steps as a timeline, and what was decided in it.",
	.page = "zrec-history(8)",
	.options = options,
	.arguments = arguments,
	.size = sizeof(struct show),
	.run = run,
	.elsewhere = history_elsewhere,
	.release = history_opts_release,
};
