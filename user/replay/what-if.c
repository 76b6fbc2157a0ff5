// SPDX-License-Identifier: GPL-2.0
/* Policies side by side, as a table to be pasted into a change request */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/interval.h"
#include "base/text.h"
#include "record/names.h"
#include "replay/replay.h"
#include "replay/result.h"

#define WIDTH	10		/* of a column with a short name */

static int width(const struct replay *r, size_t nr)
{
	size_t len = strlen(replay_program(r, nr)->about.name);

	return len > WIDTH ? (int)len : WIDTH;
}

static void print_row(FILE *f, const struct replay *r, size_t figure)
{
	fprintf(f, "| %-50s |", replay_figure_text(figure));
	for (size_t i = 0; i < replay_policies(r); i++)
		fprintf(f, " %*" PRIu64 " |", width(r, i),
			replay_figure(replay_result(r, i), figure));
	fputc('\n', f);
}

#define DASHES	"----------------------------------------------------"

static void print_head(FILE *f, const struct replay *r)
{
	const struct replay_recording *rec = replay_recording(r);
	char from[CLOCK_TEXT_LEN], to[CLOCK_TEXT_LEN];

	fprintf(f, "%" PRIu64 " %s of %zu %s in %zu %s", rec->recoveries,
		text_nr(rec->recoveries, "recovery", "recoveries"), rec->hosts,
		text_nr(rec->hosts, "machine", "machines"), rec->boots,
		text_nr(rec->boots, "boot", "boots"));
	if (rec->recoveries)
		fprintf(f, ", %.19sZ to %.19sZ", clock_utc(rec->first_wall_ns, from),
			clock_utc(rec->last_wall_ns, to));
	fprintf(f, "; %" PRIu64 " %s each; %" PRIu64 " %s missing in gaps.\n\n", rec->decisions,
		text_nr(rec->decisions, "decision", "decisions"), rec->gap_recoveries,
		text_nr(rec->gap_recoveries, "recovery", "recoveries"));
	fprintf(f, "| %-50s |", "");
	/* A name has letters, digits, "-" and "_" only, so none is markup at this place */
	for (size_t i = 0; i < replay_policies(r); i++)
		fprintf(f, " %*s |", width(r, i), replay_program(r, i)->about.name);
	fprintf(f, "\n|%.52s|", DASHES);
	for (size_t i = 0; i < replay_policies(r); i++)
		fprintf(f, "%.*s:|", width(r, i) + 1, DASHES);
	fputc('\n', f);
}

static void print_between(FILE *f, const struct replay *r)
{
	const struct replay_comparison *c = replay_between(r);
	char from[24], to[24];

	fprintf(f, "\n%s and %s decide alike in %" PRIu64 " of %" PRIu64 " %s that both reach",
		replay_program(r, 0)->about.name, replay_program(r, 1)->about.name, c->same,
		c->compared, text_nr(c->compared, "decision", "decisions"));
	fputs(c->nr ? ":\n\n" : ".\n", f);
	for (size_t i = 0; i < c->nr; i++) {
		const struct replay_difference *d = &c->difference[i];

		fprintf(f, "- %s: %s, %s: %" PRIu64 "\n", name_member(d->member),
			name_answer(d->member, d->from, from, sizeof(from)),
			name_answer(d->member, d->to, to, sizeof(to)), d->nr);
	}
	if (c->others)
		fprintf(f, "- others: %" PRIu64 "\n", c->others);
}

static void print_way(FILE *f, enum replay_way way, const struct replay_count *c)
{
	struct interval i = interval_wilson(c->well, c->nr);

	fprintf(f, "; %s ended well %" PRIu64 " of %" PRIu64 " %s (95 %%: %.1f to %.1f %%)",
		replay_way_text(way), c->well, c->nr, text_nr(c->nr, "time", "times"), 100 * i.low, 100 * i.high);
}

/* What history says of functions with that driver after that PEC */
static void print_unknown(FILE *f, const struct replay *r, size_t nr)
{
	const struct replay_result *result = replay_result(r, nr);

	for (size_t i = 0; i < result->nr_changes; i++) {
		const struct replay_change *c = &result->change[i];
		const struct replay_known *known = replay_known_find(replay_knowledge(r), &c->key);

		if (replay_path_outcome_known(c->path))
			continue;
		fprintf(f, "- %s: %s after PEC 0x%02x, %s: %" PRIu64, replay_program(r, nr)->about.name,
			c->key.driver[0] ? text_shown_array(c->key.driver) : "no driver", c->key.pec,
			replay_path_text(c->path), c->nr);
		for (unsigned int way = 0; known && way < REPLAY_NR_WAYS; way++)
			if (replay_path_ways(c->path) >> way & 1 && known->way[way].nr)
				print_way(f, way, &known->way[way]);
		fputc('\n', f);
	}
}

static void print_all_unknown(FILE *f, const struct replay *r)
{
	uint64_t nr = 0;

	for (size_t i = 0; i < replay_policies(r); i++)
		nr += replay_result_unknown(replay_result(r, i));
	if (!nr)
		return;
	fputs("\nOutcomes that nobody knows, and how such recoveries ended in the recording:\n\n", f);
	for (size_t i = 0; i < replay_policies(r); i++)
		print_unknown(f, r, i);
}

void replay_print_what_if(FILE *f, const struct replay *r)
{
	print_head(f, r);
	for (size_t i = 0; replay_figure_text(i); i++)
		print_row(f, r, i);
	print_between(f, r);
	print_all_unknown(f, r);
}
