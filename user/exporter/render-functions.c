// SPDX-License-Identifier: GPL-2.0
/* The functions of this host, as sysfs has them */
#include "base/text.h"
#include "exporter/render.h"

static void info(struct emit *e, const struct snapshot_function *f)
{
	char fid[EMIT_HEX_LEN], uid[EMIT_HEX_LEN], pchid[EMIT_HEX_LEN], driver[SNAPSHOT_NAME_LEN];

	/* As on the metrics that are by driver */
	text_copy(driver, sizeof(driver), f->f.driver[0] ? f->f.driver : "none",
		  sizeof(f->f.driver));
	emit_info(e, emit_hex(f->fid, 1, fid), emit_hex(f->f.uid, 1, uid),
		  emit_hex(f->f.pchid, 1, pchid), f->f.pci_address, driver);
}

/* Only a kernel with the series says it */
static void known(struct emit *e, const struct snapshot *s, enum family_id id,
		  uint64_t (*value)(const struct function *f))
{
	char fid[EMIT_HEX_LEN];

	emit_family(e, id);
	for (unsigned int i = 0; i < s->nr_functions; i++) {
		const struct snapshot_function *f = &s->function[i];

		if (f->here && f->f.mediated != FUNCTION_MEDIATION_UNKNOWN)
			emit_count(e, value(&f->f), emit_hex(f->fid, 1, fid));
	}
}

static uint64_t mediated(const struct function *f)
{
	return f->mediated == FUNCTION_MEDIATED;
}

static uint64_t events(const struct function *f)
{
	return f->events;
}

static uint64_t pending(const struct function *f)
{
	return f->pending;
}

static uint64_t overflow(const struct function *f)
{
	return f->pending_overflow;
}

void render_functions(struct emit *e, const struct snapshot *s)
{
	emit_family(e, F_FUNCTIONS);
	emit_count(e, s->here);
	emit_family(e, F_FUNCTIONS_UNLABELLED);
	emit_count(e, s->unlabelled);
	emit_family(e, F_FUNCTION);
	for (unsigned int i = 0; i < s->nr_functions; i++)
		if (s->function[i].here)
			info(e, &s->function[i]);
	known(e, s, F_MEDIATED, mediated);
	known(e, s, F_ERROR_EVENTS, events);
	known(e, s, F_PENDING, pending);
	known(e, s, F_PENDING_OVERFLOW, overflow);
}
