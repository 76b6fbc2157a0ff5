// SPDX-License-Identifier: GPL-2.0
#include <string.h>

#include "record/names.h"
#include "record/policy-exit.h"

/* "too many functions given up (budget, code 1)", but not "detached (detached)" */
void policy_exit_print(FILE *f, const struct zrec_policy_exit *e, const struct span_style *st)
{
	const char *kind = name_exit(e->kind);
	char when[SPAN_TIME_LEN];

	fprintf(f, "%s  policy %.*s ended: %.*s", span_local_time(e->at_ns, st, when),
		(int)sizeof(e->policy), e->policy, (int)sizeof(e->text), e->text);
	if (e->code)
		fprintf(f, " (%s, code %u)", kind, e->code);
	else if (strncmp(e->text, kind, sizeof(e->text)))
		fprintf(f, " (%s)", kind);
	fputc('\n', f);
}

json_t *policy_exit_to_json_at(const struct zrec_policy_exit *e, int64_t clock_offset_ns)
{
	char when[SPAN_TIME_LEN];

	return json_pack("{s:s, s:I, s:o, s:s, s:I, s:o}",
			 "time", span_utc((int64_t)e->at_ns + clock_offset_ns, when),
			 "at_ns", (json_int_t)e->at_ns,
			 "policy", span_text_to_json(e->policy, sizeof(e->policy)),
			 "kind", name_exit(e->kind), "code", (json_int_t)e->code,
			 "text", span_text_to_json(e->text, sizeof(e->text)));
}

json_t *policy_exit_to_json(const struct zrec_policy_exit *e)
{
	return policy_exit_to_json_at(e, span_clock_offset());
}
