// SPDX-License-Identifier: GPL-2.0
#include "base/array.h"
#include "exporter/render.h"

static void error(struct emit *e, const struct snapshot_recorder *r)
{
	emit_family(e, F_RECORDER_ERROR);
	if (r->error[0])
		emit_info(e, r->error);
	emit_family(e, F_RECORDER_GAPS);
	for (unsigned int i = 0; i < r->nr_gaps; i++)
		emit_count(e, r->gap[i].count, r->gap[i].reason);
	emit_family(e, F_RECORDER_JOURNAL);
	for (unsigned int i = 0; i < NR_JOURNAL_RESULTS && r->journal_known; i++)
		emit_count(e, r->journal[i], journal_result_name(i));
}

void render_recorder(struct emit *e, const struct snapshot *s)
{
	const struct snapshot_recorder *r = &s->recorder;
	const struct {
		enum family_id id;
		struct snapshot_value value;
	} values[] = {
		{ F_RECORDER_START, r->started },
		{ F_RECORDER_STATUS_AGE, r->status_age },
		{ F_RECORDER_LIFE_AGE, r->life_age },
		{ F_RECORDER_RECORDED, r->recorded },
		{ F_RECORDER_MISSING, r->missing },
		{ F_RECORDER_COMMITS, r->commits },
		{ F_RECORDER_LAST_COMMIT, r->last_commit },
		{ F_RECORDER_LAG, r->lag },
		{ F_RECORDER_FILE, r->file },
		{ F_RECORDER_WAL, r->wal },
		{ F_RECORDER_CLIENTS, r->clients },
		{ F_RECORDER_CLIENTS_MISSED, r->clients_missed },
		{ F_RECORDER_CLIENTS_REFUSED, r->clients_refused },
	};

	emit_family(e, F_RECORDER_UP);
	emit_count(e, r->up);
	emit_family(e, F_RECORDER_RECORDING);
	emit_count(e, r->up && r->recording);
	error(e, r);
	for (size_t i = 0; i < ARRAY_SIZE(values); i++) {
		const char *unit = family_unit(family_of(values[i].id));

		if (!values[i].value.known)
			continue;
		emit_family(e, values[i].id);
		/* All of them are kept in nanoseconds */
		if (unit && unit[0] == 's')
			emit_seconds(e, values[i].value.n);
		else
			emit_count(e, values[i].value.n);
	}
}
