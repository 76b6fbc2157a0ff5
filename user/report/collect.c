// SPDX-License-Identifier: GPL-2.0
/* What a report keeps of each recovery */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "report/report-int.h"

struct report *report_new(void)
{
	struct report *r = calloc(1, sizeof(*r));

	if (!r)
		return NULL;
	r->slowest = calloc(REPORT_SLOWEST, sizeof(*r->slowest));
	r->not_well = calloc(REPORT_NOT_WELL, sizeof(*r->not_well));
	if (r->slowest && r->not_well)
		return r;
	report_free(r);
	return NULL;
}

void report_free(struct report *r)
{
	if (!r)
		return;
	boots_free(&r->boots);
	free(r->rows);
	free(r->drivers);
	free(r->gaps);
	free(r->events);
	free(r->slowest);
	free(r->not_well);
	free(r);
}

bool report_is_timed(unsigned int outcome)
{
	return outcome != ZPCI_OUTCOME_IGNORED && outcome != ZPCI_OUTCOME_DROPPED;
}

/* Its own copy of it, which stays. The same boot ID of two hosts is nothing we can tell apart */
static int keep_boot(struct report *r, const struct history_boot *boot,
		     const struct history_boot **ret)
{
	int err = boots_add(&r->boots, boot, ret);

	return err == -ENOMEM || err == -E2BIG ? err : 0;
}

/* As many as there are names; a recording of somebody hostile has no more than fit a number */
static int keep_driver(struct report *r, const char *driver, uint16_t *ret)
{
	char name[ZPCI_DRIVER_LEN + 1] = "";

	memcpy(name, driver, ZPCI_DRIVER_LEN);
	for (size_t i = 0; i < r->nr_drivers; i++)
		if (!strcmp(r->drivers[i], name)) {
			*ret = (uint16_t)i;
			return 0;
		}
	if (r->nr_drivers >= REPORT_DRIVERS) {
		*ret = REPORT_DRIVERS - 1;
		return 0;
	}
	if (!array_add(&r->drivers, &r->nr_drivers, sizeof(*r->drivers)))
		return -ENOMEM;
	*ret = (uint16_t)(r->nr_drivers - 1);
	strcpy(r->drivers[*ret], *ret == REPORT_DRIVERS - 1 ? "(all others)" : name);
	return 0;
}

static unsigned int decade(uint64_t ns)
{
	unsigned int i = 0;

	for (uint64_t limit = 1000; i < REPORT_DECADES - 1 && ns >= limit; limit *= 10)
		i++;
	return i;
}

static void add_steps(struct report *r, const struct zrec_span *s)
{
	if (!report_is_timed(s->outcome))
		return;
	r->timed++;
	for (unsigned int i = 0; i < ZREC_NR_STEPS; i++) {
		if (!s->step_count[i] && !s->step_ns[i])
			continue;
		r->steps[i][decade(s->step_ns[i])]++;
		r->step_ns[i] += s->step_ns[i];
	}
}

static void set_full(struct report_full *to, const struct history_recovery *from,
		     const struct history_boot *boot)
{
	*to = (struct report_full){
		.boot = boot, .row = from->row, .wall_ns = from->wall_ns, .full = from->full,
	};
}

static void add_slowest(struct report *r, const struct history_recovery *from,
			const struct history_boot *boot)
{
	const struct zrec_span *s = &from->full.span;
	size_t at = r->nr_slowest;

	if (!report_is_timed(s->outcome))
		return;
	while (at && r->slowest[at - 1].full.span.total_ns < s->total_ns)
		at--;
	if (at == REPORT_SLOWEST)
		return;
	if (r->nr_slowest < REPORT_SLOWEST)
		r->nr_slowest++;
	memmove(&r->slowest[at + 1], &r->slowest[at],
		(r->nr_slowest - 1 - at) * sizeof(*r->slowest));
	set_full(&r->slowest[at], from, boot);
}

int report_add(struct report *r, const struct history_recovery *recovery)
{
	const struct zrec_span *s = &recovery->full.span;
	const struct history_boot *boot;
	struct report_row row = {
		.wall_ns = recovery->wall_ns, .total_ns = s->total_ns, .fid = s->fid,
		.life = s->life, .pec = s->pec, .outcome = s->outcome, .reason = s->reason,
		.tier = s->tier, .has_place = s->flags & ZREC_SPAN_DEVICE,
		.domain = s->domain, .bus = s->bus, .devfn = s->devfn,
	}, *to;
	int err = keep_boot(r, recovery->boot, &boot);

	if (!err)
		err = keep_driver(r, s->driver, &row.driver);
	if (err)
		return err;
	row.boot = boot;
	to = array_add(&r->rows, &r->nr_rows, sizeof(*to));
	if (!to)
		return -ENOMEM;
	*to = row;
	add_steps(r, s);
	add_slowest(r, recovery, boot);
	if (meaning_needs_action(s->pec, s->outcome, s->reason))
		set_full(&r->not_well[r->nr_not_well++ % REPORT_NOT_WELL], recovery, boot);
	return 0;
}

int report_add_gap(struct report *r, const struct history_boot *boot,
		   const struct history_gap *gap)
{
	const struct history_boot *kept;
	struct report_gap *to;
	int err = keep_boot(r, boot, &kept);

	if (err)
		return err;
	to = array_add(&r->gaps, &r->nr_gaps, sizeof(*to));
	if (!to)
		return -ENOMEM;
	*to = (struct report_gap){ .boot = kept, .gap = *gap };
	return 0;
}

int report_add_policy_event(struct report *r, const struct history_policy_event *event)
{
	const struct history_boot *kept;
	struct history_policy_event *to;
	int err = keep_boot(r, event->boot, &kept);

	if (err)
		return err;
	to = array_add(&r->events, &r->nr_events, sizeof(*to));
	if (!to)
		return -ENOMEM;
	*to = *event;
	to->boot = kept;
	return 0;
}
