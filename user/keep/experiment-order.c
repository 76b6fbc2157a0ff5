// SPDX-License-Identifier: GPL-2.0
/* What the recoveries of an experiment are, once all recordings are read */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/text.h"
#include "keep/experiment-read.h"

static int by_function_and_time(const void *a, const void *b)
{
	const struct experiment_row *x = a, *y = b;

	if (x->host != y->host)
		return x->host < y->host ? -1 : 1;
	if (x->fid != y->fid)
		return x->fid < y->fid ? -1 : 1;
	if (x->wall_ns != y->wall_ns)
		return x->wall_ns < y->wall_ns ? -1 : 1;
	return x->total_ns < y->total_ns ? -1 : x->total_ns > y->total_ns;
}

/* The same function has no two errors in one nanosecond: it is one, in two recordings */
static void drop_doubles(struct experiment_data *data)
{
	size_t to = 0;

	for (size_t i = 0; i < data->nr_rows; i++) {
		if (to && !by_function_and_time(&data->rows[to - 1], &data->rows[i])) {
			data->doubles++;
			/* A recording that knows the arm is better than one that does not */
			if (data->rows[to - 1].arm == EXPERIMENT_NO_ARM)
				data->rows[to - 1] = data->rows[i];
			continue;
		}
		data->rows[to++] = data->rows[i];
	}
	data->nr_rows = to;
}

/*
 * Only what has recovered can relapse; what nobody watched for long enough is not known. How
 * long a host was watched is in no recording, and its own last error is a poor guess where
 * errors are rare: all are taken to end when the last of them does.
 */
static void find_relapses(struct experiment_data *data, uint64_t within_ns)
{
	for (size_t i = 0; i < data->nr_rows; i++) {
		struct experiment_row *row = &data->rows[i], *next = row + 1;
		int64_t until = row->wall_ns + (int64_t)(row->total_ns + within_ns);

		if (row->success != STATS_YES)
			continue;
		if (i + 1 < data->nr_rows && next->host == row->host && next->fid == row->fid &&
		    next->wall_ns <= until)
			row->relapse = STATS_YES;
		else if (data->end_ns >= until)
			row->relapse = STATS_NO;
	}
}

static int by_name(const void *a, const void *b)
{
	return strcmp(a, b);
}

/* Where the arm is that the others are compared with; -ENOENT */
static int find_control(const struct experiment_data *data, const char *control)
{
	static const char *const usual[] = { "default", "control", "off" };

	for (size_t i = 0; control && i < data->nr_arms; i++)
		if (!strcmp(data->arms[i], control))
			return (int)i;
	if (control)
		return -ENOENT;
	for (size_t u = 0; u < sizeof(usual) / sizeof(usual[0]); u++)
		for (size_t i = 0; i < data->nr_arms; i++)
			if (!strcmp(data->arms[i], usual[u]))
				return (int)i;
	return 0;
}

/* Arms by name, the control first: so the order of recordings makes no difference */
int experiment_data_order_arms(struct experiment_data *data, const char *control)
{
	experiment_name old[STATS_MAX_ARMS], first;
	uint8_t now[STATS_MAX_ARMS];
	int at;

	memcpy(old, data->arms, data->nr_arms * sizeof(*old));
	qsort(data->arms, data->nr_arms, sizeof(*data->arms), by_name);
	at = find_control(data, control);
	if (at < 0) {
		log_error("experiment '%s' has no arm '%s'", text_shown_array(data->name),
			  text_shown(control));
		return at;
	}
	memcpy(first, data->arms[at], sizeof(first));
	memmove(data->arms + 1, data->arms, (size_t)at * sizeof(*data->arms));
	memcpy(data->arms[0], first, sizeof(first));
	for (size_t i = 0; i < data->nr_arms; i++)
		for (size_t k = 0; k < data->nr_arms; k++)
			if (!strcmp(old[i], data->arms[k]))
				now[i] = (uint8_t)k;
	for (size_t i = 0; i < data->nr_rows; i++)
		if (data->rows[i].arm != EXPERIMENT_NO_ARM)
			data->rows[i].arm = now[data->rows[i].arm];
	return 0;
}

static int by_key(const void *a, const void *b)
{
	const struct experiment_host *x = a, *y = b;

	return strcmp(x->key, y->key);
}

/*
 * Hosts by key: random draws go by their order, and sums are rounded in it, so that it must
 * not hang on which recording was read first
 */
static int order_hosts(struct experiment_data *data)
{
	uint32_t *now = calloc(data->nr_hosts + 1, sizeof(*now));

	if (!now) {
		log_error("not enough memory for so many hosts");
		return -ENOMEM;
	}
	for (size_t i = 0; i < data->nr_hosts; i++)
		data->hosts[i].number = (uint32_t)i;
	qsort(data->hosts, data->nr_hosts, sizeof(*data->hosts), by_key);
	for (size_t i = 0; i < data->nr_hosts; i++)
		now[data->hosts[i].number] = (uint32_t)i;
	for (size_t i = 0; i < data->nr_rows; i++)
		data->rows[i].host = now[data->rows[i].host];
	free(now);
	return 0;
}

/* Which one is meant has to be said when there are several */
static int check_names(const struct experiment_data *data)
{
	char list[512] = "";
	size_t at = 0;

	if (!data->nr_arms && !data->nr_others && !data->named) {
		log_error("no recovery in these recordings belongs to an experiment");
		return -ENOENT;
	}
	for (size_t i = 0; i < data->nr_others && at < sizeof(list); i++)
		at += (size_t)snprintf(list + at, sizeof(list) - at, "%s%s", i ? ", " : "",
				       text_shown_array(data->others[i]));
	if (!data->nr_arms) {
		log_error("no recovery in these recordings belongs to the experiment '%s'%s%s",
			  text_shown_array(data->name), list[0] ? "; there are: " : "", list);
		return -ENOENT;
	}
	if (!data->nr_others || data->named)
		return 0;
	log_error("these recordings have several experiments: %s, %s; choose one by --name",
		  text_shown_array(data->name), list);
	return -EEXIST;
}

int experiment_data_finish(struct experiment_data *data, uint64_t within_ns, const char *control)
{
	int err = check_names(data);

	if (!err)
		err = experiment_data_order_arms(data, control);
	if (!err)
		err = order_hosts(data);
	if (err)
		return err;
	qsort(data->rows, data->nr_rows, sizeof(*data->rows), by_function_and_time);
	drop_doubles(data);
	find_relapses(data, within_ns);
	return 0;
}

bool experiment_by_host(const struct experiment_data *data)
{
	size_t hosts = 0;

	for (size_t i = 0; i < data->nr_hosts; i++) {
		uint8_t arms = data->hosts[i].arms;

		hosts += arms != 0;
		if (arms & (arms - 1))
			return false;
	}
	return hosts > 1;
}
