/* SPDX-License-Identifier: GPL-2.0 */
/*
 * http.h - serve the metrics: one thread, which sleeps until somebody asks
 *
 * What clients can make it keep is bounded: so many connections, from one address and in all,
 * each with one request, so many bytes of headers and so much time, a handshake of TLS in
 * it; and a few pages, which are shared by those that ask at the same moment.
 */
#ifndef ZREC_EXPORTER_HTTP_H
#define ZREC_EXPORTER_HTTP_H

#include "exporter/pages.h"
#include "exporter/passwords.h"
#include "exporter/requests.h"
#include "exporter/tls.h"
#include "serve/config.h"

#define HTTP_IDLE_S		10	/* without a byte */
#define HTTP_TOTAL_S		30	/* for one request and its answer */
#define HTTP_MEMORY		8192	/* headers of a connection */

struct http_opts {
	int first_fd, nr_fds;	/* sockets that listen already; else: */
	const struct config_listen *listen;
	unsigned int connections;	/* of all sockets together; of one address three quarters */
	struct tls *tls;		/* NULL: none. Freed, once it serves */
	struct passwords *passwords;	/* NULL: everybody may ask */
	struct requests *requests;	/* that are counted */
	pages_render_fn page;
	void *ctx;
	int stop_fd;		/* readable: end */
};

/* Serves until @stop_fd is readable. 0 or a negative errno; says on stderr why */
int http_serve(const struct http_opts *opts);

#endif /* ZREC_EXPORTER_HTTP_H */
