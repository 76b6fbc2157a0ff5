// SPDX-License-Identifier: GPL-2.0
/* Where a history comes from */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "base/caps.h"
#include "base/log.h"
#include "base/text.h"
#include "cmd/history-cmd.h"
#include "serve/live-client.h"
#include "serve/served.h"

/* Lines with the place of a mistake have the form of other files, "FILE:LINE: TEXT" */
static void say(const struct history *h, int err)
{
	const char *why = h ? history_error(h) : NULL;

	fprintf(log_errors(), "%s\n", text_shown(why && *why ? why : strerror(-err)));
}

/* True if the one writer of the file has its lock */
static bool is_being_recorded(const char *path)
{
	int fd = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	bool is;

	if (fd < 0)
		return false;
	is = flock(fd, LOCK_SH | LOCK_NB) < 0 && errno == EWOULDBLOCK;
	/* Before SQLite opens it: closing it later would end SQLite's locks */
	close(fd);
	return is;
}

int history_elsewhere(void *args)
{
	const struct history_opts *opts = args;
	int ret;

	if (opts->file || getenv(SERVED_ENV))
		return -ENOENT;
	ret = live_client_run();
	if (ret >= 0 || ret == -ENOENT)
		return ret;
	/* Its file is locked, or somewhere else: what we found there would be wrong */
	if (ret == -EACCES)
		log_error("the history is for root and the group zrec; name a recording with --file");
	else if (ret == -EBUSY)
		log_error("zrec run reads its history for as many others as it can; try again");
	else
		log_error("zrec run does not answer: %s; name a recording with --file", strerror(-ret));
	return exit_code(ret);
}

int history_source_open(struct history **ret, const char *file)
{
	const char *served = getenv(SERVED_ENV);
	int err;

	*ret = NULL;
	if (served) {
		/* All that we could open is root's, and who asks is not */
		if (file) {
			log_error("cannot read another recording for others");
			return -EACCES;
		}
		file = served;
		caps_drop();
	} else if (!file && is_being_recorded(HISTORY_FILE)) {
		log_error("another process records in " HISTORY_FILE ", and does not share it; "
			  "name a recording with --file");
		return -EBUSY;
	}
	err = history_open(ret, file ? file : HISTORY_FILE);
	if (!err)
		return 0;
	if (!file && err == -ENOENT)
		log_error("nothing was recorded on this host yet (there is no %s): start 'zrec run', "
			  "or name a recording with --file", HISTORY_FILE);
	else if (!file && err == -EACCES)
		log_error("the history, " HISTORY_FILE ", is for root: run this as root, or start 'zrec run', "
			  "which reads it for the group zrec, or name a recording with --file");
	else
		say(*ret, err);
	history_close(*ret);
	*ret = NULL;
	return err;
}

int history_source_end(struct history *h, int err)
{
	const char *why = history_error(h);
	int ret = EXIT_OK;

	if (err == -ECANCELED)
		err = 0;
	if (err && why && *why) {
		say(h, err);
		ret = exit_code(err);
	} else {
		ret = output_exit_code(err, EXIT_OK);
	}
	history_close(h);
	return ret;
}
