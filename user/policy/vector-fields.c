// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <string.h>

#include "base/array.h"
#include "base/text.h"
#include "policy/vector-fields.h"
#include "record/names.h"
#include "rules/time.h"

static int parse_device(struct vector *v, char *s)
{
	char *colon = strchr(s, ':');
	uint32_t vendor, device;

	if (!colon)
		return -EINVAL;
	*colon++ = '\0';
	if (name_parse_hex(s, 4, &vendor) < 0 || name_parse_hex(colon, 4, &device) < 0)
		return -EINVAL;
	v->event.vendor = (uint16_t)vendor;
	v->event.device = (uint16_t)device;
	return 0;
}

static int parse_vote(struct vector *v, char *s)
{
	uint32_t vote;
	int err = name_parse_vote(s, &vote);

	if (!err)
		v->event.vote = (uint8_t)vote;
	return err;
}

static int parse_outcome(struct vector *v, char *s)
{
	return name_parse_outcome(s, &v->outcome);
}

static int parse_reason(struct vector *v, char *s)
{
	return name_parse_reason(s, &v->reason);
}

static int parse_driver(struct vector *v, char *s)
{
	if (!name_is_driver(s))
		return -EINVAL;
	memcpy(v->event.driver, s, strlen(s));
	return 0;
}

static int parse_pec(struct vector *v, char *s)
{
	return name_parse_pec(s, &v->event.pec);
}

/* How long ago the last event was */
static int parse_last_event(struct vector *v, char *s)
{
	uint64_t ns;

	if (rules_parse_span(s, &ns) || ns >= v->event.now_ns)
		return -EINVAL;
	v->event.last_event_ns = v->event.now_ns - ns;
	return 0;
}

#define NUMBER(name, member, max)						\
	{ name, NULL, offsetof(struct zpci_event_in, member),			\
	  sizeof(((struct zpci_event_in *)NULL)->member), max, "a number" }
#define OTHER(name, parse, expected)	{ name, parse, 0, 0, 0, expected }

static const struct {
	const char *name;
	int (*parse)(struct vector *v, char *s);	/* NULL: a number of the event */
	size_t offset, size;
	uint64_t max;
	const char *expected;
} all[] = {
	NUMBER("fid", fid, UINT32_MAX),
	NUMBER("fh", fh, UINT32_MAX),
	NUMBER("uid", uid, UINT32_MAX),
	NUMBER("class", class_code, 0xffffff),
	NUMBER("pchid", pchid, UINT16_MAX),
	NUMBER("vfn", vfn, UINT16_MAX),
	NUMBER("domain", domain, UINT16_MAX),
	NUMBER("bus", bus, UINT8_MAX),
	NUMBER("devfn", devfn, UINT8_MAX),
	NUMBER("pft", pft, UINT8_MAX),
	NUMBER("mediated", mediated, 1),
	NUMBER("attempt", attempt, UINT8_MAX),
	NUMBER("id", id, UINT64_MAX),
	NUMBER("faddr", faddr, UINT64_MAX),
	NUMBER("events", events, UINT64_MAX),
	NUMBER("recovered", recovered, UINT64_MAX),
	NUMBER("failed", failed, UINT64_MAX),
	OTHER("pec", parse_pec, "a PEC by name or number"),
	OTHER("driver", parse_driver, "at most 23 letters, digits, '_' and '-'"),
	OTHER("device", parse_device, "VENDOR:DEVICE in hex, such as 1b36:0010"),
	OTHER("vote", parse_vote, "an answer of a driver, such as can_recover"),
	OTHER("last_event", parse_last_event, "a time ago, such as 10m"),
	OTHER("outcome", parse_outcome, "one such as recovered or failed"),
	OTHER("reason", parse_reason, "one such as none or reset_failed"),
};

_Static_assert(ARRAY_SIZE(all) <= 32, "a field has no bit");

static int parse_number(struct vector *v, size_t i, const char *s)
{
	char *at = (char *)&v->event + all[i].offset;
	uint64_t n;

	if (name_parse_u64(s, &n) || n > all[i].max)
		return -EINVAL;
	switch (all[i].size) {
	case 1:
		*(uint8_t *)at = (uint8_t)n;
		return 0;
	case 2:
		*(uint16_t *)at = (uint16_t)n;
		return 0;
	case 4:
		*(uint32_t *)at = (uint32_t)n;
		return 0;
	default:
		*(uint64_t *)at = n;
		return 0;
	}
}

static size_t find(const char *name)
{
	size_t i = 0;

	while (i < ARRAY_SIZE(all) && strcmp(all[i].name, name))
		i++;
	return i;
}

void vector_field(struct vector_fields *fields, char *text, struct problems *problems)
{
	unsigned int line = fields->vector->line;
	char *value = strchr(text, '=');
	char cut[TEXT_CUT_LEN];
	size_t i;

	if (!value) {
		problems_add(problems, line, "'%s' is not a field, expected FIELD=VALUE",
			     text_cut(text));
		return;
	}
	*value++ = '\0';
	i = find(text);
	if (i == ARRAY_SIZE(all)) {
		problems_add(problems, line,
			     "unknown field '%s', expected fid=, driver=, pec=, ... as the author guide lists them",
			     text_cut(text));
		return;
	}
	if (fields->seen & 1u << i)
		problems_add(problems, line, "%s again, expected it once", text);
	fields->seen |= 1u << i;
	text_cut_into(cut, value);
	if (all[i].parse ? all[i].parse(fields->vector, value) :
			   parse_number(fields->vector, i, value))
		problems_add(problems, line, "bad %s '%s', expected %s", text, cut, all[i].expected);
}

bool vector_has_field(const struct vector_fields *fields, const char *name)
{
	return fields->seen & 1u << find(name);
}

void vector_fields_end(const struct vector_fields *fields, struct problems *problems)
{
	const struct vector *v = fields->vector;
	bool outcome = vector_has_field(fields, "outcome");

	if (v->member == ZPCI_MEMBER_DONE && !outcome)
		problems_add(problems, v->line, "no outcome, expected outcome= of 'done'");
	if (v->member != ZPCI_MEMBER_DONE && (outcome || vector_has_field(fields, "reason")))
		problems_add(problems, v->line,
			     "outcome and reason before the end, expected them of 'done' only");
}
