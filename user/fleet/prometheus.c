// SPDX-License-Identifier: GPL-2.0
#define _GNU_SOURCE	/* asprintf() */
#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/text.h"
#include "fleet/prometheus.h"

/* jansson needs some hundred bytes for the smallest values; a point of a series has two commas */
#define MAX_COMMAS	4000000
#define WHY_LEN		300
/* Steps in one query: first, as nobody knows yet how much there is, and at most */
#define FIRST_STEPS	16
#define MAX_STEPS	128

struct prometheus {
	struct http *http;
	const char *url;
	char excuse[WHY_LEN + 40];
	uint64_t nr_series;
	bool warned;
};

int prometheus_open(struct prometheus **ret, const struct http_opts *opts)
{
	struct prometheus *p = calloc(1, sizeof(*p));
	int err = p ? http_open(&p->http, opts) : -ENOMEM;

	if (err) {
		free(p);
		return err;
	}
	p->url = opts->url;
	*ret = p;
	return 0;
}

void prometheus_close(struct prometheus *p)
{
	if (!p)
		return;
	http_close(p->http);
	free(p);
}

char *prometheus_quote(const char *text)
{
	char *ret = malloc(2 * strlen(text) + 3), *to = ret;

	if (!ret)
		return NULL;
	*to++ = '"';
	for (; *text; text++) {
		if (*text == '"' || *text == '\\' || *text == '\n')
			*to++ = '\\';
		*to++ = *text == '\n' ? 'n' : *text;
	}
	*to++ = '"';
	*to = '\0';
	return ret;
}

/* --- answers --- */

static int no_prometheus(const struct prometheus *p, const char *why)
{
	log_error("%s: its answer is none of Prometheus: %s", text_shown(p->url), text_shown(why));
	return -EBADMSG;
}

/* In our bound and that of jansson's memory */
static int too_big(const struct http_answer *answer)
{
	size_t commas = 0;

	for (const char *at = answer->body; (at = memchr(at, ',', (size_t)(answer->body + answer->len - at)));
	     at++)
		commas++;
	return commas > MAX_COMMAS;
}

static int excused(struct prometheus *p, const char *why)
{
	snprintf(p->excuse, sizeof(p->excuse), "%s", why);
	return -E2BIG;
}

static int give_up(const struct prometheus *p)
{
	log_error("%s: %s; ask for less with --since, --until or --match, or give it more --timeout",
		  text_shown(p->url), text_shown(p->excuse));
	return -EFBIG;
}

/* What it said, in one line and not too long */
static const char *said(const json_t *o, char buf[WHY_LEN])
{
	const char *type = json_string_value(json_object_get(o, "errorType"));
	const char *text = json_string_value(json_object_get(o, "error"));

	if (!text)
		text = json_string_value(json_object_get(o, "message"));
	snprintf(buf, WHY_LEN, "%s%s%s", type ?: "", type && text ? ": " : "", text ?: "");
	return buf;
}

/* 422: Prometheus, when a query exceeds a limit. 503: it took too long. 413, 429: what proxies say */
static int refused(struct prometheus *p, long status, const json_t *o)
{
	char why[WHY_LEN], line[WHY_LEN + 40];

	said(o, why);
	snprintf(line, sizeof(line), "HTTP %ld%s%s", status, why[0] ? ", " : "", why);
	switch (status) {
	case 413:
	case 422:
	case 503:
	case 504:
		return excused(p, line);
	case 401:
	case 403:
		log_error("%s: it refuses (%s): --bearer-file or --login-file has the credentials, --tenant says whose metrics are meant",
			  text_shown(p->url), text_shown(line));
		return -EACCES;
	case 404:
		log_error("%s: %s: it has no API of Prometheus there; Mimir's is below /prometheus",
			  text_shown(p->url), text_shown(line));
		return -ENOENT;
	default:
		log_error("%s: %s", text_shown(p->url), text_shown(line));
		return status >= 500 ? -EIO : -ENOENT;
	}
}

/* Once is enough: each query has the same */
static void pass_warning(struct prometheus *p, const json_t *o)
{
	const char *text = json_string_value(json_array_get(json_object_get(o, "warnings"), 0));

	if (!text || p->warned)
		return;
	p->warned = true;
	log_warn("%s warns: %.*s", text_shown(p->url), WHY_LEN, text_shown(text));
}

/* The member "data"; *@doc is to be decref'ed in any case */
static int get(struct prometheus *p, const char *path, json_t **doc, const json_t **data)
{
	struct http_answer answer;
	const char *status;
	json_error_t why;
	int err = http_get(p->http, path, &answer);

	if (err == -ETIMEDOUT)
		return excused(p, "no answer in time");
	if (err == -EFBIG || (!err && too_big(&answer)))
		return excused(p, "its answer is too long");
	if (err)
		return err;
	*doc = json_loadb(answer.body, answer.len, 0, &why);
	if (answer.status != 200)
		return refused(p, answer.status, *doc);
	if (!*doc)
		return no_prometheus(p, answer.len ? why.text : "it is empty");
	status = json_string_value(json_object_get(*doc, "status"));
	*data = json_object_get(*doc, "data");
	if (!status || strcmp(status, "success") || !*data)
		return no_prometheus(p, "it has no \"status\" of success, or no \"data\"");
	pass_warning(p, *doc);
	return 0;
}

/* --- queries --- */

/* [1795269802.5, "12"] */
static int sample(const json_t *pair, int64_t *at_ms, double *value)
{
	const json_t *at = json_array_get(pair, 0);
	const char *text = json_string_value(json_array_get(pair, 1));
	double seconds = json_number_value(at);
	char *end;

	if (!json_is_number(at) || !text || !*text || !(fabs(seconds) < 1e11))
		return -EINVAL;
	*value = strtod(text, &end);
	*at_ms = llround(seconds * 1000);
	return *end || !isfinite(*value) ? -EINVAL : 0;
}

static bool are_strings(const json_t *labels)
{
	const char *key;
	json_t *value;

	if (!json_is_object(labels))
		return false;
	json_object_foreach((json_t *)labels, key, value)
		if (!json_is_string(value))
			return false;
	return true;
}

static int each(struct prometheus *p, const json_t *data, prometheus_fn fn, void *ctx)
{
	const char *type = json_string_value(json_object_get(data, "resultType"));
	const json_t *result = json_object_get(data, "result"), *values;
	struct prometheus_series s;
	json_t *series, *pair;
	int64_t at_ms;
	double value;
	size_t i, n;
	int err;

	if (!type || strcmp(type, "matrix") || !json_is_array(result))
		return no_prometheus(p, "it has no \"result\" of type matrix");
	json_array_foreach((json_t *)result, i, series) {
		s = (struct prometheus_series){ json_object_get(series, "metric"), ++p->nr_series };
		values = json_object_get(series, "values");
		if (!are_strings(s.labels) || !json_is_array(values))
			return no_prometheus(p, "a series has no labels or no values");
		json_array_foreach((json_t *)values, n, pair) {
			if (sample(pair, &at_ms, &value))
				return no_prometheus(p, "a value of a series is no number at a time");
			err = fn(ctx, &s, at_ms, value);
			if (err)
				return err;
		}
	}
	return 0;
}

/* Seconds with as many digits as JSON of Prometheus has */
#define MS_FORMAT	"%" PRId64 ".%03d"
#define MS(ms)		((ms) / 1000), (int)((ms) % 1000)

static int range_at_once(struct prometheus *p, const char *query, int64_t start_ms, int64_t end_ms,
			 int64_t step_ms, prometheus_fn fn, void *ctx)
{
	char *escaped = http_escape(p->http, query), *path = NULL;
	const json_t *data = NULL;
	json_t *doc = NULL;
	int err = -ENOMEM;

	log_debug("query from " MS_FORMAT " to " MS_FORMAT ": %s", MS(start_ms), MS(end_ms), text_shown(query));
	/* Thanos: all of it or an error, and each host once; the others know no such parameters */
	if (escaped && asprintf(&path, "/api/v1/query_range?query=%s&start=" MS_FORMAT "&end=" MS_FORMAT
				"&step=" MS_FORMAT "&dedup=true&partial_response=false", escaped,
				MS(start_ms), MS(end_ms), MS(step_ms)) < 0)
		path = NULL;
	if (path)
		err = get(p, path, &doc, &data);
	if (!err)
		err = each(p, data, fn, ctx);
	json_decref(doc);
	free(path);
	free(escaped);
	return err;
}

int prometheus_range(struct prometheus *p, const char *query, int64_t start_ms, int64_t end_ms,
		     int64_t step_ms, prometheus_fn fn, void *ctx)
{
	int64_t many = FIRST_STEPS, left, steps;
	int err = 0;

	while (!err && start_ms <= end_ms) {
		left = (end_ms - start_ms) / step_ms + 1;
		steps = many < left ? many : left;
		err = range_at_once(p, query, start_ms, start_ms + (steps - 1) * step_ms, step_ms,
				    fn, ctx);
		if (err == -E2BIG && steps > 1) {
			many = steps / 2;
			err = 0;
			continue;
		}
		start_ms += steps * step_ms;
		many = many < MAX_STEPS ? 2 * many : many;
	}
	return err == -E2BIG ? give_up(p) : err;
}

int prometheus_label_values(struct prometheus *p, const char *label, const char *match,
			    int64_t start_ms, int64_t end_ms, json_t **ret)
{
	char *escaped = http_escape(p->http, match), *path = NULL;
	const json_t *data = NULL;
	json_t *doc = NULL, *value;
	int err = -ENOMEM;
	size_t i;

	*ret = NULL;
	if (escaped && asprintf(&path, "/api/v1/label/%s/values?match%%5B%%5D=%s&start=" MS_FORMAT "&end="
				MS_FORMAT "&partial_response=false", label, escaped, MS(start_ms),
				MS(end_ms)) < 0)
		path = NULL;
	if (path)
		err = get(p, path, &doc, &data);
	if (!err && !json_is_array(data))
		err = no_prometheus(p, "the values of a label are no list");
	if (!err)
		json_array_foreach((json_t *)data, i, value)
			if (!json_is_string(value))
				err = no_prometheus(p, "the value of a label is no text");
	if (!err)
		*ret = json_incref((json_t *)data);
	json_decref(doc);
	free(path);
	free(escaped);
	return err == -E2BIG ? give_up(p) : err;
}
