// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#include "base/log.h"
#include "base/output.h"
#include "cmd/policy-cmd.h"

static int rollback(struct policy_session *session, enum output_format format)
{
	char name[ZPCI_POLICY_NAME_LEN], text[ZPCI_POLICY_NAME_LEN + 16];
	int err, fd;

	err = policy_session_lock(session, false);
	if (err)
		return err;
	policy_session_name(session, "previous", name);
	err = policy_pins_rollback(&session->pins);
	if (err == -ENOENT) {
		log_error("zrec has no enforced policy, and none before it to go back to");
		return err;
	}
	if (err)
		return policy_session_refused(session, name, err);
	fd = policy_pins_get(&session->pins, POLICY_ENFORCED, "link");
	if (fd < 0 && fd != -ENOENT)
		log_warn("done, but what is enforced now cannot be read: %s", strerror(-fd));
	if (fd < 0)
		return policy_print_result(session, format, "rollback", NULL,
				   "no policy is enforced: the kernel decides by itself\n");
	close(fd);
	snprintf(text, sizeof(text), "%s is enforced\n", name);
	return policy_print_result(session, format, "rollback", name, text);
}

static int run(void *args)
{
	const struct policy_args *a = args;
	struct policy_session session;
	int ret = policy_session_open(&session);

	if (!ret)
		ret = rollback(&session, a->format);
	policy_session_close(&session);
	return ret;
}

static const struct cli_option options[] = { CLI_FORMAT(struct policy_args, format), { 0 } };

const struct command policy_cmd_rollback = {
	.name = "rollback",
	.summary = "go back to the policy before",
	.doc = "Follow the policy that was enforced before the current one, or none if there was "
	       "none. They change places, so a second rollback undoes the first.",
	.page = "zrec-policy(8)",
	.options = options,
	.size = sizeof(struct policy_args),
	.run = run,
};
