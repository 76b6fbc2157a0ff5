// SPDX-License-Identifier: GPL-2.0
#include <inttypes.h>

#include "base/log.h"
#include "base/output.h"
#include "record/names.h"
#include "record/stats.h"

static const char *const lost_text[ZREC_NR_LOST] = {
	[ZREC_LOST_NO_SLOT] = "too many were open at one time",
	[ZREC_LOST_RING_FULL] = "the ring buffer was full, nobody read it",
	[ZREC_LOST_UNSEEN] = "they were under way when observing began",
	[ZREC_LOST_UPGRADE] = "they were under way when a newer zrec took over",
};

static const char *const unsummed_text[ZREC_NR_UNSUMMED] = {
	[ZREC_UNSUMMED_DRIVER] = "no room for one more driver",
	[ZREC_UNSUMMED_PEC] = "no room for one more PEC",
	[ZREC_UNSUMMED_FUNCTION] = "no room for one more function; 'zrec status' says how to begin again with more",
	[ZREC_UNSUMMED_COUNTER] = "no room for one more pair of PEC and outcome of a function",
};

static json_t *places_to_json(const char *(*name)(unsigned int), const __zrec_u64 *counts,
			      unsigned int nr)
{
	json_t *object = json_object();

	for (unsigned int i = 0; i < nr; i++) {
		if (json_object_set_new(object, name(i), output_count(counts[i])) < 0) {
			json_decref(object);
			return NULL;
		}
	}
	return object;
}

json_t *stats_to_json(const struct zrec_stats *s)
{
	return json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}",
			 "emitted", output_count(s->emitted),
			 "delivered", output_count(s->delivered),
			 "lost", places_to_json(name_lost, s->lost, ZREC_NR_LOST),
			 "unsummed", places_to_json(name_unsummed, s->unsummed, ZREC_NR_UNSUMMED),
			 "joined", output_count(s->joined),
			 "mediation_starts", output_count(s->mediation_starts),
			 "mediation_stops", output_count(s->mediation_stops),
			 "read_failures", output_count(s->read_failures),
			 "policy_exits", output_count(s->policy_exits),
			 "policy_exits_lost", output_count(s->policy_exits_lost),
			 "event_records_lost", output_count(s->event_records_lost));
}

static void warn(const char *what, const char *const *places, const __zrec_u64 *before,
		 const __zrec_u64 *now, int nr)
{
	for (int i = 0; i < nr; i++)
		if (now[i] != before[i])
			log_warn("%s: %" PRIu64 " (%" PRIu64 " so far): %s", what,
				 (uint64_t)(now[i] - before[i]), (uint64_t)now[i], places[i]);
}

void stats_warn(struct zrec_stats *before, const struct zrec_stats *now)
{
	warn("recoveries lost", lost_text, before->lost, now->lost, ZREC_NR_LOST);
	warn("recoveries not in all sums", unsummed_text, before->unsummed, now->unsummed,
	     ZREC_NR_UNSUMMED);
	warn("ends of policies lost", &lost_text[ZREC_LOST_RING_FULL], &before->policy_exits_lost,
	     &now->policy_exits_lost, 1);
	*before = *now;
}
