// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/json-file.h"
#include "base/log.h"
#include "base/output.h"
#include "base/text.h"
#include "keep/experiment-host.h"
#include "keep/gap.h"
#include "record/function.h"
#include "serve/gaps.h"
#include "serve/status-file.h"
#include "serve/status.h"

#define EACH_MS		1000
/* No more are read; a host has few functions in experiments */
#define MAX_ARMS	256

void status_file_open(struct status_file *f, const char *dir)
{
	*f = (struct status_file){
		.dir = open(dir, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC),
		.started_ns = (int64_t)clock_ns(CLOCK_REALTIME),
	};
	if (f->dir < 0)
		log_warn("cannot write %s/" STATUS_FILE_NAME ": %s", dir, strerror(errno));
}

static bool runs(const struct experiment_host_state *state, size_t i)
{
	return state->ended_ns[i] == UINT64_MAX;
}

static unsigned int running(const struct experiment_host_state *state)
{
	unsigned int nr = 0;

	for (size_t i = 0; i < state->experiments.nr; i++)
		nr += runs(state, i);
	return nr;
}

static struct status_file_seen look(struct recorder *r, const struct live *live,
				    const struct life *life)
{
	const struct recorder_state *state = recorder_state(r);
	const struct live_stats stats = live ? live_stats(live) : (struct live_stats){ 0 };
	const struct experiment_host_state *experiments = recorder_experiments(r);

	return (struct status_file_seen){
		.commits = state->commits,
		.error = state->error,
		.clients = stats.clients,
		.missed = stats.missed,
		.refused = stats.refused,
		.ejections = state->ejections,
		.running = running(experiments),
		.experiments_ns = experiments->file.mtime_ns,
		.life_ns = life ? life->last_ns : 0,
	};
}

static bool has_changed(const struct status_file *f, const struct status_file_seen *now)
{
	const struct status_file_seen *seen = &f->seen;

	return !f->written || seen->commits != now->commits || seen->error != now->error ||
	       seen->clients != now->clients || seen->missed != now->missed ||
	       seen->refused != now->refused || seen->ejections != now->ejections ||
	       seen->running != now->running || seen->experiments_ns != now->experiments_ns ||
	       seen->life_ns != now->life_ns;
}

/* Also those of which there are none: a counter is at 0 before it grows */
static json_t *gaps_to_json(const struct recorder_state *state)
{
	json_t *o = json_object();

	for (unsigned int i = 0; i < HISTORY_NR_GAP_REASONS; i++)
		json_object_set_new(o, gap_reason_name(i), output_count(state->gaps[i]));
	return o;
}

static void add_arm(json_t *list, const struct experiment *e, uint32_t fid, uint8_t arm)
{
	char text[16];

	snprintf(text, sizeof(text), "0x%x", fid);
	if (json_array_size(list) < MAX_ARMS)
		json_array_append_new(list, json_pack("{s:s, s:o, s:o}", "fid", text,
						      "experiment", text_to_json(e->name),
						      "arm", text_to_json(e->arms[arm].name)));
}

static void add_arms(json_t *list, const struct experiment *e)
{
	struct function_list functions = { 0 };

	for (size_t i = 0; i < e->nr_functions; i++)
		add_arm(list, e, e->functions[i].fid, e->functions[i].arm);
	/* Those that come later are in it, too */
	if (e->by_host && !function_list_read(&functions, NULL))
		for (size_t i = 0; i < functions.nr; i++)
			add_arm(list, e, functions.f[i].fid, e->host_arm);
	function_list_free(&functions);
}

json_t *status_file_arms(const struct experiment_host_state *state)
{
	json_t *list = json_array();

	for (size_t i = 0; i < state->experiments.nr; i++)
		if (runs(state, i))
			add_arms(list, &state->experiments.list[i]);
	return list;
}

static json_t *removed_to_json(struct observer *observer)
{
	const char *names[OBSERVER_TRACEPOINTS_MAX];
	json_t *list = json_array();
	int nr = observer_missing(observer, names);

	for (int i = 0; i < nr; i++)
		json_array_append_new(list, json_string(names[i]));
	return list;
}

static void add_time(json_t *o, const char *key, int64_t wall_ns)
{
	char when[CLOCK_TEXT_LEN];

	if (wall_ns)
		json_object_set_new(o, key, json_string(clock_utc(wall_ns, when)));
}

/* A host that takes part in none says nothing of it */
static void add_experiments(json_t *o, struct recorder *r)
{
	struct experiment_counts *counts = recorder_counts(r);
	json_t *list;

	if (counts)
		experiment_counts_begin(counts, recorder_experiments(r));
	list = counts ? experiment_counts_to_json(counts) : NULL;
	if (json_array_size(list))
		json_object_set(o, "experiments", list);
	json_decref(list);
}

static json_t *document(const struct status_file *f, struct recorder *r, const struct live *live,
			const struct life *life, const char *history)
{
	const struct live_stats stats = live ? live_stats(live) : (struct live_stats){ 0 };
	const struct recorder_state *state = recorder_state(r);
	struct ring *ring = observer_ring(recorder_observer(r));
	json_t *o = recorder_status_to_json(state, &stats, history);
	int64_t waiting = gaps_waiting(ring, ring_released(ring));
	struct stat st;

	add_time(o, "started", f->started_ns);
	add_time(o, "last_life", life ? life->last_ns : 0);
	json_object_set_new(o, "gaps", gaps_to_json(state));
	json_object_set_new(o, "policy_ejections", output_count(state->ejections));
	json_object_set_new(o, "arms", status_file_arms(recorder_experiments(r)));
	json_object_set_new(o, "removed_tracepoints", removed_to_json(recorder_observer(r)));
	add_experiments(o, r);
	if (waiting >= 0)
		json_object_set_new(o, "lag", output_count((uint64_t)waiting));
	if (!stat(history, &st))
		json_object_set_new(o, "history_bytes", output_count((uint64_t)st.st_size));
	return o;
}

void status_file_work(struct status_file *f, struct recorder *r, const struct live *live,
		      const struct life *life, const char *history)
{
	const struct status_file_seen now = look(r, live, life);
	const uint64_t now_ns = clock_ns(CLOCK_MONOTONIC);
	json_t *o;
	int err;

	if (f->dir < 0 || now_ns < f->next_ns || !has_changed(f, &now))
		return;
	o = document(f, r, live, life, history);
	err = o ? json_file_replace(f->dir, STATUS_FILE_NAME, o) : -ENOMEM;
	json_decref(o);
	if (err && !f->said)
		log_warn("cannot replace " STATUS_FILE_NAME ": %s", strerror(-err));
	f->said = err;
	f->written = true;
	f->seen = now;
	f->next_ns = now_ns + EACH_MS * NSEC_PER_MSEC;
}

int status_file_timeout_ms(const struct status_file *f, struct recorder *r,
			   const struct live *live, const struct life *life)
{
	const struct status_file_seen now = look(r, live, life);
	const uint64_t now_ns = clock_ns(CLOCK_MONOTONIC);

	if (f->dir < 0 || !has_changed(f, &now))
		return -1;
	return now_ns < f->next_ns ? (int)((f->next_ns - now_ns) / NSEC_PER_MSEC) + 1 : 0;
}

void status_file_close(struct status_file *f)
{
	if (f->dir < 0)
		return;
	unlinkat(f->dir, STATUS_FILE_NAME, 0);
	close(f->dir);
	f->dir = -1;
}
