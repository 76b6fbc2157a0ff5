// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/log.h"
#include "keep/experiment-host.h"

void experiment_host_free(struct experiment_host_state *state)
{
	experiments_free(&state->experiments);
	free(state->ended_ns);
	*state = (struct experiment_host_state){ 0 };
}

/* Since when it is over, as far as the kernel still knows */
static uint64_t ended_ns(const struct experiment *e, const struct policy_state *kernel)
{
	if (experiment_state(e, kernel) == EXPERIMENT_RUNS)
		return UINT64_MAX;
	if (!strcmp(kernel->exit.policy, experiment_policy_here(e)) &&
	    kernel->exit.at_ns >= e->started_ns)
		return kernel->exit.at_ns;
	return 0;
}

/* What runs is not known, and a wrong arm is worse than none */
static int give_up(struct experiment_host_state *state, int err)
{
	log_error("no recovery is counted in experiment '%s': cannot read " POLICY_SYSFS ": %s",
		  state->experiments.list[0].name, strerror(-err));
	free(state->ended_ns);
	state->ended_ns = NULL;
	experiments_free(&state->experiments);
	return err;
}

static int read_anew(struct experiment_host_state *state, const char *path)
{
	struct policy_state kernel;
	int err = experiments_read(&state->experiments, path);

	if (err || !state->experiments.nr)
		return err;
	state->ended_ns = calloc(state->experiments.nr, sizeof(*state->ended_ns));
	if (!state->ended_ns)
		return give_up(state, -ENOMEM);
	err = policy_sysfs_read(&kernel, NULL);
	/* A kernel that has no policies is at its default */
	if (err == -EOPNOTSUPP)
		memset(&kernel, 0, sizeof(kernel));
	else if (err)
		return give_up(state, err);
	for (size_t i = 0; i < state->experiments.nr; i++)
		state->ended_ns[i] = ended_ns(&state->experiments.list[i], &kernel);
	return 0;
}

int experiment_host_look(struct experiment_host_state *state, const char *path)
{
	struct stat st;
	long long mtime;

	if (stat(path ?: EXPERIMENTS_PATH, &st))
		memset(&st, 0, sizeof(st));
	mtime = st.st_mtim.tv_sec * 1000000000LL + st.st_mtim.tv_nsec;
	if (state->looked && state->file.dev == st.st_dev && state->file.ino == st.st_ino &&
	    state->file.mtime_ns == mtime)
		return 0;
	experiment_host_free(state);
	state->looked = true;
	state->file.dev = st.st_dev;
	state->file.ino = st.st_ino;
	state->file.mtime_ns = mtime;
	return st.st_ino ? read_anew(state, path) : 0;
}

void experiment_host_exit(struct experiment_host_state *state, const struct zrec_policy_exit *exit)
{
	for (size_t i = 0; i < state->experiments.nr; i++) {
		const struct experiment *e = &state->experiments.list[i];
		const char *policy = experiment_policy_here(e);

		if (policy[0] && !strncmp(policy, exit->policy, sizeof(exit->policy)) &&
		    exit->at_ns >= e->started_ns && exit->at_ns < state->ended_ns[i])
			state->ended_ns[i] = exit->at_ns;
	}
}

static int arm_of_function(const struct experiment *e, uint32_t fid)
{
	if (e->by_host)
		return e->host_arm;
	for (size_t i = 0; i < e->nr_functions; i++)
		if (e->functions[i].fid == fid)
			return e->functions[i].arm;
	return -ENOENT;
}

/*
 * True if the kernel decided as the experiment has it. Which policy was asked is seen in
 * the recovery itself; of one in which nobody was asked, only the time is known.
 */
static bool took_part(const struct experiment *e, uint64_t end_ns, const struct zrec_span *span)
{
	const struct zrec_span_policy *policy = zrec_span_policy(span);

	if (span->begin_ns < e->started_ns || span->begin_ns >= end_ns)
		return false;
	if (policy && policy->policy[0])
		return !strncmp(policy->policy, experiment_policy_here(e), sizeof(policy->policy));
	return true;
}

bool experiment_arm_of(const struct experiment_host_state *state, const struct zrec_span *span,
		       char experiment[HISTORY_NAME_LEN], char arm[HISTORY_NAME_LEN])
{
	experiment[0] = arm[0] = '\0';
	for (size_t i = 0; i < state->experiments.nr; i++) {
		const struct experiment *e = &state->experiments.list[i];
		int found = arm_of_function(e, span->fid);

		if (found < 0 || !took_part(e, state->ended_ns[i], span))
			continue;
		memcpy(experiment, e->name, HISTORY_NAME_LEN);
		memcpy(arm, e->arms[found].name, HISTORY_NAME_LEN);
		return true;
	}
	return false;
}
