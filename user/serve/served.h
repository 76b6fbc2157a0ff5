/* SPDX-License-Identifier: GPL-2.0 */
/*
 * served.h - the history, for those who may not open its file
 *
 * A client sends the recorder its command line, "zrec history ..." or "zrec report ...", and the descriptors that
 * it would write to. The recorder runs that command in a process of its own, on the live
 * file, and sends the exit code. So reading is as fast as from a file, whatever a reader
 * does, the recorder goes on, and one that stays ends after ten minutes: it keeps the
 * write-ahead log from shrinking.
 *
 * That process is root's, and the command line is not. So it runs only commands that say
 * they can be served (struct command), which read the history and nothing else, and write to
 * standard output alone. Before it opens the history it gives up its capabilities, and it
 * can gain none (no_new_privs).
 *
 * It keeps the user root, on purpose. With the user of who asks, that user could stop it with
 * a signal in the middle of a transaction, and the log would grow without end; with a user of
 * its own it could not open the file, its log and its index, which are root's alone: whoever
 * may open the index can lock the writer out.
 */
#ifndef ZREC_SERVED_H
#define ZREC_SERVED_H

#include <sys/types.h>

#define SERVED_MAX	8
#define SERVED_ENV	"ZREC_SERVED"	/* the path of the history, in such a process */

struct served {
	const char *path;		/* of the history */
	pid_t pid[SERVED_MAX];		/* 0: free */
};

/*
 * Runs what the request of @client asks for, which is still in the socket: only the new
 * process reads it, and has its descriptors. @client stays the caller's. 0, -EBUSY: too many
 * are served already; other negative errno, which the caller sends instead of an exit code.
 */
int served_start(struct served *s, int client);

#endif /* ZREC_SERVED_H */
