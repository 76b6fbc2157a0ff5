// SPDX-License-Identifier: GPL-2.0
/* What a replay found, for people, in 80 columns */
#include <inttypes.h>
#include <stdio.h>

#include "base/clock.h"
#include "base/interval.h"
#include "base/text.h"
#include "record/names.h"
#include "replay/replay.h"
#include "replay/result.h"

static const char *plural(uint64_t nr)
{
	return nr == 1 ? "" : "s";
}

/* Seconds will do */
static void print_time(FILE *f, int64_t wall_ns)
{
	char text[CLOCK_TEXT_LEN];

	fprintf(f, "%.19sZ", clock_utc(wall_ns, text));
}

static void print_recording(FILE *f, const struct replay_recording *rec)
{
	fprintf(f, "recording    %s\n", text_shown(rec->path));
	fprintf(f, "             %" PRIu64 " recover%s of %zu machine%s in %zu boot%s, %" PRIu64
		" decision%s\n", rec->recoveries, rec->recoveries == 1 ? "y" : "ies", rec->hosts,
		plural(rec->hosts), rec->boots, plural(rec->boots), rec->decisions,
		plural(rec->decisions));
	if (rec->recoveries) {
		fputs("             ", f);
		print_time(f, rec->first_wall_ns);
		fputs(" to ", f);
		print_time(f, rec->last_wall_ns);
		fputc('\n', f);
	}
	if (rec->gaps)
		fprintf(f, "incomplete   %" PRIu64 " recover%s missing in %" PRIu64 " gap%s: counts and windows may be off\n",
			rec->gap_recoveries, rec->gap_recoveries == 1 ? "y is" : "ies are",
			rec->gaps, plural(rec->gaps));
}

/* A number that is 0 is in nobody's way */
static void print_cell(FILE *f, uint64_t nr)
{
	if (nr)
		fprintf(f, " %11" PRIu64, nr);
	else
		fprintf(f, " %11s", "-");
}

static uint64_t answers_of(const struct replay_result *r, unsigned int member)
{
	uint64_t sum = 0;

	for (unsigned int i = 0; i < REPLAY_NR_ANSWERS; i++)
		sum += r->answers[member][i];
	return sum;
}

static void print_answers(FILE *f, const struct replay_result *r)
{
	fprintf(f, "  %-10s %11s %11s %11s %11s %11s\n", "MEMBER", "DEFAULT", "RESET", "ISOLATE",
		"ILLEGAL", "CLAMPED");
	for (unsigned int m = 0; m < ZPCI_MEMBER_DONE; m++) {
		if (!answers_of(r, m))
			continue;
		fprintf(f, "  %-10s", name_member(m));
		if (m == ZPCI_MEMBER_DEADLINE) {
			fprintf(f, " %11" PRIu64 " none, %" PRIu64 " with a time, %" PRIu64 " clamped\n",
				r->answers[m][0], r->answers[m][1], r->clamps[m]);
			continue;
		}
		for (unsigned int i = 0; i < REPLAY_NR_ANSWERS; i++)
			print_cell(f, r->answers[m][i]);
		print_cell(f, r->clamps[m]);
		fputc('\n', f);
	}
}

static void print_example(FILE *f, const struct replay_example *e)
{
	fprintf(f, "%s/%" PRIu64, text_shown_array(e->host), e->id);
}

static void print_differences(FILE *f, const struct replay_comparison *c)
{
	char from[24], to[24];

	for (size_t i = 0; i < c->nr; i++) {
		const struct replay_difference *d = &c->difference[i];

		fprintf(f, "    %s: %s -> %s, %" PRIu64 " time%s, in ", name_member(d->member),
			name_answer(d->member, d->from, from, sizeof(from)),
			name_answer(d->member, d->to, to, sizeof(to)), d->nr, plural(d->nr));
		for (uint64_t e = 0; e < d->nr && e < REPLAY_EXAMPLES; e++) {
			fputs(e ? " " : "", f);
			print_example(f, &d->example[e]);
		}
		fputs(d->nr > REPLAY_EXAMPLES ? " ...\n" : "\n", f);
	}
	if (c->others)
		fprintf(f, "    and %" PRIu64 " other difference%s\n", c->others, plural(c->others));
}

static void print_comparison(FILE *f, const struct replay_comparison *c, const char *with)
{
	fprintf(f, "  %s: %" PRIu64 " compared, %" PRIu64 " the same, %" PRIu64 " different\n", with,
		c->compared, c->same, c->compared - c->same);
	print_differences(f, c);
}

static void print_ejections(FILE *f, const struct replay_result *r)
{
	if (!r->ejections)
		return;
	fprintf(f, "  ejected %" PRIu64 " time%s; %" PRIu64 " later decision%s by the kernel alone\n",
		r->ejections, plural(r->ejections), r->after_ejection,
		r->after_ejection == 1 ? " is" : "s are");
	for (uint64_t i = 0; i < r->ejections && i < REPLAY_MAX_EJECTIONS; i++) {
		fputs("    ", f);
		print_time(f, r->ejection[i].in.at_ns);
		fputs(", in ", f);
		print_example(f, &r->ejection[i].in);
		fprintf(f, ": %s\n", kernel_budget_text(r->ejection[i].budget));
	}
}

static void print_count(FILE *f, const char *what, const struct replay_count *c)
{
	struct interval i = interval_wilson(c->well, c->nr);

	fprintf(f, "      %s: %" PRIu64 " of %" PRIu64 " ended well (95 %%: %.1f to %.1f %%)\n", what,
		c->well, c->nr, 100 * i.low, 100 * i.high);
}

static void print_known(FILE *f, const struct replay_knowledge *k, const struct replay_change *c)
{
	static const char *const words[REPLAY_NR_WAYS] = {
		"without a reset", "with a reset", "by user space", "isolated",
	};
	const struct replay_known *known = replay_known_find(k, &c->key);
	uint32_t ways = replay_path_ways(c->path);
	bool any = false;

	for (unsigned int i = 0; i < REPLAY_NR_WAYS; i++) {
		if (!(ways >> i & 1) || !known || !known->way[i].nr)
			continue;
		print_count(f, words[i], &known->way[i]);
		any = true;
	}
	if (!any && !replay_path_outcome_known(c->path))
		fputs("      the recording has no recovery that went this way\n", f);
}

static void print_change(FILE *f, const struct replay_knowledge *k, const struct replay_change *c)
{
	fprintf(f, "    %s, PEC 0x%02x: %s, %" PRIu64 " recover%s, such as ",
		c->key.driver[0] ? text_shown_array(c->key.driver) : "no driver", c->key.pec,
		replay_path_text(c->path), c->nr, c->nr == 1 ? "y" : "ies");
	print_example(f, &c->example);
	fputs("\n      recorded:", f);
	for (unsigned int i = 0; i < ZPCI_NR_OUTCOMES; i++)
		if (c->recorded[i])
			fprintf(f, " %" PRIu64 " %s", c->recorded[i], name_outcome(i));
	fputs(replay_path_outcome_known(c->path) ? "\n" : "; outcome now: unknown\n", f);
	print_known(f, k, c);
}

static void print_changes(FILE *f, const struct replay *r, const struct replay_result *result)
{
	uint64_t away = replay_result_away(result), unknown = replay_result_unknown(result);

	fprintf(f, "  another way: %" PRIu64 " recover%s, %" PRIu64 " with an unknown outcome\n", away,
		away == 1 ? "y" : "ies", unknown);
	for (size_t i = 0; i < result->nr_changes; i++)
		if (result->change[i].path != REPLAY_NOT_REACHED)
			print_change(f, replay_knowledge(r), &result->change[i]);
	if (result->other_changes)
		fprintf(f, "    and %" PRIu64 " other%s\n", result->other_changes,
			plural(result->other_changes));
	if (result->given_up)
		fprintf(f, "  given up: %" PRIu64 " function%s; %" PRIu64 " later recover%s of %s not reached\n",
			result->given_up, plural(result->given_up),
			result->paths[REPLAY_NOT_REACHED],
			result->paths[REPLAY_NOT_REACHED] == 1 ? "y" : "ies",
			result->given_up == 1 ? "it is" : "them are");
}

static void print_missing(FILE *f, const struct replay_result *r)
{
	if (r->untracked)
		fprintf(f, "  %" PRIu64 " %s not counted in windows: too many functions\n",
			r->untracked, text_nr(r->untracked, "error was", "errors were"));
	if (r->not_recorded)
		fprintf(f, "  %" PRIu64 " %s not compared: the record had no room\n",
			r->not_recorded, text_nr(r->not_recorded, "answer", "answers"));
	if (!r->incomplete)
		return;
	fprintf(f, "  incomplete: %" PRIu64 " recover%s\n", r->incomplete,
		r->incomplete == 1 ? "y" : "ies");
	for (unsigned int i = 0; i < REPLAY_NR_MISSING; i++)
		if (r->missing[i])
			fprintf(f, "    %" PRIu64 ": %s\n", r->missing[i], replay_missing_text(i));
}

static void print_policy(FILE *f, const struct replay *r, size_t nr)
{
	const struct replay_program *p = replay_program(r, nr);
	const struct replay_result *result = replay_result(r, nr);
	enum replay_against against = replay_compared_with(r, nr);
	char with[64];

	fprintf(f, "\npolicy %s (%s, %s)\n", text_shown(p->about.name), policy_kind(&p->about),
		text_shown(p->about.path));
	print_answers(f, result);
	snprintf(with, sizeof(with), "with %s", replay_against_text(against));
	print_comparison(f, &result->comparison, with);
	print_ejections(f, result);
	if (against != REPLAY_RECORDED)
		print_changes(f, r, result);
	print_missing(f, result);
}

void replay_print_text(FILE *f, const struct replay *r)
{
	print_recording(f, replay_recording(r));
	for (size_t i = 0; i < replay_policies(r); i++)
		print_policy(f, r, i);
	if (replay_policies(r) > 1) {
		fprintf(f, "\n%s and %s\n", text_shown(replay_program(r, 0)->about.name),
			text_shown(replay_program(r, 1)->about.name));
		print_comparison(f, replay_between(r), "with each other");
	}
}
