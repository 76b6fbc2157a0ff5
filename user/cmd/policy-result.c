// SPDX-License-Identifier: GPL-2.0
/* What came of a command that changes policies: for people a sentence, else a document */
#include <stdio.h>

#include "base/log.h"
#include "base/output.h"
#include "cmd/policy-cmd.h"

json_t *policy_result_to_json(const char *command, const char *policy,
			      const struct policy_state *before, const struct policy_state *now)
{
	json_t *o = json_object();
	int err = 0;

	err |= json_object_set_new(o, "command", json_string(command));
	if (policy)
		err |= json_object_set_new(o, "policy", json_string(policy));
	err |= json_object_set_new(o, "before", policy_state_to_json(before));
	err |= json_object_set_new(o, "now", policy_state_to_json(now));
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

int policy_print_result(const struct policy_session *session, enum output_format format,
			const char *command, const char *policy, const char *text)
{
	struct policy_state now;
	int err;

	if (format == OUTPUT_TEXT) {
		fputs(text, stdout);
		return output_exit_code(output_flush(stdout), EXIT_OK);
	}
	/* The change is made. If it cannot be shown, that is reported and undoes nothing */
	err = policy_state_read(&now);
	if (err)
		return err;
	return output_exit_code(print_json(session, format, command, policy, &now), EXIT_OK);
}
