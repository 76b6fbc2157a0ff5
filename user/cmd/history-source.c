// SPDX-License-Identifier: GPL-2.0
/* Where a history comes from */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "base/log.h"
#include "base/text.h"
#include "cmd/history-cmd.h"

/* Lines with the place of a mistake have the form of other files, "FILE:LINE: TEXT" */
static void say(const struct history *h, int err)
{
	const char *why = h ? history_error(h) : NULL;

	fprintf(log_errors(), "%s\n", text_shown(why && *why ? why : strerror(-err)));
}

/* True if the one writer of the file has its lock */
static bool is_being_recorded(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	bool is;

	if (fd < 0)
		return false;
	is = flock(fd, LOCK_SH | LOCK_NB) < 0 && errno == EWOULDBLOCK;
	/* Before SQLite opens it: closing it later would end SQLite's locks */
	close(fd);
	return is;
}

int history_source_open(struct history **ret, const char *file)
{
	int err;

	*ret = NULL;
	if (!file && is_being_recorded(HISTORY_LIVE_FILE)) {
		log_error("zrec run is recording: reading its history beside it does not work yet; "
			  "name a recording with --file, or stop zrec run");
		return -EBUSY;
	}
	err = history_open(ret, file ? file : HISTORY_LIVE_FILE);
	if (!err)
		return 0;
	if (!file && err == -ENOENT)
		log_error("nothing was recorded on this host yet (there is no %s): start 'zrec run', "
			  "or name a recording with --file", HISTORY_LIVE_FILE);
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
