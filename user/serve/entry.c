// SPDX-License-Identifier: GPL-2.0
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/output.h"
#include "base/text.h"
#include "record/names.h"
#include "record/span.h"
#include "serve/entry.h"

/* All have room: see the test with the longest */
void entry_add(struct entry *e, const char *fmt, ...)
{
	size_t room = sizeof(e->text) - e->used;
	va_list ap;
	int len;

	va_start(ap, fmt);
	len = vsnprintf(e->text + e->used, room, fmt, ap);
	va_end(ap);
	if (len < 0 || (size_t)len >= room || e->nr == ENTRY_FIELDS_MAX)
		return;
	e->field[e->nr++] = (struct iovec){ .iov_base = e->text + e->used, .iov_len = (size_t)len };
	e->used += (size_t)len + 1;
}

void entry_begin(struct entry *e, const struct meaning *m, int priority)
{
	e->meaning = m;
	e->priority = priority;
	e->nr = 0;
	e->used = 0;
	entry_add(e, "MESSAGE_ID=%s", m->id);
	entry_add(e, "PRIORITY=%d", priority);
	entry_add(e, "SYSLOG_IDENTIFIER=zrec");
	entry_add(e, "ZPCI_SEVERITY=%s", meaning_severity(priority));
}

const char *entry_value(const struct entry *e, const char *name)
{
	size_t len = strlen(name);

	for (int i = 0; i < e->nr; i++) {
		const char *field = e->field[i].iov_base;

		if (!strncmp(field, name, len) && field[len] == '=')
			return field + len + 1;
	}
	return NULL;
}

static void add_time(struct entry *e, int64_t wall_ns)
{
	char when[CLOCK_TEXT_LEN];

	entry_add(e, "ZPCI_TIME=%s", clock_utc(wall_ns, when));
}

static void add_function(struct entry *e, uint32_t fid, const char *address, const char *driver)
{
	entry_add(e, "ZPCI_FID=0x%08x", fid);
	entry_add(e, "ZPCI_SLOT=%08x", fid);
	if (address && *address)
		entry_add(e, "ZPCI_ADDRESS=%s", address);
	if (*driver)
		entry_add(e, "ZPCI_DRIVER=%s", driver);
}

static void add_pec(struct entry *e, unsigned int pec)
{
	const struct meaning_pec *p = meaning_of_pec(pec);

	entry_add(e, "ZPCI_PEC=0x%02x", pec);
	entry_add(e, "ZPCI_PEC_NAME=%s", name_pec(pec));
	entry_add(e, "ZPCI_CAUSE=%s %s", p->meaning, meaning_where(p->kind));
}

/* "PCI function 0002:00:00.0 (FID 0x12, nvme): 0x04 store_error, failed after 1 ms: reset_failed" */
static void add_message(struct entry *e, const struct zrec_span *s, const char *driver)
{
	bool has_reason = s->outcome == ZPCI_OUTCOME_DROPPED || s->reason != ZPCI_REASON_NONE;
	char address[SPAN_ADDRESS_LEN], total[OUTPUT_DURATION_LEN];

	entry_add(e, "MESSAGE=PCI function %s (FID 0x%x%s%s): 0x%02x %s, %s after %s%s%s",
		  span_address(s, address) ?: "without an address", s->fid, *driver ? ", " : "", driver,
		  s->pec, name_pec(s->pec), name_outcome(s->outcome),
		  output_duration(total, s->total_ns), has_reason ? ": " : "",
		  has_reason ? name_reason(s->outcome, s->reason) : "");
}

/* Who had the function open, and which policy decided */
static void add_others(struct entry *e, const struct zrec_span *s)
{
	const struct zrec_span_policy *policy = zrec_span_policy(s);

	if (policy && policy->policy[0])
		entry_add(e, "ZPCI_POLICY=%s", text_shown_array(policy->policy));
	if (s->owner_pid) {
		entry_add(e, "ZPCI_OWNER_PID=%u", s->owner_pid);
		entry_add(e, "ZPCI_OWNER_COMM=%s", text_shown_array(s->owner_comm));
	}
}

static void add_recovery(struct entry *e, const struct zrec_span *s)
{
	char address[SPAN_ADDRESS_LEN], driver[4 * ZPCI_DRIVER_LEN + 1];

	text_copy(driver, sizeof(driver), s->driver, sizeof(s->driver));
	add_message(e, s, driver);
	entry_add(e, "ZPCI_ID=%" PRIu64, (uint64_t)s->id);
	add_function(e, s->fid, span_address(s, address), driver);
	add_pec(e, s->pec);
	entry_add(e, "ZPCI_RECOVERER=%s", s->recoverer == ZREC_BY_NOBODY ? "nobody" :
					  name_recoverer(s->recoverer));
	entry_add(e, "ZPCI_TOTAL_NS=%" PRIu64, (uint64_t)s->total_ns);
	entry_add(e, "ZPCI_EVENTS=%u", s->events);
	add_others(e, s);
}

void entry_recovery(struct entry *e, const struct zrec_span *s, int64_t wall_ns)
{
	entry_begin(e, meaning_of(s->outcome, s->reason),
		    meaning_priority(s->pec, s->outcome, s->reason));
	add_time(e, wall_ns);
	entry_add(e, "ZPCI_OUTCOME=%s", name_outcome(s->outcome));
	entry_add(e, "ZPCI_REASON=%s", name_reason(s->outcome, s->reason));
	if (meaning_has_function(s->outcome, s->reason))
		add_recovery(e, s);
	else
		entry_add(e, "MESSAGE=error events of PCI functions were lost, by firmware or the channel subsystem");
}

void entry_open_recovery(struct entry *e, const struct open_recovery *r)
{
	const struct meaning *m = meaning_of_event(MEANING_OPEN);
	char age[OUTPUT_DURATION_LEN];

	entry_begin(e, m, m->priority);
	entry_add(e, "MESSAGE=PCI function %s (FID 0x%x%s%s): 0x%02x %s, still open after %s, in step %s",
		  r->pci_address[0] ? r->pci_address : "without an address", r->fid,
		  r->driver[0] ? ", " : "", text_shown_array(r->driver), r->pec, name_pec(r->pec),
		  output_duration(age, r->age_ns), name_step(r->step));
	add_time(e, r->wall_ns);
	entry_add(e, "ZPCI_ID=%" PRIu64, r->id);
	add_function(e, r->fid, r->pci_address, text_shown_array(r->driver));
	add_pec(e, r->pec);
	entry_add(e, "ZPCI_OUTCOME=open");
	entry_add(e, "ZPCI_STEP=%s", name_step(r->step));
	entry_add(e, "ZPCI_AGE_NS=%" PRIu64, r->age_ns);
	entry_add(e, "ZPCI_EVENTS=%u", r->events);
	if (r->policy[0])
		entry_add(e, "ZPCI_POLICY=%s", text_shown_array(r->policy));
	if (r->owner_pid) {
		entry_add(e, "ZPCI_OWNER_PID=%u", r->owner_pid);
		entry_add(e, "ZPCI_OWNER_COMM=%s", text_shown_array(r->owner_comm));
	}
}

void entry_policy_began(struct entry *e, const char *policy, int64_t wall_ns, bool shadow)
{
	const struct meaning *m = meaning_of_event(shadow ? MEANING_POLICY_SHADOW :
							    MEANING_POLICY_ENFORCED);
	char name[4 * ZPCI_POLICY_NAME_LEN + 1];

	text_copy(name, sizeof(name), policy, ZPCI_POLICY_NAME_LEN);
	entry_begin(e, m, m->priority);
	entry_add(e, "MESSAGE=policy %s is %s", name, shadow ? "asked in shadow" : "in force");
	add_time(e, wall_ns);
	entry_add(e, "ZPCI_POLICY=%s", name);
	entry_add(e, "ZPCI_POLICY_EVENT=%s", shadow ? "shadow" : "enforced");
}

void entry_policy_ended(struct entry *e, const struct zrec_policy_exit *exit, int64_t wall_ns)
{
	const struct meaning *m = meaning_of_exit(exit->kind);

	entry_begin(e, m, m->priority);
	entry_add(e, "MESSAGE=policy %s ended: %s", text_shown_array(exit->policy),
		  text_shown_array(exit->text));
	add_time(e, wall_ns);
	entry_add(e, "ZPCI_POLICY=%s", text_shown_array(exit->policy));
	entry_add(e, "ZPCI_POLICY_EVENT=%s", name_exit(exit->kind));
	entry_add(e, "ZPCI_POLICY_TEXT=%s", text_shown_array(exit->text));
	entry_add(e, "ZPCI_POLICY_CODE=%u", exit->code);
}
