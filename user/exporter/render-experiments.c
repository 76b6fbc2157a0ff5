// SPDX-License-Identifier: GPL-2.0
/* Experiments: the kernel knows no arms, so all of it is from the recorder's status */
#include "exporter/render.h"
#include "record/names.h"

static void arms(struct emit *e, const struct snapshot *s)
{
	char fid[EMIT_HEX_LEN];

	emit_family(e, F_EXPERIMENT_ARM);
	for (unsigned int i = 0; i < s->nr_arms; i++)
		emit_info(e, emit_hex(s->arm[i].fid, 1, fid), s->arm[i].experiment, s->arm[i].arm);
}

static void recoveries(struct emit *e, const struct snapshot *s)
{
	static const uint8_t counted[SNAPSHOT_COUNTED_OUTCOMES] = {
		ZPCI_OUTCOME_RECOVERED, ZPCI_OUTCOME_FAILED, ZPCI_OUTCOME_ISOLATED,
		ZPCI_OUTCOME_ABANDONED,
	};

	emit_family(e, F_EXPERIMENT_RECOVERIES);
	for (unsigned int i = 0; i < s->nr_pchids; i++) {
		const struct snapshot_pchid *p = &s->pchid[i];
		const struct snapshot_experiment *x = &s->experiment[p->arm];

		for (unsigned int o = 0; o < SNAPSHOT_COUNTED_OUTCOMES; o++)
			emit_count(e, p->outcome[counted[o]], x->experiment, x->arm, p->pchid,
				   name_outcome(counted[o]));
	}
	emit_family(e, F_EXPERIMENT_RELAPSES);
	for (unsigned int i = 0; i < s->nr_pchids; i++) {
		const struct snapshot_experiment *x = &s->experiment[s->pchid[i].arm];

		emit_count(e, s->pchid[i].relapsed, x->experiment, x->arm, s->pchid[i].pchid);
	}
}

void render_experiments(struct emit *e, const struct snapshot *s)
{
	arms(e, s);
	recoveries(e, s);
	emit_family(e, F_EXPERIMENT_DURATION);
	for (unsigned int i = 0; i < s->nr_experiments; i++)
		emit_histogram(e, &s->experiment[i].times, 0, s->experiment[i].experiment,
			       s->experiment[i].arm);
}
