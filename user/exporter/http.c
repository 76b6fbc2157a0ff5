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
#include "exporter/accept.h"
#include "exporter/http.h"
#include "exporter/pages.h"

#define LANDING \
	"<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">" \
	"<title>zrec-exporter</title></head>\n<body><h1>zrec-exporter " ZREC_VERSION "</h1>\n" \
	"<p><a href=\"/metrics\">Metrics</a> of PCI error recovery on this host.</p></body></html>\n"

/* A connection: MHD keeps it, and we end it when it needs too long */
struct client {
	struct client *next, **prev;
	uint64_t since_ns;
	int fd;
};

/* A page that a response sends */
struct sending {
	struct server *server;
	struct page *page;
};

struct server {
	struct pages pages;
	struct client *clients;
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
static int end_slow(const struct server *server)
{
	uint64_t now = clock_ns(CLOCK_MONOTONIC), limit = HTTP_TOTAL_S * NSEC_PER_SEC;
	int wait_ms = -1;

	for (struct client *c = server->clients; c; c = c->next) {
		uint64_t age = now - c->since_ns;

		if (age >= limit) {
			shutdown(c->fd, SHUT_RDWR);
			/* Let MHD see it; until then it need not be ended again */
			c->since_ns = now;
			age = 0;
		}
		if (wait_ms < 0 || (limit - age) / NSEC_PER_MSEC < (uint64_t)wait_ms)
			wait_ms = (int)((limit - age) / NSEC_PER_MSEC) + 1;
	}
	return wait_ms;
}

static ssize_t send_page(void *ctx, uint64_t at, char *buf, size_t max)
{
	const struct sending *s = ctx;
	size_t left;

	if (at >= s->page->emit.len)
		return MHD_CONTENT_READER_END_OF_STREAM;
	left = s->page->emit.len - (size_t)at;
	if (left > max)
		left = max;
	memcpy(buf, s->page->emit.buf + at, left);
	return (ssize_t)left;
}

static void sent_page(void *ctx)
{
	struct sending *s = ctx;

	pages_put(&s->server->pages, s->page);
	free(s);
}

/* What is answered, and destroyed, in one place; each connection has one request */
static enum MHD_Result answer(struct MHD_Connection *connection, unsigned int status,
			      struct MHD_Response *response, const char *type)
{
	enum MHD_Result result = MHD_NO;

	if (!response)
		return MHD_NO;
	if (MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, type) &&
	    MHD_add_response_header(response, MHD_HTTP_HEADER_CONNECTION, "close") &&
	    MHD_add_response_header(response, "X-Content-Type-Options", "nosniff") &&
	    (status != MHD_HTTP_METHOD_NOT_ALLOWED ||
	     MHD_add_response_header(response, MHD_HTTP_HEADER_ALLOW, "GET, HEAD")) &&
	    (status != MHD_HTTP_SERVICE_UNAVAILABLE ||
	     MHD_add_response_header(response, MHD_HTTP_HEADER_RETRY_AFTER, "1")))
		result = MHD_queue_response(connection, status, response);
	MHD_destroy_response(response);
	return result;
}

static enum MHD_Result answer_text(struct MHD_Connection *connection, unsigned int status,
				   const char *text, const char *type)
{
	return answer(connection, status,
		      MHD_create_response_from_buffer(strlen(text), (void *)text,
						      MHD_RESPMEM_PERSISTENT), type);
}

static enum MHD_Result answer_metrics(struct server *server, struct MHD_Connection *connection)
{
	enum emit_format format = accept_choose(MHD_lookup_connection_value(connection,
						MHD_HEADER_KIND, MHD_HTTP_HEADER_ACCEPT));
	struct sending *s = calloc(1, sizeof(*s));
	struct MHD_Response *response;
	int err = s ? pages_get(&server->pages, format, clock_ns(CLOCK_MONOTONIC), &s->page) : -ENOMEM;

	if (err) {
		free(s);
		return answer_text(connection, MHD_HTTP_SERVICE_UNAVAILABLE,
				   err == -EBUSY ? "slow clients keep all pages; try again\n" :
				   "no memory for a page; try again\n", "text/plain");
	}
	s->server = server;
	response = MHD_create_response_from_callback(s->page->emit.len, HTTP_MEMORY / 2, send_page, s,
						     sent_page);
	if (!response)
		sent_page(s);
	return answer(connection, MHD_HTTP_OK, response, emit_content_type(format));
}

static enum MHD_Result handle(void *ctx, struct MHD_Connection *connection, const char *url,
			      const char *method, const char *version, const char *upload_data,
			      size_t *upload_data_size, void **context)
{
	(void)version;
	(void)upload_data;
	(void)upload_data_size;
	(void)context;
	/* At the first call, with the headers: a body is never read */
	if (strcmp(method, MHD_HTTP_METHOD_GET) && strcmp(method, MHD_HTTP_METHOD_HEAD))
		return answer_text(connection, MHD_HTTP_METHOD_NOT_ALLOWED, "GET or HEAD only\n",
				   "text/plain");
	if (!strcmp(url, "/metrics"))
		return answer_metrics(ctx, connection);
	if (!strcmp(url, "/"))
		return answer_text(connection, MHD_HTTP_OK, LANDING, "text/html; charset=utf-8");
	return answer_text(connection, MHD_HTTP_NOT_FOUND, "not found: see /metrics\n", "text/plain");
}

static struct MHD_Daemon *start(struct server *server, const struct http_opts *opts)
{
	struct MHD_OptionItem where[] = { { MHD_OPTION_END, 0, NULL }, { MHD_OPTION_END, 0, NULL } };
	unsigned int flags = MHD_USE_EPOLL;

	if (opts->listen_fd >= 0)
		where[0] = (struct MHD_OptionItem){ MHD_OPTION_LISTEN_SOCKET, opts->listen_fd, NULL };
	else
		where[0] = (struct MHD_OptionItem){ MHD_OPTION_SOCK_ADDR, 0, (void *)&opts->address };
	if (opts->listen_fd < 0 && opts->address.ss_family == AF_INET6)
		flags |= MHD_USE_IPv6 | MHD_USE_DUAL_STACK;
	errno = 0;
	return MHD_start_daemon(flags, 0, NULL, NULL, handle, server,
				MHD_OPTION_ARRAY, where,
				MHD_OPTION_CONNECTION_LIMIT, (unsigned int)HTTP_CONNECTIONS,
				MHD_OPTION_PER_IP_CONNECTION_LIMIT, (unsigned int)HTTP_PER_ADDRESS,
				MHD_OPTION_CONNECTION_TIMEOUT, (unsigned int)HTTP_IDLE_S,
				MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)HTTP_MEMORY,
				MHD_OPTION_LISTEN_BACKLOG_SIZE, (unsigned int)HTTP_CONNECTIONS,
				MHD_OPTION_LISTENING_ADDRESS_REUSE, 1U,
				MHD_OPTION_NOTIFY_CONNECTION, notify_connection, server,
				MHD_OPTION_END);
}

/* Until something is to be done: by MHD, for a slow client, or to end */
static int wait_for_work(struct MHD_Daemon *daemon, const struct server *server, int epoll_fd,
			 int stop_fd)
{
	struct pollfd fds[] = { { .fd = epoll_fd, .events = POLLIN },
				{ .fd = stop_fd, .events = POLLIN } };
	int timeout = end_slow(server);
	MHD_UNSIGNED_LONG_LONG ms;

	if (MHD_get_timeout(daemon, &ms) == MHD_YES && (timeout < 0 || ms < (unsigned int)timeout))
		timeout = (int)ms;
	if (poll(fds, 2, timeout) < 0 && errno != EINTR)
		return -errno;
	return fds[1].revents != 0;
}

int http_serve(const struct http_opts *opts)
{
	struct server server = { .pages = { .render = opts->page, .ctx = opts->ctx } };
	struct MHD_Daemon *daemon = start(&server, opts);
	const union MHD_DaemonInfo *info;
	int ret = 0;

	if (!daemon) {
		ret = errno ? -errno : -EIO;
		log_error("cannot listen: %s; another program may have the port: name another by --listen",
			  strerror(-ret));
		return ret;
	}
	info = MHD_get_daemon_info(daemon, MHD_DAEMON_INFO_EPOLL_FD);
	if (!info)
		ret = -EOPNOTSUPP;
	while (!ret) {
		MHD_run(daemon);
		ret = wait_for_work(daemon, &server, info->epoll_fd, opts->stop_fd);
	}
	MHD_stop_daemon(daemon);
	pages_free(&server.pages);
	return ret < 0 ? ret : 0;
}
