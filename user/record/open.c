// SPDX-License-Identifier: GPL-2.0
#include <string.h>

#include "base/clock.h"
#include "base/output.h"
#include "base/text.h"
#include "record/names.h"
#include "record/open.h"

static const struct function *find_function(const struct function_list *functions, uint32_t fid)
{
	for (size_t i = 0; i < functions->nr; i++)
		if (functions->f[i].fid == fid)
			return &functions->f[i];
	return NULL;
}

/* The moments may be later than @now_ns: the recovery goes on while we look */
static uint64_t since(uint64_t then_ns, uint64_t now_ns)
{
	return now_ns > then_ns ? now_ns - then_ns : 0;
}

/* What the kernel has not come to yet is known to sysfs */
static void fill_identity(struct open_recovery *r, const struct zrec_span *s,
			  const struct function *f)
{
	if (s->flags & ZREC_SPAN_DEVICE) {
		r->uid = s->uid;
		span_address(s, r->pci_address);
		memcpy(r->driver, s->driver, sizeof(r->driver));
	} else if (f) {
		r->uid = f->uid;
		memcpy(r->pci_address, f->pci_address, sizeof(r->pci_address));
		memcpy(r->driver, f->driver, sizeof(r->driver));
	}
	r->driver[sizeof(r->driver) - 1] = '\0';
}

void open_recovery_fill(struct open_recovery *r, const struct zrec_open *open,
			const struct function_list *functions, uint64_t now_ns,
			int64_t tai_offset_ns)
{
	const struct zrec_span *s = &open->span;

	*r = (struct open_recovery){
		.id = open->id,
		.wall_ns = span_wall_ns(s, tai_offset_ns),
		.age_ns = since(s->begin_ns, now_ns),
		.step_age_ns = since(open->last_ns, now_ns),
		.deadline_left_ns = since(now_ns, open->deadline_ns),
		.has_deadline = open->deadline_ns,
		.fid = s->fid,
		.life = s->life,
		.events = s->events,
		.unread = s->recoverer == ZREC_BY_USER && s->events > s->reads ?
			  s->events - s->reads : 0,
		.owner_pid = s->owner_pid,
		.pec = s->pec,
		.recoverer = s->recoverer,
		.step = (uint8_t)(open->step < ZREC_NR_STEPS ? open->step : ZREC_STEP_OTHER),
	};
	/* Who is asked first, drives it: the host, unless user space has the device */
	if (r->recoverer == ZREC_BY_NOBODY && s->step_count[ZPCI_STEP_ERROR_DETECTED])
		r->recoverer = ZREC_BY_HOST;
	memcpy(r->owner_comm, s->owner_comm, sizeof(r->owner_comm));
	r->owner_comm[sizeof(r->owner_comm) - 1] = '\0';
	if (s->flags & ZREC_SPAN_POLICY)
		memcpy(r->policy, open->policy.policy, sizeof(r->policy));
	r->policy[sizeof(r->policy) - 1] = '\0';
	fill_identity(r, s, find_function(functions, s->fid));
}

void open_recovery_print(FILE *f, const struct open_recovery *r)
{
	char when[CLOCK_TEXT_LEN], fid[16], age[OUTPUT_DURATION_LEN], step[OUTPUT_DURATION_LEN];

	snprintf(fid, sizeof(fid), "0x%x", r->fid);
	fprintf(f, "%s  %-12s  %-10s  %-10s  0x%02x %-22s  %-4s  %-9s  %8s",
		clock_local(r->wall_ns, when), r->pci_address[0] ? r->pci_address : "-", fid,
		r->driver[0] ? text_shown(r->driver) : "-", r->pec, name_pec(r->pec),
		name_recoverer(r->recoverer), "open", output_duration(age, r->age_ns));
	fprintf(f, "  id %llu, in %s for %s", (unsigned long long)r->id, name_step(r->step),
		output_duration(step, r->step_age_ns));
	if (r->owner_pid)
		fprintf(f, ", held by %s[%u]", text_shown(r->owner_comm), r->owner_pid);
	if (r->events > 1)
		fprintf(f, ", %u errors", r->events);
	if (r->unread)
		fprintf(f, ", %u unread", r->unread);
	if (r->policy[0])
		fprintf(f, ", policy %s", text_shown(r->policy));
	if (r->has_deadline)
		fprintf(f, ", deadline in %s", output_duration(step, r->deadline_left_ns));
	fputc('\n', f);
}

static json_t *owner_to_json(const struct open_recovery *r)
{
	if (!r->owner_pid)
		return NULL;
	return json_pack("{s:I, s:o}", "pid", (json_int_t)r->owner_pid, "comm",
			 span_text_to_json(r->owner_comm, sizeof(r->owner_comm)));
}

json_t *open_recovery_to_json(const struct open_recovery *r)
{
	char when[CLOCK_TEXT_LEN], pec[16];
	json_t *driver = NULL, *policy = NULL, *life = NULL, *deadline = NULL;

	snprintf(pec, sizeof(pec), "0x%02x", r->pec);
	if (r->driver[0])
		driver = span_text_to_json(r->driver, sizeof(r->driver));
	if (r->policy[0])
		policy = span_text_to_json(r->policy, sizeof(r->policy));
	if (r->life)
		life = json_integer(r->life);
	if (r->has_deadline)
		deadline = output_ns(r->deadline_left_ns);
	return json_pack("{s:o, s:s, s:o, s:o*, s:o*, s:s, s:s, s:s, s:s, s:o, s:o, s:I, s:I, s:o*, s:o*, s:o*}",
			 "id", output_count(r->id), "time", clock_utc(r->wall_ns, when),
			 "ids", output_ids(r->fid, r->uid, r->pci_address[0] ? r->pci_address : NULL),
			 "life", life, "driver", driver,
			 "pec", pec, "pec_name", name_pec(r->pec),
			 "recoverer", r->recoverer == ZREC_BY_NOBODY ? "unknown" :
				      name_recoverer(r->recoverer),
			 "step", name_step(r->step),
			 "step_age_ns", output_ns(r->step_age_ns), "age_ns", output_ns(r->age_ns),
			 "events", (json_int_t)r->events, "unread", (json_int_t)r->unread,
			 "owner", owner_to_json(r), "policy", policy, "deadline_left_ns", deadline);
}
