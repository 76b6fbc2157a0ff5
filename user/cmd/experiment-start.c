// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/array.h"
#include "base/clock.h"
#include "base/fault.h"
#include "base/log.h"
#include "cmd/experiment-cmd.h"
#include "cmd/values.h"
#include "policy/enforce.h"
#include "policy/find.h"
#include "record/names.h"

#define NAME		"zrec experiment start"
#define DEFAULT_ARM	"default"

enum unit {
	UNIT_AUTO,
	UNIT_PCHID,
	UNIT_HOST,
};

static const char *const units[] = { "auto", "pchid", "host", NULL };

/* --policy, as it was typed */
struct wish {
	char *what;			/* NULL: the kernel's default */
	struct policy *policy;
};

struct start_args {
	const char *name;
	struct wish wishes[STATS_MAX_ARMS];
	struct experiment e;		/* its arms go with the wishes */
	uint32_t split[STATS_MAX_ARMS];
	size_t nr_split;
	enum unit unit;
	enum output_format format;
	struct function_list functions;
	struct policy_session session;
	struct experiments experiments;
};

/* POLICY[:ARM]; a colon before a slash belongs to a path */
static int parse_policy(void *args, const char *value)
{
	struct start_args *a = args;
	const char *colon = strrchr(value, ':');
	size_t len = strlen(value), nr = a->e.nr_arms;

	if (nr == STATS_MAX_ARMS)
		return -E2BIG;
	if (colon && !strchr(colon, '/')) {
		len = (size_t)(colon - value);
		if (!policy_name_valid(colon + 1))
			return -EINVAL;
		strcpy(a->e.arms[nr].name, colon + 1);
	}
	if (!len)
		return -EINVAL;
	a->e.nr_arms++;
	if (len == strlen(DEFAULT_ARM) && !strncmp(value, DEFAULT_ARM, len)) {
		if (!a->e.arms[nr].name[0])
			strcpy(a->e.arms[nr].name, DEFAULT_ARM);
		return 0;
	}
	a->wishes[nr].what = strndup(value, len);
	return a->wishes[nr].what ? 0 : -ENOMEM;
}

/* "50" or "50,30,20" */
static int parse_split(void *args, const char *value)
{
	struct start_args *a = args;
	char *list = strdup(value), *rest = list, *percent;
	int err = list ? 0 : -ENOMEM;

	a->nr_split = 0;
	while (!err && (percent = strsep(&rest, ","))) {
		if (a->nr_split == STATS_MAX_ARMS || name_parse_u32(percent, &a->split[a->nr_split]) ||
		    a->split[a->nr_split] > 100)
			err = -EINVAL;
		else
			a->nr_split++;
	}
	free(list);
	return err;
}

static int parse_name(void *args, const char *value)
{
	if (!policy_name_valid(value))
		return -EINVAL;
	((struct start_args *)args)->name = value;
	return 0;
}

/* --- what the command line means ---------------------------------------------- */

/* The last arm may be left out, and gets what remains; without --split all get as much */
static int set_split(struct start_args *a)
{
	uint32_t sum = 0;
	size_t nr = a->e.nr_arms;

	if (!a->nr_split) {
		for (size_t i = 0; i + 1 < nr; i++)
			a->split[a->nr_split++] = (uint32_t)(100 / nr);
	}
	for (size_t i = 0; i < a->nr_split; i++)
		sum += a->split[i];
	if (a->nr_split + 1 == nr && sum <= 100) {
		a->split[a->nr_split++] = 100 - sum;
		sum = 100;
	}
	if (a->nr_split != nr || sum != 100)
		return cli_usage_error(NAME, "--split is a percentage for each arm, together 100; the last may be left out");
	for (size_t i = 0; i < nr; i++)
		a->e.arms[i].percent = a->split[i];
	return 0;
}

static size_t count_policies(const struct start_args *a)
{
	size_t nr = 0;

	for (size_t i = 0; i < a->e.nr_arms; i++)
		nr += a->wishes[i].what != NULL;
	return nr;
}

/* Returns 0 or an exit code */
static int check_arguments(struct start_args *a)
{
	if (!a->e.nr_arms)
		return cli_usage_error(NAME, "give --policy POLICY, or several");
	if (a->e.nr_arms == 1 && !a->wishes[0].what)
		return cli_usage_error(NAME, "the kernel's default is one arm: give another by --policy");
	if (a->e.nr_arms == 1)
		strcpy(a->e.arms[a->e.nr_arms++].name, DEFAULT_ARM);
	if (a->unit == UNIT_PCHID && count_policies(a) > 1)
		return cli_usage_error(NAME, "the kernel follows one policy at a time: several are compared across hosts, by --by=host");
	a->e.by_host = a->unit == UNIT_HOST || count_policies(a) > 1;
	strcpy(a->e.name, a->name);
	return set_split(a);
}

/* Also those that other hosts will need: a mistake shows here, not there */
static int open_policies(struct start_args *a)
{
	for (size_t i = 0; i < a->e.nr_arms; i++) {
		struct experiment_arm *arm = &a->e.arms[i];
		struct policy_about about;
		int err;

		if (!a->wishes[i].what)
			continue;
		err = policy_open_for(&a->wishes[i].policy, a->wishes[i].what, POLICY_TO_ENFORCE,
				      NULL);
		if (err)
			return err;
		policy_about(a->wishes[i].policy, &about);
		if (!policy_name_valid(about.name)) {
			log_error("%s: refused: an experiment needs a name of letters, digits, - and _",
				  about.path);
			return -EREFUSED;
		}
		strcpy(arm->policy, about.name);
		if (!arm->name[0])
			strcpy(arm->name, about.name);
	}
	for (size_t i = 1; i < a->e.nr_arms; i++)
		for (size_t k = 0; k < i; k++)
			if (!strcmp(a->e.arms[i].name, a->e.arms[k].name))
				return cli_usage_error(NAME, "two arms are '%s': name them, as in --policy POLICY:ARM",
						       a->e.arms[i].name);
	return 0;
}

/* --- what this host does --------------------------------------------------------- */

/* The policy that is to be in force here; NULL: none */
static struct policy *policy_here(const struct start_args *a)
{
	if (a->e.by_host)
		return a->wishes[a->e.host_arm].policy;
	for (size_t i = 0; i < a->e.nr_arms; i++)
		if (a->wishes[i].policy)
			return a->wishes[i].policy;
	return NULL;
}

/* Its arm, as the kernel knows it: a list of functions */
static int limit_policy(const struct start_args *a, struct policy *policy)
{
	struct policy_canary canary = { .kind = ZPCI_CANARY_FIDS };
	size_t nr = 0;

	for (size_t i = 0; i < a->e.nr_functions; i++) {
		const struct experiment_function *f = &a->e.functions[i];

		if (a->wishes[f->arm].policy != policy)
			continue;
		if (nr < ZPCI_CANARY_FIDS_MAX)
			canary.fid[nr] = f->fid;
		nr++;
	}
	if (nr > ZPCI_CANARY_FIDS_MAX) {
		log_error("%zu functions of this host are in the policy's arm, and the kernel takes %d: choose a smaller --split, or --by=host",
			  nr, ZPCI_CANARY_FIDS_MAX);
		return -EREFUSED;
	}
	canary.nr_fids = nr;
	return policy_only_for(policy, &canary);
}

static int prepare(struct start_args *a)
{
	struct policy *policy;
	int err = open_policies(a);

	if (!err && !a->e.by_host) {
		err = function_list_read(&a->functions, NULL);
		if (err)
			log_error("cannot list the zPCI functions: %s", strerror(-err));
	}
	if (err)
		return err;
	err = experiment_begin(&a->e, &a->functions);
	if (err) {
		log_error("cannot choose the arms: %s", strerror(-err));
		return err;
	}
	policy = policy_here(a);
	if (policy && !a->e.by_host)
		err = limit_policy(a, policy);
	return err || !policy ? err : policy_session_load(&a->session, policy);
}

/* Nothing may be in the way: who is in the default's arm has to get the default */
static int check_host(struct start_args *a)
{
	const struct policy_slot *enforced = &a->session.state.enforced;
	struct experiments *all = &a->experiments;
	char boot_id[HISTORY_ID_LEN];
	int err = experiments_read(all, NULL);

	if (err)
		return err;
	experiment_boot_id(boot_id);
	/* Those of an earlier kernel are over */
	while (all->nr && strcmp(all->list[all->nr - 1].boot_id, boot_id))
		free(all->list[--all->nr].functions);
	if (all->nr) {
		log_error("this host takes part in the experiment '%s': end that first, by 'zrec experiment stop'",
			  all->list[0].name);
		return -EEXIST;
	}
	if (!enforced->name[0] || enforced->ejected)
		return 0;
	log_error("'%s' is enforced, so the kernel would not be at its default: end it first, by 'zrec policy detach'",
		  enforced->name);
	return -EEXIST;
}

/* The moment from which on the kernel follows the policy, as it says itself */
static void note_start(struct experiment *e)
{
	struct policy_state kernel;

	e->started_ns = clock_ns(CLOCK_MONOTONIC);
	if (experiment_policy_here(e)[0] && !policy_sysfs_read(&kernel, NULL) &&
	    !strcmp(kernel.enforced.name, experiment_policy_here(e)))
		e->started_ns = kernel.enforced.since_ns;
	e->wall_ns = clock_of_monotonic(e->started_ns);
	e->complete = true;
}

/*
 * Written twice: first what is meant, so that stop can undo what a command killed in
 * between has done; when the policy is in force, that it is. Until then nothing counts.
 */
static int begin(struct start_args *a)
{
	struct experiments *all = &a->experiments;
	struct experiment *e = array_add(&all->list, &all->nr, sizeof(*e));
	struct policy *policy = policy_here(a);
	int err;

	if (!e)
		return -ENOMEM;
	*e = a->e;
	a->e.functions = NULL;
	err = experiments_write(all, NULL);
	if (err)
		return err;
	fault_point("experiment-meant");
	err = policy ? policy_session_enforce(&a->session, policy) : 0;
	if (err) {
		free(e->functions);
		all->nr--;
		experiments_write(all, NULL);
		return err;
	}
	fault_point("experiment-enforced");
	note_start(e);
	return experiments_write(all, NULL);
}

static int run(void *args)
{
	struct start_args *a = args;
	int ret = check_arguments(a);

	if (!ret)
		ret = policy_session_open(&a->session);
	else
		return ret;
	if (!ret)
		ret = prepare(a);
	if (!ret)
		ret = policy_session_lock(&a->session, true);
	if (!ret)
		ret = check_host(a);
	if (!ret)
		ret = begin(a);
	policy_session_close(&a->session);
	return ret ? ret : experiment_show(&a->experiments, a->format);
}

static void release(void *args)
{
	struct start_args *a = args;

	for (size_t i = 0; i < STATS_MAX_ARMS; i++) {
		free(a->wishes[i].what);
		policy_close(a->wishes[i].policy);
	}
	free(a->e.functions);
	function_list_free(&a->functions);
	experiments_free(&a->experiments);
}

static const struct cli_option options[] = {
	{ 0, "policy", "POLICY[:ARM]",
	  "Compare this one, or default, and call its arm so; may be repeated (one alone: against the default)",
	  .parse = parse_policy, .wants = "a file, a name from 'zrec policy list' or default, then :ARM or nothing",
	  .complete = complete_policies },
	{ 0, "split", "PERCENT,...", "The share of each arm; the last may be left out (default: equal)",
	  .parse = parse_split, .wants = "a percentage for each arm" },
	{ 0, "by", "UNIT", "What is in one arm as a whole, pchid, host or auto (default: host for several policies, else pchid)",
	  CLI_WORD(struct start_args, unit, units) },
	CLI_FORMAT(struct start_args, format),
	{ 0 }
};

static const struct cli_option arguments[] = {
	{ .arg = "NAME", .wants = "a name for the experiment, of at most 31 letters, digits, - and _, the same on all hosts",
	  .required = true, .parse = parse_name },
	{ 0 }
};

const struct command experiment_cmd_start = {
	.name = "start",
	.summary = "have this host take part in an experiment",
	.doc = "Put the functions of this host, or all of it, into the arms of an experiment, and "
	       "have the kernel follow its policy for those in that arm. Run it on each host that "
	       "is to take part; zrec run records who was in which arm.",
	.page = "zrec-experiment(8)",
	.options = options,
	.arguments = arguments,
	.size = sizeof(struct start_args),
	.run = run,
	.release = release,
};
