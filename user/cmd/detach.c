// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <string.h>

#include "cmd/cli.h"
#include "base/log.h"
#include "observe/observer.h"

int cmd_detach(int argc, char **argv)
{
	static const struct argp argp = {
		.doc = "End the running observation and remove everything of it from the kernel, "
		       "with all it has counted. A zrec watch that reads it ends too.",
	};
	int err;

	if (cli_parse(&argp, argc, argv, NULL) < 0)
		return EXIT_USAGE;
	err = observer_detach();
	/* What was asked for is so: nothing observes */
	if (err == -ENOENT) {
		log_info("nothing was observing");
		return EXIT_OK;
	}
	if (err)
		log_error("cannot end the observation: %s", strerror(-err));
	return observer_exit_code(err);
}
