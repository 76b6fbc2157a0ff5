// SPDX-License-Identifier: GPL-2.0
#include <stdarg.h>

#include "base/text.h"
#include "record/check.h"

void check_set(struct check *c, enum check_verdict verdict, const char *fmt, ...)
{
	va_list args;

	c->verdict = verdict;
	va_start(args, fmt);
	vsnprintf(c->detail, sizeof(c->detail), fmt, args);
	va_end(args);
}

static const char *verdict_name(enum check_verdict verdict)
{
	static const char *const names[] = {
		[CHECK_OK] = "ok",
		[CHECK_NOTE] = "note",
		[CHECK_DEGRADED] = "degraded",
		[CHECK_FIXABLE] = "fixable",
		[CHECK_NO_PERMISSION] = "no_permission",
		[CHECK_UNSUPPORTED] = "missing",
	};

	return names[verdict];
}

void check_print(FILE *f, const struct check *c)
{
	fprintf(f, "%-13s %-13s %s\n", c->name, verdict_name(c->verdict),
		text_shown(c->detail));
}

json_t *check_to_json(const struct check *c)
{
	return json_pack("{s:s, s:s, s:s}", "name", c->name, "verdict", verdict_name(c->verdict),
			 "detail", c->detail);
}
