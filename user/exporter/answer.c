// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "exporter/accept.h"
#include "exporter/answer.h"

#define LANDING \
	"<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">" \
	"<title>zrec-exporter</title></head>\n<body><h1>zrec-exporter " ZREC_VERSION "</h1>\n" \
	"<p><a href=\"/metrics\">Metrics</a> of PCI error recovery on this host.</p></body></html>\n"

#define TEXT	"text/plain"

/* A page that a response sends */
struct sending {
	struct pages *pages;
	struct page *page;
};

static void sent_page(void *ctx)
{
	struct sending *s = ctx;

	pages_put(s->pages, s->page);
	free(s);
}

/* Each status with its number, and the header that it needs */
static const struct {
	unsigned int number;
	const char *header, *value;
} statuses[NR_REQUEST_STATUSES] = {
	[REQUEST_OK] = { MHD_HTTP_OK, "X-Content-Type-Options", "nosniff" },
	[REQUEST_UNAUTHORIZED] = { MHD_HTTP_UNAUTHORIZED, MHD_HTTP_HEADER_WWW_AUTHENTICATE,
				   "Basic realm=\"zrec-exporter\", charset=\"UTF-8\"" },
	[REQUEST_NOT_FOUND] = { MHD_HTTP_NOT_FOUND, "X-Content-Type-Options", "nosniff" },
	[REQUEST_METHOD] = { MHD_HTTP_METHOD_NOT_ALLOWED, MHD_HTTP_HEADER_ALLOW, "GET, HEAD" },
	[REQUEST_UNAVAILABLE] = { MHD_HTTP_SERVICE_UNAVAILABLE, MHD_HTTP_HEADER_RETRY_AFTER, "1" },
};

/* What is answered, counted, and destroyed, in one place; each connection has one request */
static enum MHD_Result respond(struct answers *a, struct MHD_Connection *connection,
			       enum request_status status, struct MHD_Response *response,
			       const char *type)
{
	enum MHD_Result result = MHD_NO;

	a->requests->status[status]++;
	if (!response)
		return MHD_NO;
	if (MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, type) &&
	    MHD_add_response_header(response, MHD_HTTP_HEADER_CONNECTION, "close") &&
	    MHD_add_response_header(response, statuses[status].header, statuses[status].value))
		result = MHD_queue_response(connection, statuses[status].number, response);
	MHD_destroy_response(response);
	return result;
}

static enum MHD_Result respond_text(struct answers *a, struct MHD_Connection *connection,
				    enum request_status status, const char *text, const char *type)
{
	return respond(a, connection, status,
		       MHD_create_response_from_buffer(strlen(text), (void *)text,
						       MHD_RESPMEM_PERSISTENT), type);
}

static const char *header(struct MHD_Connection *connection, const char *name)
{
	return MHD_lookup_connection_value(connection, MHD_HEADER_KIND, name);
}

static enum MHD_Result respond_metrics(struct answers *a, struct MHD_Connection *connection)
{
	enum emit_format format = accept_choose(header(connection, MHD_HTTP_HEADER_ACCEPT));
	struct sending *s = calloc(1, sizeof(*s));
	struct MHD_Response *response;
	int err = s ? pages_get(&a->pages, format, clock_ns(CLOCK_MONOTONIC), &s->page) : -ENOMEM;

	if (err) {
		free(s);
		return respond_text(a, connection, REQUEST_UNAVAILABLE,
				    err == -EBUSY ? "slow clients keep all pages; try again\n" :
				    "no memory for a page; try again\n", TEXT);
	}
	s->pages = &a->pages;
	response = MHD_create_response_from_buffer_with_free_callback_cls(s->page->emit.len,
									  s->page->emit.buf,
									  sent_page, s);
	if (!response)
		sent_page(s);
	return respond(a, connection, REQUEST_OK, response, emit_content_type(format));
}

static enum passwords_answer login(struct answers *a, struct MHD_Connection *connection)
{
	const union MHD_ConnectionInfo *info =
		MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS);

	if (!a->passwords)
		return PASSWORDS_LET_IN;
	return passwords_ask(a->passwords, header(connection, MHD_HTTP_HEADER_AUTHORIZATION),
			     info ? info->client_addr : NULL, a->requests);
}

enum MHD_Result answer(struct answers *a, struct MHD_Connection *connection, const char *url,
		       const char *method)
{
	switch (login(a, connection)) {
	case PASSWORDS_UNAUTHORIZED:
		return respond_text(a, connection, REQUEST_UNAUTHORIZED, "needs user and password\n", TEXT);
	case PASSWORDS_LATER:
		return respond_text(a, connection, REQUEST_UNAVAILABLE,
				    "too many wrong passwords; try again\n", TEXT);
	default:
		break;
	}
	if (strcmp(method, MHD_HTTP_METHOD_GET) && strcmp(method, MHD_HTTP_METHOD_HEAD))
		return respond_text(a, connection, REQUEST_METHOD, "GET or HEAD only\n", TEXT);
	if (!strcmp(url, "/metrics"))
		return respond_metrics(a, connection);
	if (!strcmp(url, "/"))
		return respond_text(a, connection, REQUEST_OK, LANDING, "text/html; charset=utf-8");
	return respond_text(a, connection, REQUEST_NOT_FOUND, "not found: see /metrics\n", TEXT);
}
