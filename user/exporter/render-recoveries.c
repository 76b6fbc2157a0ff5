// SPDX-License-Identifier: GPL-2.0
/* What is counted by function, PEC, driver and step; and what is open */
#include "exporter/render.h"
#include "record/names.h"

typedef void (*function_fn)(struct emit *e, const struct snapshot_function *f, const char *fid);

/* Each that is here or was counted, then all that found no room for labels of their own */
static void each_function(struct emit *e, const struct snapshot *s, enum family_id id,
			  function_fn fn)
{
	char fid[EMIT_HEX_LEN];

	emit_family(e, id);
	for (unsigned int i = 0; i < s->nr_functions; i++) {
		const struct snapshot_function *f = &s->function[i];

		if (f->here || f->counted)
			fn(e, f, emit_hex(f->fid, 1, fid));
	}
	if (s->others.here || s->others.counted)
		fn(e, &s->others, SNAPSHOT_OTHER);
}

static void outcomes(struct emit *e, const struct snapshot_function *f, const char *fid)
{
	for (unsigned int i = 0; i < ZPCI_NR_OUTCOMES; i++)
		emit_count(e, f->outcome[i], fid, name_outcome(i));
}

static void pairs(struct emit *e, const struct snapshot_function *f, const char *fid)
{
	char pec[EMIT_HEX_LEN];

	for (unsigned int i = 0; i < f->nr_pairs; i++)
		emit_count(e, f->pair[i].count, fid, emit_hex(f->pair[i].pec, 2, pec),
			   name_outcome(f->pair[i].outcome));
	for (unsigned int i = 0; i < ZPCI_NR_OUTCOMES; i++)
		if (f->other_pairs[i])
			emit_count(e, f->other_pairs[i], fid, SNAPSHOT_OTHER, name_outcome(i));
}

static void duration(struct emit *e, const struct snapshot_function *f, const char *fid)
{
	emit_summary(e, f->count, f->sum_ns, fid);
}

static void open_age(struct emit *e, const struct snapshot_function *f, const char *fid)
{
	if (f->open.age_ns)
		emit_seconds(e, f->open.age_ns, fid);
}

static void open_step_age(struct emit *e, const struct snapshot_function *f, const char *fid)
{
	if (f->open.age_ns)
		emit_seconds(e, f->open.step_age_ns, fid, name_step(f->open.step));
}

static void open_deadline(struct emit *e, const struct snapshot_function *f, const char *fid)
{
	if (f->open.age_ns && f->open.has_deadline)
		emit_seconds(e, f->open.deadline_left_ns, fid);
}

static const char *pec_label(const struct snapshot_pec *p, char buf[EMIT_HEX_LEN])
{
	return p->other ? SNAPSHOT_OTHER : emit_hex(p->pec, 2, buf);
}

static uint64_t entries(const struct buckets *b)
{
	uint64_t sum = 0;

	for (unsigned int i = 0; i <= BUCKETS_NR; i++)
		sum += b->count[i];
	return sum;
}

static void pecs(struct emit *e, const struct snapshot *s)
{
	char pec[EMIT_HEX_LEN];

	emit_family(e, F_PEC_RECOVERIES);
	for (unsigned int i = 0; i < s->nr_pecs; i++)
		for (unsigned int o = 0; o < ZPCI_NR_OUTCOMES; o++)
			emit_count(e, s->pec[i].outcome[o], pec_label(&s->pec[i], pec),
				   name_outcome(o));
	emit_family(e, F_PEC_DURATION);
	for (unsigned int i = 0; i < s->nr_pecs; i++)
		if (entries(&s->pec[i].total))
			emit_histogram(e, &s->pec[i].total, 0, pec_label(&s->pec[i], pec));
}

static void drivers(struct emit *e, const struct snapshot *s)
{
	emit_family(e, F_DURATION);
	for (unsigned int i = 0; i < s->nr_drivers; i++)
		if (s->driver[i]->here)
			emit_histogram(e, &s->driver[i]->total, 0, s->driver[i]->name);
	emit_family(e, F_STEP_DURATION);
	for (unsigned int i = 0; i < s->nr_drivers; i++)
		for (unsigned int step = 0; step < ZREC_NR_STEPS; step++)
			if (entries(&s->driver[i]->step[step]))
				emit_histogram(e, &s->driver[i]->step[step], 1, s->driver[i]->name,
					       name_step(step));
}

void render_recoveries(struct emit *e, const struct snapshot *s)
{
	each_function(e, s, F_RECOVERIES, outcomes);
	each_function(e, s, F_FUNCTION_PEC, pairs);
	pecs(e, s);
	drivers(e, s);
	each_function(e, s, F_FUNCTION_DURATION, duration);
	emit_family(e, F_OPEN);
	for (unsigned int step = 0; step < ZREC_NR_STEPS; step++)
		emit_count(e, s->open[step], name_step(step));
	emit_family(e, F_OPEN_OLDEST);
	emit_seconds(e, s->oldest_ns);
	each_function(e, s, F_OPEN_AGE, open_age);
	each_function(e, s, F_OPEN_STEP_AGE, open_step_age);
	each_function(e, s, F_OPEN_DEADLINE, open_deadline);
}
