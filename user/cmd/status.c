// SPDX-License-Identifier: GPL-2.0
/* zrec status: what is under way, what is in force, what was lost */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/output.h"
#include "base/text.h"
#include "cmd/command.h"
#include "observe/load.h"
#include "observe/observer.h"
#include "policy/state.h"
#include "policy/sysfs.h"
#include "record/function.h"
#include "record/observation.h"
#include "record/open.h"
#include "record/span.h"
#include "record/stats.h"
#include "serve/actions-status.h"
#include "serve/live-client.h"
#include "serve/status.h"

struct status {
	enum output_format format;
	int observe_err;		/* 0: something is observed */
	int policy_err;			/* 0: the kernel has the hook for policies */
	struct zrec_info info;
	struct zrec_stats stats;
	struct policy_state policies;
	json_t *recorder;		/* NULL: none runs, or none that answers us */
	json_t *actions;		/* likewise, what zrec actions says */
	struct function_list functions;
	const char *missing_tracepoint[OBSERVER_TRACEPOINTS_MAX];
	struct observation_missing missing;
	struct open_recovery *open;
	size_t nr;
	int64_t tai_offset_ns;
};

static int add_open(void *ctx, const struct zrec_open *open)
{
	struct status *s = ctx;

	open_recovery_fill(&s->open[s->nr++], open, &s->functions, clock_ns(CLOCK_MONOTONIC),
			   s->tai_offset_ns);
	return 0;
}

/* The oldest first: the one that others may wait behind */
static int by_age(const void *a, const void *b)
{
	const struct open_recovery *x = a, *y = b;

	return x->age_ns > y->age_ns ? -1 : x->age_ns < y->age_ns;
}

static int collect_observation(struct status *s)
{
	struct observer *observer;
	int err = observer_reuse(&observer);

	if (err)
		return err;
	s->info = *observer_info(observer);
	s->missing.tracepoint = s->missing_tracepoint;
	s->missing.nr = observer_missing(observer, s->missing_tracepoint);
	err = observer_stats(observer, &s->stats);
	s->open = calloc(s->info.function_slots, sizeof(*s->open));
	if (!s->open)
		err = -ENOMEM;
	if (!err)
		err = observer_each_open(observer, add_open, s);
	observer_close(observer);
	if (s->nr)
		qsort(s->open, s->nr, sizeof(*s->open), by_age);
	return err;
}

static void print_policies(const struct status *s)
{
	const struct policy_state *p = &s->policies;
	const char *sep = "";

	printf("%-11s ", "policies");
	if (s->policy_err) {
		puts(s->policy_err == -EOPNOTSUPP ? "this kernel has no hook for them" :
		     "the kernel's cannot be read");
		return;
	}
	if (!p->enabled)
		printf("switched off");
	else if (!p->enforced.name[0])
		printf("none in force: the kernel decides by itself");
	else
		printf("%s %s", text_shown(p->enforced.name), p->enforced.ejected ? "ejected" : "in force");
	for (int i = 0; i < POLICY_NR_SHADOWS; i++) {
		if (!p->shadow[i].name[0])
			continue;
		printf("%s%s%s", *sep ? sep : "; in shadow: ", text_shown(p->shadow[i].name),
		       p->shadow[i].ejected ? " (ejected)" : "");
		sep = ", ";
	}
	putchar('\n');
}

static int print_text(const struct status *s)
{
	struct span_style style;

	if (s->observe_err)
		printf("%-11s nothing; 'zrec watch' begins\n", "observed");
	else
		observation_print(stdout, &s->info, &s->stats, &s->missing, load_memory_bytes(&s->info),
				  s->tai_offset_ns);
	if (s->recorder)
		recorder_status_print(stdout, s->recorder);
	if (s->actions)
		actions_status_print(stdout, s->actions);
	print_policies(s);
	if (s->observe_err)
		return output_flush(stdout);
	if (!s->nr) {
		puts("\nNo recovery is under way.");
	} else {
		putchar('\n');
		span_style_init(&style, stdout);
		span_print_header(stdout, &style);
		for (size_t i = 0; i < s->nr; i++)
			open_recovery_print(stdout, &s->open[i]);
	}
	puts("An error event that waits for the kernel to take it up, behind another one, is not visible.");
	return output_flush(stdout);
}

static int print_json(const struct status *s)
{
	struct output o;
	int err = output_open(&o, stdout, s->format);

	if (!err && !s->observe_err)
		err = output_value(&o, "observation",
				   observation_to_json(&s->info, &s->missing,
						       load_memory_bytes(&s->info),
						       s->tai_offset_ns));
	if (!err)
		err = output_list(&o, "open_recoveries", "open_recovery");
	for (size_t i = 0; !err && i < s->nr; i++)
		err = output_item(&o, open_recovery_to_json(&s->open[i]));
	if (!err && s->recorder)
		err = output_value(&o, "recorder", json_incref(s->recorder));
	if (!err && s->actions)
		err = output_value(&o, "actions", json_incref(s->actions));
	if (!err && !s->policy_err)
		err = output_value(&o, "policies", policy_state_to_json(&s->policies));
	if (!err && !s->policy_err)
		err = output_value(&o, "enabled", json_boolean(s->policies.enabled));
	if (!err && !s->observe_err)
		err = output_value(&o, "stats", stats_to_json(&s->stats));
	return err ? err : output_close(&o);
}

static int run(void *args)
{
	struct status *s = args;
	int err;

	s->tai_offset_ns = clock_tai_offset_ns();
	err = function_list_read(&s->functions, NULL);
	if (err)
		log_warn("cannot list the zPCI functions: %s", strerror(-err));
	s->policy_err = policy_sysfs_read(&s->policies, NULL);
	err = live_client_status(&s->recorder);
	if (err && err != -ENOENT)
		log_warn(err == -EACCES ? "zrec run may record, but its socket is for root and the group zrec" :
			 "zrec run does not answer: %s", strerror(-err));
	err = actions_status_read(ACTIONS_FILE, &s->actions);
	if (err && err != -ENOENT && err != -EACCES)
		log_warn("cannot read " ACTIONS_FILE ": %s", strerror(-err));
	s->observe_err = collect_observation(s);
	/* Another version's observation was reported already */
	if (s->observe_err && s->observe_err != -ENOENT) {
		if (!observer_told(s->observe_err))
			log_error("cannot read the observation: %s", strerror(-s->observe_err));
		return s->observe_err;
	}
	err = s->format == OUTPUT_TEXT ? print_text(s) : print_json(s);
	return output_exit_code(err, s->observe_err || s->missing.nr > 0 ? EXIT_FIXABLE : EXIT_OK);
}

static void release(void *args)
{
	struct status *s = args;

	free(s->open);
	json_decref(s->recorder);
	json_decref(s->actions);
	function_list_free(&s->functions);
}

static const struct cli_option options[] = {
	CLI_FORMAT(struct status, format),
	{ 0 }
};

const struct command cmd_status = {
	.name = "status",
	.summary = "recoveries that are under way, and what is in force",
	.doc = "Show every recovery that is under way and the step it is in, what is observed and since "
	       "when, what was lost, and the policies in the kernel. The exit code is 8 if nothing is "
	       "observed, or not all that was when observing began.",
	.page = "zrec(8)",
	.options = options,
	.size = sizeof(struct status),
	.run = run,
	.release = release,
};
