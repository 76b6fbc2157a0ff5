// SPDX-License-Identifier: GPL-2.0
/* zrec policy apply, and shadow, which is the same without a consequence */
#include <bpf/bpf.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/bpf-abi.h"
#include "base/caps.h"
#include "base/log.h"
#include "base/output.h"
#include "cmd/policy-cmd.h"
#include "policy/ejections.h"
#include "policy/enforce.h"

struct apply {
	struct policy_args common;
	struct policy_canary canary;
	bool has_canary;
	bool foreground;
	bool shadow;
	struct policy_session session;
	struct policy *policy;
	struct policy_about about;
};

static int parse_canary(void *args, const char *value)
{
	struct apply *a = args;

	a->has_canary = true;
	return policy_parse_canary(value, &a->canary);
}

static const struct cli_option options[] = {
	{ 'c', "canary", "WHO",
	  "Only for these functions, fid=0x11,0x12, or this share of them, 10%; the others get the "
	  "kernel's default", .parse = parse_canary, .wants = "fid=FID,... of at most 128, or a percentage from 1 to 100" },
	{ 'g', "foreground", NULL, "Until this command ends, with nothing pinned",
	  CLI_FLAG(struct apply, foreground) },
	CLI_FORMAT(struct apply, common.format),
	{ 0 }
};

static const struct cli_option arguments[] = { POLICY_ARGUMENT(struct apply, common.what), { 0 } };

static int open_policy(struct apply *a)
{
	int err = policy_open_for(&a->policy, a->common.what,
				  a->shadow ? POLICY_TO_SHADOW : POLICY_TO_ENFORCE,
				  a->has_canary ? &a->canary : NULL);

	if (!err)
		policy_about(a->policy, &a->about);
	return err;
}

static int print_result(struct apply *a, const char *how_long)
{
	char text[128];

	snprintf(text, sizeof(text), "%s is %s%s\n", a->about.name,
		 a->shadow ? "in shadow" : "enforced", how_long);
	return policy_print_result(&a->session, a->common.format,
				   a->shadow ? "shadow" : "apply", a->about.name, text);
}

static int install(struct apply *a)
{
	struct policy_session *session = &a->session;
	int err = policy_session_lock(session, true);

	if (!err)
		err = a->shadow ? policy_session_shadow(session, a->policy) :
		      policy_session_enforce(session, a->policy);
	if (err)
		return err;
	/* Whoever enforces it by hand knows that the kernel ejected it */
	if (!a->shadow)
		ejections_forget(EJECTIONS_DIR, a->about.name);
	return print_result(a, "");
}

/* The kernel may end a policy before its loader does: over budget, or by the kill switch */
static bool is_asked(const struct apply *a)
{
	const struct policy_slot *slot;
	struct policy_state now;

	if (policy_sysfs_read(&now, NULL))
		return true;
	slot = policy_sysfs_find(&now, a->about.name, a->shadow);
	return slot && !slot->ejected;
}

/* Until a signal. The kernel does not report when it ends a policy: a look a second is enough */
static int wait_for_the_end(const struct apply *a, const sigset_t *set)
{
	const struct timespec second = { .tv_sec = 1 };

	while (sigtimedwait(set, NULL, &second) < 0)
		if (!is_asked(a)) {
			log_error("%s: the kernel has ended it; see 'zrec policy status'",
				  a->about.name);
			return EXIT_REFUSED;
		}
	return EXIT_OK;
}

/* Nothing is pinned: the link goes with this process, however that ends */
static int hold(struct apply *a)
{
	int link_fd, ended, ret;
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGHUP);
	sigprocmask(SIG_BLOCK, &set, NULL);
	link_fd = bpf_link_create(bpf_map__fd(policy_map(a->policy)), 0, ABI_STRUCT_OPS, NULL);
	if (link_fd < 0)
		return policy_session_refused(&a->session, a->about.name, -errno);
	ret = caps_drop();
	if (ret) {
		log_error("cannot give up capabilities: %s", strerror(-ret));
		close(link_fd);
		return ret;
	}
	ret = print_result(a, " until this command ends");
	ended = wait_for_the_end(a, &set);
	close(link_fd);
	return ret ? ret : ended;
}

static int run(void *args)
{
	struct apply *a = args;
	int ret = policy_session_open(&a->session);

	if (!ret)
		ret = open_policy(a);
	if (!ret)
		ret = policy_session_load(&a->session, a->policy);
	if (!ret)
		ret = a->foreground ? hold(a) : install(a);
	policy_close(a->policy);
	policy_session_close(&a->session);
	return ret;
}

static int run_shadow(void *args)
{
	((struct apply *)args)->shadow = true;
	return run(args);
}

const struct command policy_cmd_apply = {
	.name = "apply",
	.summary = "have the kernel follow a policy",
	.doc = "Have the kernel follow a policy, instead of the one it follows now. The change is "
	       "atomic: no decision sees a gap or a mix of two policies. The one before is kept "
	       "for zrec policy rollback. The policy stays when this command ends.",
	.page = "zrec-policy(8)",
	.options = options,
	.arguments = arguments,
	.size = sizeof(struct apply),
	.run = run,
};

const struct command policy_cmd_shadow = {
	.name = "shadow",
	.summary = "have the kernel ask a policy, and only record its answers",
	.doc = "Have the kernel ask a policy at each decision and only record its answers: see "
	       "zrec policy status, and zrec policy promote.",
	.page = "zrec-policy(8)",
	.options = options,
	.arguments = arguments,
	.size = sizeof(struct apply),
	.run = run_shadow,
};
