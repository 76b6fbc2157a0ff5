// SPDX-License-Identifier: GPL-2.0
#define _GNU_SOURCE	/* strcasestr() */
#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include "base/array.h"
#include "base/exit.h"
#include "base/output.h"

const char *const output_formats[] = {
	[OUTPUT_TEXT] = "text",
	[OUTPUT_JSON] = "json",
	[OUTPUT_JSONL] = "jsonl",
	NULL
};

const char *const output_formats_csv[] = {
	[OUTPUT_TEXT] = "text",
	[OUTPUT_JSON] = "json",
	[OUTPUT_JSONL] = "jsonl",
	[OUTPUT_CSV] = "csv",
	NULL
};

static bool is_document(const struct output *o)
{
	return o->format == OUTPUT_JSON || o->format == OUTPUT_JSONL;
}

int output_flush(FILE *f)
{
	struct pollfd p = { .fd = fileno(f), .events = POLLOUT };

	if (fflush(f))
		return -errno;
	if (!ferror(f))
		return 0;
	/* An earlier write failed, inside stdio, and its errno is lost by now */
	if (poll(&p, 1, 0) == 1 && p.revents & POLLERR)
		return -EPIPE;
	return -EIO;
}

int output_exit_code(int err, int rc)
{
	if (!err || err == -EPIPE)
		return rc;
	fprintf(stderr, "zrec: cannot write the result: %s\n", strerror(-err));
	return EXIT_FAILED;
}

void output_ignore_sigpipe(void)
{
	signal(SIGPIPE, SIG_IGN);
}

/* A value on lines of its own, each below the first indented by depth */
static int put_indented(FILE *f, const json_t *value, int depth)
{
	char *text = json_dumps(value, JSON_INDENT(2) | JSON_ENCODE_ANY);

	if (!text)
		return -ENOMEM;
	/* A newline inside a string is escaped, so each one found is layout */
	for (const char *c = text; *c; c++) {
		fputc(*c, f);
		if (*c == '\n')
			fprintf(f, "%*s", depth, "");
	}
	free(text);
	return 0;
}

static int put_line(FILE *f, const char *key, json_t *value)
{
	json_t *line = json_pack("{sO}", key, value);
	char *text = line ? json_dumps(line, JSON_COMPACT) : NULL;

	json_decref(line);
	if (!text)
		return -ENOMEM;
	fprintf(f, "%s\n", text);
	free(text);
	return 0;
}

static void end_list(struct output *o)
{
	if (o->in_list && o->format == OUTPUT_JSON)
		fputs(o->items ? "\n  ]" : "]", o->f);
	o->in_list = false;
}

static void start_key(struct output *o, const char *key)
{
	end_list(o);
	fprintf(o->f, "%s\n  \"%s\": ", o->keys++ ? "," : "{", key);
}

int output_value(struct output *o, const char *key, json_t *value)
{
	int err = 0;

	if (!is_document(o))
		goto out;
	if (!value)
		return -ENOMEM;
	if (o->format == OUTPUT_JSONL) {
		end_list(o);
		err = put_line(o->f, key, value);
	} else {
		start_key(o, key);
		err = put_indented(o->f, value, 2);
	}
	if (!err)
		err = output_flush(o->f);
out:
	json_decref(value);
	return err;
}

int output_list(struct output *o, const char *list, const char *item)
{
	if (!is_document(o))
		return 0;
	if (o->format == OUTPUT_JSON) {
		start_key(o, list);
		fputc('[', o->f);
	}
	o->item = item;
	o->items = 0;
	o->in_list = true;
	return output_flush(o->f);
}

int output_item(struct output *o, json_t *value)
{
	int err = 0;

	if (!is_document(o))
		goto out;
	if (!value)
		return -ENOMEM;
	if (o->format == OUTPUT_JSONL) {
		err = put_line(o->f, o->item, value);
	} else {
		fputs(o->items ? ",\n    " : "\n    ", o->f);
		err = put_indented(o->f, value, 4);
	}
	o->items++;
	if (!err)
		err = output_flush(o->f);
out:
	json_decref(value);
	return err;
}

json_t *output_meta(void)
{
	char host[256] = "", now[32] = "";
	time_t t = time(NULL);
	struct tm tm;

	gethostname(host, sizeof(host) - 1);
	if (gmtime_r(&t, &tm))
		strftime(now, sizeof(now), "%Y-%m-%dT%H:%M:%SZ", &tm);
	/* A host name is any bytes, JSON is not */
	return json_pack("{si ss ss so ss}", "api_level", OUTPUT_API_LEVEL,
			 "tool", "zrec", "version", ZREC_VERSION, "host",
			 json_string(host) ?: json_string("?"), "time", now);
}

int output_open(struct output *o, FILE *f, enum output_format format)
{
	*o = (struct output){ .f = f, .format = format };
	if (!is_document(o))
		return 0;
	return output_value(o, "meta", output_meta());
}

int output_close(struct output *o)
{
	end_list(o);
	if (o->format == OUTPUT_JSON)
		fputs("\n}\n", o->f);
	return output_flush(o->f);
}

bool output_is_utf8(FILE *f)
{
	/*
	 * Read from the environment: setlocale() falls back to "C" where the
	 * locale is not installed, which says nothing about the terminal.
	 */
	static const char *const names[] = { "LC_ALL", "LC_CTYPE", "LANG" };

	if (!isatty(fileno(f)))
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		const char *value = getenv(names[i]);

		if (value && *value)
			return strcasestr(value, "utf-8") || strcasestr(value, "utf8");
	}
	return false;
}

bool output_is_color(FILE *f)
{
	const char *no_color = getenv("NO_COLOR");
	const char *term = getenv("TERM");

	return isatty(fileno(f)) && !(no_color && *no_color) &&
	       term && strcmp(term, "dumb");
}

int output_width(FILE *f)
{
	const char *columns = getenv("COLUMNS");
	struct winsize ws;

	if (columns && atoi(columns) > 0)
		return atoi(columns);
	if (!ioctl(fileno(f), TIOCGWINSZ, &ws) && ws.ws_col)
		return ws.ws_col;
	return 80;
}

uint64_t output_scale(uint64_t part, uint64_t whole, uint64_t scale)
{
	return whole ? (uint64_t)((unsigned __int128)part * scale / whole) : 0;
}

const char *output_duration(char buf[OUTPUT_DURATION_LEN], uint64_t ns)
{
	static const struct {
		uint64_t ns;
		const char *name;
	} units[] = {
		{ 3600000000000ULL, "h" }, { 60000000000ULL, "min" },
		{ 1000000000ULL, "s" }, { 1000000ULL, "ms" },
		{ 1000ULL, "us" }, { 1ULL, "ns" },
	};
	size_t u = 0;
	unsigned long long whole, part;
	int digits;

	while (u < 5 && ns < units[u].ns)
		u++;
	/* Cut, not rounded: 999.9 us must not read as 1000 us */
	whole = ns / units[u].ns;
	digits = u == 5 || whole >= 100 ? 0 : whole >= 10 ? 1 : 2;
	part = ns % units[u].ns * (digits == 2 ? 100 : 10) / units[u].ns;
	if (digits)
		snprintf(buf, OUTPUT_DURATION_LEN, "%llu.%0*llu %s", whole, digits,
			 part, units[u].name);
	else
		snprintf(buf, OUTPUT_DURATION_LEN, "%llu %s", whole, units[u].name);
	return buf;
}

json_t *output_u64(uint64_t value)
{
	char buf[24];

	snprintf(buf, sizeof(buf), "%" PRIu64, value);
	return json_string(buf);
}

json_t *output_count(uint64_t count)
{
	const uint64_t max = (1ULL << 53) - 1;

	return json_integer((json_int_t)(count < max ? count : max));
}

json_t *output_ns(uint64_t ns)
{
	return output_count(ns);
}

json_t *output_ids(uint32_t fid, uint32_t uid, const char *pci_address)
{
	char fid_text[16], uid_text[16];
	json_t *ids;

	snprintf(fid_text, sizeof(fid_text), "0x%08x", fid);
	snprintf(uid_text, sizeof(uid_text), "0x%x", uid);
	ids = json_pack("{ss}", "fid", fid_text);
	if (ids && pci_address &&
	    (json_object_set_new(ids, "uid", json_string(uid_text)) ||
	     json_object_set_new(ids, "pci_address", json_string(pci_address)))) {
		json_decref(ids);
		ids = NULL;
	}
	return ids;
}
