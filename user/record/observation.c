// SPDX-License-Identifier: GPL-2.0
#include <inttypes.h>

#include "base/clock.h"
#include "base/output.h"
#include "base/text.h"
#include "record/names.h"
#include "record/observation.h"

static uint64_t sum(const __zrec_u64 *counts, unsigned int nr)
{
	uint64_t all = 0;

	for (unsigned int i = 0; i < nr; i++)
		all += counts[i];
	return all;
}

/* "3 recoveries: ring_full 2, no_slot 1" */
static void print_places(FILE *f, const char *what, const char *none,
			 const char *(*name)(unsigned int), const __zrec_u64 *counts, unsigned int nr)
{
	const char *sep = ": ";

	fprintf(f, "%-11s ", what);
	if (!sum(counts, nr)) {
		fprintf(f, "%s\n", none);
		return;
	}
	fprintf(f, "%" PRIu64 " %s", sum(counts, nr),
		text_nr(sum(counts, nr), "recovery", "recoveries"));
	for (unsigned int i = 0; i < nr; i++) {
		if (!counts[i])
			continue;
		fprintf(f, "%s%s %" PRIu64, sep, name(i), (uint64_t)counts[i]);
		sep = ", ";
	}
	fputc('\n', f);
}

/* Twice of what there is now, and no less than the machine had, as far as zrec watch goes */
static uint32_t larger_room(const struct zrec_info *info)
{
	const uint32_t most = ZREC_FUNCTION_SLOTS_MAX / 2;
	uint32_t room = info->function_slots > info->functions ? info->function_slots :
			info->functions;

	return room < most ? room : most;
}

static void print_remedy(FILE *f, const struct zrec_info *info)
{
	if (info->function_slots >= ZREC_FUNCTION_SLOTS_MAX)
		fprintf(f, "%-11s too little of it, and there can be no more; to begin again empty: "
			"'zrec detach' and 'zrec watch'\n", "");
	else
		fprintf(f, "%-11s too little of it: begin again larger by 'zrec detach' and "
			"'zrec watch --room %u'\n", "", larger_room(info));
}

static void print_missing(FILE *f, const struct observation_missing *missing)
{
	for (int i = 0; i < missing->nr; i++)
		fprintf(f, "%-11s what happens at %s: somebody removed the link\n",
			i ? "" : "missing", missing->tracepoint[i]);
	if (missing->nr > 0)
		fprintf(f, "%-11s to begin again, with empty sums: 'zrec detach', then 'zrec watch'\n", "");
}

void observation_print(FILE *f, const struct zrec_info *info, const struct zrec_stats *stats,
		       const struct observation_missing *missing, size_t memory_bytes,
		       int64_t tai_offset_ns)
{
	char since[CLOCK_TEXT_LEN], age[OUTPUT_DURATION_LEN];

	fprintf(f, "%-11s since %s, for %s, in tier %s, by zrec %.*s\n", "observed",
		clock_local((int64_t)info->since_tai_ns - tai_offset_ns, since),
		output_duration(age, clock_ns(CLOCK_MONOTONIC) - info->since_ns),
		name_tier(info->tier), (int)sizeof(info->version), info->version);
	print_missing(f, missing);
	fprintf(f, "%-11s %" PRIu64 " ended, %" PRIu64 " delivered\n", "recoveries",
		(uint64_t)stats->emitted, (uint64_t)stats->delivered);
	print_places(f, "lost", "none", name_lost, stats->lost, ZREC_NR_LOST);
	print_places(f, "unsummed", "none", name_unsummed, stats->unsummed, ZREC_NR_UNSUMMED);
	fprintf(f, "%-11s for %u functions, %u when observing began; %.1f MiB of memory\n", "room",
		info->function_slots / 2, info->functions, (double)memory_bytes / (1 << 20));
	if (stats->unsummed[ZREC_UNSUMMED_FUNCTION] || stats->lost[ZREC_LOST_NO_SLOT])
		print_remedy(f, info);
}

/* NULL, so that the key is absent: nobody knows */
static json_t *missing_to_json(const struct observation_missing *missing)
{
	json_t *list = missing->nr < 0 ? NULL : json_array();

	for (int i = 0; i < missing->nr; i++)
		json_array_append_new(list, json_string(missing->tracepoint[i]));
	return list;
}

json_t *observation_to_json(const struct zrec_info *info, const struct observation_missing *missing,
			    size_t memory_bytes, int64_t tai_offset_ns)
{
	char since[CLOCK_TEXT_LEN], version[sizeof(info->version) + 1];

	snprintf(version, sizeof(version), "%.*s", (int)sizeof(info->version), info->version);
	return json_pack("{s:s, s:o, s:s, s:s, s:I, s:I, s:I, s:I, s:o, s:o*}",
			 "since", clock_utc((int64_t)info->since_tai_ns - tai_offset_ns, since),
			 "since_ns", output_u64(info->since_ns), "tier", name_tier(info->tier),
			 "version", version, "abi", (json_int_t)info->abi,
			 "functions", (json_int_t)info->functions,
			 "function_room", (json_int_t)(info->function_slots / 2),
			 "ring_bytes", (json_int_t)info->ring_bytes,
			 "memory_bytes", output_count(memory_bytes),
			 "missing", missing_to_json(missing));
}
