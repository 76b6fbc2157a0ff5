/* SPDX-License-Identifier: GPL-2.0 */
/*
 * copy.h - a recording beside a recorder that runs: what its clients see, in a file
 *
 * The rows are those that the recorder writes, with the same positions: put together, the
 * two files have each recovery once.
 */
#ifndef ZREC_COPY_H
#define ZREC_COPY_H

#include <stdint.h>

#include "serve/live-client.h"

struct copy_opts {
	const char *path;
	int signal_fd;
	uint64_t end_ns;	/* CLOCK_MONOTONIC, 0: until a signal */
	uint32_t limit;		/* recoveries, 0: any number */
};

struct copy_result {
	uint64_t recorded;	/* recoveries */
	uint64_t missed;	/* records that this process did not read in time */
};

/*
 * Until a signal, the end, or the recorder's end; @client is open. Says on stderr why it
 * failed. 0 or a negative errno
 */
int copy_records(struct live_client *client, const struct copy_opts *opts, struct copy_result *ret);

#endif /* ZREC_COPY_H */
