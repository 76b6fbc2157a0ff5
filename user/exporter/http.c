// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <microhttpd.h>
#include <poll.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/clock.h"
#include "base/log.h"
#include "exporter/answer.h"
#include "exporter/http.h"
#include "exporter/sockets.h"

/* A connection: MHD keeps it, and we end it when it needs too long */
struct client {
	struct client *next, **prev;
	uint64_t since_ns;
	int fd;
};

struct server {
	const struct http_opts *opts;
	struct answers answers;
	struct client *clients;
	struct MHD_Daemon *daemon[CONFIG_LISTEN_MAX];	/* one for each socket */
	struct pollfd fds[CONFIG_LISTEN_MAX + 1];	/* theirs, and the one that ends it */
	unsigned int nr;
};

static void add_client(struct server *server, struct MHD_Connection *connection, void **context)
{
	const union MHD_ConnectionInfo *info =
		MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
	struct client *client = calloc(1, sizeof(*client));

	if (!client || !info) {
		free(client);
		return;
	}
	client->fd = info->connect_fd;
	client->since_ns = clock_ns(CLOCK_MONOTONIC);
	client->next = server->clients;
	client->prev = &server->clients;
	if (client->next)
		client->next->prev = &client->next;
	server->clients = client;
	*context = client;
}

static void notify_connection(void *ctx, struct MHD_Connection *connection, void **context,
			      enum MHD_ConnectionNotificationCode code)
{
	struct client *client = *context;

	if (code == MHD_CONNECTION_NOTIFY_STARTED) {
		add_client(ctx, connection, context);
	} else if (client) {
		*client->prev = client->next;
		if (client->next)
			client->next->prev = client->prev;
		free(client);
		*context = NULL;
	}
}

/* Those that send or read a byte now and then: MHD's own timeout never ends them */
static int end_slow(struct server *server)
{
	uint64_t now = clock_ns(CLOCK_MONOTONIC), limit = HTTP_TOTAL_S * NSEC_PER_SEC;
	int wait_ms = -1;

	for (struct client *c = server->clients; c; c = c->next) {
		uint64_t age = now - c->since_ns;

		if (age >= limit) {
			shutdown(c->fd, SHUT_RDWR);
			server->answers.requests->slow++;
			/* Let MHD see it; until then it need not be ended again */
			c->since_ns = now;
			age = 0;
		}
		if (wait_ms < 0 || (limit - age) / NSEC_PER_MSEC < (uint64_t)wait_ms)
			wait_ms = (int)((limit - age) / NSEC_PER_MSEC) + 1;
	}
	return wait_ms;
}

static enum MHD_Result handle(void *ctx, struct MHD_Connection *connection, const char *url,
			      const char *method, const char *version, const char *upload_data,
			      size_t *upload_data_size, void **context)
{
	struct server *server = ctx;

	(void)version;
	(void)upload_data;
	(void)upload_data_size;
	(void)context;
	return answer(&server->answers, connection, url, method);
}

/* Socket number @i, with its share of the connections */
static struct MHD_Daemon *start(struct server *server, unsigned int i, unsigned int connections)
{
	const struct http_opts *opts = server->opts;
	struct MHD_OptionItem more[5] = { 0 };
	unsigned int flags = MHD_USE_EPOLL, n = 0;

	if (opts->nr_fds) {
		more[n++] = (struct MHD_OptionItem){ MHD_OPTION_LISTEN_SOCKET, opts->first_fd + (int)i, NULL };
	} else {
		more[n++] = (struct MHD_OptionItem){ MHD_OPTION_SOCK_ADDR, 0, (void *)&opts->listen->address[i] };
		if (opts->listen->address[i].ss_family == AF_INET6)
			flags |= MHD_USE_IPv6 | MHD_USE_DUAL_STACK;
	}
	if (opts->tls) {
		flags |= MHD_USE_TLS;
		more[n++] = (struct MHD_OptionItem){ MHD_OPTION_HTTPS_MEM_CERT, 0, opts->tls->certificate.text };
		more[n++] = (struct MHD_OptionItem){ MHD_OPTION_HTTPS_MEM_KEY, 0, opts->tls->key.text };
		more[n++] = (struct MHD_OptionItem){ MHD_OPTION_HTTPS_PRIORITIES, 0, TLS_PRIORITIES };
	}
	more[n] = (struct MHD_OptionItem){ MHD_OPTION_END, 0, NULL };
	errno = 0;
	return MHD_start_daemon(flags, 0, NULL, NULL, handle, server,
				MHD_OPTION_ARRAY, more,
				MHD_OPTION_CONNECTION_LIMIT, connections,
				MHD_OPTION_PER_IP_CONNECTION_LIMIT, connections - connections / 4,
				MHD_OPTION_CONNECTION_TIMEOUT, (unsigned int)HTTP_IDLE_S,
				MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)HTTP_MEMORY,
				MHD_OPTION_LISTEN_BACKLOG_SIZE, connections,
				MHD_OPTION_NOTIFY_CONNECTION, notify_connection, server,
				MHD_OPTION_END);
}

static int cannot_listen(const struct http_opts *opts, unsigned int i)
{
	int err = errno ? -errno : -EIO;
	char text[SOCKETS_TEXT_LEN];

	if (opts->nr_fds)
		log_error("cannot listen on a socket of systemd: %s", strerror(-err));
	else
		log_error("cannot listen on %s: %s; another program may have the port: name another by --listen",
			  sockets_text(&opts->listen->address[i], text), strerror(-err));
	return err;
}

static int start_all(struct server *server)
{
	const struct http_opts *opts = server->opts;
	unsigned int nr = opts->nr_fds ? (unsigned int)opts->nr_fds : opts->listen->nr;

	if (opts->tls && MHD_is_feature_supported(MHD_FEATURE_TLS) != MHD_YES) {
		log_error("cannot encrypt: the libmicrohttpd of this machine was built without TLS");
		return -EOPNOTSUPP;
	}
	for (unsigned int i = 0; i < nr; i++) {
		const union MHD_DaemonInfo *info;

		server->daemon[i] = start(server, i, opts->connections / nr);
		if (!server->daemon[i])
			return cannot_listen(opts, i);
		server->nr++;
		info = MHD_get_daemon_info(server->daemon[i], MHD_DAEMON_INFO_EPOLL_FD);
		if (!info)
			return -EOPNOTSUPP;
		server->fds[i] = (struct pollfd){ .fd = info->epoll_fd, .events = POLLIN };
	}
	server->fds[nr] = (struct pollfd){ .fd = opts->stop_fd, .events = POLLIN };
	return 0;
}

/* Until something is to be done: by MHD, for a slow client, or to end. 1: the last */
static int wait_for_work(struct server *server)
{
	int timeout = end_slow(server);
	MHD_UNSIGNED_LONG_LONG ms;

	for (unsigned int i = 0; i < server->nr; i++)
		if (MHD_get_timeout(server->daemon[i], &ms) == MHD_YES &&
		    (timeout < 0 || ms < (unsigned int)timeout))
			timeout = (int)ms;
	if (poll(server->fds, server->nr + 1, timeout) < 0 && errno != EINTR)
		return -errno;
	return server->fds[server->nr].revents != 0;
}

int http_serve(const struct http_opts *opts)
{
	struct server server = {
		.opts = opts,
		.answers = {
			.pages = { .render = opts->page, .ctx = opts->ctx },
			.passwords = opts->passwords,
			.requests = opts->requests,
		},
	};
	int ret = start_all(&server);

	if (opts->tls)
		tls_free(opts->tls);
	while (!ret) {
		for (unsigned int i = 0; i < server.nr; i++)
			MHD_run(server.daemon[i]);
		ret = wait_for_work(&server);
	}
	for (unsigned int i = 0; i < server.nr; i++)
		MHD_stop_daemon(server.daemon[i]);
	pages_free(&server.answers.pages);
	return ret < 0 ? ret : 0;
}
