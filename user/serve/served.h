/* SPDX-License-Identifier: GPL-2.0 */
/*
 * served.h - the history, for those who may not open its file
 *
 * A client sends the recorder its command line, "zrec history ...", and the descriptors that
 * it would write to. The recorder runs that command in a process of its own, on the live
 * file, and sends the exit code. So reading is as fast as from a file, whatever a reader
 * does, the recorder goes on, and one that stays ends after ten minutes: it keeps the
 * write-ahead log from shrinking.
 *
 * That process is root's, and the command line is not. So it runs only commands that say
 * they can be served (struct command), which read the history and nothing else, and write to
 * standard output alone.
 */
#ifndef ZREC_SERVED_H
#define ZREC_SERVED_H

#include <stddef.h>
#include <sys/types.h>

#define SERVED_MAX	8
#define SERVED_ENV	"ZREC_SERVED"	/* the path of the history, in such a process */

struct served {
	const char *path;		/* of the history */
	pid_t pid[SERVED_MAX];		/* 0: free */
};

/*
 * @lines are texts, each ended by a NUL: KEY=VALUE of the environment, an empty one, then
 * the command line with the name of the program. Descriptors stay the caller's. 0, -EINVAL,
 * -EBUSY: too many are served already; other negative errno.
 */
int served_start(struct served *s, const char *lines, size_t len, int client, int out, int err);

#endif /* ZREC_SERVED_H */
