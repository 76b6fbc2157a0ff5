// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#include "cli.h"
#include "log.h"
#include "output.h"
#include "policy-cmd.h"

static int rollback(struct policy_session *session)
{
	char name[POLICY_NAME_LEN];
	int err, fd, ret;

	ret = policy_session_lock(session, false);
	if (ret)
		return ret;
	policy_session_name(session, "previous", name);
	err = policy_pins_rollback(&session->pins);
	if (err == -ENOENT) {
		log_error("there is neither a policy of zrec's that is enforced nor one before it");
		return EXIT_USAGE;
	}
	if (err)
		return policy_session_refused(session, name, err);
	fd = policy_pins_get(&session->pins, POLICY_ENFORCED, "link");
	if (fd >= 0) {
		close(fd);
		printf("%s is enforced\n", name);
	} else {
		puts("no policy is enforced: the kernel decides by itself");
	}
	return output_exit_code(output_flush(stdout), EXIT_OK);
}

int policy_cmd_rollback(int argc, char **argv)
{
	static const struct argp argp = {
		.doc = "Follow the policy that was enforced before the one that is, or none if there was "
		       "none. They change places, so a second rollback undoes the first.",
	};
	struct policy_session session = { .pins.lock = -1 };
	int ret;

	if (cli_parse(&argp, argc, argv, NULL) < 0)
		return EXIT_USAGE;
	ret = policy_session_open(&session);
	if (!ret)
		ret = rollback(&session);
	policy_session_close(&session);
	return ret;
}
