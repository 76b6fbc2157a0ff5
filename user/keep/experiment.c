// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/array.h"
#include "base/clock.h"
#include "base/text.h"
#include "keep/experiment.h"

/* The first line of a file without spaces around it; "" if it cannot be read */
static void read_id(const char *path, char *ret, size_t size)
{
	FILE *f = fopen(path, "re");

	ret[0] = '\0';
	if (!f)
		return;
	if (!fgets(ret, (int)size, f))
		ret[0] = '\0';
	fclose(f);
	ret[strcspn(ret, "\n")] = '\0';
}

void experiment_boot_id(char ret[HISTORY_ID_LEN])
{
	read_id("/proc/sys/kernel/random/boot_id", ret, HISTORY_ID_LEN);
}

int experiment_begin(struct experiment *e, const struct function_list *functions)
{
	char host[HISTORY_HOST_LEN];

	/* Only its hash leaves this function, as machine-id(5) wants it */
	read_id("/etc/machine-id", host, HISTORY_ID_LEN);
	if (!host[0] && gethostname(host, sizeof(host) - 1))
		return -errno;
	host[sizeof(host) - 1] = '\0';
	experiment_boot_id(e->boot_id);
	e->wall_ns = (int64_t)clock_ns(CLOCK_REALTIME);
	e->started_ns = clock_ns(CLOCK_MONOTONIC);
	if (e->by_host) {
		e->host_arm = (uint8_t)arms_choose(e->arms, e->nr_arms, e->name, host, 0);
		return 0;
	}
	for (size_t i = 0; i < functions->nr; i++) {
		const struct function *f = &functions->f[i];
		struct experiment_function *place = array_add(&e->functions, &e->nr_functions,
							      sizeof(*place));

		if (!place)
			return -ENOMEM;
		*place = (struct experiment_function){
			.fid = f->fid, .pchid = f->pchid,
			.arm = (uint8_t)arms_choose(e->arms, e->nr_arms, e->name, host,
						    arms_unit(f->pchid, f->fid)),
		};
	}
	return 0;
}

const char *experiment_policy_here(const struct experiment *e)
{
	if (e->by_host)
		return e->arms[e->host_arm].policy;
	for (size_t i = 0; i < e->nr_arms; i++)
		if (e->arms[i].policy[0])
			return e->arms[i].policy;
	return "";
}

enum experiment_state experiment_state(const struct experiment *e, const struct policy_state *kernel)
{
	const struct policy_slot *enforced = &kernel->enforced;
	const char *policy = experiment_policy_here(e);
	char boot_id[HISTORY_ID_LEN];
	bool ours;

	experiment_boot_id(boot_id);
	if (strcmp(boot_id, e->boot_id))
		return EXPERIMENT_REBOOTED;
	if (!e->complete)
		return EXPERIMENT_INTERRUPTED;
	if (!policy[0])
		return enforced->name[0] && !enforced->ejected ? EXPERIMENT_ENDED : EXPERIMENT_RUNS;
	/* One that was ended and has come back is not the one whose recoveries were counted */
	ours = !strcmp(enforced->name, policy) && enforced->since_ns == e->started_ns;
	if (ours)
		return enforced->ejected ? EXPERIMENT_EJECTED : EXPERIMENT_RUNS;
	if (!strcmp(kernel->exit.policy, policy) && kernel->exit.at_ns >= e->started_ns &&
	    !strcmp(kernel->exit.kind, "budget"))
		return EXPERIMENT_EJECTED;
	return EXPERIMENT_ENDED;
}

const char *name_experiment_state(enum experiment_state state)
{
	static const char *const names[EXPERIMENT_NR_STATES] = {
		[EXPERIMENT_RUNS] = "runs",
		[EXPERIMENT_INTERRUPTED] = "interrupted",
		[EXPERIMENT_REBOOTED] = "rebooted",
		[EXPERIMENT_EJECTED] = "ejected",
		[EXPERIMENT_ENDED] = "ended",
	};

	return names[state];
}

static size_t count_functions(const struct experiment *e, size_t arm)
{
	size_t nr = 0;

	for (size_t i = 0; i < e->nr_functions; i++)
		nr += e->functions[i].arm == arm;
	return nr;
}

static void print_state(FILE *f, const struct experiment *e, const struct policy_state *kernel)
{
	const char *policy = experiment_policy_here(e);

	switch (experiment_state(e, kernel)) {
	case EXPERIMENT_RUNS:
		fputs("runs", f);
		break;
	case EXPERIMENT_INTERRUPTED:
		fputs("its start was interrupted; stop it, and start it again", f);
		break;
	case EXPERIMENT_REBOOTED:
		fputs("ended when this host was started anew", f);
		break;
	case EXPERIMENT_EJECTED:
		fprintf(f, "ended: the kernel ejected %s, as it did harm", text_shown(policy));
		if (!strcmp(kernel->exit.policy, policy) && kernel->exit.text[0])
			fprintf(f, " (%s)", text_shown_array(kernel->exit.text));
		break;
	default:
		if (policy[0])
			fprintf(f, "ended: the kernel does not follow %s any more", text_shown(policy));
		else
			fprintf(f, "ended: the kernel follows %s, and not its default",
				text_shown_array(kernel->enforced.name));
	}
}

static void print_one(FILE *f, const struct experiment *e, const struct policy_state *kernel)
{
	char when[CLOCK_TEXT_LEN];

	clock_local(e->wall_ns, when);
	fprintf(f, "%s, since %.*s: ", text_shown_array(e->name), (int)strcspn(when, "."), when);
	print_state(f, e, kernel);
	fprintf(f, "\n%-24s  %-24s  %5s  %s\n", "arm", "policy", "share",
		e->by_host ? "of all hosts" : "functions here");
	for (size_t i = 0; i < e->nr_arms; i++) {
		const struct experiment_arm *arm = &e->arms[i];

		fprintf(f, "%-24s  %-24s  %3u %%  ", text_shown_array(arm->name),
			arm->policy[0] ? text_shown_array(arm->policy) : "the kernel's default",
			arm->percent);
		if (e->by_host)
			fputs(i == e->host_arm ? "this one, too\n" : "\n", f);
		else
			fprintf(f, "%zu\n", count_functions(e, i));
	}
}

void experiments_print(FILE *f, const struct experiments *experiments,
		       const struct policy_state *kernel)
{
	if (!experiments->nr)
		fputs("This host takes part in no experiment.\n", f);
	for (size_t i = 0; i < experiments->nr; i++)
		print_one(f, &experiments->list[i], kernel);
}

static json_t *arm_to_json(const struct experiment *e, size_t i)
{
	json_t *o = json_pack("{s:s, s:i}", "arm", e->arms[i].name, "percent",
			      (int)e->arms[i].percent);
	int err = 0;

	if (e->arms[i].policy[0])
		err |= json_object_set_new(o, "policy", json_string(e->arms[i].policy));
	if (e->by_host)
		err |= json_object_set_new(o, "here", json_boolean(i == e->host_arm));
	else
		err |= json_object_set_new(o, "functions", output_count(count_functions(e, i)));
	if (!err)
		return o;
	json_decref(o);
	return NULL;
}

static json_t *to_json(const struct experiment *e, const struct policy_state *kernel)
{
	json_t *arms = json_array();
	char when[CLOCK_TEXT_LEN];
	int err = 0;

	for (size_t i = 0; i < e->nr_arms; i++)
		err |= json_array_append_new(arms, arm_to_json(e, i));
	if (err) {
		json_decref(arms);
		return NULL;
	}
	return json_pack("{s:s, s:s, s:s, s:s, s:o}", "name", e->name, "state",
			 name_experiment_state(experiment_state(e, kernel)), "since",
			 clock_utc(e->wall_ns, when), "cluster", e->by_host ? "host" : "pchid",
			 "arms", arms);
}

int experiments_put(struct output *o, const struct experiments *experiments,
		    const struct policy_state *kernel)
{
	int err = output_list(o, "experiments", "experiment");

	for (size_t i = 0; !err && i < experiments->nr; i++)
		err = output_item(o, to_json(&experiments->list[i], kernel));
	return err;
}
