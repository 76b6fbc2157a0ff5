// SPDX-License-Identifier: GPL-2.0
#include "base/exit.h"

int exit_code(int err)
{
	switch (-err) {
	case 0:
		return EXIT_OK;
	case EPERM:
	case EACCES:
		return EXIT_PERMISSION;
	case EOPNOTSUPP:
		return EXIT_UNSUPPORTED;
	case EREFUSED:
		return EXIT_REFUSED;
	case ENOENT:		/* no such file or policy, nothing observed yet */
	case ENODEV:		/* no such function */
	case ENOTDIR:
	case EISDIR:
	case ELOOP:
	case ENAMETOOLONG:
	case EBUSY:		/* another zrec is at it */
	case EEXIST:		/* what is there already has to end first */
	case EPROTO:		/* ... since another version made it */
	case ENOMEDIUM:		/* no bpffs is mounted */
	case EREMOTE:		/* ... or others could have put it there */
	case ENOTUNIQ:		/* ... or a FIFO or a link is beside a history */
	case EUCLEAN:		/* ... or what is in it is not to be trusted */
	case ENOTEMPTY:		/* ... or it has pins that zrec did not make */
	case EALREADY:		/* what observes is pinned out of reach */
	case ETIMEDOUT:		/* another command kept the lock */
		return EXIT_FIXABLE;
	default:
		return EXIT_FAILED;
	}
}
