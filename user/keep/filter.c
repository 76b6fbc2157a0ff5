// SPDX-License-Identifier: GPL-2.0
/* What a filter asks of more than a recovery, whatever kind of recording it is in */
#include <string.h>

#include "keep/filter.h"

bool history_filter_has_host(const struct history_filter *f, const struct history_boot *boot)
{
	for (size_t i = 0; i < f->nr_hosts; i++)
		if (!strcmp(f->hosts[i], boot->host) || !strcmp(f->hosts[i], boot->machine_id))
			return true;
	return !f->nr_hosts;
}

bool history_filter_has_policy(const struct history_filter *f, const char *policy)
{
	for (size_t i = 0; i < f->span.nr_policies; i++)
		if (!strncmp(f->span.policies[i], policy, ZPCI_POLICY_NAME_LEN))
			return true;
	return !f->span.nr_policies;
}

bool history_filter_is_some(const struct history_filter *f)
{
	const struct span_filter *s = &f->span;

	return s->nr_fids || s->nr_pecs || s->nr_drivers || s->nr_functions || s->nr_policies ||
	       s->outcomes || f->nr_hosts;
}
