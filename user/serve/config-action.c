// SPDX-License-Identifier: GPL-2.0
/* [action NAME]: commands that zrec actions runs */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>

#include "base/array.h"
#include "base/command-line.h"
#include "base/text.h"
#include "record/meaning.h"
#include "record/names.h"
#include "serve/action.h"

#define TIMEOUT_S	30
#define TIMEOUT_S_MAX	3600
#define AT_ONCE		1
#define QUEUE		16
#define BURST		10
#define PER_MINUTE	6
#define LIMIT_MAX	1000000
#define BLANKS		", \t"

void *actions_config_find(struct actions_config *c, const char *name)
{
	struct action *a;

	for (size_t i = 0; i < c->nr; i++)
		if (!strcmp(c->action[i].name, name))
			return &c->action[i];
	a = array_add(&c->action, &c->nr, sizeof(*a));
	if (!a)
		return NULL;
	*a = (struct action){
		.priority = LOG_DEBUG,
		.timeout_s = TIMEOUT_S,
		.at_once = AT_ONCE,
		.queue = QUEUE,
		.limits = { .burst = BURST, .per_minute = PER_MINUTE },
	};
	snprintf(a->name, sizeof(a->name), "%s", name);
	return a;
}

void action_free(struct action *a)
{
	free(a->argv);
	span_filter_free(&a->filter);
}

void actions_config_free(struct actions_config *c)
{
	for (size_t i = 0; i < c->nr; i++)
		action_free(&c->action[i]);
	free(c->action);
	*c = (struct actions_config){ 0 };
}

/* --- values --- */

/* The words of a list, of which there is one at least; what came in a file before is replaced */
static int each(struct action *a, const char *value, int (*add)(struct action *a, const char *word))
{
	char *copy = strdup(value), *save = NULL;
	int err = copy ? 0 : -ENOMEM, nr = 0;

	for (char *word = copy; !err && (word = strtok_r(nr ? NULL : copy, BLANKS, &save)); nr++)
		err = add(a, word);
	free(copy);
	return err || nr ? err : -EINVAL;
}

static int number(uint32_t *to, const char *value, uint32_t min, uint32_t max)
{
	uint32_t n;

	if (name_parse_u32(value, &n) < 0 || n < min || n > max)
		return -EINVAL;
	*to = n;
	return 0;
}

static int set_at_once(void *to, const char *value)
{
	return number(&((struct action *)to)->at_once, value, 1, ACTION_AT_ONCE_MAX);
}

static int set_burst(void *to, const char *value)
{
	return number(&((struct action *)to)->limits.burst, value, 1, LIMIT_MAX);
}

static int set_command(void *to, const char *value)
{
	struct action *a = to;
	char **argv;
	int err = command_line_parse(value, &argv);

	if (err)
		return err;
	free(a->argv);
	a->argv = argv;
	return 0;
}

static int add_driver(struct action *a, const char *word)
{
	return name_is_driver(word) ? span_filter_add_driver(&a->filter, word) : -EINVAL;
}

static int set_driver(void *to, const char *value)
{
	span_filter_clear_drivers(&((struct action *)to)->filter);
	return each(to, value, add_driver);
}

static int add_event(struct action *a, const char *word)
{
	for (unsigned int i = 0; i < ACTION_NR_EVENTS; i++) {
		if (strcmp(action_event_name(i), word))
			continue;
		a->events |= 1u << i;
		return 0;
	}
	return -EINVAL;
}

static int set_event(void *to, const char *value)
{
	((struct action *)to)->events = 0;
	return each(to, value, add_event);
}

static int add_fid(struct action *a, const char *word)
{
	return span_filter_add_fid(&a->filter, word);
}

static int set_fid(void *to, const char *value)
{
	((struct action *)to)->filter.nr_fids = 0;
	return each(to, value, add_fid);
}

/* A device node is another function's after the next boot */
static int add_function(struct action *a, const char *word)
{
	return *word == '/' ? -EINVAL : span_filter_add_function(&a->filter, word);
}

static int set_function(void *to, const char *value)
{
	((struct action *)to)->filter.nr_functions = 0;
	return each(to, value, add_function);
}

static int add_outcome(struct action *a, const char *word)
{
	return span_parse_outcomes(&a->filter.outcomes, word);
}

static int set_outcome(void *to, const char *value)
{
	((struct action *)to)->filter.outcomes = 0;
	return each(to, value, add_outcome);
}

static int add_pec(struct action *a, const char *word)
{
	return span_filter_add_pec(&a->filter, word);
}

static int set_pec(void *to, const char *value)
{
	((struct action *)to)->filter.nr_pecs = 0;
	return each(to, value, add_pec);
}

static int set_per_minute(void *to, const char *value)
{
	return number(&((struct action *)to)->limits.per_minute, value, 1, LIMIT_MAX);
}

static int add_policy(struct action *a, const char *word)
{
	return span_filter_add_policy(&a->filter, word);
}

static int set_policy(void *to, const char *value)
{
	span_filter_clear_policies(&((struct action *)to)->filter);
	return each(to, value, add_policy);
}

static int set_queue(void *to, const char *value)
{
	return number(&((struct action *)to)->queue, value, 0, ACTION_QUEUE_MAX);
}

static int set_severity(void *to, const char *value)
{
	return meaning_parse_severity(value, &((struct action *)to)->priority);
}

static int set_timeout(void *to, const char *value)
{
	return number(&((struct action *)to)->timeout_s, value, 1, TIMEOUT_S_MAX);
}

const struct conf_key config_action_keys[] = {
	{ "at-once", "a number from 1 to 8", set_at_once },
	{ "burst", "a number from 1 to 1000000", set_burst },
	{ "command", COMMAND_LINE_WANTS, set_command },
	{ "driver", "names of drivers", set_driver },
	{ "event", "recovery, open, policy-end or policy-ejected, or several of them", set_event },
	{ "fid", "function IDs as 0x11", set_fid },
	{ "function", "PCI addresses as 0001:00:00.0, fid:FID or drivers", set_function },
	{ "outcome", "recovered, failed, isolated, abandoned, ignored or dropped, or several of them", set_outcome },
	{ "pec", "PCI event codes, by number or name", set_pec },
	{ "per-minute", "a number from 1 to 1000000", set_per_minute },
	{ "policy", "names of policies", set_policy },
	{ "queue", "a number from 0 to 256", set_queue },
	{ "severity", "emerg, alert, crit, err, warning, notice, info or debug", set_severity },
	{ "timeout", "a number of seconds from 1 to 3600", set_timeout },
	{ 0 }
};

/* --- an action as a whole --- */

/* What the action is told to wait for and cannot come, which nobody would notice */
static const char *contradiction(const struct action *a)
{
	const struct span_filter *f = &a->filter;

	if (!a->argv)
		return "it has no command";
	if (a->events & (1u << ACTION_POLICY_END | 1u << ACTION_POLICY_EJECTED) &&
	    (f->nr_fids || f->nr_functions || f->nr_drivers || f->nr_pecs || f->outcomes))
		return "the end of a policy is of no function: fid, function, driver, pec and outcome need an action of their own";
	if (a->events & 1u << ACTION_OPEN && f->outcomes)
		return "an open recovery has no outcome yet: outcome needs an action of its own";
	return NULL;
}

int actions_config_check(struct actions_config *c, const char *file, FILE *errors)
{
	int err = 0;

	for (size_t i = 0; i < c->nr; i++) {
		const char *why = contradiction(&c->action[i]);

		if (!c->action[i].events)
			c->action[i].events = 1u << ACTION_RECOVERY;
		if (!why)
			continue;
		if (errors)
			fprintf(errors, "%s: [action %s]: %s\n", text_shown(file), c->action[i].name, why);
		err = -EINVAL;
	}
	if (c->nr > ACTIONS_MAX) {
		if (errors)
			fprintf(errors, "%s: %zu [action NAME], expected at most %d\n", text_shown(file), c->nr,
				ACTIONS_MAX);
		err = -EINVAL;
	}
	return err;
}
