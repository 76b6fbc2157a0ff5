// SPDX-License-Identifier: GPL-2.0
/* The JSON form of a span; docs/abi.md describes every key */
#include <stdarg.h>
#include <string.h>

#include "record/meaning.h"
#include "record/names.h"
#include "base/clock.h"
#include "base/output.h"
#include "record/span.h"

/* Returns -1 when out of memory, as jansson does */
__attribute__((format(printf, 3, 4)))
static int set_text(json_t *o, const char *key, const char *fmt, ...)
{
	char buf[2 * ZPCI_CCDF_LEN + 8];
	va_list args;

	va_start(args, fmt);
	vsnprintf(buf, sizeof(buf), fmt, args);
	va_end(args);
	return json_object_set_new(o, key, json_string(buf));
}

static int set_number(json_t *o, const char *key, uint64_t value)
{
	return json_object_set_new(o, key, output_count(value));
}

static int set_signed(json_t *o, const char *key, int value)
{
	return json_object_set_new(o, key, json_integer(value));
}

static json_t *step_to_json(const struct zrec_span *s, unsigned int step)
{
	json_t *o = json_object();
	char buf[16];
	int err = 0;

	err |= set_text(o, "step", "%s", name_step(step));
	/* The time in no step is many gaps: it has a length, but no place */
	if (step != ZREC_STEP_OTHER)
		err |= json_object_set_new(o, "at_ns", output_ns(s->step_at_ns[step]));
	err |= json_object_set_new(o, "duration_ns", output_ns(s->step_ns[step]));
	if (step != ZREC_STEP_OTHER) {
		err |= set_number(o, "count", s->step_count[step]);
		err |= set_signed(o, "result", s->step_result[step]);
		err |= set_text(o, "result_name", "%s",
				name_result(s->step_result[step], buf, sizeof(buf)));
	}
	if (err) {
		json_decref(o);
		return NULL;
	}
	return o;
}

static json_t *steps_to_json(const struct zrec_span *s)
{
	unsigned int order[ZREC_NR_STEPS];
	int nr = span_order_steps(s, order);
	json_t *list = json_array();

	for (int i = 0; i < nr; i++) {
		if (json_array_append_new(list, step_to_json(s, order[i]))) {
			json_decref(list);
			return NULL;
		}
	}
	return list;
}

json_t *span_text_to_json(const char *text, size_t size)
{
	return json_stringn(text, strnlen(text, size)) ?: json_string("unknown");
}

/* What is only known if the function has a PCI device */
static int set_device(json_t *o, const struct zrec_span *s)
{
	int err = 0;

	err |= set_text(o, "pft", "0x%02x", s->pft);
	err |= set_text(o, "pchid", "0x%04x", s->pchid);
	err |= set_text(o, "vendor", "0x%04x", s->vendor);
	err |= set_text(o, "device", "0x%04x", s->device);
	err |= set_text(o, "class", "0x%06x", s->class_code);
	if (s->driver[0])
		err |= json_object_set_new(o, "driver",
					   span_text_to_json(s->driver, sizeof(s->driver)));
	return err;
}

/* The process that opened the device; if that was not seen, the one that reads and resets it */
static json_t *owner_to_json(const struct zrec_span *s)
{
	return json_pack("{s:I, s:o}", "pid", (json_int_t)s->owner_pid, "comm",
			 span_text_to_json(s->owner_comm, sizeof(s->owner_comm)));
}

static json_t *bits_to_json(uint32_t bits)
{
	json_t *list = json_array();

	for (unsigned int bit = 0; list && bit < 32; bit++)
		if (bits >> bit & 1 && json_array_append_new(list, json_string(name_seen(bit)))) {
			json_decref(list);
			list = NULL;
		}
	return list;
}

/* By its number: the service that gave it knows the names */
static json_t *experiment_to_json(const struct zrec_span *s)
{
	return json_pack("{s:I, s:i}", "number", (json_int_t)s->experiment, "arm_number", s->arm);
}

/* An open device may be lost before anybody is asked to recover it */
static bool has_mediation(const struct zrec_span *s)
{
	return s->recoverer == ZREC_BY_USER || s->flags & (ZREC_SPAN_NOTIFIED | ZREC_SPAN_UNHEARD) ||
	       s->owner_pid || s->pending_max || s->reads || s->overflows || s->reset_tries ||
	       s->reset_failures;
}

static int set_mediation(json_t *o, const struct zrec_span *s)
{
	json_t *m = json_object();
	int err = 0;

	err |= json_object_set_new(m, "notified",
				   json_boolean(s->flags & ZREC_SPAN_NOTIFIED));
	err |= json_object_set_new(m, "unheard",
				   json_boolean(s->flags & ZREC_SPAN_UNHEARD));
	if (s->owner_pid)
		err |= json_object_set_new(m, "owner", owner_to_json(s));
	err |= set_number(m, "pending_max", s->pending_max);
	err |= set_number(m, "reads", s->reads);
	err |= set_number(m, "overflows", s->overflows);
	err |= set_number(m, "reset_tries", s->reset_tries);
	err |= set_number(m, "reset_failures", s->reset_failures);
	if (err) {
		json_decref(m);
		return err;
	}
	return json_object_set_new(o, "mediation", m);
}

/* Those of the deadline are milliseconds */
static int set_verdict(json_t *o, const char *key, unsigned int member, unsigned int verdict)
{
	char buf[32];

	if (member != ZPCI_MEMBER_DEADLINE)
		return set_text(o, key, "%s", name_verdict(verdict, buf, sizeof(buf)));
	snprintf(buf, sizeof(buf), "%s_ms", key);
	return set_number(o, buf, verdict);
}

static json_t *answer_to_json(const struct zrec_answer *a)
{
	json_t *o = json_object();
	int err = 0;

	err |= json_object_set_new(o, "policy", span_text_to_json(a->policy, sizeof(a->policy)));
	err |= set_text(o, "member", "%s", name_member(a->member));
	err |= json_object_set_new(o, "shadow", json_boolean(a->shadow));
	err |= set_verdict(o, "default", a->member, a->dflt);
	err |= set_verdict(o, "verdict", a->member, a->verdict);
	err |= set_verdict(o, "effective", a->member, a->effective);
	err |= json_object_set_new(o, "applied", json_boolean(!a->shadow && a->effective));
	if (a->point < ZREC_MAX_POINTS)
		err |= set_number(o, "point", a->point);
	err |= json_object_set_new(o, "duration_ns", output_ns(a->ns));
	if (err) {
		json_decref(o);
		return NULL;
	}
	return o;
}

/* What was to be decided, and whether a policy was asked */
static json_t *point_to_json(const struct zrec_point *point)
{
	char buf[16];
	json_t *o = json_object();
	int err = 0;

	err |= set_text(o, "member", "%s", name_member(point->member));
	err |= json_object_set_new(o, "at_ns", output_ns(point->at_ns));
	err |= set_verdict(o, "default", point->member, point->dflt);
	err |= set_text(o, "pec", "0x%02x", point->pec);
	err |= set_text(o, "vote", "%s", point->vote ? name_result(point->vote, buf, sizeof(buf)) :
			"not_yet");
	err |= set_number(o, "attempt", point->attempt);
	err |= json_object_set_new(o, "asked", json_boolean(point->asked & ZREC_ASKED_ENFORCED));
	err |= json_object_set_new(o, "asked_in_shadow",
				   json_boolean(point->asked & ZREC_ASKED_SHADOW));
	if (point->known & ZREC_KNOWN_COUNTS) {
		err |= set_number(o, "events", point->events);
		err |= set_number(o, "recovered", point->recovered);
		err |= set_number(o, "failed", point->failed);
		err |= json_object_set_new(o, "last_event_ns", output_u64(point->last_event_ns));
	}
	if (err) {
		json_decref(o);
		return NULL;
	}
	return o;
}

static int set_points(json_t *policy, const struct zrec_span_policy *p)
{
	json_t *points = json_array();
	int err = 0;

	for (unsigned int i = 0; i < p->nr_points && i < ZREC_MAX_POINTS; i++)
		err |= json_array_append_new(points, point_to_json(&p->point[i]));
	err |= json_object_set_new(policy, "points", points);
	return err | set_number(policy, "unlisted_points", p->unlisted_points);
}

static int set_policy(json_t *o, const struct zrec_span_policy *p)
{
	json_t *policy = json_object(), *answers = json_array();
	int err = 0;

	if (p->decisions || p->policy[0])
		err |= json_object_set_new(policy, "name",
					   span_text_to_json(p->policy, sizeof(p->policy)));
	err |= set_number(policy, "decisions", p->decisions);
	err |= set_number(policy, "shadow_decisions", p->shadow_decisions);
	err |= json_object_set_new(policy, "duration_ns", output_ns(p->ns));
	err |= set_number(policy, "unlisted", p->unlisted);
	for (unsigned int i = 0; i < p->nr && i < ZREC_MAX_ANSWERS; i++)
		err |= json_array_append_new(answers, answer_to_json(&p->answer[i]));
	err |= json_object_set_new(policy, "answers", answers);
	err |= set_points(policy, p);
	if (err) {
		json_decref(policy);
		return err;
	}
	return json_object_set_new(o, "policy", policy);
}

static int set_ccdf(json_t *o, const struct zrec_span *s)
{
	char hex[2 * ZPCI_CCDF_LEN + 1];
	struct span_ccdf ccdf;
	int err = 0;

	for (int i = 0; i < ZPCI_CCDF_LEN; i++)
		snprintf(hex + 2 * i, 3, "%02x", s->ccdf[i]);
	span_decode_ccdf(s->ccdf, &ccdf);
	err |= set_text(o, "fault_address", "0x%016llx",
			(unsigned long long)ccdf.fault_address);
	err |= set_text(o, "fault_access", ccdf.write ? "write" : "read");
	err |= set_text(o, "ccdf", "%s", hex);
	return err;
}

json_t *span_to_json(const struct zrec_span *s, int64_t tai_offset_ns)
{
	char addr[SPAN_ADDRESS_LEN], when[CLOCK_TEXT_LEN];
	json_t *o = json_object();
	int err = 0;

	err |= set_number(o, "id", s->id);
	err |= set_text(o, "time", "%s", clock_utc(span_wall_ns(s, tai_offset_ns), when));
	err |= json_object_set_new(o, "begin_ns", output_u64(s->begin_ns));
	err |= json_object_set_new(o, "total_ns", output_ns(s->total_ns));
	err |= json_object_set_new(o, "seq", output_u64(s->seq));
	err |= set_text(o, "tier", "%s", name_tier(s->tier));
	if (s->seen)
		err |= json_object_set_new(o, "seen", bits_to_json(s->seen));
	if (s->inferred)
		err |= json_object_set_new(o, "inferred", bits_to_json(s->inferred));
	if (s->experiment)
		err |= json_object_set_new(o, "experiment", experiment_to_json(s));
	if (s->life)
		err |= set_number(o, "life", s->life);
	err |= json_object_set_new(o, "ids", output_ids(s->fid, s->uid,
							span_address(s, addr)));
	err |= set_text(o, "fh", "0x%08x", s->fh);
	if (s->flags & ZREC_SPAN_DEVICE)
		err |= set_device(o, s);
	err |= set_text(o, "pec", "0x%02x", s->pec);
	err |= set_text(o, "pec_name", "%s", name_pec(s->pec));
	err |= set_text(o, "recoverer", "%s", s->recoverer == ZREC_BY_NOBODY ?
			"nobody" : name_recoverer(s->recoverer));
	err |= set_text(o, "outcome", "%s", name_outcome(s->outcome));
	err |= set_text(o, "reason", "%s", name_reason(s->outcome, s->reason));
	err |= set_text(o, "severity", "%s",
			meaning_severity(meaning_priority(s->pec, s->outcome, s->reason)));
	if (s->outcome == ZPCI_OUTCOME_DROPPED)
		err |= set_signed(o, "drop_rc", s->drop_rc);
	err |= set_number(o, "events", s->events);
	if (has_mediation(s))
		err |= set_mediation(o, s);
	if (zrec_span_policy(s))
		err |= set_policy(o, zrec_span_policy(s));
	err |= set_ccdf(o, s);
	err |= json_object_set_new(o, "steps", steps_to_json(s));
	if (err) {
		json_decref(o);
		return NULL;
	}
	return o;
}
