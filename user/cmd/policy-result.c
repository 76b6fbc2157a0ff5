// SPDX-License-Identifier: GPL-2.0
/* What came of a command that changes policies: for people a sentence, else a document */
#include <stdio.h>

#include "base/log.h"
#include "base/output.h"
#include "cmd/policy-cmd.h"

static int append_slot(json_t *list, const struct policy_slot *slot, const char *mode)
{
	if (!slot->name[0])
		return 0;
	return json_array_append_new(list, json_pack("{s:s, s:s, s:b}", "name", slot->name, "mode",
						     mode, "ejected", slot->ejected));
}

static json_t *state_to_json(const struct policy_state *state)
{
	json_t *list = json_array();
	int err = append_slot(list, &state->enforced, "enforced");

	for (int i = 0; i < POLICY_NR_SHADOWS; i++)
		err |= append_slot(list, &state->shadow[i], "shadow");
	if (err) {
		json_decref(list);
		return NULL;
	}
	return list;
}

json_t *policy_result_to_json(const char *command, const char *policy,
			      const struct policy_state *before, const struct policy_state *now)
{
	json_t *o = json_object();
	int err = 0;

	err |= json_object_set_new(o, "command", json_string(command));
	if (policy)
		err |= json_object_set_new(o, "policy", json_string(policy));
	err |= json_object_set_new(o, "before", state_to_json(before));
	err |= json_object_set_new(o, "now", state_to_json(now));
	if (err) {
		json_decref(o);
		return NULL;
	}
	return o;
}

static int print_json(const struct policy_session *session, enum output_format format,
		      const char *command, const char *policy, const struct policy_state *now)
{
	struct output o;
	int err = output_open(&o, stdout, format);

	if (!err)
		err = output_value(&o, "result", policy_result_to_json(command, policy,
								       &session->state, now));
	return err ? err : output_close(&o);
}

int policy_session_tell(const struct policy_session *session, enum output_format format,
			const char *command, const char *policy, const char *text)
{
	struct policy_state now;
	int err;

	if (format == OUTPUT_TEXT) {
		fputs(text, stdout);
		return output_exit_code(output_flush(stdout), EXIT_OK);
	}
	/* The change is made: that it cannot be shown is told, but undoes nothing */
	err = policy_state_read(&now);
	if (err)
		return err;
	return output_exit_code(print_json(session, format, command, policy, &now), EXIT_OK);
}
