// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "cmd/policy-cmd.h"
#include "policy/find.h"

struct detach {
	struct policy_args common;
	char name[ZPCI_POLICY_NAME_LEN];	/* of what ended, "": none or all */
	bool all;
	struct policy_session session;
};

static int failed(const char *place, int err)
{
	if (err == -ENOTEMPTY) {
		log_error("%s has ended, but pins that zrec did not make are left beside it", place);
		return err;
	}
	log_error("cannot end %s: %s", place, strerror(-err));
	return err;
}

/* Ends what is in a place; not there is fine. Remembers in @worst what went wrong */
static bool end(const struct policy_session *session, const char *place, int *worst)
{
	int err = policy_pins_detach(&session->pins, place);

	if (err && err != -ENOENT)
		*worst = failed(place, err);
	return !err || err == -ENOENT || err == -ENOTEMPTY;
}

/* Ends as many as it can: one that fails does not stop the others */
static int detach_all(struct policy_session *session)
{
	struct policy_place shadows[2 * POLICY_NR_SHADOWS];
	int err, nr, ret = 0;
	bool all;

	all = end(session, POLICY_ENFORCED, &ret);
	nr = policy_pins_shadows(&session->pins, shadows, 2 * POLICY_NR_SHADOWS);
	if (nr < 0)
		return failed("what is in shadow", nr);
	for (int i = 0; i < nr; i++)
		all &= end(session, shadows[i].name, &ret);
	/* While something is left, so is what rollback needs */
	err = all ? policy_pins_forget(&session->pins) : 0;
	return err && err != -ENOENT ? failed("the previous policy", err) : ret;
}

/* What was asked for is so, unless somebody else has one enforced */
static int nothing_to_detach(const struct policy_session *session)
{
	const char *name = session->state.enforced.name;

	if (!name[0] || session->state.enforced.ejected) {
		log_info("no policy of zrec's was enforced");
		return 0;
	}
	log_error("'%s' is enforced and zrec finds no pin of it: end it where it was registered, for one of bpftool's by removing its link below /sys/fs/bpf; if zrec pinned it, another mount covers its pins, or they are in another mount namespace",
		  name);
	return -EREFUSED;
}

static int detach_one(struct policy_session *session, const char *wanted, char ended[ZPCI_POLICY_NAME_LEN])
{
	char name[ZPCI_POLICY_NAME_LEN];
	struct policy_place place = { POLICY_ENFORCED };
	int err;

	policy_session_name(session, POLICY_ENFORCED, name);
	err = -ENOENT;
	/* One in shadow first: what is enforced can also be named by no name at all */
	if (wanted && policy_name_valid(wanted)) {
		policy_place_shadow(&place, wanted);
		err = policy_pins_detach(&session->pins, place.name);
	}
	if (err == -ENOENT && (!wanted || !strcmp(wanted, name))) {
		place = (struct policy_place){ POLICY_ENFORCED };
		err = policy_pins_detach(&session->pins, place.name);
	}
	if (!err) {
		snprintf(ended, ZPCI_POLICY_NAME_LEN, "%s", wanted ? wanted : name);
		return 0;
	}
	if (err != -ENOENT)
		return failed(place.name, err);
	if (wanted) {
		log_error("no policy '%s' of zrec's is in the kernel; see 'zrec policy status'", wanted);
		return err;
	}
	return nothing_to_detach(session);
}

static int detach(struct detach *d)
{
	const char *wanted = d->common.what;
	int err = policy_session_pins(&d->session, false);

	if (err == -ENOENT && !wanted)
		return nothing_to_detach(&d->session);
	if (!err)
		return d->all ? detach_all(&d->session) : detach_one(&d->session, wanted, d->name);
	if (err == -ENOENT)
		log_error("no policy '%s' of zrec's is in the kernel; see 'zrec policy status'", wanted);
	return err;
}

static int run(void *args)
{
	struct detach *d = args;
	int ret;

	if (d->common.what && d->all)
		return cli_usage_error("zrec policy detach", "give a name or --all, not both");
	ret = policy_session_open(&d->session);
	if (!ret)
		ret = detach(d);
	if (!ret)
		ret = policy_print_result(&d->session, d->common.format, "detach",
					  d->name[0] ? d->name : NULL, "");
	policy_session_close(&d->session);
	return ret;
}

static const struct cli_option options[] = {
	{ 'a', "all", NULL, "All of zrec's policies, also what rollback would need",
	  CLI_FLAG(struct detach, all) },
	CLI_FORMAT(struct detach, common.format),
	{ 0 }
};

static const struct cli_option arguments[] = {
	{ .arg = "NAME", .complete = complete_attached, CLI_TEXT(struct detach, common.what) }, { 0 }
};

const struct command policy_cmd_detach = {
	.name = "detach",
	.summary = "end a policy",
	.doc = "End the policy that is enforced, or the one of this name. The kernel decides by "
	       "itself from the next decision on. To bring back one that was enforced, use zrec "
	       "policy rollback.",
	.page = "zrec-policy(8)",
	.options = options,
	.arguments = arguments,
	.size = sizeof(struct detach),
	.run = run,
};
