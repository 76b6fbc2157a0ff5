// SPDX-License-Identifier: GPL-2.0
#include <string.h>

#include "base/clock.h"
#include "base/output.h"
#include "base/text.h"
#include "record/names.h"
#include "record/policy-exit.h"

/* "too many functions given up (budget, code 1)", but not "detached (detached)" */
void policy_exit_print(FILE *f, const struct zrec_policy_exit *e, const struct span_style *st)
{
	const char *kind = name_exit(e->kind);
	char when[CLOCK_TEXT_LEN];

	fprintf(f, "%s  policy %s ended: %s",
		span_style_time(st, (int64_t)e->tai_ns - st->tai_offset_ns, when),
		text_shown_array(e->policy), text_shown_array(e->text));
	if (e->code)
		fprintf(f, " (%s, code %u)", kind, e->code);
	else if (strncmp(e->text, kind, sizeof(e->text)))
		fprintf(f, " (%s)", kind);
	fputc('\n', f);
}

json_t *policy_exit_to_json(const struct zrec_policy_exit *e, int64_t tai_offset_ns)
{
	char when[CLOCK_TEXT_LEN];

	return json_pack("{s:s, s:o, s:o, s:s, s:I, s:o}",
			 "time", clock_utc((int64_t)e->tai_ns - tai_offset_ns, when),
			 "at_ns", output_u64(e->at_ns),
			 "policy", span_text_to_json(e->policy, sizeof(e->policy)),
			 "kind", name_exit(e->kind), "code", (json_int_t)e->code,
			 "text", span_text_to_json(e->text, sizeof(e->text)));
}
