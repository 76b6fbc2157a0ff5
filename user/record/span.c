// SPDX-License-Identifier: GPL-2.0
#include <stdlib.h>
#include <string.h>

#include "record/names.h"
#include "base/clock.h"
#include "base/output.h"
#include "base/text.h"
#include "record/span.h"

#define COLOR_GOOD	"\033[32m"
#define COLOR_BAD	"\033[31m"
#define COLOR_ODD	"\033[33m"
#define COLOR_STRONG	"\033[1m"
#define COLOR_WEAK	"\033[2m"
#define COLOR_END	"\033[0m"

int64_t span_wall_ns(const struct zrec_span *s, int64_t tai_offset_ns)
{
	return (int64_t)s->tai_ns - tai_offset_ns;
}

void span_style_init(struct span_style *st, FILE *f)
{
	*st = (struct span_style){
		.utf8 = output_is_utf8(f),
		.color = output_is_color(f),
		.width = output_width(f),
		.tai_offset_ns = clock_tai_offset_ns(),
		.year = clock_this_year(),
	};
}

const char *span_style_time(const struct span_style *st, int64_t wall_ns, char *buf)
{
	return st->year ? clock_local_year(wall_ns, st->year, buf) : clock_local(wall_ns, buf);
}

static const char *color(const struct span_style *st, const char *code)
{
	return st->color ? code : "";
}

static const char *outcome_color(unsigned int outcome)
{
	switch (outcome) {
	case ZPCI_OUTCOME_RECOVERED:
		return COLOR_GOOD;
	case ZPCI_OUTCOME_FAILED:
	case ZPCI_OUTCOME_ISOLATED:
		return COLOR_BAD;
	case ZPCI_OUTCOME_IGNORED:
		return COLOR_WEAK;
	default:
		return COLOR_ODD;
	}
}

const char *span_address(const struct zrec_span *s, char buf[SPAN_ADDRESS_LEN])
{
	if (!(s->flags & ZREC_SPAN_DEVICE))
		return NULL;
	snprintf(buf, SPAN_ADDRESS_LEN, "%04x:%02x:%02x.%x", s->domain, s->bus,
		 s->devfn >> 3, s->devfn & 7);
	return buf;
}

void span_print_header(FILE *f, const struct span_style *st)
{
	fprintf(f, "%s%-19s  %-12s  %-10s  %-10s  %-27s  %-4s  %-9s  %8s%s\n",
		color(st, COLOR_WEAK), "TIME", "FUNCTION", "FID", "DRIVER", "PEC",
		"BY", "OUTCOME", "TOTAL", color(st, COLOR_END));
}

static void print_verdict(FILE *f, unsigned int member, unsigned int verdict)
{
	char buf[OUTPUT_DURATION_LEN];

	if (member == ZPCI_MEMBER_DEADLINE)
		fputs(output_duration(buf, verdict * 1000000ULL), f);
	else
		fputs(name_verdict(verdict, buf, sizeof(buf)), f);
}

/*
 * What became of it. To isolate is legal except after a failed reset, so if that was
 * not followed it was once too often.
 */
static const char *what_became_of(const struct zrec_answer *a)
{
	if (a->effective == a->verdict)
		return a->shadow ? "not applied" : "applied";
	if (a->verdict == ZPCI_VERDICT_ISOLATE && a->member < ZPCI_MEMBER_FAILED)
		return "over budget";
	return "clamped";
}

/* Which policies answered, and what became of the answers */
static void print_policy(FILE *f, const struct zrec_span_policy *p, const char *sep)
{
	unsigned int shown = 0;

	for (unsigned int i = 0; i < p->nr && i < ZREC_MAX_ANSWERS; i++) {
		const struct zrec_answer *a = &p->answer[i];

		fprintf(f, "%s%s %s: %s ", sep, a->shadow ? "shadow" : "policy",
			text_shown_array(a->policy), name_member(a->member));
		print_verdict(f, a->member, a->verdict);
		fprintf(f, " (%s)", what_became_of(a));
		shown += !a->shadow;
		sep = ", ";
	}
	if (p->unlisted)
		fprintf(f, "%s%u more %s", sep, p->unlisted,
			text_nr(p->unlisted, "answer", "answers"));
	else if (p->decisions && p->policy[0] && !shown)
		fprintf(f, "%spolicy %s: default", sep, text_shown_array(p->policy));
}

static void print_answers(FILE *f, const struct zrec_span_policy *p, unsigned int point,
			  const char *sep)
{
	for (unsigned int i = 0; i < p->nr && i < ZREC_MAX_ANSWERS; i++) {
		const struct zrec_answer *a = &p->answer[i];

		if (a->point != point)
			continue;
		fprintf(f, "%s%s%s: ", sep, a->shadow ? "shadow " : "", text_shown_array(a->policy));
		print_verdict(f, a->member, a->verdict);
		fprintf(f, " (%s)", what_became_of(a));
		sep = ", ";
	}
}

static bool has_answer(const struct zrec_span_policy *p, unsigned int point)
{
	for (unsigned int i = 0; i < p->nr && i < ZREC_MAX_ANSWERS; i++)
		if (p->answer[i].point == point)
			return true;
	return false;
}

/* "  +346 us  vote      default reset         isolate-flapping: isolate (applied)" */
static void print_point(FILE *f, const struct zrec_span_policy *p, unsigned int i)
{
	char at[OUTPUT_DURATION_LEN + 1] = "+", dflt[32];
	const struct zrec_point *point = &p->point[i];

	output_duration(at + 1, point->at_ns);
	fprintf(f, "    %9s  %-8s  default %-10s", at, name_member(point->member),
		name_answer(point->member, point->dflt, dflt, sizeof(dflt)));
	if (has_answer(p, i))
		print_answers(f, p, i, "  ");
	else
		fprintf(f, "  %s", point->asked ? "every policy said default" : "no policy was asked");
	fputc('\n', f);
}

void span_print_decisions(FILE *f, const struct zrec_span *s, const struct span_style *st)
{
	const struct zrec_span_policy *p = zrec_span_policy(s);

	if (!p || !(p->nr_points || p->nr || p->unlisted || p->unlisted_points))
		return;
	fprintf(f, "    %sdecisions%s\n", color(st, COLOR_WEAK), color(st, COLOR_END));
	for (unsigned int i = 0; i < p->nr_points && i < ZREC_MAX_POINTS; i++)
		print_point(f, p, i);
	if (has_answer(p, ZREC_MAX_POINTS)) {
		print_answers(f, p, ZREC_MAX_POINTS, "               later     ");
		fputc('\n', f);
	}
	if (p->unlisted || p->unlisted_points)
		fprintf(f, "    %9s  not recorded: %u %s, %u %s\n", "", p->unlisted,
			text_nr(p->unlisted, "answer", "answers"), p->unlisted_points,
			text_nr(p->unlisted_points, "point", "points"));
	fputc('\n', f);
}

/* What else an operator has to know, after the columns */
static void print_remarks(FILE *f, const struct zrec_span *s)
{
	const struct zrec_span_policy *policy = zrec_span_policy(s);
	const char *sep = "  ";

	if (s->outcome == ZPCI_OUTCOME_DROPPED || s->reason != ZPCI_REASON_NONE) {
		fprintf(f, "%s%s", sep, name_reason(s->outcome, s->reason));
		sep = ", ";
	}
	if (s->outcome == ZPCI_OUTCOME_DROPPED && s->drop_rc) {
		char buf[16];

		fprintf(f, " %s", name_result(s->drop_rc, buf, sizeof(buf)));
	}
	if (s->owner_pid) {
		fprintf(f, "%sheld by %s[%u]", sep, text_shown_array(s->owner_comm), s->owner_pid);
		sep = ", ";
	}
	if (s->events > 1) {
		fprintf(f, "%s%u errors", sep, s->events);
		sep = ", ";
	}
	if (s->overflows) {
		fprintf(f, "%s%u %s lost to the full queue", sep, s->overflows,
			text_nr(s->overflows, "error", "errors"));
		sep = ", ";
	}
	if (s->reset_failures) {
		fprintf(f, "%s%u of %u %s failed", sep, s->reset_failures, s->reset_tries,
			text_nr(s->reset_tries, "reset", "resets"));
		sep = ", ";
	}
	if (s->flags & ZREC_SPAN_UNHEARD) {
		fprintf(f, "%snobody was listening", sep);
		sep = ", ";
	}
	if (policy)
		print_policy(f, policy, sep);
}

void span_print_line(FILE *f, const struct zrec_span *s,
		     const struct span_style *st)
{
	char addr[SPAN_ADDRESS_LEN], when[CLOCK_TEXT_LEN], fid[16], total[OUTPUT_DURATION_LEN];

	snprintf(fid, sizeof(fid), "0x%x", s->fid);
	fprintf(f, "%s  %-12s  %-10s  %-10s  0x%02x %-22s  %-4s  %s%-9s%s  %8s",
		span_style_time(st, span_wall_ns(s, st->tai_offset_ns), when), span_address(s, addr) ?: "-", fid,
		s->driver[0] ? text_shown_array(s->driver) : "-", s->pec, name_pec(s->pec),
		name_recoverer(s->recoverer),
		color(st, outcome_color(s->outcome)), name_outcome(s->outcome),
		color(st, COLOR_END), output_duration(total, s->total_ns));
	print_remarks(f, s);
	fputc('\n', f);
}

int span_order_steps(const struct zrec_span *s, unsigned int order[ZREC_NR_STEPS])
{
	int nr = 0;

	for (unsigned int step = 0; step < ZREC_STEP_OTHER; step++) {
		int at = nr;

		if (!s->step_count[step] && !s->step_ns[step])
			continue;
		while (at && s->step_at_ns[order[at - 1]] > s->step_at_ns[step]) {
			order[at] = order[at - 1];
			at--;
		}
		order[at] = step;
		nr++;
	}
	if (s->step_ns[ZREC_STEP_OTHER])
		order[nr++] = ZREC_STEP_OTHER;
	return nr;
}

/* Tenths of a percent for each row, rounded so that they add up to 100.0 */
static void share_out(const struct zrec_span *s, const unsigned int *order,
		      int nr, unsigned int tenths[ZREC_NR_STEPS])
{
	uint64_t rest[ZREC_NR_STEPS];
	uint64_t missing = s->total_ns ? 1000 : 0;

	for (int i = 0; i < nr; i++) {
		/* Millionths of a row's tenth decide who is rounded up */
		uint64_t fine = output_scale(s->step_ns[order[i]], s->total_ns,
					     1000ULL * 1000000);

		tenths[i] = (unsigned int)(fine / 1000000);
		rest[i] = fine % 1000000;
		missing -= tenths[i] < missing ? tenths[i] : missing;
	}
	while (missing && nr) {
		int most = 0;

		for (int i = 1; i < nr; i++)
			if (rest[i] > rest[most])
				most = i;
		/* All rows had their turn: the steps do not add up, leave it visible */
		if (!rest[most])
			break;
		tenths[most]++;
		rest[most] = 0;
		missing--;
	}
}

static void print_bar(FILE *f, uint64_t at, uint64_t ns, uint64_t total,
		      int cells, bool utf8)
{
	static const char *const eighths[] = { "", "▏", "▎", "▍", "▌", "▋", "▊", "▉" };
	int first = (int)output_scale(at, total, (uint64_t)cells);
	int parts, used = 0;

	if (first >= cells)
		first = cells - 1;
	parts = (int)(output_scale(at + ns, total, (uint64_t)cells * 8)) - first * 8;
	if (parts > (cells - first) * 8)
		parts = (cells - first) * 8;
	if (parts < 1)
		parts = 1;
	fprintf(f, "%*s", first, "");
	for (; used < parts / 8; used++)
		fputs(utf8 ? "█" : "#", f);
	if (parts % 8 && (utf8 || !used)) {
		fputs(utf8 ? eighths[parts % 8] : "#", f);
		used++;
	}
	fprintf(f, "%*s", cells - first - used, "");
}

static void print_result(FILE *f, const struct zrec_span *s, unsigned int step,
			 bool utf8)
{
	int result = s->step_result[step];
	const char *symbol = utf8 ? "✓" : " ";
	char buf[16];

	if (step == ZREC_STEP_OTHER)
		return;
	if (name_result_is_failure(result))
		symbol = utf8 ? "✗" : "!";
	fprintf(f, "  %s %s", symbol, name_result(result, buf, sizeof(buf)));
	if (s->step_count[step] > 1)
		fprintf(f, utf8 ? " ×%u" : " x%u", s->step_count[step]);
}

static void print_step(FILE *f, const struct zrec_span *s, unsigned int step,
		       unsigned int tenths, bool longest, int cells,
		       const struct span_style *st)
{
	char at[OUTPUT_DURATION_LEN + 1] = "+", ns[OUTPUT_DURATION_LEN];

	fprintf(f, "  %s%s ", longest ? color(st, COLOR_STRONG) : "",
		!longest ? " " : st->utf8 ? "▶" : ">");
	/* The time in no step is many gaps, it has no place on the axis */
	if (step == ZREC_STEP_OTHER) {
		fprintf(f, "%9s  %-14s  %*s", "", name_step(step), cells, "");
	} else {
		output_duration(at + 1, s->step_at_ns[step]);
		fprintf(f, "%9s  %-14s  ", at, name_step(step));
		print_bar(f, s->step_at_ns[step], s->step_ns[step], s->total_ns,
			  cells, st->utf8);
	}
	fprintf(f, "  %8s  %3u.%u %%", output_duration(ns, s->step_ns[step]),
		tenths / 10, tenths % 10);
	print_result(f, s, step, st->utf8);
	fprintf(f, "%s\n", longest ? color(st, COLOR_END) : "");
}

void span_print_timeline(FILE *f, const struct zrec_span *s,
			 const struct span_style *st)
{
	unsigned int order[ZREC_NR_STEPS], tenths[ZREC_NR_STEPS];
	char total[OUTPUT_DURATION_LEN];
	int nr = span_order_steps(s, order);
	int cells = st->width - 64;
	int longest = 0;

	if (cells < 12)
		cells = 12;
	if (cells > 60)
		cells = 60;
	share_out(s, order, nr, tenths);
	for (int i = 1; i < nr; i++)
		if (s->step_ns[order[i]] > s->step_ns[order[longest]])
			longest = i;
	for (int i = 0; i < nr; i++)
		print_step(f, s, order[i], tenths[i], i == longest, cells, st);
	fprintf(f, "    %9s  %-14s  %*s  %8s  %5s %%", "", "total", cells, "",
		output_duration(total, s->total_ns), s->total_ns ? "100.0" : "0.0");
	if (nr)
		fprintf(f, "  longest: %s", name_step(order[longest]));
	fputs("\n\n", f);
}

static uint32_t be32(const uint8_t *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

void span_decode_ccdf(const uint8_t raw[ZPCI_CCDF_LEN], struct span_ccdf *ret)
{
	/* ett:4 mvn:12 dmaas:8 reserved:6 q:1 rw:1, from the most significant bit */
	uint32_t bits = be32(raw + ZPCI_CCDF_FID + 4);

	*ret = (struct span_ccdf){
		.fh = be32(raw + ZPCI_CCDF_FH),
		.fid = be32(raw + ZPCI_CCDF_FID),
		.fault_address = (uint64_t)be32(raw + ZPCI_CCDF_FADDR) << 32 |
				 be32(raw + ZPCI_CCDF_FADDR + 4),
		.pec = (uint16_t)(raw[ZPCI_CCDF_PEC] << 8 | raw[ZPCI_CCDF_PEC + 1]),
		.table_type = bits >> 28,
		.msi_vector = bits >> 16 & 0xfff,
		.address_space = bits >> 8 & 0xff,
		.qualifier = bits >> 1 & 1,
		.write = bits & 1,
	};
}
