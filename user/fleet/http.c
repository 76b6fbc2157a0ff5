// SPDX-License-Identifier: GPL-2.0
#define _GNU_SOURCE	/* asprintf() */
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/log.h"
#include "base/text.h"
#include "fleet/curl.h"
#include "fleet/http.h"

#define MAX_URL		2000
#define MAX_SECRET	(64 * 1024)
#define CONNECT_MS	10000L

struct http {
	const struct http_opts *opts;
	const struct curl_calls *calls;
	CURL *curl;
	struct curl_slist *headers;
	char *login;
	char why[CURL_ERROR_SIZE];
	char *body;
	size_t len, room;
	bool too_long;
};

/* --- what goes into a request --- */

/* A header with a line's end in it would be two */
static bool has_control(const char *s)
{
	for (; *s; s++)
		if ((unsigned char)*s < ' ' || *s == 0x7f)
			return true;
	return false;
}

static int check_url(const char *url)
{
	size_t scheme = !strncmp(url, "https://", 8) ? 8 : !strncmp(url, "http://", 7) ? 7 : 0;
	const char *host = url + scheme;
	size_t len = strcspn(host, "/");

	if (!scheme || !len || strlen(url) > MAX_URL || has_control(url) || strpbrk(url, " ?#"))
		log_error("'%s' is not the URL of a Prometheus, as http://localhost:9090 or https://mimir.example/prometheus",
			  text_shown(url));
	else if (memchr(host, '@', len))
		log_error("a password in a URL can be seen by all users of this machine: put USER:PASSWORD into a file, and name it with --login-file");
	else
		return 0;
	return -EINVAL;
}

/* The first line of a file, which has to be the only one. To be freed */
static int read_secret(const char *path, char **ret)
{
	size_t len = 0;
	int err = file_read(path, MAX_SECRET, ret, &len);

	if (err) {
		log_error("%s: %s", text_shown(path), strerror(-err));
		return err;
	}
	while (len && ((*ret)[len - 1] == '\n' || (*ret)[len - 1] == '\r'))
		(*ret)[--len] = '\0';
	if (len && len == strlen(*ret) && !has_control(*ret))
		return 0;
	log_error("%s: it should have one line, and no control characters", text_shown(path));
	explicit_bzero(*ret, len);
	free(*ret);
	*ret = NULL;
	return -EUCLEAN;
}

static int add_header(struct http *h, const char *name, const char *value)
{
	struct curl_slist *more;
	char *line;

	if (asprintf(&line, "%s: %s", name, value) < 0)
		return -ENOMEM;
	more = h->calls->slist_append(h->headers, line);
	explicit_bzero(line, strlen(line));
	free(line);
	if (!more)
		return -ENOMEM;
	h->headers = more;
	return 0;
}

static int add_bearer(struct http *h)
{
	char *token, *value;
	int err = read_secret(h->opts->bearer_file, &token);

	if (err)
		return err;
	err = asprintf(&value, "Bearer %s", token) < 0 ? -ENOMEM : 0;
	if (!err) {
		err = add_header(h, "Authorization", value);
		explicit_bzero(value, strlen(value));
		free(value);
	}
	explicit_bzero(token, strlen(token));
	free(token);
	return err;
}

static int add_login(struct http *h)
{
	int err = read_secret(h->opts->login_file, &h->login);

	if (!err && !strchr(h->login, ':')) {
		log_error("%s: it should have USER:PASSWORD", text_shown(h->opts->login_file));
		err = -EUCLEAN;
	}
	return err;
}

static int add_headers(struct http *h)
{
	const struct http_opts *o = h->opts;
	int err = add_header(h, "Accept", "application/json");

	if (!err && o->tenant && (!*o->tenant || has_control(o->tenant))) {
		log_error("a tenant is a name without control characters");
		err = -EINVAL;
	}
	if (!err && o->tenant)
		err = add_header(h, "X-Scope-OrgID", o->tenant);
	if (!err && o->bearer_file)
		err = add_bearer(h);
	if (!err && o->login_file)
		err = add_login(h);
	return err;
}

/* --- what comes back --- */

static bool make_room(struct http *h, size_t more)
{
	size_t room = h->room;
	char *body;

	while (room < h->len + more + 1)
		room = room ? 2 * room : 64 * 1024;
	if (room == h->room)
		return true;
	body = realloc(h->body, room);
	if (!body)
		return false;
	h->body = body;
	h->room = room;
	return true;
}

/* Less than @len ends the transfer */
static size_t take(char *data, size_t size, size_t nr, void *ctx)
{
	struct http *h = ctx;
	size_t len = size * nr;

	if (len > HTTP_MAX_BYTES - h->len) {
		h->too_long = true;
		return 0;
	}
	if (!make_room(h, len))
		return 0;
	memcpy(h->body + h->len, data, len);
	h->len += len;
	return len;
}

/* --- curl --- */

static int set_up(struct http *h)
{
	const struct curl_calls *c = h->calls;
	const struct http_opts *o = h->opts;
	long ms = (long)(o->timeout_ns / NSEC_PER_MSEC);
	int failed = 0;

	failed |= c->setopt(h->curl, CURLOPT_NOSIGNAL, 1L);
	failed |= c->setopt(h->curl, CURLOPT_TIMEOUT_MS, ms);
	failed |= c->setopt(h->curl, CURLOPT_CONNECTTIMEOUT_MS, ms < CONNECT_MS ? ms : CONNECT_MS);
	failed |= c->setopt(h->curl, CURLOPT_FOLLOWLOCATION, 0L);
	failed |= c->setopt(h->curl, CURLOPT_ERRORBUFFER, h->why);
	failed |= c->setopt(h->curl, CURLOPT_USERAGENT, "zrec/" ZREC_VERSION);
	failed |= c->setopt(h->curl, CURLOPT_HTTPHEADER, h->headers);
	failed |= c->setopt(h->curl, CURLOPT_WRITEFUNCTION, take);
	failed |= c->setopt(h->curl, CURLOPT_WRITEDATA, h);
	/* Some builds have no compression: then it comes as it is */
	c->setopt(h->curl, CURLOPT_ACCEPT_ENCODING, "");
	if (h->login) {
		failed |= c->setopt(h->curl, CURLOPT_HTTPAUTH, (long)CURLAUTH_BASIC);
		failed |= c->setopt(h->curl, CURLOPT_USERPWD, h->login);
	}
	if (o->ca_file)
		failed |= c->setopt(h->curl, CURLOPT_CAINFO, o->ca_file);
	if (failed)
		log_error("libcurl is built without what is needed here: %s",
			  c->strerror((CURLcode)failed));
	return failed ? -ENOENT : 0;
}

int http_open(struct http **ret, const struct http_opts *opts)
{
	struct http *h;
	int err = check_url(opts->url);

	if (err)
		return err;
	h = calloc(1, sizeof(*h));
	if (!h)
		return -ENOMEM;
	h->opts = opts;
	h->calls = curl_load();
	if (!h->calls) {
		log_error("cannot load libcurl: install libcurl4 (libcurl4t64 on Debian 13), or bring the recordings here");
		err = -ENOENT;
		goto out;
	}
	h->curl = h->calls->init();
	err = h->curl ? add_headers(h) : -ENOMEM;
	if (!err)
		err = set_up(h);
out:
	if (err)
		http_close(h);
	else
		*ret = h;
	return err;
}

void http_close(struct http *h)
{
	if (!h)
		return;
	if (h->curl)
		h->calls->cleanup(h->curl);
	if (h->headers)
		h->calls->slist_free_all(h->headers);
	if (h->login)
		explicit_bzero(h->login, strlen(h->login));
	free(h->login);
	free(h->body);
	free(h);
}

char *http_escape(struct http *h, const char *text)
{
	char *escaped = h->calls->escape(h->curl, text, 0), *ret;

	if (!escaped)
		return NULL;
	ret = strdup(escaped);
	h->calls->free(escaped);
	return ret;
}

static int failed(struct http *h, CURLcode code)
{
	const char *why = h->why[0] ? h->why : h->calls->strerror(code);

	if (h->too_long)
		return -EFBIG;
	switch (code) {
	case CURLE_OPERATION_TIMEDOUT:
		return -ETIMEDOUT;
	case CURLE_OUT_OF_MEMORY:
	case CURLE_WRITE_ERROR:
		return -ENOMEM;
	case CURLE_SSL_CACERT_BADFILE:
		log_error("%s: cannot read certificates: %s", text_shown(h->opts->ca_file ?: ""),
			  text_shown(why));
		return -ENOENT;
	case CURLE_PEER_FAILED_VERIFICATION:
		log_error("%s: its certificate is not to be trusted: %s; --ca-file names the authority that signed it",
			  text_shown(h->opts->url), text_shown(why));
		return -EUCLEAN;
	case CURLE_COULDNT_RESOLVE_PROXY:
	case CURLE_COULDNT_RESOLVE_HOST:
	case CURLE_COULDNT_CONNECT:
		log_error("%s: %s", text_shown(h->opts->url), text_shown(why));
		return -ENODEV;
	default:
		log_error("%s: no answer: %s", text_shown(h->opts->url), text_shown(why));
		return -EIO;
	}
}

static int redirected(struct http *h)
{
	char *to = NULL;

	h->calls->getinfo(h->curl, CURLINFO_REDIRECT_URL, &to);
	log_error("%s: it redirects to %s, which zrec does not follow; if you trust that one, name it instead",
		  text_shown(h->opts->url), to ? text_shown(to) : "an unknown place");
	return -EREMOTE;
}

int http_get(struct http *h, const char *path, struct http_answer *ret)
{
	size_t len = strlen(h->opts->url);
	CURLcode code;
	char *url;

	while (len && h->opts->url[len - 1] == '/')
		len--;
	if (asprintf(&url, "%.*s%s", (int)len, h->opts->url, path) < 0)
		return -ENOMEM;
	log_debug("GET %s", text_shown(url));
	h->len = 0;
	h->too_long = false;
	h->why[0] = '\0';
	code = h->calls->setopt(h->curl, CURLOPT_URL, url);
	free(url);
	if (!code)
		code = h->calls->perform(h->curl);
	if (code)
		return failed(h, code);
	h->calls->getinfo(h->curl, CURLINFO_RESPONSE_CODE, &ret->status);
	if (ret->status >= 300 && ret->status < 400)
		return redirected(h);
	if (!make_room(h, 0))
		return -ENOMEM;
	h->body[h->len] = '\0';
	ret->body = h->body;
	ret->len = h->len;
	return 0;
}
