// SPDX-License-Identifier: GPL-2.0
/* zrec report: what was recorded, as one page */
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/text.h"
#include "cmd/history-cmd.h"
#include "cmd/out-file.h"
#include "cmd/out-page.h"
#include "keep/filter.h"
#include "report/report.h"
#include "serve/served.h"

struct report_args {
	struct history_opts opts;
	struct out_file out;
};

static int add(void *ctx, const struct history_recovery *r)
{
	return report_add(ctx, r);
}

static int add_gap(void *ctx, const struct history_boot *boot, const struct history_gap *gap)
{
	return report_add_gap(ctx, boot, gap);
}

static int add_event(void *ctx, const struct history_policy_event *event)
{
	return report_add_policy_event(ctx, event);
}

static int collect(struct report *r, struct history *h, const struct history_filter *filter)
{
	int err = history_each(h, filter, HISTORY_OLDEST_FIRST, add, r);

	if (!err)
		err = history_each_gap(h, filter, add_gap, r);
	if (!err)
		err = history_each_policy_event(h, filter, add_event, r);
	return err;
}

struct page {
	struct report *report;
	const struct report_about *about;
};

static int make_page(void *ctx, FILE *f)
{
	const struct page *p = ctx;

	return report_write(p->report, p->about, f);
}

static int write_page(struct report_args *a, struct report *r, const struct utsname *host)
{
	const struct history_filter *f = &a->opts.filter;
	const struct report_about about = {
		.source = a->opts.file,
		.since_ns = f->since_ns,
		.until_ns = f->until_ns,
		.filtered = history_filter_is_some(f),
		.made_ns = (int64_t)clock_ns(CLOCK_REALTIME),
		.kernel = a->opts.file ? NULL : host->release,
	};
	struct page page = { .report = r, .about = &about };

	return out_page_write(a->out.f, make_page, &page);
}

static int check_usage(const struct report_args *a)
{
	if (!a->out.to)
		return cli_usage_error("zrec report", "needs --output=FILE, or - for standard output");
	if (out_file_is(&a->out, a->opts.file))
		return cli_usage_error("zrec report", "--output and --file are the same file");
	return 0;
}

/* 0, or a negative errno; *said: after its message */
static int make(struct report_args *a, struct history *h, struct report *r, bool *said)
{
	struct utsname host = { 0 };
	int err = collect(r, h, &a->opts.filter);

	uname(&host);
	*said = false;
	if (!err && !a->out.f) {
		err = out_file_open(&a->out);
		*said = err;
	}
	if (!err)
		err = write_page(a, r, &host);
	if (!a->out.f)
		return err;
	err = out_file_close(&a->out, err);
	if (err && !out_file_is_stdout(&a->out) && !(history_error(h) && *history_error(h))) {
		log_error("cannot write %s: %s", text_shown(a->out.to), strerror(-err));
		*said = true;
	}
	return err;
}

static int run(void *args)
{
	struct report_args *a = args;
	struct history *h = NULL;
	struct report *r = NULL;
	bool said = true;
	int err = check_usage(a);

	if (err)
		return err;
	/* Whoever asked has opened the file, and may write where we could not, and not where we could */
	if (getenv(SERVED_ENV))
		a->out.to = "-";
	err = history_source_open(&h, a->opts.file);
	if (!err) {
		said = false;
		r = report_new();
		err = r ? make(a, h, r, &said) : -ENOMEM;
	}
	if (a->out.f)
		out_file_close(&a->out, err);
	report_free(r);
	if (!said)
		return history_source_end(h, err);
	history_close(h);
	return err;
}

/* The recorder writes to our standard output, which is the file, then */
static int elsewhere(void *args)
{
	struct report_args *a = args;
	int kept, ret, err = check_usage(a);

	if (err)
		return err;
	if (a->opts.file || getenv(SERVED_ENV) || out_file_is_stdout(&a->out))
		return history_elsewhere(args);
	err = out_file_open(&a->out);
	if (err)
		return exit_code(err);
	kept = dup(STDOUT_FILENO);
	ret = kept < 0 || dup2(fileno(a->out.f), STDOUT_FILENO) < 0 ? -errno :
	      history_elsewhere(args);
	if (kept >= 0) {
		dup2(kept, STDOUT_FILENO);
		close(kept);
	}
	/* Nobody records: we write to it ourselves */
	if (ret == -ENOENT)
		return ret;
	err = out_file_close(&a->out, ret ? -ECANCELED : 0);
	if (ret || !err)
		return ret;
	log_error("cannot write %s: %s", text_shown(a->out.to), strerror(-err));
	return exit_code(err);
}

static void release(void *args)
{
	history_opts_release(args);
}

static const struct cli_option options[] = {
	{ 'o', "output", "FILE", "Where to write the page, - for standard output",
	  CLI_TEXT(struct report_args, out.to), .complete = complete_files },
	HISTORY_OPT_FILTERS,
	HISTORY_OPT_FILE,
	{ 0 }
};

const struct command cmd_report = {
	.name = "report",
	.summary = "one HTML page of what was recorded",
	.doc = "Write what was recorded as one HTML page, to attach to a ticket: what happened, how bad "
	       "it is, what to do, where the time went. The page needs no network and no script.",
	.page = "zrec-report(8)",
	.options = options,
	.size = sizeof(struct report_args),
	.run = run,
	.elsewhere = elsewhere,
	.release = release,
};
