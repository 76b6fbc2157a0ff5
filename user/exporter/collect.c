// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "exporter/actions-file.h"
#include "exporter/collect.h"
#include "exporter/maps.h"
#include "exporter/policy-file.h"
#include "exporter/recorder-file.h"
#include "serve/actions-status.h"

/* Those that are here come first: they have labels of their own before any that have gone */
static int read_functions(struct snapshot *s, const char *sysfs)
{
	int err = function_list_update(&s->list, sysfs);

	for (size_t i = 0; !err && i < s->list.nr; i++) {
		const struct function *now = &s->list.f[i];
		struct snapshot_function *f = snapshot_function(s, now->fid);
		struct snapshot_driver *d = snapshot_driver(s, now->driver, sizeof(now->driver));

		if (!f || !d) {
			err = -ENOMEM;
			break;
		}
		f->here = true;
		d->here = true;
		if (f == &s->others)
			s->unlabelled++;
		else
			f->f = *now;
	}
	s->here = (unsigned int)s->list.nr;
	return err;
}

/* Two of one name and mode would be one series twice */
static void drop_doubles(struct policy_state *p)
{
	for (int i = 1; i < POLICY_NR_SHADOWS; i++)
		for (int j = 0; j < i; j++)
			if (!strcmp(p->shadow[i].name, p->shadow[j].name))
				p->shadow[i].name[0] = '\0';
}

static int read_policies(struct snapshot *s, const char *sysfs)
{
	char dir[PATH_MAX];
	int err;

	snprintf(dir, sizeof(dir), "%s/kernel/zpci_recovery", sysfs ?: "/sys");
	err = policy_sysfs_read(&s->policies, dir);
	s->policies_supported = !err;
	drop_doubles(&s->policies);
	return err == -EOPNOTSUPP ? 0 : err;
}

/* After "the" */
static const char *what_of(enum snapshot_source source)
{
	switch (source) {
	case SOURCE_RECORDER:
		return "recorder's status";
	case SOURCE_ACTIONS:
		return "status of zrec actions";
	default:
		return snapshot_source_name(source);
	}
}

/* Once, when it begins and when it ends: a scrape comes every few seconds */
static void report(const int before[NR_SOURCES], const int now[NR_SOURCES])
{
	for (unsigned int i = 0; i < NR_SOURCES; i++) {
		if (now[i] && now[i] != before[i])
			log_warn("cannot read the %s: %s; the metrics of it are absent until that works",
				 what_of(i), strerror(-now[i]));
		else if (!now[i] && before[i])
			log_info("reading the %s works again", what_of(i));
	}
}

/* So that a moment is the same value in each scrape */
static int64_t tenths(int64_t ns)
{
	const int64_t tenth = NSEC_PER_SEC / 10;

	return (ns + tenth / 2) / tenth * tenth;
}

void collect(struct snapshot *s, const char *recorder, const char *sysfs, const char *policy_conf)
{
	int before[NR_SOURCES], err;

	memcpy(before, s->source, sizeof(before));
	err = maps_read(s);
	s->wall_ns = (int64_t)clock_ns(CLOCK_REALTIME);
	s->monotonic_offset_ns = tenths(s->wall_ns - (int64_t)clock_ns(CLOCK_MONOTONIC));
	s->source[SOURCE_OBSERVATION] = err;
	s->source[SOURCE_FUNCTIONS] = read_functions(s, sysfs);
	s->source[SOURCE_POLICIES] = read_policies(s, sysfs);
	s->source[SOURCE_POLICY_CONF] = policy_file_read(s, policy_conf);
	s->source[SOURCE_RECORDER] = recorder_file_read(s, recorder);
	s->source[SOURCE_ACTIONS] = exporter_read_actions(s, ACTIONS_FILE);
	report(before, s->source);
}
