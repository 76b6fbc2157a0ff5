// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/uio.h>
#include <syslog.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/output.h"
#include "base/systemd.h"
#include "base/text.h"
#include "record/meaning.h"
#include "record/names.h"
#include "record/span.h"
#include "serve/journal.h"

/* Nothing was held back for so long: the storm is over. An endless one is told of meanwhile */
#define QUIET_NS	(10 * NSEC_PER_SEC)
#define STORM_NS	(600 * NSEC_PER_SEC)
#define RESERVE		4	/* a quarter */

#define FIELDS_MAX	32
#define ENTRY_LEN	4096

/* --- fields --- */

struct entry {
	struct iovec field[FIELDS_MAX];
	int nr;
	size_t used;
	char text[ENTRY_LEN];
};

/* A field that has no room is left out. All have: see the test with the longest */
static void add(struct entry *e, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

static void add(struct entry *e, const char *fmt, ...)
{
	size_t room = sizeof(e->text) - e->used;
	va_list ap;
	int len;

	va_start(ap, fmt);
	len = vsnprintf(e->text + e->used, room, fmt, ap);
	va_end(ap);
	if (len < 0 || (size_t)len >= room || e->nr == FIELDS_MAX)
		return;
	e->field[e->nr++] = (struct iovec){ .iov_base = e->text + e->used, .iov_len = (size_t)len };
	e->used += (size_t)len;
}

static void begin(struct entry *e, const struct meaning *m, int priority)
{
	e->nr = 0;
	e->used = 0;
	add(e, "MESSAGE_ID=%s", m->id);
	add(e, "PRIORITY=%d", priority);
	add(e, "SYSLOG_IDENTIFIER=zrec");
	add(e, "ZPCI_SEVERITY=%s", meaning_severity(priority));
}

static void add_time(struct entry *e, int64_t wall_ns)
{
	char when[CLOCK_TEXT_LEN];

	add(e, "ZPCI_TIME=%s", clock_utc(wall_ns, when));
}

static void add_function(struct entry *e, uint32_t fid, const char *address, const char *driver)
{
	add(e, "ZPCI_FID=0x%08x", fid);
	add(e, "ZPCI_SLOT=%08x", fid);
	if (address && *address)
		add(e, "ZPCI_ADDRESS=%s", address);
	if (*driver)
		add(e, "ZPCI_DRIVER=%s", driver);
}

static void add_pec(struct entry *e, unsigned int pec)
{
	const struct meaning_pec *p = meaning_of_pec(pec);

	add(e, "ZPCI_PEC=0x%02x", pec);
	add(e, "ZPCI_PEC_NAME=%s", name_pec(pec));
	add(e, "ZPCI_CAUSE=%s %s", p->meaning, meaning_where(p->kind));
}

/* --- the bucket --- */

static uint64_t now_ns(void)
{
	return clock_ns(CLOCK_MONOTONIC);
}

static uint64_t cost_ns(const struct journal *j)
{
	return 60 * NSEC_PER_SEC / j->limits.per_minute;
}

static bool may_write(struct journal *j, bool serious)
{
	uint64_t now = now_ns(), cost = cost_ns(j), all = j->limits.burst * cost;

	j->credit_ns += now - j->filled_ns;
	j->filled_ns = now;
	if (j->credit_ns > all)
		j->credit_ns = all;
	if (j->credit_ns < cost + (serious ? 0 : all / RESERVE))
		return false;
	j->credit_ns -= cost;
	return true;
}

static void not_written(struct journal *j)
{
	j->quiet_ns = now_ns();
	if (!j->untold++)
		j->storm_ns = j->quiet_ns;
}

static int put(struct journal *j, const struct entry *e)
{
	int err = systemd_journal_send(j->fd, j->path, e->field, e->nr);

	j->stats.error = err;
	if (err)
		j->stats.lost++;
	else
		j->stats.written++;
	return err;
}

/* Before an entry is made: in a storm most are not */
static bool admits(struct journal *j, bool serious)
{
	if (j->fd < 0)
		return false;
	if (may_write(j, serious))
		return true;
	j->stats.held_back++;
	not_written(j);
	return false;
}

static void write_entry(struct journal *j, const struct entry *e)
{
	if (!put(j, e))
		return;
	j->untold_lost++;
	not_written(j);
}

/* --- what happened --- */

/* "PCI function 0002:00:00.0 (FID 0x12, nvme): 0x04 store_error, failed after 1 ms: reset_failed" */
static void add_message(struct entry *e, const struct zrec_span *s, const char *driver)
{
	bool has_reason = s->outcome == ZPCI_OUTCOME_DROPPED || s->reason != ZPCI_REASON_NONE;
	char address[SPAN_ADDRESS_LEN], total[OUTPUT_DURATION_LEN];

	add(e, "MESSAGE=PCI function %s (FID 0x%x%s%s): 0x%02x %s, %s after %s%s%s",
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
		add(e, "ZPCI_POLICY=%s", text_shown_array(policy->policy));
	if (s->owner_pid) {
		add(e, "ZPCI_OWNER_PID=%u", s->owner_pid);
		add(e, "ZPCI_OWNER_COMM=%s", text_shown_array(s->owner_comm));
	}
}

static void add_recovery(struct entry *e, const struct zrec_span *s)
{
	char address[SPAN_ADDRESS_LEN], driver[4 * ZPCI_DRIVER_LEN + 1];

	text_copy(driver, sizeof(driver), s->driver, sizeof(s->driver));
	add_message(e, s, driver);
	add(e, "ZPCI_ID=%" PRIu64, (uint64_t)s->id);
	add_function(e, s->fid, span_address(s, address), driver);
	add_pec(e, s->pec);
	add(e, "ZPCI_RECOVERER=%s", s->recoverer == ZREC_BY_NOBODY ? "nobody" :
				    name_recoverer(s->recoverer));
	add(e, "ZPCI_TOTAL_NS=%" PRIu64, (uint64_t)s->total_ns);
	add(e, "ZPCI_EVENTS=%u", s->events);
	add_others(e, s);
}

void journal_recovery(struct journal *j, const struct zrec_span *s, int64_t wall_ns)
{
	int priority = meaning_priority(s->pec, s->outcome, s->reason);
	struct entry e;

	if (!admits(j, priority <= LOG_ERR))
		return;
	begin(&e, meaning_of(s->outcome, s->reason), priority);
	add_time(&e, wall_ns);
	add(&e, "ZPCI_OUTCOME=%s", name_outcome(s->outcome));
	add(&e, "ZPCI_REASON=%s", name_reason(s->outcome, s->reason));
	if (meaning_has_function(s->outcome, s->reason))
		add_recovery(&e, s);
	else
		add(&e, "MESSAGE=error events of PCI functions were lost, by firmware or the channel subsystem");
	write_entry(j, &e);
}

void journal_open_recovery(struct journal *j, const struct open_recovery *r)
{
	const struct meaning *m = meaning_of_event(MEANING_OPEN);
	char age[OUTPUT_DURATION_LEN];
	struct entry e;

	if (!admits(j, true))
		return;
	begin(&e, m, m->priority);
	add(&e, "MESSAGE=PCI function %s (FID 0x%x%s%s): 0x%02x %s, still open after %s, in step %s",
	    r->pci_address[0] ? r->pci_address : "without an address", r->fid,
	    r->driver[0] ? ", " : "", text_shown_array(r->driver), r->pec, name_pec(r->pec),
	    output_duration(age, r->age_ns), name_step(r->step));
	add_time(&e, r->wall_ns);
	add(&e, "ZPCI_ID=%" PRIu64, r->id);
	add_function(&e, r->fid, r->pci_address, text_shown_array(r->driver));
	add_pec(&e, r->pec);
	add(&e, "ZPCI_OUTCOME=open");
	add(&e, "ZPCI_STEP=%s", name_step(r->step));
	add(&e, "ZPCI_AGE_NS=%" PRIu64, r->age_ns);
	add(&e, "ZPCI_EVENTS=%u", r->events);
	if (r->policy[0])
		add(&e, "ZPCI_POLICY=%s", text_shown_array(r->policy));
	if (r->owner_pid) {
		add(&e, "ZPCI_OWNER_PID=%u", r->owner_pid);
		add(&e, "ZPCI_OWNER_COMM=%s", text_shown_array(r->owner_comm));
	}
	write_entry(j, &e);
}

void journal_policy_began(struct journal *j, const char *policy, int64_t wall_ns, bool shadow)
{
	const struct meaning *m = meaning_of_event(shadow ? MEANING_POLICY_SHADOW :
							    MEANING_POLICY_ENFORCED);
	char name[4 * ZPCI_POLICY_NAME_LEN + 1];
	struct entry e;

	if (!admits(j, true))
		return;
	text_copy(name, sizeof(name), policy, ZPCI_POLICY_NAME_LEN);
	begin(&e, m, m->priority);
	add(&e, "MESSAGE=policy %s is %s", name, shadow ? "asked in shadow" : "in force");
	add_time(&e, wall_ns);
	add(&e, "ZPCI_POLICY=%s", name);
	add(&e, "ZPCI_POLICY_EVENT=%s", shadow ? "shadow" : "enforced");
	write_entry(j, &e);
}

static enum meaning_event event_of_exit(unsigned int kind)
{
	if (kind == ZPCI_POLICY_EXIT_BUDGET)
		return MEANING_POLICY_EJECTED;
	return kind == ZPCI_POLICY_EXIT_KILLED ? MEANING_POLICY_KILLED : MEANING_POLICY_ENDED;
}

void journal_policy_ended(struct journal *j, const struct zrec_policy_exit *exit, int64_t wall_ns)
{
	const struct meaning *m = meaning_of_event(event_of_exit(exit->kind));
	struct entry e;

	if (!admits(j, true))
		return;
	begin(&e, m, m->priority);
	add(&e, "MESSAGE=policy %s ended: %s", text_shown_array(exit->policy),
	    text_shown_array(exit->text));
	add_time(&e, wall_ns);
	add(&e, "ZPCI_POLICY=%s", text_shown_array(exit->policy));
	add(&e, "ZPCI_POLICY_EVENT=%s", name_exit(exit->kind));
	add(&e, "ZPCI_POLICY_TEXT=%s", text_shown_array(exit->text));
	add(&e, "ZPCI_POLICY_CODE=%u", exit->code);
	write_entry(j, &e);
}

/* --- what was not written --- */

/* Over the limits, too: there is one in ten seconds at most */
static void say_how_many(struct journal *j)
{
	const struct meaning *m = meaning_of_event(MEANING_HELD_BACK);
	uint64_t held = j->untold - j->untold_lost;
	struct entry e;

	begin(&e, m, m->priority);
	add(&e, "MESSAGE=%" PRIu64 " entries about PCI errors are not in the journal: %" PRIu64
	    " were held back, and %" PRIu64 " were lost; zrec history has the recoveries",
	    j->untold, held, j->untold_lost);
	add(&e, "ZPCI_HELD_BACK=%" PRIu64, held);
	add(&e, "ZPCI_LOST=%" PRIu64, j->untold_lost);
	if (put(j, &e)) {
		/* It is none of those that it would have counted */
		j->stats.lost--;
		j->storm_ns = j->quiet_ns = now_ns();
		return;
	}
	j->untold = 0;
	j->untold_lost = 0;
}

static uint64_t due_ns(const struct journal *j)
{
	uint64_t quiet = j->quiet_ns + QUIET_NS, storm = j->storm_ns + STORM_NS;

	return storm < quiet ? storm : quiet;
}

int journal_timeout_ms(const struct journal *j)
{
	uint64_t now = now_ns(), due = due_ns(j);

	/* Without a journald nobody wakes up for it: it is said when an entry arrives again */
	if (j->fd < 0 || !j->untold || (j->stats.error && !systemd_journal_has_no_room(j->stats.error)))
		return -1;
	return due > now ? (int)((due - now + NSEC_PER_MSEC - 1) / NSEC_PER_MSEC) : 0;
}

void journal_work(struct journal *j)
{
	if (!journal_timeout_ms(j))
		say_how_many(j);
}

/* --- begin and end --- */

int journal_open(struct journal *j, const char *path, const struct journal_limits *limits)
{
	int fd = systemd_journal_open();

	*j = JOURNAL_CLOSED;
	if (fd < 0)
		return fd;
	*j = (struct journal){ .fd = fd, .path = path, .limits = *limits, .filled_ns = now_ns() };
	j->credit_ns = j->limits.burst * cost_ns(j);
	if (access(path, W_OK) < 0)
		j->stats.error = -errno;
	return 0;
}

void journal_close(struct journal *j)
{
	if (j->fd < 0)
		return;
	if (j->untold)
		say_how_many(j);
	close(j->fd);
	*j = JOURNAL_CLOSED;
}
