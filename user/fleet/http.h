/* SPDX-License-Identifier: GPL-2.0 */
/*
 * http.h - ask a server by HTTP or HTTPS, and believe it little
 *
 * An answer has a bound, a question a time. Redirects are not followed, as they could take the
 * credentials elsewhere. Proxies are those of the environment, as curl(1) has them.
 */
#ifndef ZREC_FLEET_HTTP_H
#define ZREC_FLEET_HTTP_H

#include <stddef.h>
#include <stdint.h>

#define HTTP_MAX_BYTES	(96u * 1024 * 1024)

struct http_opts {
	const char *url;		/* http://HOST:PORT/PREFIX */
	const char *ca_file;		/* NULL: those of the system */
	const char *bearer_file;	/* one line; NULL: none, as the next */
	const char *login_file;		/* USER:PASSWORD */
	const char *tenant;		/* of X-Scope-OrgID; NULL: none */
	uint64_t timeout_ns;
};

struct http;

struct http_answer {
	long status;
	char *body;			/* len bytes and a NUL; valid until the next question */
	size_t len;
};

/*
 * 0, or a negative errno after its message. -ENOENT: a file is missing, or libcurl; -EINVAL:
 * something in @opts is not what it should be. @opts have to stay.
 */
int http_open(struct http **ret, const struct http_opts *opts);
void http_close(struct http *h);

/* As in the URL that it is part of; NULL: no memory. To be freed with free() */
char *http_escape(struct http *h, const char *text);

/*
 * GET of URL + @path, which may have a query. 0, with any status but a redirect; -EFBIG: it is longer
 * than HTTP_MAX_BYTES, -ETIMEDOUT, and -ENOMEM, without a message: the caller may ask for less; other
 * negative errno after its message.
 */
int http_get(struct http *h, const char *path, struct http_answer *ret);

#endif /* ZREC_FLEET_HTTP_H */
