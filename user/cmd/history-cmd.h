/* SPDX-License-Identifier: GPL-2.0 */
/*
 * history-cmd.h - what the commands of zrec history share
 */
#ifndef ZREC_HISTORY_CMD_H
#define ZREC_HISTORY_CMD_H

#include <stdio.h>

#include "cmd/command.h"
#include "cmd/values.h"
#include "base/when.h"
#include "keep/history.h"

/* The first member of what their options set */
struct history_opts {
	const char *file;		/* NULL: the history of this host */
	struct history_filter filter;
};

int history_opt_fid(void *args, const char *value);
int history_opt_driver(void *args, const char *value);
int history_opt_pec(void *args, const char *value);
int history_opt_function(void *args, const char *value);
int history_opt_outcome(void *args, const char *value);
int history_opt_policy(void *args, const char *value);
int history_opt_host(void *args, const char *value);
int history_opt_since(void *args, const char *value);
int history_opt_until(void *args, const char *value);
void history_opts_release(void *args);

#define HISTORY_OPT_FILE \
	{ 0, "file", "FILE", "Of this recording instead of this host's history, - for standard input", \
	  CLI_TEXT(struct history_opts, file), .complete = complete_files }

#define HISTORY_OPT_FILTERS \
	{ 'S', "since", "TIME", "Not what is older: \"2026-11-25 10:00\", -2h, yesterday, ...", \
	  .parse = history_opt_since, .wants = WHEN_WANTS }, \
	{ 'U', "until", "TIME", "Only what is older", \
	  .parse = history_opt_until, .wants = WHEN_WANTS }, \
	{ 'F', "fid", "FID", "Only this function ID; may be repeated", \
	  .parse = history_opt_fid, .wants = FID_WANTS, .complete = complete_fids }, \
	{ 'D', "driver", "DRIVER", "Only functions of this driver; may be repeated", \
	  .parse = history_opt_driver, .wants = "a driver's name", .complete = complete_drivers }, \
	{ 'P', "pec", "PEC", "Only this PCI event code, by number or name; may be repeated", \
	  .parse = history_opt_pec, .wants = PEC_WANTS, .complete = complete_pecs }, \
	{ 0, "function", "FUNCTION", "Only this function; may be repeated", \
	  .parse = history_opt_function, .wants = FUNCTION_WANTS, .complete = complete_functions }, \
	{ 0, "outcome", "OUTCOME", "Only recoveries with this outcome; may be repeated", \
	  .parse = history_opt_outcome, .wants = OUTCOME_WANTS, .complete = complete_outcomes }, \
	{ 0, "policy", "NAME", "Only recoveries in which this policy was asked; may be repeated", \
	  .parse = history_opt_policy, .wants = POLICY_WANTS, \
	  .complete = complete_attached }, \
	{ 0, "host", "HOST", "Only of this host, by name or machine ID; may be repeated", \
	  .parse = history_opt_host, .wants = "a host" }

/*
 * Of commands that only read: has a recorder that runs do it, since its file is its own.
 * Returns the exit code, or a negative errno: there is a --file, or no recorder.
 */
int history_elsewhere(void *args);
/*
 * Opens the recording, or the history of this host if @file is NULL: the one place that
 * knows where a history comes from. 0 or a negative errno, after its message.
 */
int history_source_open(struct history **ret, const char *file);
/*
 * Closes it. @err is what reading it or writing the result returned; says so, unless the
 * reader of our output has gone, and returns an exit code or a negative errno.
 */
int history_source_end(struct history *h, int err);

/* A table for spreadsheets, RFC 4180. Text of strangers is never a formula there */
void history_csv_header(FILE *f);
void history_csv_line(FILE *f, const struct history_recovery *r);

/* Lines between those of recoveries */
void history_print_gap(FILE *f, const struct history_gap *gap, const struct span_style *st);
void history_print_policy_event(FILE *f, const struct history_policy_event *e,
				const struct span_style *st);
/* "-- HOST, boot BOOT_ID --" */
void history_print_boot(FILE *f, const struct history_boot *boot);

extern const struct command history_cmd_show, history_cmd_stats, history_cmd_export,
			    history_cmd_import, history_cmd_check, history_cmd_vacuum;

#endif /* ZREC_HISTORY_CMD_H */
