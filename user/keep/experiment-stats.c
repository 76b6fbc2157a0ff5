// SPDX-License-Identifier: GPL-2.0
#define _GNU_SOURCE	/* secure_getenv(), pipe2(), tdestroy() */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <search.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/log.h"
#include "keep/experiment-stats.h"

extern char **environ;

/* What was put into an arm as one: its functions are not independent of each other */
struct cluster {
	uint64_t unit;		/* PCHID; FID where there is none, or 0: the host */
	uint32_t host;
	uint32_t arm;
	uint32_t number;
};

struct clusters {
	void *tree;
	bool by_host;
	uint32_t nr;
	const struct cluster *last;
};

static int compare_clusters(const void *a, const void *b)
{
	const struct cluster *x = a, *y = b;

	if (x->host != y->host)
		return x->host < y->host ? -1 : 1;
	if (x->unit != y->unit)
		return x->unit < y->unit ? -1 : 1;
	return x->arm < y->arm ? -1 : x->arm > y->arm;
}

/* NULL: no memory */
static const struct cluster *find_cluster(struct clusters *clusters,
					  const struct experiment_row *row)
{
	struct cluster *key = malloc(sizeof(*key)), **found;

	if (!key)
		return NULL;
	*key = (struct cluster){ .host = row->host, .arm = row->arm, .number = clusters->nr };
	if (!clusters->by_host)
		key->unit = row->pchid ? row->pchid : 1ull << 32 | row->fid;
	/* Rows are in the order of functions */
	if (clusters->last && !compare_clusters(clusters->last, key)) {
		free(key);
		return clusters->last;
	}
	found = tsearch(key, &clusters->tree, compare_clusters);
	if (!found) {
		free(key);
		return NULL;
	}
	if (*found == key)
		clusters->nr++;
	else
		free(key);
	clusters->last = *found;
	return *found;
}

static bool counts(const struct experiment_row *row)
{
	return row->arm != EXPERIMENT_NO_ARM && row->success != STATS_UNKNOWN;
}

/* Twice the same way: once to count, once to write; @f is NULL the first time */
static int each_sample(const struct experiment_data *data, struct clusters *clusters, FILE *f)
{
	for (size_t i = 0; i < data->nr_rows; i++) {
		const struct experiment_row *row = &data->rows[i];
		const struct cluster *cluster;
		struct stats_sample sample;

		if (!counts(row))
			continue;
		cluster = find_cluster(clusters, row);
		if (!cluster)
			return -ENOMEM;
		sample = (struct stats_sample){
			.time_ns = row->success == STATS_YES ? row->total_ns : STATS_NO_TIME,
			.cluster = cluster->number, .arm = row->arm, .success = row->success,
			.relapse = row->relapse,
		};
		if (f && fwrite(&sample, sizeof(sample), 1, f) != 1)
			return -EPIPE;
	}
	return 0;
}

static void program_path(char path[PATH_MAX])
{
	const char *dir = secure_getenv("ZREC_LIBEXEC_DIR");

	snprintf(path, PATH_MAX, "%s/zrec-stats", dir && *dir ? dir : ZREC_LIBEXEC_DIR);
}

/* Starts it with pipes at both ends; the answer is smaller than a pipe, so nobody waits */
static int start(const char *path, pid_t *pid, int *in, int *out)
{
	char *const argv[] = { (char *)path, NULL };
	posix_spawn_file_actions_t actions;
	int to[2], from[2], err;

	if (pipe2(to, O_CLOEXEC))
		return -errno;
	if (pipe2(from, O_CLOEXEC)) {
		err = -errno;
		close(to[0]);
		close(to[1]);
		return err;
	}
	err = posix_spawn_file_actions_init(&actions);
	if (!err) {
		err = posix_spawn_file_actions_adddup2(&actions, to[0], STDIN_FILENO);
		if (!err)
			err = posix_spawn_file_actions_adddup2(&actions, from[1], STDOUT_FILENO);
		if (!err)
			err = posix_spawn(pid, path, &actions, NULL, argv, environ);
		posix_spawn_file_actions_destroy(&actions);
	}
	close(to[0]);
	close(from[1]);
	*in = to[1];
	*out = from[0];
	if (err) {
		close(*in);
		close(*out);
	}
	return -err;
}

static int send(const struct experiment_data *data, const struct stats_plan *plan,
		struct clusters *clusters, int fd)
{
	FILE *f = fdopen(fd, "w");
	int err;

	if (!f) {
		err = -errno;
		close(fd);
		return err;
	}
	err = fwrite(plan, sizeof(*plan), 1, f) == 1 ? each_sample(data, clusters, f) : -EPIPE;
	if (fclose(f) && !err)
		err = -EPIPE;
	return err;
}

static int receive(struct stats_result *ret, const struct stats_plan *plan, int fd)
{
	FILE *f = fdopen(fd, "r");
	bool good;

	if (!f) {
		close(fd);
		return -ENOMEM;
	}
	good = fread(ret, sizeof(*ret), 1, f) == 1 && fgetc(f) == EOF &&
	       ret->version == STATS_VERSION && ret->nr_arms == plan->nr_arms;
	fclose(f);
	return good ? 0 : -EPROTO;
}

static int exchange(const struct experiment_data *data, const struct stats_plan *plan,
		    struct clusters *clusters, struct stats_result *ret)
{
	char path[PATH_MAX];
	int err, answer, in = -1, out = -1, status = 0;
	pid_t pid;

	program_path(path);
	err = start(path, &pid, &in, &out);
	if (err) {
		log_error("%s: %s; it belongs to zrec, install both", path, strerror(-err));
		return err;
	}
	err = send(data, plan, clusters, in);
	answer = receive(ret, plan, out);
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	if (!answer && !err && WIFEXITED(status) && !WEXITSTATUS(status))
		return 0;
	if (err == -ENOMEM)
		log_error("not enough memory for so many functions");
	else
		log_error("%s: no answer, it ended with status %d; is it of the same build as zrec?",
			  path, WIFEXITED(status) ? WEXITSTATUS(status) : status);
	return err == -ENOMEM ? err : -EIO;
}

int experiment_analyse(const struct experiment_data *data, struct stats_plan *plan,
		       struct stats_result *ret)
{
	struct clusters clusters = { .by_host = experiment_by_host(data) };
	int err;

	plan->version = STATS_VERSION;
	plan->nr_arms = (uint32_t)data->nr_arms;
	plan->nr_samples = 0;
	for (size_t i = 0; i < data->nr_rows; i++)
		plan->nr_samples += counts(&data->rows[i]);
	err = each_sample(data, &clusters, NULL);
	plan->nr_clusters = clusters.nr;
	if (!err)
		err = exchange(data, plan, &clusters, ret);
	else
		log_error("not enough memory for so many functions");
	tdestroy(clusters.tree, free);
	return err;
}
