/* SPDX-License-Identifier: GPL-2.0 */
/*
 * supervise.h - one command of somebody else, which ends in time with all that it has started
 *
 * A process of ours starts the command, and waits for it. What the command leaves behind, also
 * in sessions of its own, becomes a child of that process, which ends it. So the limit holds
 * whatever becomes of the program that has asked for it.
 */
#ifndef ZREC_SUPERVISE_H
#define ZREC_SUPERVISE_H

#include <stdint.h>
#include <sys/types.h>

/* After SIGTERM, until SIGKILL */
#define SUPERVISE_GRACE_MS	2000

enum supervise_how {
	SUPERVISE_EXITED,		/* value: its exit code */
	SUPERVISE_SIGNALLED,		/* value: the signal */
	SUPERVISE_TIMED_OUT,
	SUPERVISE_STOPPED,		/* by supervise_stop() */
	SUPERVISE_NOT_STARTED,		/* value: a negative errno */
	SUPERVISE_UNKNOWN,		/* somebody has killed the process that waited for it */
};

struct supervised {
	pid_t pid;			/* of the process that waits for it */
	int fd;				/* polls readable when the command has ended */
};

struct supervise_result {
	int32_t how;			/* enum supervise_how */
	int32_t value;
};

/*
 * Runs argv[0], an absolute path, in a session of its own, in "/", with /dev/null as standard
 * input, our standard output and standard error, and no other descriptor of ours. To be called
 * while the process has one thread. 0 or a negative errno: there was no process to be had.
 */
int supervise_start(struct supervised *ret, char *const argv[], char *const envp[],
		    uint32_t timeout_ms);
/* SIGTERM now, and SIGKILL after the grace. The result comes as ever */
void supervise_stop(const struct supervised *s);
/* When @s->fd polls readable: closes it */
struct supervise_result supervise_end(struct supervised *s);

#endif /* ZREC_SUPERVISE_H */
