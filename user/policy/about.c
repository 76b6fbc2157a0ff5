// SPDX-License-Identifier: GPL-2.0
/* What a policy is, in text and JSON */
#include <inttypes.h>

#include "base/text.h"
#include "policy/object.h"
#include "record/names.h"

static uint32_t or_default(uint32_t limit, uint32_t dflt)
{
	return limit ? limit : dflt;
}

static struct policy_budget budget_of(const struct policy_about *about)
{
	return (struct policy_budget){
		.window_s = or_default(about->budget.window_s, ZPCI_WINDOW_S),
		.max_isolations = or_default(about->budget.max_isolations, ZPCI_ISOLATIONS),
		.max_clamps = or_default(about->budget.max_clamps, ZPCI_CLAMPS),
		.max_failures = or_default(about->budget.max_failures, ZPCI_FAILURES),
	};
}

const char *policy_kind(const struct policy_about *about)
{
	return about->is_rules ? "rules" : "object";
}

void policy_about_print(FILE *f, const struct policy_about *about)
{
	struct policy_budget budget = budget_of(about);

	fprintf(f, "name         %s\n", text_shown(about->name));
	if (about->description[0])
		fprintf(f, "description  %s\n", text_shown(about->description));
	fprintf(f, "file         %s\n", text_shown(about->path));
	if (about->is_rules)
		fprintf(f, "kind         rules (%zu)\n", about->rules);
	else
		fputs("kind         object\n", f);
	fprintf(f, "mode         %s\ndecides     ", policy_mode_name(about->mode));
	for (unsigned int i = 0; i < ZPCI_NR_MEMBERS; i++)
		if (about->member[i])
			fprintf(f, " %s", name_member(i));
	fprintf(f, "\nbudget       in %" PRIu32 " s: isolations %" PRIu32 ", clamps %" PRIu32
		", failures %" PRIu32 "\n", budget.window_s, budget.max_isolations,
		budget.max_clamps, budget.max_failures);
	fprintf(f, "canary       %s\n", about->has_canary ? "possible" : "not possible");
	fprintf(f, "replay       %s\n", about->has_replay ? "possible" : "not possible");
}

static json_t *members_to_json(const struct policy_about *about)
{
	json_t *list = json_array();

	for (unsigned int i = 0; list && i < ZPCI_NR_MEMBERS; i++) {
		if (about->member[i] && json_array_append_new(list, json_string(name_member(i))) < 0) {
			json_decref(list);
			return NULL;
		}
	}
	return list;
}

json_t *policy_about_to_json(const struct policy_about *about)
{
	struct policy_budget budget = budget_of(about);
	json_t *o;

	o = json_pack("{s:s, s:s, s:o, s:s, s:s, s:b, s:b, s:o, s:{s:I, s:I, s:I, s:I}}",
		      "name", about->name, "description", about->description,
		      "path", text_to_json(about->path), "kind", policy_kind(about),
		      "mode", policy_mode_name(about->mode),
		      "canary", about->has_canary, "replay", about->has_replay,
		      "members", members_to_json(about),
		      "budget", "window_s", (json_int_t)budget.window_s,
		      "isolations", (json_int_t)budget.max_isolations,
		      "clamps", (json_int_t)budget.max_clamps,
		      "failures", (json_int_t)budget.max_failures);
	if (o && about->is_rules &&
	    json_object_set_new(o, "rules", json_integer((json_int_t)about->rules)) < 0) {
		json_decref(o);
		return NULL;
	}
	return o;
}
