// SPDX-License-Identifier: GPL-2.0
/* zrec history export: a recording as JSON lines, for any machine */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "cmd/history-cmd.h"
#include "cmd/out-file.h"
#include "keep/jsonl.h"
#include "serve/served.h"

struct export {
	struct history_opts opts;
	struct out_file out;
	struct jsonl_writer writer;
};

static int put_recovery(void *ctx, const struct history_recovery *r)
{
	return jsonl_write_recovery(ctx, r);
}

static int put_gap(void *ctx, const struct history_boot *boot, const struct history_gap *gap)
{
	return jsonl_write_gap(ctx, boot, gap);
}

static int put_event(void *ctx, const struct history_policy_event *event)
{
	return jsonl_write_policy_event(ctx, event);
}

static int write_all(struct export *e, struct history *h)
{
	struct jsonl_writer *w = &e->writer;
	int err = jsonl_write_meta(w);

	if (!err)
		err = history_each(h, &e->opts.filter, HISTORY_OLDEST_FIRST, put_recovery, w);
	if (!err)
		err = history_each_gap(h, &e->opts.filter, put_gap, w);
	if (!err)
		err = history_each_policy_event(h, &e->opts.filter, put_event, w);
	return err ? err : output_flush(w->f);
}

static int run(void *args)
{
	struct export *e = args;
	struct history *h = NULL;
	bool read_failed;
	int err, ret;

	if (out_file_is(&e->out, e->opts.file))
		return cli_usage_error("zrec history export", "FILE and --file are the same file");
	err = history_source_open(&h, e->opts.file);
	if (err)
		return err;
	/* Whoever asked may not write where we may */
	if (getenv(SERVED_ENV) && !out_file_is_stdout(&e->out)) {
		log_error("zrec run exports to standard output only: zrec history export > %s", e->out.to);
		history_close(h);
		return -EACCES;
	}
	err = out_file_open(&e->out);
	if (err) {
		history_close(h);
		return err;
	}
	e->writer.f = e->out.f;
	err = out_file_close(&e->out, write_all(e, h));
	read_failed = history_error(h) && *history_error(h);
	if (err && !read_failed && !out_file_is_stdout(&e->out)) {
		log_error("cannot write %s: %s", e->out.to, strerror(-err));
		history_close(h);
		return err;
	}
	ret = history_source_end(h, err);
	return ret;
}

static void release(void *args)
{
	struct export *e = args;

	jsonl_writer_free(&e->writer);
	history_opts_release(args);
}

static const struct cli_option options[] = {
	HISTORY_OPT_FILTERS,
	HISTORY_OPT_FILE,
	{ 0 }
};

static const struct cli_option arguments[] = {
	{ .arg = "FILE", CLI_TEXT(struct export, out.to), .complete = complete_files },
	{ 0 }
};

const struct command history_cmd_export = {
	.name = "export",
	.summary = "a recording as JSON lines",
	.doc = "Write what was recorded as JSON lines, to a file or standard output, for 'zrec history "
	       "import' on any machine and for other programs.",
	.page = "zrec-history(8)",
	.options = options,
	.arguments = arguments,
	.size = sizeof(struct export),
	.run = run,
	.elsewhere = history_elsewhere,
	.release = release,
};
