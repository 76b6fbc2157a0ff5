// SPDX-License-Identifier: GPL-2.0
#include "observe/hooks.h"

void hook_print(FILE *f, const struct hook *hook)
{
	fprintf(f, "%-27s %s\n", hook->tracepoint, hook_state_text(hook->state));
}

json_t *hook_to_json(const struct hook *hook)
{
	return json_pack("{s:s, s:b, s:s}", "tracepoint", hook->tracepoint,
			 "found", hook->state == HOOK_FOUND,
			 "detail", hook_state_text(hook->state));
}
