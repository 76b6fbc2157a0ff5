/* SPDX-License-Identifier: GPL-2.0 */
/*
 * http.h - serve the metrics: one thread, which sleeps until somebody asks
 *
 * What clients can make it keep is bounded: so many connections, from one address and in all,
 * each with one request, so many bytes of headers and so much time; and a few pages, which
 * are shared by those that ask at the same moment.
 */
#ifndef ZREC_EXPORTER_HTTP_H
#define ZREC_EXPORTER_HTTP_H

#include <stdint.h>
#include <sys/socket.h>

#include "exporter/emit.h"

#define HTTP_CONNECTIONS	64	/* in all */
#define HTTP_PER_ADDRESS	48
#define HTTP_IDLE_S		10	/* without a byte */
#define HTTP_TOTAL_S		30	/* for one request and its answer */
#define HTTP_MEMORY		8192	/* headers of a connection, and what it sends */

/* Renders the page that is wanted now; 0 or a negative errno */
typedef int (*http_page_fn)(void *ctx, struct emit *e, enum emit_format format);

struct http_opts {
	int listen_fd;		/* that listens already; -1: listen on the address */
	struct sockaddr_storage address;
	http_page_fn page;
	void *ctx;
	int stop_fd;		/* readable: end */
};

/* "127.0.0.1:19714", "[::1]:19714", ":19714" for every address; 0 or -EINVAL */
int http_parse_address(const char *text, struct sockaddr_storage *ret);

/* The socket that systemd has opened for us, or -1 */
int http_inherited(void);

/* Serves until @stop_fd is readable. 0 or a negative errno; says on stderr why */
int http_serve(const struct http_opts *opts);

#endif /* ZREC_EXPORTER_HTTP_H */
