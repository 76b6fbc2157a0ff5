// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <string.h>

#include "base/log.h"
#include "cmd/policy-cmd.h"

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
