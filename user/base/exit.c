// SPDX-License-Identifier: GPL-2.0
#include <errno.h>

#include "base/exit.h"

int observer_exit_code(int err)
{
	switch (err) {
	case 0:
		return EXIT_OK;
	case -EPERM:
	case -EACCES:
		return EXIT_PERMISSION;
	case -EOPNOTSUPP:
		return EXIT_UNSUPPORTED;
	default:
		return EXIT_USAGE;
	}
}
