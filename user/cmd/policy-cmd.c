// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <string.h>

#include "cmd/cli.h"
#include "base/log.h"
#include "cmd/policy-cmd.h"

error_t policy_args_parse_into(struct policy_args *args, int key, char *arg,
			       const struct argp_state *state)
{
	switch (key) {
	case CLI_FORMAT_KEY:
		return cli_parse_format(&args->format, arg, state);
	case ARGP_KEY_ARG:
		if (args->what)
			return ARGP_ERR_UNKNOWN;
		args->what = arg;
		return 0;
	case ARGP_KEY_END:
		if (args->required && !args->what)
			return cli_usage_error(state, "which policy? give a file, or a name from 'zrec policy list'");
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

error_t policy_args_parse(int key, char *arg, struct argp_state *state)
{
	return policy_args_parse_into(state->input, key, arg, state);
}

int policy_open_exit_code(int err)
{
	switch (err) {
	case 0:
		return EXIT_OK;
	case -EINVAL:
		return EXIT_REFUSED;
	case -EPERM:
	case -EACCES:
		return EXIT_PERMISSION;
	default:
		return EXIT_USAGE;
	}
}

int policy_load_exit_code(int err)
{
	switch (err) {
	case 0:
		return EXIT_OK;
	case -EPERM:
		return EXIT_PERMISSION;
	case -EOPNOTSUPP:
		return EXIT_UNSUPPORTED;
	default:
		/* Also -EACCES, which is what the verifier says */
		return EXIT_REFUSED;
	}
}

int policy_state_read(struct policy_state *state)
{
	int err = policy_sysfs_read(state, NULL);

	switch (err) {
	case 0:
		return EXIT_OK;
	case -EOPNOTSUPP:
		log_error("this kernel has no zpci_recovery_ops: it takes zrec's kernel series with CONFIG_ZPCI_RECOVERY_BPF");
		return EXIT_UNSUPPORTED;
	default:
		log_error("cannot read " POLICY_SYSFS ": %s", strerror(-err));
		return err == -EACCES ? EXIT_PERMISSION : EXIT_USAGE;
	}
}
