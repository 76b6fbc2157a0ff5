// SPDX-License-Identifier: GPL-2.0
/* The observation, the exporter, and the order of all */
#include <string.h>

#include "exporter/render.h"
#include "record/names.h"

static void observation(struct emit *e, const struct snapshot *s)
{
	char version[sizeof(s->info.version) + 1] = "";

	emit_family(e, F_OBSERVER_UP);
	emit_count(e, s->state == OBSERVATION_OBSERVING);
	emit_family(e, F_OBSERVER_STATE);
	for (unsigned int i = 0; i < NR_OBSERVATION_STATES; i++)
		emit_count(e, s->state == i, observation_state_name(i));
	if (s->state != OBSERVATION_OBSERVING)
		return;
	memcpy(version, s->info.version, sizeof(s->info.version));
	emit_family(e, F_OBSERVATION);
	emit_info(e, name_tier(s->info.tier), version);
	emit_family(e, F_OBSERVATION_START);
	emit_seconds(e, (uint64_t)s->since_wall_ns);
}

static void hooks(struct emit *e, const struct snapshot *s)
{
	uint64_t attached = s->state == OBSERVATION_OBSERVING ?
			    s->attached & ~s->recorder.removed : 0;
	const struct hook *hook = hooks_table();

	emit_family(e, F_HOOK);
	for (unsigned int i = 0; i < NR_HOOKS; i++)
		emit_count(e, attached >> i & 1, hook[i].tracepoint);
}

static void stats(struct emit *e, const struct snapshot *s)
{
	const struct zrec_stats *st = &s->stats;
	const struct {
		enum family_id id;
		uint64_t value;
	} single[] = {
		{ F_EMITTED, st->emitted },
		{ F_DELIVERED, st->delivered },
		{ F_JOINED, st->joined },
		{ F_EVENT_RECORDS_LOST, st->event_records_lost },
		{ F_READ_FAILURES, st->read_failures },
		{ F_MEDIATIONS_STARTED, st->mediation_starts },
		{ F_MEDIATIONS_STOPPED, st->mediation_stops },
		{ F_POLICY_EXITS, st->policy_exits },
		{ F_POLICY_EXITS_LOST, st->policy_exits_lost },
	};

	for (size_t i = 0; i < sizeof(single) / sizeof(single[0]); i++) {
		emit_family(e, single[i].id);
		emit_count(e, single[i].value);
	}
	emit_family(e, F_LOST);
	for (unsigned int i = 0; i < ZREC_NR_LOST; i++)
		emit_count(e, st->lost[i], name_lost(i));
	emit_family(e, F_UNSUMMED);
	for (unsigned int i = 0; i < ZREC_NR_UNSUMMED; i++)
		emit_count(e, st->unsummed[i], name_unsummed(i));
}

static void requests(struct emit *e, const struct requests *r)
{
	static const char *const statuses[NR_REQUEST_STATUSES] = {
		[REQUEST_OK] = "200",
		[REQUEST_UNAUTHORIZED] = "401",
		[REQUEST_NOT_FOUND] = "404",
		[REQUEST_METHOD] = "405",
		[REQUEST_UNAVAILABLE] = "503",
	};
	static const char *const checks[NR_PASSWORD_CHECKS] = {
		[PASSWORD_RIGHT] = "right",
		[PASSWORD_WRONG] = "wrong",
		[PASSWORD_REFUSED] = "refused",
	};

	emit_family(e, F_REQUESTS);
	for (unsigned int i = 0; i < NR_REQUEST_STATUSES; i++)
		emit_count(e, r->status[i], statuses[i]);
	emit_family(e, F_PASSWORDS);
	for (unsigned int i = 0; i < NR_PASSWORD_CHECKS; i++)
		emit_count(e, r->password[i], checks[i]);
	emit_family(e, F_SLOW);
	emit_count(e, r->slow);
}

static void exporter(struct emit *e, const struct snapshot *s)
{
	emit_family(e, F_BUILD);
	emit_info(e, ZREC_VERSION);
	emit_family(e, F_COLLECTED);
	emit_seconds(e, (uint64_t)s->wall_ns);
	emit_family(e, F_SOURCE);
	for (unsigned int i = 0; i < NR_SOURCES; i++)
		emit_count(e, !s->source[i], snapshot_source_name(i));
	if (s->requests)
		requests(e, s->requests);
}

int render(struct emit *e, enum emit_format format, const struct snapshot *s)
{
	emit_begin(e, format);
	exporter(e, s);
	observation(e, s);
	hooks(e, s);
	if (s->state == OBSERVATION_OBSERVING) {
		stats(e, s);
		render_recoveries(e, s);
	}
	render_functions(e, s);
	render_policies(e, s);
	render_experiments(e, s);
	render_recorder(e, s);
	render_actions(e, s);
	return emit_end(e);
}
