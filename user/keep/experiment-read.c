// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/text.h"
#include "keep/boot.h"
#include "keep/experiment-read.h"
#include "keep/history.h"
#include "keep/success.h"

/* Names that are listed in a message or looked for; a recording can have any number */
#define MAX_NAMES	64
#define MAX_ENDS	1000
#define MAX_SHADOWS	1000
#define MAX_GAPS	1000

void experiment_data_init(struct experiment_data *data, const char *name)
{
	*data = (struct experiment_data){ .named = name };
	if (name)
		snprintf(data->name, sizeof(data->name), "%s", name);
}

/* Index of a name in a list of such, added if it is not there; -E2BIG beyond @max, or -ENOMEM */
static int find_name(void *list, size_t *nr, size_t size, size_t max, const char *name)
{
	char *names, *place;

	memcpy(&names, list, sizeof(names));
	for (size_t i = 0; i < *nr; i++)
		if (!strncmp(names + i * size, name, size))
			return (int)i;
	if (*nr == max)
		return -E2BIG;
	place = array_add(list, nr, size);
	if (!place)
		return -ENOMEM;
	memcpy(place, name, strnlen(name, size - 1));
	return (int)(*nr - 1);
}

static uint32_t hash(const char *s)
{
	uint32_t h = 2166136261u;

	for (; *s; s++)
		h = (h ^ (uint8_t)*s) * 16777619u;
	return h;
}

/* Its slot in the table of hosts, or the free one where it belongs */
static size_t find_slot(const struct experiment_data *data, const char *key)
{
	size_t at = hash(key) & (data->nr_slots - 1);

	while (data->slots[at] && strcmp(data->hosts[data->slots[at] - 1].key, key))
		at = (at + 1) & (data->nr_slots - 1);
	return at;
}

/* At most half full */
static int grow_slots(struct experiment_data *data)
{
	uint32_t *old = data->slots;

	if (2 * (data->nr_hosts + 1) <= data->nr_slots)
		return 0;
	data->nr_slots = data->nr_slots ? 2 * data->nr_slots : 64;
	data->slots = calloc(data->nr_slots, sizeof(*data->slots));
	if (!data->slots) {
		data->slots = old;
		data->nr_slots /= 2;
		return -ENOMEM;
	}
	for (size_t i = 0; i < data->nr_hosts; i++)
		data->slots[find_slot(data, data->hosts[i].key)] = (uint32_t)i + 1;
	free(old);
	return 0;
}

/* Sets last_host */
static int find_host(struct experiment_data *data, const struct history_boot *boot)
{
	const char *key = history_host_key(boot);
	struct experiment_host *host;
	size_t at;

	/* Mostly that of the row before */
	if (data->nr_hosts && !strcmp(data->hosts[data->last_host].key, key))
		return 0;
	if (grow_slots(data))
		return -ENOMEM;
	at = find_slot(data, key);
	if (!data->slots[at]) {
		host = array_add(&data->hosts, &data->nr_hosts, sizeof(*host));
		if (!host)
			return -ENOMEM;
		snprintf(host->key, sizeof(host->key), "%s", key);
		data->slots[at] = (uint32_t)data->nr_hosts;
	}
	data->last_host = data->slots[at] - 1;
	return 0;
}

/* The arm of a recovery if it is of our experiment, else EXPERIMENT_NO_ARM; a negative errno */
static int find_arm(struct experiment_data *data, const struct history_recovery *r)
{
	int arm;

	if (!r->experiment[0] || !r->arm[0])
		return EXPERIMENT_NO_ARM;
	if (!data->name[0])
		memcpy(data->name, r->experiment, sizeof(data->name));
	if (strncmp(data->name, r->experiment, sizeof(data->name))) {
		arm = find_name(&data->others, &data->nr_others, sizeof(experiment_name),
				MAX_NAMES, r->experiment);
		return arm == -ENOMEM ? arm : EXPERIMENT_NO_ARM;
	}
	arm = find_name(&data->arms, &data->nr_arms, sizeof(experiment_name), STATS_MAX_ARMS,
			r->arm);
	if (arm == -E2BIG)
		log_error("experiment '%s' has more than %d arms", text_shown_array(data->name),
			  STATS_MAX_ARMS);
	return arm;
}

static void note_arm(struct experiment_data *data, const struct experiment_row *row)
{
	struct experiment_host *host = &data->hosts[row->host];
	int64_t end = row->wall_ns + (int64_t)row->total_ns;

	if (!host->arms || row->wall_ns < host->first_ns)
		host->first_ns = row->wall_ns;
	if (!host->arms || end > host->last_ns)
		host->last_ns = end;
	host->arms |= (uint8_t)(1u << row->arm);
	if (!data->from_ns || row->wall_ns < data->from_ns)
		data->from_ns = row->wall_ns;
	if (row->wall_ns > data->to_ns)
		data->to_ns = row->wall_ns;
}

/* A moment that can be added to and taken from without leaving int64_t */
static int64_t bounded(int64_t ns)
{
	return ns < 0 ? 0 : ns > INT64_MAX / 4 ? INT64_MAX / 4 : ns;
}

static uint64_t bounded_length(uint64_t ns)
{
	return ns > INT64_MAX / 4 ? INT64_MAX / 4 : ns;
}

static int add_recovery(void *ctx, const struct history_recovery *r)
{
	struct experiment_data *data = ctx;
	const struct zrec_span *s = &r->full.span;
	struct experiment_row *row;
	int64_t end;
	int arm, err;

	if (!success_is_error(s))
		return 0;
	err = find_host(data, r->boot);
	arm = err ? err : find_arm(data, r);
	if (arm < 0)
		return arm;
	row = array_add(&data->rows, &data->nr_rows, sizeof(*row));
	if (!row)
		return -ENOMEM;
	*row = (struct experiment_row){
		.wall_ns = bounded(r->wall_ns), .total_ns = bounded_length(s->total_ns),
		.host = (uint32_t)data->last_host, .fid = s->fid, .pchid = s->pchid,
		.arm = (uint8_t)arm, .success = (uint8_t)success_of(s), .relapse = STATS_UNKNOWN,
	};
	end = row->wall_ns + (int64_t)row->total_ns;
	if (end > data->end_ns)
		data->end_ns = end;
	if (arm != EXPERIMENT_NO_ARM)
		note_arm(data, row);
	return 0;
}

/*
 * True if it is in the time of the experiment on this host, and in no recording before. A
 * recording with more gaps than there is room for has them all counted.
 */
static bool new_gap(struct experiment_data *data, const struct history_gap *gap)
{
	const struct experiment_host *host = &data->hosts[data->last_host];
	struct experiment_gap *known;

	if (!host->arms || gap->to_ns < host->first_ns || gap->from_ns > host->last_ns)
		return false;
	for (size_t i = 0; i < data->nr_gaps; i++)
		if (data->gaps[i].host == data->last_host && data->gaps[i].gap.reason == gap->reason &&
		    data->gaps[i].gap.from_ns == gap->from_ns &&
		    data->gaps[i].gap.to_ns == gap->to_ns)
			return false;
	known = data->nr_gaps < MAX_GAPS ?
		array_add(&data->gaps, &data->nr_gaps, sizeof(*known)) : NULL;
	if (known)
		*known = (struct experiment_gap){ (uint32_t)data->last_host, *gap };
	return true;
}

static int add_gap(void *ctx, const struct history_boot *boot, const struct history_gap *gap)
{
	struct experiment_data *data = ctx;
	int err = find_host(data, boot);

	if (err || !new_gap(data, gap))
		return err;
	if (__builtin_add_overflow(data->missing, gap->recoveries, &data->missing))
		data->missing = UINT64_MAX;
	return 0;
}

static struct experiment_shadow *find_shadow(const struct experiment_data *data, const char *policy)
{
	for (size_t i = 0; i < data->nr_shadows; i++)
		if (data->shadows[i].host == data->last_host &&
		    !strncmp(data->shadows[i].policy, policy, ZPCI_POLICY_NAME_LEN))
			return &data->shadows[i];
	return NULL;
}

/* Which policies are in shadow, event by event */
static int note_mode(struct experiment_data *data, const struct history_policy_event *e)
{
	struct experiment_shadow *shadow = find_shadow(data, e->policy);

	if (!strcmp(e->what, "enforced") && shadow)
		*shadow = data->shadows[--data->nr_shadows];
	if (strcmp(e->what, "shadow") || shadow || data->nr_shadows == MAX_SHADOWS)
		return 0;
	shadow = array_add(&data->shadows, &data->nr_shadows, sizeof(*shadow));
	if (!shadow)
		return -ENOMEM;
	shadow->host = (uint32_t)data->last_host;
	memcpy(shadow->policy, e->policy, sizeof(shadow->policy));
	return 0;
}

static bool has_end(const struct experiment_data *data, const struct history_policy_event *e)
{
	for (size_t i = 0; i < data->nr_ends; i++)
		if (data->ends[i].wall_ns == e->wall_ns &&
		    !strncmp(data->ends[i].policy, e->policy, sizeof(e->policy)) &&
		    !strncmp(data->ends[i].host, e->boot->host, sizeof(e->boot->host)))
			return true;
	return false;
}

/* While the experiment ran there, only its own policy was enforced. People may end it, too */
static bool ends_experiment(const struct experiment_data *data, const struct history_policy_event *e)
{
	const struct experiment_host *host = &data->hosts[data->last_host];

	return (!strcmp(e->what, "budget") || !strcmp(e->what, "killed")) && host->arms &&
	       e->wall_ns >= host->first_ns && e->wall_ns <= host->last_ns + NSEC_PER_SEC &&
	       !find_shadow(data, e->policy) && !has_end(data, e);
}

static int add_policy_event(void *ctx, const struct history_policy_event *e)
{
	struct experiment_data *data = ctx;
	struct experiment_end *end;
	int err = find_host(data, e->boot);

	if (!err)
		err = note_mode(data, e);
	if (err || !ends_experiment(data, e) || data->nr_ends == MAX_ENDS)
		return err;
	end = array_add(&data->ends, &data->nr_ends, sizeof(*end));
	if (!end)
		return -ENOMEM;
	memcpy(end->host, e->boot->host, sizeof(end->host));
	memcpy(end->policy, e->policy, sizeof(end->policy));
	memcpy(end->what, e->what, sizeof(end->what));
	memcpy(end->text, e->text, sizeof(end->text));
	end->wall_ns = e->wall_ns;
	return 0;
}

/* The reader's own words, which may have the path in them already */
static void explain(const char *path, const struct history *history, int err)
{
	const char *text = history ? history_error(history) : strerror(-err);

	if (err == -ENOMEM)
		log_error("%s: not enough memory for its recoveries", text_shown(path));
	else if (err != -E2BIG && !strncmp(text, path, strlen(path)))
		log_error("%s", text_shown(text));
	else if (err != -E2BIG)
		log_error("%s: %s", text_shown(path), text_shown(text));
}

int experiment_data_add(struct experiment_data *data, const char *path)
{
	const struct history_filter all = { 0 };
	struct history *history = NULL;
	int err = history_open(&history, path);

	if (!err)
		err = history_each_arm(history, add_recovery, data);
	if (!err)
		err = history_each_gap(history, &all, add_gap, data);
	if (!err)
		err = history_each_policy_event(history, &all, add_policy_event, data);
	if (err)
		explain(path, history, err);
	history_close(history);
	return err;
}

void experiment_data_free(struct experiment_data *data)
{
	free(data->others);
	free(data->arms);
	free(data->shadows);
	free(data->hosts);
	free(data->slots);
	free(data->rows);
	free(data->ends);
	free(data->gaps);
	*data = (struct experiment_data){ 0 };
}
