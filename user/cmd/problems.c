// SPDX-License-Identifier: GPL-2.0
/* Why a command failed, for programs that read documents */
#define _GNU_SOURCE	/* memfd_create() */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/exit.h"
#include "base/log.h"
#include "base/text.h"
#include "cmd/problems.h"

/* Appended to, since loading the observer is a child's work and has errors too */
int problems_begin(struct problems_said *p)
{
	int fd = memfd_create("zrec-problems", MFD_CLOEXEC);

	p->f = fd < 0 ? NULL : fdopen(fd, "a+");
	if (!p->f) {
		log_error("cannot keep messages: %s", strerror(errno));
		if (fd >= 0)
			close(fd);
		return -ENOMEM;
	}
	setvbuf(p->f, NULL, _IOLBF, 0);
	log_collect(p->f);
	return 0;
}

/* "FILE:LINE" or "FILE" */
static int set_place(json_t *o, char *place)
{
	char *colon = strrchr(place, ':'), *end;
	unsigned long line = colon ? strtoul(colon + 1, &end, 10) : 0;
	int err;

	if (line && !*end)
		*colon = '\0';
	err = json_object_set_new(o, "file", text_to_json(place));
	if (line && !*end)
		err |= json_object_set_new(o, "line", json_integer((json_int_t)line));
	return err;
}

/* "zrec: TEXT" of log_error(), "FILE:LINE: TEXT" or "FILE: TEXT"; the line is changed */
static json_t *problem_to_json(char *line)
{
	const char *text = line;
	json_t *o = json_object();
	char *end = strstr(line, ": ");
	int err = 0;

	if (end) {
		*end = '\0';
		text = end + 2;
	}
	if (end && strcmp(line, "zrec"))
		err |= set_place(o, line);
	err |= json_object_set_new(o, "text", text_to_json(text));
	if (err) {
		json_decref(o);
		return NULL;
	}
	return o;
}

static int print_document(struct output *o, FILE *said)
{
	int err = output_list(o, "problems", "problem");
	char *line = NULL;
	size_t size = 0;

	rewind(said);
	while (!err && getline(&line, &size, said) > 0) {
		line[strcspn(line, "\n")] = '\0';
		err = output_item(o, problem_to_json(line));
	}
	free(line);
	return err ? err : output_close(o);
}

static void copy(FILE *from, FILE *to)
{
	char buf[4096];
	size_t n;

	rewind(from);
	while ((n = fread(buf, 1, sizeof(buf), from)) > 0)
		fwrite(buf, 1, n, to);
}

int problems_end(struct problems_said *p, enum output_format format, int ret)
{
	struct output o;
	int err = 0;

	log_collect(NULL);
	copy(p->f, stderr);
	if (ret < 0) {
		err = output_open(&o, stdout, format);
		if (!err)
			err = print_document(&o, p->f);
	}
	fclose(p->f);
	return ret < 0 ? output_exit_code(err, exit_code(ret)) : ret;
}
