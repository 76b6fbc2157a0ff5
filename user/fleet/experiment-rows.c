// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/text.h"
#include "fleet/experiment-int.h"

/* 10 million are 320 MB: beyond that a counter is not to be trusted */
#define MAX_RECOVERIES	10000000u

/* --- recoveries --- */

/* Index of an arm, added if it is not there; -E2BIG after its message, or -ENOMEM */
static int find_arm(struct experiment_data *data, const char *name)
{
	experiment_name *arm;

	for (size_t i = 0; i < data->nr_arms; i++)
		if (!strcmp(data->arms[i], name))
			return (int)i;
	if (data->nr_arms == STATS_MAX_ARMS) {
		log_error("experiment '%s' has more than %d arms", text_shown_array(data->name),
			  STATS_MAX_ARMS);
		return -E2BIG;
	}
	arm = array_add(&data->arms, &data->nr_arms, sizeof(*arm));
	if (!arm)
		return -ENOMEM;
	snprintf(*arm, sizeof(*arm), "%s", name);
	return (int)data->nr_arms - 1;
}

static int by_host(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

ssize_t fleet_find_host(const struct fleet *f, const char *host)
{
	char **found = f->data->nr_hosts ? bsearch(&host, f->hosts, f->data->nr_hosts,
						   sizeof(*f->hosts), by_host) : NULL;

	return found ? found - f->hosts : -ENOENT;
}

/* Entries are in the order of hosts. Sets last_host */
static int add_host(struct fleet *f, const struct entry *e)
{
	struct experiment_data *data = f->data;
	struct experiment_host *host;
	size_t nr = data->nr_hosts;
	char **text;

	if (nr && !strcmp(f->hosts[nr - 1], e->host)) {
		data->last_host = nr - 1;
		return 0;
	}
	text = array_add(&f->hosts, &nr, sizeof(*text));
	host = text ? array_add(&data->hosts, &data->nr_hosts, sizeof(*host)) : NULL;
	if (!host)
		return -ENOMEM;
	*text = e->host;
	snprintf(host->key, sizeof(host->key), "%s", e->instance);
	data->last_host = data->nr_hosts - 1;
	return 0;
}

static int add_rows(struct fleet *f, struct experiment_data *to, struct experiment_row row, uint64_t n)
{
	if (n > MAX_RECOVERIES - f->sum) {
		log_error("%s: more than %u recoveries, which cannot be", text_shown(f->opts->http.url),
			  MAX_RECOVERIES);
		return -EBADMSG;
	}
	f->sum += n;
	for (; n; n--) {
		struct experiment_row *place = array_add(&to->rows, &to->nr_rows, sizeof(*place));

		if (!place)
			return -ENOMEM;
		*place = row;
	}
	return 0;
}

/* How many of the recovered ones of a unit relapsed: both are in the same order */
static uint64_t relapses_of(const struct fleet *f, const struct entry *e, size_t *at)
{
	while (*at < f->relapses.nr && entry_compare_unit(&f->relapses.e[*at], e) < 0)
		(*at)++;
	if (*at == f->relapses.nr || entry_compare_unit(&f->relapses.e[*at], e))
		return 0;
	return f->relapses.e[*at].n < e->n ? f->relapses.e[*at].n : e->n;
}

static void note_time(struct experiment_data *data, const struct entry *e)
{
	int64_t first = e->first_ms * NSEC_PER_MSEC, last = e->last_ms * NSEC_PER_MSEC;

	if (!e->n)
		return;
	if (!data->from_ns || first < data->from_ns)
		data->from_ns = first;
	if (last > data->to_ns)
		data->to_ns = last;
}

static int add_recoveries(struct fleet *f, const struct entry *e, uint32_t unit, size_t *relapse)
{
	struct experiment_row row = { .total_ns = STATS_NO_TIME, .fid = unit };
	uint64_t relapsed;
	int arm = find_arm(f->data, e->arm), err = arm < 0 ? arm : add_host(f, e);

	if (err)
		return err;
	note_time(f->data, e);
	f->data->hosts[f->data->last_host].arms |= (uint8_t)(1u << arm);
	row.host = (uint32_t)f->data->last_host;
	row.arm = (uint8_t)arm;
	row.success = strcmp(e->what, "recovered") ? STATS_NO : STATS_YES;
	if (row.success == STATS_NO) {
		row.relapse = STATS_UNKNOWN;
		return add_rows(f, f->data, row, e->n);
	}
	relapsed = relapses_of(f, e, relapse);
	row.relapse = STATS_NO;
	err = add_rows(f, f->data, row, e->n - relapsed);
	row.relapse = STATS_YES;
	return err ? err : add_rows(f, f->data, row, relapsed);
}

int fleet_build_recoveries(struct fleet *f)
{
	const struct entry *last = NULL;
	uint32_t unit = 0;
	size_t relapse = 0;
	int err = 0;

	for (size_t i = 0; !err && i < f->recoveries.nr; i++) {
		const struct entry *e = &f->recoveries.e[i];

		unit += last && (strcmp(last->host, e->host) || strcmp(last->pchid, e->pchid));
		/* What began before the window, and has not increased in it */
		if (e->n)
			err = add_recoveries(f, e, unit, &relapse);
		last = e;
	}
	if (err || f->data->nr_rows)
		return err;
	log_error("%s: no recovery of the experiment '%s' between --since and --until",
		  text_shown(f->opts->http.url), text_shown_array(f->data->name));
	return -ENOENT;
}

/* --- times --- */

/* "+Inf" or seconds; 0 or -EBADMSG after its message */
static int parse_bound(const char *le, uint64_t *ret)
{
	char *end;
	double seconds = strtod(le, &end);

	if (!*le || *end || isnan(seconds) || seconds < 0) {
		log_error(FLEET_TIMES " has le=\"%s\", which is no bound", text_shown(le));
		return -EBADMSG;
	}
	*ret = seconds < 1e9 ? (uint64_t)llround(seconds * 1e9) : EXPERIMENT_BEYOND_NS;
	return 0;
}

struct bucket {
	uint64_t bound, count;
};

static int by_bound(const void *a, const void *b)
{
	const struct bucket *x = a, *y = b;

	return x->bound < y->bound ? -1 : x->bound > y->bound;
}

static int by_ns(const void *a, const void *b)
{
	const uint64_t *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

/* The buckets of one host and arm count what is below, too */
static int add_buckets(struct fleet *f, struct bucket *b, size_t nr, uint32_t host, uint8_t arm)
{
	struct experiment_row row = {
		.host = host, .arm = arm, .success = STATS_YES, .relapse = STATS_UNKNOWN,
	};
	uint64_t below = 0;
	int err = 0;

	qsort(b, nr, sizeof(*b), by_bound);
	for (size_t i = 0; !err && i < nr; i++) {
		if (b[i].count <= below)
			continue;
		row.total_ns = b[i].bound;
		err = add_rows(f, &f->x->times, row, b[i].count - below);
		below = b[i].count;
	}
	return err;
}

static int arm_index(const struct experiment_data *data, const char *name)
{
	for (size_t i = 0; i < data->nr_arms; i++)
		if (!strcmp(data->arms[i], name))
			return (int)i;
	return -ENOENT;
}

/* Entries from @from on that are of one host and arm: how many */
static size_t same_unit(const struct entries *e, size_t from)
{
	size_t nr = 1;

	while (from + nr < e->nr && !entry_compare_unit(&e->e[from], &e->e[from + nr]))
		nr++;
	return nr;
}

static int build_unit(struct fleet *f, const struct entry *e, size_t nr)
{
	struct bucket *buckets = calloc(nr, sizeof(*buckets));
	ssize_t host = fleet_find_host(f, e->host);
	int arm = arm_index(f->data, e->arm), err = buckets ? 0 : -ENOMEM;

	for (size_t i = 0; !err && i < nr; i++) {
		buckets[i].count = e[i].n;
		err = parse_bound(e[i].what, &buckets[i].bound);
	}
	if (!err && host >= 0 && arm >= 0)
		err = add_buckets(f, buckets, nr, (uint32_t)host, (uint8_t)arm);
	free(buckets);
	return err;
}

int fleet_add_bounds(struct experiment_metrics *m, const json_t *values)
{
	json_t *value;
	size_t i, to = 0;
	int err = 0;

	m->bounds_ns = calloc(json_array_size(values) + 1, sizeof(*m->bounds_ns));
	if (!m->bounds_ns)
		return -ENOMEM;
	json_array_foreach((json_t *)values, i, value) {
		err = parse_bound(json_string_value(value), &m->bounds_ns[m->nr_bounds]);
		if (err)
			return err;
		m->nr_bounds += m->bounds_ns[m->nr_bounds] != EXPERIMENT_BEYOND_NS;
	}
	qsort(m->bounds_ns, m->nr_bounds, sizeof(*m->bounds_ns), by_ns);
	for (i = 0; i < m->nr_bounds; i++)
		if (!to || m->bounds_ns[to - 1] != m->bounds_ns[i])
			m->bounds_ns[to++] = m->bounds_ns[i];
	m->nr_bounds = to;
	return 0;
}

int fleet_build_times(struct fleet *f)
{
	int err = 0;
	size_t nr;

	f->sum = 0;
	for (size_t i = 0; !err && i < f->times.nr; i += nr) {
		nr = same_unit(&f->times, i);
		err = build_unit(f, &f->times.e[i], nr);
	}
	f->x->times.nr_arms = f->data->nr_arms;
	return err;
}
