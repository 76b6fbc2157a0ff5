// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/output.h"
#include "base/text.h"
#include "keep/jsonl.h"
#include "keep/record-json.h"

__attribute__((format(printf, 3, 4)))
static int refuse(struct jsonl_reader *r, int err, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	vsnprintf(r->why, sizeof(r->why), fmt, args);
	va_end(args);
	return err;
}

/* How deep lists and objects are in each other. jansson goes as deep as its stack */
static unsigned int depth_of(const char *text, size_t len)
{
	unsigned int depth = 0, most = 0;
	bool in_string = false;

	for (size_t i = 0; i < len; i++) {
		char c = text[i];

		if (in_string && c == '\\')
			i++;
		else if (c == '"')
			in_string = !in_string;
		else if (!in_string && (c == '{' || c == '['))
			most = ++depth > most ? depth : most;
		else if (!in_string && (c == '}' || c == ']') && depth)
			depth--;
	}
	return most;
}

static int parse_meta(struct jsonl_reader *r, const json_t *meta)
{
	const char *format = json_string_value(json_object_get(meta, "format"));
	const json_t *version = json_object_get(meta, "format_version");

	if (!format || strcmp(format, JSONL_FORMAT))
		return refuse(r, -EUCLEAN, "not a history; 'zrec history export' writes one");
	if (!json_is_integer(version) || json_integer_value(version) < 1)
		return refuse(r, -EUCLEAN, "meta.format_version is missing, or no number from 1 on");
	if (json_integer_value(version) > JSONL_FORMAT_VERSION)
		return refuse(r, -EPROTO, "of a newer zrec: format_version %lld, this one reads %d",
			      (long long)json_integer_value(version), JSONL_FORMAT_VERSION);
	r->begun = true;
	return 0;
}

static int parse_boot(struct jsonl_reader *r, struct json_in *in, const json_t *o,
		      struct jsonl_line *ret)
{
	struct history_boot boot;
	int err = history_boot_parse(in, o, &boot);

	if (!err)
		err = boots_add(&r->boots, &boot, &ret->boot);
	if (err == -EINVAL && !in->err)
		json_in_refuse(in, "boot_id", json_object_get(o, "boot_id"),
			       "one of this machine_id: a line before gives it another");
	if (err == -E2BIG)
		return refuse(r, -EUCLEAN, "more than %u boots", BOOTS_MAX);
	return err > 0 ? 0 : err;
}

static int parse_observation(struct jsonl_reader *r, struct json_in *in, const json_t *o,
			     struct jsonl_line *ret)
{
	struct history_observation observation;
	int err = history_observation_parse(in, o, &r->boots, &observation);

	ret->boot = observation.boot;
	if (!err)
		err = observations_add(&r->observations, &observation);
	if (err == -E2BIG)
		return refuse(r, -EUCLEAN, "more than %u observations", OBSERVATIONS_MAX);
	return err > 0 ? 0 : err;
}

/* What the one key of a line is */
static int parse_item(struct jsonl_reader *r, struct json_in *in, const char *key,
		      const json_t *o, struct jsonl_line *ret)
{
	json_in_init(in, key);
	if (!strcmp(key, "boot")) {
		ret->kind = JSONL_BOOT;
		return parse_boot(r, in, o, ret);
	}
	if (!strcmp(key, "observation")) {
		ret->kind = JSONL_OBSERVATION;
		return parse_observation(r, in, o, ret);
	}
	if (!strcmp(key, "recovery")) {
		ret->kind = JSONL_RECOVERY;
		history_recovery_parse(in, o, &r->boots, &r->observations, &ret->recovery);
		ret->boot = ret->recovery.boot;
	} else if (!strcmp(key, "gap")) {
		ret->kind = JSONL_GAP;
		history_gap_parse(in, o, &r->boots, &ret->gap, &ret->boot);
	} else if (!strcmp(key, "policy_event")) {
		ret->kind = JSONL_POLICY_EVENT;
		history_policy_event_parse(in, o, &r->boots, &ret->policy_event);
		ret->boot = ret->policy_event.boot;
	}
	return in->err;
}

static int parse_object(struct jsonl_reader *r, const json_t *line, struct jsonl_line *ret)
{
	const char *key = json_object_iter_key(json_object_iter((json_t *)line));
	const json_t *value = json_object_get(line, key);
	struct json_in in;
	int err;

	if (json_object_size(line) != 1 || !json_is_object(value))
		return refuse(r, -EUCLEAN, "not an object in an object, {\"recovery\": {...}}");
	if (!strcmp(key, "meta"))
		return parse_meta(r, value);
	if (!r->begun)
		return refuse(r, -EUCLEAN, "not a history; 'zrec history export' writes one");
	err = parse_item(r, &in, key, value, ret);
	if (err == -EINVAL)
		return refuse(r, -EUCLEAN, "%s", in.why);
	return err;
}

int jsonl_parse(struct jsonl_reader *r, const char *text, size_t len, struct jsonl_line *ret)
{
	json_error_t error;
	json_t *line;
	int err;

	r->line++;
	ret->kind = JSONL_NOTHING;
	ret->boot = NULL;
	if (len && text[len - 1] == '\r')
		len--;
	if (!len)
		return 0;
	if (depth_of(text, len) > JSONL_DEPTH_MAX)
		return refuse(r, -EUCLEAN, "objects in each other, more than %d deep",
			      JSONL_DEPTH_MAX);
	line = json_loadb(text, len, JSON_REJECT_DUPLICATES, &error);
	if (!line && json_error_code(&error) == json_error_out_of_memory)
		return -ENOMEM;
	/* The first line says what the whole file is */
	if (!line && !r->begun)
		return refuse(r, -EUCLEAN, "not a history; 'zrec history export' writes one");
	if (!line)
		return refuse(r, -EUCLEAN, "not JSON, at byte %d: %s", error.position,
			      text_cut(error.text));
	err = parse_object(r, line, ret);
	json_decref(line);
	return err;
}

/* The next line into r->buf. Its length; -ENODATA at the end, -errno, -EUCLEAN: too long */
static ssize_t get_line(struct jsonl_reader *r, FILE *f)
{
	size_t len = 0;
	int c = 0;

	if (!r->buf) {
		r->buf = malloc(JSONL_LINE_MAX);
		if (!r->buf)
			return -ENOMEM;
	}
	errno = 0;
	while ((c = getc_unlocked(f)) != EOF && c != '\n') {
		if (len == JSONL_LINE_MAX) {
			r->line++;
			return refuse(r, -EUCLEAN, "longer than %u bytes", JSONL_LINE_MAX);
		}
		r->buf[len++] = (char)c;
	}
	if (c == EOF && ferror(f))
		return errno ? -errno : -EIO;
	return c == EOF && !len ? -ENODATA : (ssize_t)len;
}

int jsonl_next(struct jsonl_reader *r, FILE *f, struct jsonl_line *ret)
{
	ssize_t len = get_line(r, f);
	int err;

	if (len == -ENODATA && !r->begun)
		return refuse(r, -EUCLEAN, "not a history: it is empty");
	if (len == -ENODATA)
		return 0;
	if (len < 0)
		return (int)len;
	err = jsonl_parse(r, r->buf, (size_t)len, ret);
	return err ? err : 1;
}

void jsonl_reader_free(struct jsonl_reader *r)
{
	boots_free(&r->boots);
	observations_free(&r->observations);
	free(r->buf);
	*r = (struct jsonl_reader){ 0 };
}

/* Consumes the value, NULL is -ENOMEM */
static int put(struct jsonl_writer *w, const char *key, json_t *value)
{
	char *text = value ? json_dumps(value, JSON_COMPACT) : NULL;

	json_decref(value);
	if (!text)
		return -ENOMEM;
	errno = 0;
	fprintf(w->f, "{\"%s\":%s}\n", key, text);
	free(text);
	if (ferror(w->f))
		return errno ? -errno : -EIO;
	return 0;
}

int jsonl_write_meta(struct jsonl_writer *w)
{
	json_t *meta = output_meta();

	if (meta && json_object_set_new(meta, "format", json_string(JSONL_FORMAT)) |
		    json_object_set_new(meta, "format_version",
					json_integer(JSONL_FORMAT_VERSION))) {
		json_decref(meta);
		meta = NULL;
	}
	return put(w, "meta", meta);
}

/* *kept: the same boot, as long as the writer is there */
static int put_boot(struct jsonl_writer *w, const struct history_boot *boot,
		    const struct history_boot **kept)
{
	int err = boots_add(&w->boots, boot, kept);

	/* Two machines with one boot: no reader could tell whose a recovery is */
	if (err == -EINVAL)
		return -EUCLEAN;
	return err > 0 ? put(w, "boot", history_boot_to_json(boot)) : err;
}

static int put_observation(struct jsonl_writer *w, const struct history_observation *observation,
			   const struct history_boot *kept)
{
	struct history_observation key = *observation;
	int err;

	key.boot = kept;
	err = observations_add(&w->observations, &key);
	return err > 0 ? put(w, "observation", history_observation_to_json(observation)) : err;
}

int jsonl_write_recovery(struct jsonl_writer *w, const struct history_recovery *r)
{
	const struct history_boot *kept = NULL;
	int err = put_boot(w, r->boot, &kept);

	if (!err && r->observation)
		err = put_observation(w, r->observation, kept);
	return err ? err : put(w, "recovery", history_recovery_to_json(r));
}

int jsonl_write_gap(struct jsonl_writer *w, const struct history_boot *boot,
		    const struct history_gap *gap)
{
	const struct history_boot *kept;
	int err = put_boot(w, boot, &kept);

	return err ? err : put(w, "gap", history_gap_to_json(boot, gap));
}

int jsonl_write_policy_event(struct jsonl_writer *w, const struct history_policy_event *event)
{
	const struct history_boot *kept;
	int err = put_boot(w, event->boot, &kept);

	return err ? err : put(w, "policy_event", history_policy_event_to_json(event));
}

void jsonl_writer_free(struct jsonl_writer *w)
{
	boots_free(&w->boots);
	observations_free(&w->observations);
}
