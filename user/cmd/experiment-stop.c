// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/fault.h"
#include "base/log.h"
#include "cmd/experiment-cmd.h"
#include "cmd/values.h"
#include "policy/session.h"

struct stop_args {
	const char *name;		/* NULL: whichever there is */
	enum output_format format;
	struct policy_session session;
	struct experiments experiments;
};

/* The policy goes first: without it, an experiment that is still listed counts nothing */
static int end_policy(struct stop_args *a, const struct experiment *e)
{
	const struct policy_slot *enforced = &a->session.state.enforced;
	const char *policy = experiment_policy_here(e);
	char boot_id[HISTORY_ID_LEN];
	int err;

	experiment_boot_id(boot_id);
	if (!policy[0] || strcmp(boot_id, e->boot_id) || strcmp(enforced->name, policy) ||
	    enforced->since_ns < e->started_ns)
		return 0;
	err = policy_pins_detach(&a->session.pins, POLICY_ENFORCED);
	if (err == -ENOENT || err == -ENOTEMPTY) {
		log_warn("%s has ended, but not all of its pins were as zrec left them", policy);
		return 0;
	}
	if (err)
		log_error("cannot end %s, so %s goes on: %s", policy, e->name, strerror(-err));
	return err;
}

static int stop(struct stop_args *a)
{
	struct experiments *all = &a->experiments;
	size_t stopped = 0;
	int err = 0;

	for (size_t i = 0; !err && i < all->nr;) {
		if (a->name && strcmp(a->name, all->list[i].name)) {
			i++;
			continue;
		}
		err = end_policy(a, &all->list[i]);
		if (err)
			return err;
		free(all->list[i].functions);
		memmove(&all->list[i], &all->list[i + 1], (--all->nr - i) * sizeof(*all->list));
		stopped++;
	}
	fault_point("experiment-ended");
	if (stopped)
		return experiments_write(all, NULL);
	if (a->name) {
		log_error("this host takes part in no experiment '%s'", a->name);
		return -ENOENT;
	}
	/* What is shown says so */
	return 0;
}

static int run(void *args)
{
	struct stop_args *a = args;
	int ret = policy_session_open(&a->session);

	if (!ret)
		ret = policy_session_lock(&a->session, true);
	if (!ret)
		ret = experiments_read(&a->experiments, NULL);
	if (!ret)
		ret = stop(a);
	policy_session_close(&a->session);
	return ret ? ret : experiment_show(&a->experiments, a->format);
}

static void release(void *args)
{
	experiments_free(&((struct stop_args *)args)->experiments);
}

static const struct cli_option options[] = { CLI_FORMAT(struct stop_args, format), { 0 } };

static const struct cli_option arguments[] = {
	{ .arg = "NAME", CLI_TEXT(struct stop_args, name) }, { 0 }
};

const struct command experiment_cmd_stop = {
	.name = "stop",
	.summary = "end an experiment on this host",
	.doc = "End the experiment on this host, with its policy: the kernel decides by itself "
	       "again. Recordings keep what came of it.",
	.page = "zrec-experiment(8)",
	.options = options,
	.arguments = arguments,
	.size = sizeof(struct stop_args),
	.run = run,
	.release = release,
};
