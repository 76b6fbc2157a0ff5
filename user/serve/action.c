// SPDX-License-Identifier: GPL-2.0
#include <string.h>

#include "record/meaning.h"
#include "serve/action.h"

static bool listens_to(const struct action *a, enum action_event event)
{
	return a->events & 1u << event;
}

const char *action_event_name(enum action_event event)
{
	static const char *const names[ACTION_NR_EVENTS] = {
		[ACTION_RECOVERY] = "recovery",
		[ACTION_OPEN] = "open",
		[ACTION_POLICY_END] = "policy-end",
		[ACTION_POLICY_EJECTED] = "policy-ejected",
	};

	return names[event];
}

const char *action_end_name(enum action_end end)
{
	static const char *const names[ACTION_NR_ENDS] = {
		[ACTION_SUCCEEDED] = "succeeded",
		[ACTION_FAILED] = "failed",
		[ACTION_TIMED_OUT] = "timed_out",
		[ACTION_NOT_STARTED] = "not_started",
		[ACTION_STOPPED] = "stopped",
	};

	return names[end];
}

const char *action_drop_name(enum action_drop drop)
{
	static const char *const names[ACTION_NR_DROPS] = {
		[ACTION_QUEUE_FULL] = "queue_full",
		[ACTION_RATE] = "rate",
		[ACTION_REMOVED] = "removed",
		[ACTION_NO_MEMORY] = "no_memory",
	};

	return names[drop];
}

bool action_wants_recovery(const struct action *a, const struct zrec_span *s)
{
	return listens_to(a, ACTION_RECOVERY) && span_match(&a->filter, s) &&
	       meaning_priority(s->pec, s->outcome, s->reason) <= a->priority;
}

bool action_wants_open(const struct action *a, const struct zrec_open *open)
{
	return listens_to(a, ACTION_OPEN) && span_match(&a->filter, &open->span) &&
	       meaning_of_event(MEANING_OPEN)->priority <= a->priority;
}

static bool is_one_of(const struct span_filter *f, const char policy[ZPCI_POLICY_NAME_LEN])
{
	for (size_t i = 0; i < f->nr_policies; i++)
		if (!strncmp(f->policies[i], policy, ZPCI_POLICY_NAME_LEN))
			return true;
	return !f->nr_policies;
}

bool action_wants_exit(const struct action *a, const struct zrec_policy_exit *exit)
{
	const bool ejected = exit->kind == ZPCI_POLICY_EXIT_BUDGET;

	return (listens_to(a, ACTION_POLICY_END) || (ejected && listens_to(a, ACTION_POLICY_EJECTED))) &&
	       is_one_of(&a->filter, exit->policy) &&
	       meaning_of_exit(exit->kind)->priority <= a->priority;
}
