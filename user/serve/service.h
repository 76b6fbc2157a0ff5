/* SPDX-License-Identifier: GPL-2.0 */
/*
 * service.h - the loop of whoever records
 */
#ifndef ZREC_SERVICE_H
#define ZREC_SERVICE_H

#include <stdbool.h>
#include <stdint.h>

#include "serve/life.h"
#include "serve/live.h"
#include "serve/recorder.h"
#include "serve/status-file.h"

struct service {
	struct recorder *recorder;
	struct live *live;		/* NULL: nobody can look on */
	int signal_fd;
	uint64_t end_ns;		/* CLOCK_MONOTONIC, 0: until a signal */
	struct status_file *file;	/* NULL: none */
	const char *history;		/* for it */
	struct life *life;		/* what a service manager hears; NULL: nothing */
	void (*reload)(void *ctx);	/* at SIGHUP; NULL: that ends it, as other signals do */
	bool (*done)(void *ctx);	/* asked after each turn; may be NULL */
	void *ctx;
};

/*
 * Until a signal, the end time, or done(). Sleeps while nothing happens. Returns 0,
 * -ESHUTDOWN: the observation has ended, or another negative errno.
 */
int service_run(const struct service *s);

#endif /* ZREC_SERVICE_H */
