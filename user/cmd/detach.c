// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <string.h>

#include "cmd/command.h"
#include "base/log.h"
#include "observe/observer.h"

static int run(void *args)
{
	int err = observer_detach();

	(void)args;
	/* What was asked for is so: nothing observes */
	if (err == -ENOENT) {
		log_info("nothing was observing");
		return EXIT_OK;
	}
	if (err == -ENOTEMPTY)
		log_error("the observation has ended, but pins that zrec did not make are left beside it");
	else if (err && !observer_told(err))
		log_error("cannot end the observation: %s", strerror(-err));
	return err;
}

const struct command cmd_detach = {
	.name = "detach",
	.summary = "end the observation and remove it from the kernel",
	.doc = "End the running observation and remove it from the kernel, with all that it "
	       "has counted. A zrec watch that reads it ends too.",
	.page = "zrec(8)",
	.run = run,
};
