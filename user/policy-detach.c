// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <string.h>

#include "cli.h"
#include "log.h"
#include "policy-cmd.h"

struct detach {
	const char *name;
	bool all;
	struct policy_session session;
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct detach *d = state->input;

	switch (key) {
	case 'a':
		d->all = true;
		return 0;
	case ARGP_KEY_ARG:
		if (d->name)
			return ARGP_ERR_UNKNOWN;
		d->name = arg;
		return 0;
	case ARGP_KEY_END:
		if (d->name && d->all)
			return cli_usage_error(state, "a name or --all, not both");
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static int failed(const char *place, int err)
{
	log_error("cannot end %s: %s", place, strerror(-err));
	return err == -EPERM || err == -EACCES ? EXIT_PERMISSION : EXIT_USAGE;
}

static int detach_all(struct policy_session *session)
{
	struct policy_place shadows[2 * POLICY_NR_SHADOWS];
	int err, nr;

	err = policy_pins_detach(&session->pins, POLICY_ENFORCED);
	if (err && err != -ENOENT)
		return failed(POLICY_ENFORCED, err);
	nr = policy_pins_shadows(&session->pins, shadows, 2 * POLICY_NR_SHADOWS);
	for (int i = 0; i < nr; i++) {
		err = policy_pins_detach(&session->pins, shadows[i].name);
		if (err && err != -ENOENT)
			return failed(shadows[i].name, err);
	}
	err = policy_pins_forget(&session->pins);
	return err && err != -ENOENT ? failed("the previous policy", err) : EXIT_OK;
}

static int detach_one(struct policy_session *session, const char *wanted)
{
	char name[POLICY_NAME_LEN];
	struct policy_place place = { POLICY_ENFORCED };
	int err;

	policy_session_name(session, POLICY_ENFORCED, name);
	if (wanted && strcmp(wanted, name) && policy_name_valid(wanted))
		policy_place_shadow(&place, wanted);
	err = wanted && !policy_name_valid(wanted) ? -ENOENT :
	      policy_pins_detach(&session->pins, place.name);
	if (!err)
		return EXIT_OK;
	if (err != -ENOENT)
		return failed(place.name, err);
	if (wanted) {
		log_error("zrec has no policy '%s' in the kernel; see 'zrec policy status'", wanted);
		return EXIT_USAGE;
	}
	/* What was asked for is so */
	log_info("no policy of zrec's was enforced");
	return EXIT_OK;
}

static int run(struct detach *d)
{
	int err = policy_pins_open(&d->session.pins, false);

	if (err == -ENOENT && !d->name) {
		log_info("zrec had no policy in the kernel");
		return EXIT_OK;
	}
	if (!err)
		return d->all ? detach_all(&d->session) : detach_one(&d->session, d->name);
	if (err == -ENOENT)
		log_error("zrec has no policy '%s' in the kernel", d->name);
	else
		log_error("cannot lock or put right the policies: %s", strerror(-err));
	return err == -EACCES || err == -EPERM ? EXIT_PERMISSION : EXIT_USAGE;
}

int policy_cmd_detach(int argc, char **argv)
{
	static const struct argp_option options[] = {
		{ "all", 'a', NULL, 0, "All of zrec's policies, also what rollback would need", 0 },
		{ 0 }
	};
	static const struct argp argp = {
		.options = options,
		.parser = parse,
		.args_doc = "[NAME]",
		.doc = "End the policy that is enforced, or the one of this name. The kernel decides by "
		       "itself from the next decision on. zrec policy rollback brings one that was "
		       "enforced back.",
	};
	struct detach d = { .session.pins.lock = -1 };
	int ret;

	if (cli_parse(&argp, argc, argv, &d) < 0)
		return EXIT_USAGE;
	ret = policy_session_open(&d.session);
	if (!ret)
		ret = run(&d);
	policy_session_close(&d.session);
	return ret;
}
