// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/fault.h"
#include "base/log.h"
#include "base/output.h"
#include "cmd/policy-cmd.h"
#include "policy/ejections.h"
#include "policy/find.h"

/* The place of @name, or of the only one there is */
static int choose(const struct policy_session *session, const char *name, struct policy_place *ret)
{
	struct policy_place all[POLICY_NR_SHADOWS + 1];
	int nr = policy_pins_shadows(&session->pins, all, POLICY_NR_SHADOWS + 1);
	struct policy_place wanted;

	if (nr < 0) {
		log_error("cannot read which policies are in shadow: %s", strerror(-nr));
		return nr;
	}
	if (!name && nr == 1) {
		*ret = all[0];
		return 0;
	}
	if (!name) {
		if (nr > 1)
			log_error("several policies are in shadow: which one? see 'zrec policy status'");
		else
			log_error("no policy of zrec's is in shadow; see 'zrec policy shadow'");
		return -ENOENT;
	}
	if (policy_name_valid(name)) {
		policy_place_shadow(&wanted, name);
		for (int i = 0; i < nr; i++) {
			if (!strcmp(all[i].name, wanted.name)) {
				*ret = wanted;
				return 0;
			}
		}
	}
	log_error("no policy '%s' of zrec's is in shadow; see 'zrec policy status'", name);
	return -ENOENT;
}

static int promote(struct policy_session *session, const struct policy_args *args)
{
	struct policy_place place;
	char name[ZPCI_POLICY_NAME_LEN], text[ZPCI_POLICY_NAME_LEN + 16];
	int fd, err;

	err = policy_session_lock(session, false);
	if (!err)
		err = choose(session, args->what, &place);
	if (err)
		return err;
	policy_session_name(session, place.name, name);
	err = policy_pins_settle(&session->pins, place.name);
	fd = err ? err : policy_pins_get(&session->pins, place.name, "enforce");
	if (fd < 0)
		return policy_session_refused(session, name, fd);
	err = policy_pins_install(&session->pins, POLICY_ENFORCED, fd, -1);
	close(fd);
	fault_point("promoted");
	if (err)
		return policy_session_refused(session, name, err);
	ejections_forget(EJECTIONS_DIR, name);
	err = policy_pins_detach(&session->pins, place.name);
	if (err && err != -ENOTEMPTY)
		log_warn("%s is still in shadow as well: %s", name, strerror(-err));
	snprintf(text, sizeof(text), "%s is enforced\n", name);
	return policy_print_result(session, args->format, "promote", name, text);
}

static int run(void *args)
{
	struct policy_session session;
	int ret = policy_session_open(&session);

	if (!ret)
		ret = promote(&session, args);
	policy_session_close(&session);
	return ret;
}

static const struct cli_option options[] = { CLI_FORMAT(struct policy_args, format), { 0 } };

static const struct cli_option arguments[] = {
	{ .arg = "NAME", .complete = complete_shadows, CLI_TEXT(struct policy_args, what) }, { 0 }
};

const struct command policy_cmd_promote = {
	.name = "promote",
	.summary = "follow the policy that is in shadow",
	.doc = "Have the kernel follow a policy that is in shadow: the very programs that were in "
	       "shadow, with what they have counted. The name may be left out if only one is there.",
	.page = "zrec-policy(8)",
	.options = options,
	.arguments = arguments,
	.size = sizeof(struct policy_args),
	.run = run,
};
