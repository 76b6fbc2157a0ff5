// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "base/array.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/output.h"
#include "base/supervise.h"
#include "base/text.h"
#include "serve/action-env.h"
#include "serve/actions.h"

#define TASKS_MAX	(ACTIONS_MAX * ACTION_AT_ONCE_MAX)

/* An action, with what waits and runs */
struct runner {
	struct action action;
	struct action_stats stats;
	struct bucket bucket;
	char *queue[ACTION_QUEUE_MAX];	/* environments, in a circle */
	uint32_t first, queued;
	uint32_t running;
	uint64_t not_run;		/* dropped since the last one was started */
	bool removed;			/* from the configuration, and still runs */
};

struct task {
	struct runner *runner;		/* NULL: free */
	struct supervised process;
	char *env;
	uint64_t began_ns;
};

struct actions {
	struct runner **runner;
	size_t nr;
	struct task task[TASKS_MAX];
	size_t running;
	int epoll;
	bool closed;
	uint64_t version;
};

/* --- commands --- */

static const char *message(const char *env)
{
	return action_env_value(env, "ZREC_MESSAGE") ?: "";
}

static void count_end(struct actions *a, struct runner *r, enum action_end end)
{
	r->stats.ended[end]++;
	a->version++;
}

static void say_not_started(const struct action *action, int err, const char *env)
{
	log_error("action %s: cannot run %s: %s (%s)", action->name, text_shown(action->argv[0]),
		  strerror(-err), message(env));
}

/* One line, whatever became of it */
static enum action_end say_end(const struct task *t, struct supervise_result result)
{
	const struct action *action = &t->runner->action;
	const char *command = text_shown(action->argv[0]);
	char after[OUTPUT_DURATION_LEN];

	output_duration(after, clock_ns(CLOCK_MONOTONIC) - t->began_ns);
	switch (result.how) {
	case SUPERVISE_EXITED:
		if (!result.value) {
			log_info("action %s: %s has run (%s)", action->name, command, message(t->env));
			return ACTION_SUCCEEDED;
		}
		log_error("action %s: %s failed with exit code %d after %s (%s)", action->name, command,
			  result.value, after, message(t->env));
		return ACTION_FAILED;
	case SUPERVISE_SIGNALLED:
		log_error("action %s: %s was ended by signal %d after %s (%s)", action->name, command,
			  result.value, after, message(t->env));
		return ACTION_FAILED;
	case SUPERVISE_TIMED_OUT:
		log_error("action %s: %s did not end within %" PRIu32 " s, and was ended (%s)",
			  action->name, command, action->timeout_s, message(t->env));
		return ACTION_TIMED_OUT;
	case SUPERVISE_NOT_STARTED:
		say_not_started(action, result.value, t->env);
		return ACTION_NOT_STARTED;
	case SUPERVISE_STOPPED:
		log_error("action %s: %s was ended after %s, since zrec actions ends (%s)", action->name,
			  command, after, message(t->env));
		return ACTION_STOPPED;
	default:
		log_error("action %s: somebody has killed the process that waited for %s, which may go on (%s)",
			  action->name, command, message(t->env));
		return ACTION_FAILED;
	}
}

static struct task *free_task(struct actions *a)
{
	for (size_t i = 0; i < TASKS_MAX; i++)
		if (!a->task[i].runner)
			return &a->task[i];
	return NULL;
}

static bool may_start(const struct actions *a, const struct runner *r)
{
	return !a->closed && r->running < r->action.at_once && a->running < TASKS_MAX;
}

/* @env becomes the task's */
static void start(struct actions *a, struct runner *r, char *env)
{
	struct task *t = free_task(a);
	struct epoll_event event = { .events = EPOLLIN, .data.ptr = t };
	char **whole = action_env_whole(env, r->action.name, r->not_run);
	int err = whole ? supervise_start(&t->process, r->action.argv, whole,
					  r->action.timeout_s * 1000) : -ENOMEM;

	free(whole);
	if (err) {
		say_not_started(&r->action, err, env);
		count_end(a, r, ACTION_NOT_STARTED);
		free(env);
		return;
	}
	r->not_run = 0;
	t->runner = r;
	t->env = env;
	t->began_ns = clock_ns(CLOCK_MONOTONIC);
	r->running++;
	a->running++;
	a->version++;
	/* It has room for as many as there are tasks */
	if (epoll_ctl(a->epoll, EPOLL_CTL_ADD, t->process.fd, &event) < 0)
		log_error("cannot wait for the command of action %s: %s", r->action.name, strerror(errno));
}

/* --- what waits --- */

static char *take(struct runner *r)
{
	char *env = r->queue[r->first];

	r->first = (r->first + 1) % ACTION_QUEUE_MAX;
	r->queued--;
	return env;
}

/* Said once in a row, and the next command hears how many there were */
static void drop(struct actions *a, struct runner *r, enum action_drop why)
{
	static const char *const reasons[ACTION_NR_DROPS] = {
		[ACTION_QUEUE_FULL] = "as many wait as its queue allows",
		[ACTION_RATE] = "there were more than its burst and per-minute allow",
		[ACTION_REMOVED] = "it is not wanted any more",
		[ACTION_NO_MEMORY] = "out of memory",
	};

	if (!r->not_run++)
		log_warn("action %s: not run for some events: %s; zrec status counts them",
			 r->action.name, reasons[why]);
	r->stats.dropped[why]++;
	a->version++;
}

static void drop_all(struct actions *a, struct runner *r)
{
	while (r->queued) {
		free(take(r));
		drop(a, r, ACTION_REMOVED);
	}
}

static void start_waiting(struct actions *a)
{
	for (size_t i = 0; i < a->nr; i++)
		while (a->runner[i]->queued && may_start(a, a->runner[i]))
			start(a, a->runner[i], take(a->runner[i]));
}

/* Whether there is room for one more, before it costs anything: in a storm there is none */
static bool admits(struct actions *a, struct runner *r)
{
	r->stats.events++;
	a->version++;
	if (a->closed)
		drop(a, r, ACTION_REMOVED);
	else if (!may_start(a, r) && r->queued >= r->action.queue)
		drop(a, r, ACTION_QUEUE_FULL);
	else if (!bucket_take(&r->bucket, &r->action.limits, clock_ns(CLOCK_MONOTONIC), 0))
		drop(a, r, ACTION_RATE);
	else
		return true;
	return false;
}

static void put(struct actions *a, struct runner *r, char *env)
{
	if (!env)
		drop(a, r, ACTION_NO_MEMORY);
	else if (may_start(a, r) && !r->queued)
		start(a, r, env);
	else
		r->queue[(r->first + r->queued++) % ACTION_QUEUE_MAX] = env;
}

void actions_recovery(struct actions *a, const struct zrec_span *s, int64_t tai_offset_ns)
{
	for (size_t i = 0; i < a->nr; i++) {
		struct runner *r = a->runner[i];

		if (!r->removed && action_wants_recovery(&r->action, s) && admits(a, r))
			put(a, r, action_env_recovery(s, span_wall_ns(s, tai_offset_ns)));
	}
}

void actions_exit(struct actions *a, const struct zrec_policy_exit *exit, int64_t tai_offset_ns)
{
	for (size_t i = 0; i < a->nr; i++) {
		struct runner *r = a->runner[i];

		if (!r->removed && action_wants_exit(&r->action, exit) && admits(a, r))
			put(a, r, action_env_exit(exit, (int64_t)exit->tai_ns - tai_offset_ns));
	}
}

/* With what sysfs knows of the function, which anybody may read */
static char *env_of_open(const struct zrec_open *open, int64_t tai_offset_ns)
{
	struct function_list functions = { 0 };
	struct open_recovery r;
	int err = function_list_read(&functions, NULL);

	if (err)
		log_debug("cannot list the zPCI functions: %s", strerror(-err));
	open_recovery_fill(&r, open, &functions, clock_ns(CLOCK_MONOTONIC), tai_offset_ns);
	function_list_free(&functions);
	return action_env_open(&r);
}

void actions_open(struct actions *a, const struct zrec_open *open, int64_t tai_offset_ns)
{
	for (size_t i = 0; i < a->nr; i++) {
		struct runner *r = a->runner[i];

		if (!r->removed && action_wants_open(&r->action, open) && admits(a, r))
			put(a, r, env_of_open(open, tai_offset_ns));
	}
}

/* --- begin and end --- */

struct actions *actions_new(void)
{
	struct actions *a = calloc(1, sizeof(*a));

	if (a)
		a->epoll = epoll_create1(EPOLL_CLOEXEC);
	if (a && a->epoll >= 0)
		return a;
	log_error("cannot begin: %s", strerror(errno));
	free(a);
	return NULL;
}

static void free_runner(struct runner *r)
{
	for (; r->queued; free(take(r)))
		;
	action_free(&r->action);
	free(r);
}

void actions_free(struct actions *a)
{
	if (!a)
		return;
	actions_stop(a);
	for (size_t i = 0; i < TASKS_MAX; i++) {
		if (!a->task[i].runner)
			continue;
		close(a->task[i].process.fd);
		free(a->task[i].env);
	}
	for (size_t i = 0; i < a->nr; i++)
		free_runner(a->runner[i]);
	free(a->runner);
	close(a->epoll);
	free(a);
}

/* Those that were removed, and run no more */
static void forget(struct actions *a)
{
	size_t nr = 0;

	for (size_t i = 0; i < a->nr; i++) {
		struct runner *r = a->runner[i];

		if (r->removed && !r->running)
			free_runner(r);
		else
			a->runner[nr++] = r;
	}
	a->nr = nr;
}

static void end_task(struct actions *a, struct task *t)
{
	struct runner *r = t->runner;

	/* Closing it is not enough: a process that has just begun has all that we have, for a moment */
	epoll_ctl(a->epoll, EPOLL_CTL_DEL, t->process.fd, NULL);
	count_end(a, r, say_end(t, supervise_end(&t->process)));
	free(t->env);
	t->runner = NULL;
	r->running--;
	a->running--;
}

void actions_work(struct actions *a)
{
	struct epoll_event events[16];
	int n = epoll_wait(a->epoll, events, ARRAY_SIZE(events), 0);

	for (int i = 0; i < n; i++)
		end_task(a, events[i].data.ptr);
	forget(a);
	start_waiting(a);
}

static struct runner *find(const struct actions *a, const char *name)
{
	for (size_t i = 0; i < a->nr; i++)
		if (!strcmp(a->runner[i]->action.name, name))
			return a->runner[i];
	return NULL;
}

/* Makes one for each name that is new. 0 or -ENOMEM */
static int add_runners(struct actions *a, const struct actions_config *c)
{
	for (size_t i = 0; i < c->nr; i++) {
		struct runner *r, **place;

		if (find(a, c->action[i].name))
			continue;
		r = calloc(1, sizeof(*r));
		place = r ? array_add(&a->runner, &a->nr, sizeof(*place)) : NULL;
		if (!place) {
			free(r);
			return -ENOMEM;
		}
		*place = r;
		r->removed = true;
		strcpy(r->action.name, c->action[i].name);
		bucket_fill(&r->bucket, &c->action[i].limits, clock_ns(CLOCK_MONOTONIC));
	}
	return 0;
}

/* Whoever has made a mistake there should not learn of it when it is needed */
static void warn_of_command(const struct action *action)
{
	if (access(action->argv[0], X_OK) < 0)
		log_warn("action %s: %s cannot be run: %s", action->name, text_shown(action->argv[0]),
			 strerror(errno));
}

int actions_use(struct actions *a, struct actions_config *c)
{
	int err = add_runners(a, c);

	if (err) {
		forget(a);
		return err;
	}
	for (size_t i = 0; i < a->nr; i++)
		a->runner[i]->removed = true;
	for (size_t i = 0; i < c->nr; i++) {
		struct runner *r = find(a, c->action[i].name);

		action_free(&r->action);
		r->action = c->action[i];
		r->removed = false;
		warn_of_command(&r->action);
	}
	/* Only the list: what it held is ours */
	free(c->action);
	*c = (struct actions_config){ 0 };
	for (size_t i = 0; i < a->nr; i++)
		if (a->runner[i]->removed)
			drop_all(a, a->runner[i]);
	forget(a);
	start_waiting(a);
	a->version++;
	return 0;
}

size_t actions_nr(const struct actions *a)
{
	size_t nr = 0;

	for (size_t i = 0; i < a->nr; i++)
		nr += !a->runner[i]->removed;
	return nr;
}

int actions_fd(const struct actions *a)
{
	return a->epoll;
}

void actions_close(struct actions *a)
{
	a->closed = true;
	for (size_t i = 0; i < a->nr; i++)
		drop_all(a, a->runner[i]);
}

void actions_stop(struct actions *a)
{
	for (size_t i = 0; i < TASKS_MAX; i++)
		if (a->task[i].runner)
			supervise_stop(&a->task[i].process);
}

size_t actions_running(const struct actions *a)
{
	return a->running;
}

uint64_t actions_version(const struct actions *a)
{
	return a->version;
}

const struct action_stats *actions_stats(const struct actions *a, const char *name)
{
	const struct runner *r = find(a, name);

	return r ? &r->stats : NULL;
}

/* --- counts --- */

static json_t *ends(const struct action_stats *stats)
{
	json_t *o = json_object();

	for (unsigned int i = 0; i < ACTION_NR_ENDS; i++)
		json_object_set_new(o, action_end_name(i), output_count(stats->ended[i]));
	return o;
}

static json_t *drops(const struct action_stats *stats)
{
	json_t *o = json_object();

	for (unsigned int i = 0; i < ACTION_NR_DROPS; i++)
		json_object_set_new(o, action_drop_name(i), output_count(stats->dropped[i]));
	return o;
}

static json_t *runner_to_json(const struct runner *r)
{
	return json_pack("{s:s, s:o, s:i, s:i, s:o, s:o}", "action", r->action.name,
			 "events", output_count(r->stats.events),
			 "running", (int)r->running, "queued", (int)r->queued,
			 "ended", ends(&r->stats),
			 "dropped", drops(&r->stats));
}

json_t *actions_to_json(const struct actions *a)
{
	json_t *list = json_array();

	for (size_t i = 0; i < a->nr; i++) {
		if (a->runner[i]->removed)
			continue;
		if (json_array_append_new(list, runner_to_json(a->runner[i]))) {
			json_decref(list);
			return NULL;
		}
	}
	return list;
}
