// SPDX-License-Identifier: GPL-2.0
/* zrec policy restore: after a boot, the policies that policy.conf wants */
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "base/output.h"
#include "base/text.h"
#include "cmd/policy-cmd.h"
#include "policy/ejections.h"
#include "policy/enforce.h"
#include "policy/wishes.h"

struct restore {
	const char *file;
	bool check;
	bool retry;
	struct policy_wishes wishes;
	struct policy_session session;
	bool locked;
};

/* In the kernel already, and asked: it keeps its counters */
static bool is_there(const struct restore *r, const struct policy_wish *wish)
{
	const struct policy_slot *slot = policy_sysfs_find(&r->session.state, wish->name,
							   wish->mode == POLICY_SHADOW);

	return slot && !slot->ejected;
}

/* True if it stays out: the kernel has ejected it, in this boot or before */
static bool stays_out(const struct restore *r, const struct policy_wish *wish)
{
	const struct policy_slot *slot = policy_sysfs_find(&r->session.state, wish->name,
							   wish->mode == POLICY_SHADOW);
	char why[EJECTION_TEXT_LEN] = "";

	if (r->retry)
		return false;
	if (!ejections_find(EJECTIONS_DIR, wish->name, why) || (slot && slot->ejected)) {
		log_error("%s: the kernel ejected it%s%s, so it is not put back; 'zrec policy apply %s' does, or 'zrec policy restore --retry'",
			  wish->name, why[0] ? ": " : "", text_shown(why), wish->name);
		return true;
	}
	return false;
}

static int check_name(struct policy *policy, const struct policy_wish *wish)
{
	struct policy_about about;

	policy_about(policy, &about);
	if (!strcmp(about.name, wish->name))
		return 0;
	log_error("%s: refused: it is the policy '%s', and policy.conf has it as '%s'", about.path,
		  about.name, wish->name);
	return -EREFUSED;
}

static int install(struct restore *r, struct policy *policy, bool shadow)
{
	int err = r->locked ? 0 : policy_session_lock(&r->session, true);

	r->locked |= !err;
	if (err)
		return err;
	return shadow ? policy_session_shadow(&r->session, policy) :
	       policy_session_enforce(&r->session, policy);
}

/* What is refused stays out, and the others come all the same */
static int restore_one(struct restore *r, const struct policy_wish *wish)
{
	bool shadow = wish->mode == POLICY_SHADOW;
	struct policy *policy = NULL;
	int err;

	if (is_there(r, wish))
		return 0;
	if (stays_out(r, wish))
		return -EREFUSED;
	/* policy.conf is by the operator, and promotes what it enforces */
	err = policy_open_for(&policy, wish->file ? wish->file : wish->name,
			      shadow ? POLICY_TO_SHADOW : POLICY_TO_PROMOTE,
			      wish->has_canary ? &wish->canary : NULL);
	if (!err)
		err = check_name(policy, wish);
	if (!err)
		err = policy_session_load(&r->session, policy);
	if (!err)
		err = install(r, policy, shadow);
	if (!err) {
		ejections_forget(EJECTIONS_DIR, wish->name);
		printf("%s is %s\n", wish->name, shadow ? "in shadow" : "enforced");
	}
	policy_close(policy);
	return err;
}

/* Returns the first error of all of them */
static int restore_all(struct restore *r)
{
	int ret = policy_session_open(&r->session), opened = !ret;

	for (size_t i = 0; opened && i < r->wishes.nr; i++) {
		int err = restore_one(r, &r->wishes.wish[i]);

		ret = ret ? ret : err;
	}
	policy_session_close(&r->session);
	return ret;
}

static int run(void *args)
{
	struct restore *r = args;
	int err = policy_wishes_read(&r->wishes, r->file ? r->file : WISHES_FILE,
				     log_is_quiet() ? NULL : log_errors());

	if (err)
		return err == -EINVAL ? EXIT_USAGE : err;
	if (!r->check)
		err = restore_all(r);
	policy_wishes_free(&r->wishes);
	return err ? err : output_exit_code(output_flush(stdout), EXIT_OK);
}

static const struct cli_option options[] = {
	{ 0, "check", NULL, "Only read the file, and say all that is wrong with it",
	  CLI_FLAG(struct restore, check) },
	{ 0, "retry", NULL, "Also those that the kernel has ejected: forget that it did",
	  CLI_FLAG(struct restore, retry) },
	{ 0 }
};

static const struct cli_option arguments[] = {
	{ .arg = "FILE", .help = "Instead of " WISHES_FILE, CLI_TEXT(struct restore, file) }, { 0 }
};

const struct command policy_cmd_restore = {
	.name = "restore",
	.summary = "bring the policies of " WISHES_FILE " into the kernel",
	.doc = "Bring the policies that " WISHES_FILE " names into the kernel, as zrec-policy.service "
	       "does after a boot. Those that are there stay as they are, and those that the kernel "
	       "has ejected stay out.",
	.page = "zrec-policy(8)",
	.options = options,
	.arguments = arguments,
	.size = sizeof(struct restore),
	.run = run,
};
