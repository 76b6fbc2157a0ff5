// SPDX-License-Identifier: GPL-2.0
#define _GNU_SOURCE	/* vasprintf() */
#include <bpf/libbpf.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/log.h"
#include "base/text.h"

/* Another program is built with its own */
#ifndef LOG_PROGRAM
#define LOG_PROGRAM	"zrec"
#endif

enum log_level log_level = LOG_LEVEL_INFO;

static FILE *collected;

void log_collect(FILE *f)
{
	collected = f;
}

FILE *log_errors(void)
{
	return collected ? collected : stderr;
}

static void log_vmessage(enum log_level level, const char *fmt, va_list args)
{
	char *line = NULL, *shown = NULL;
	size_t size;
	FILE *f;
	int len;

	if (level > log_level)
		return;
	/* The verifier's log is long; its last lines matter */
	len = vasprintf(&line, fmt, args);
	if (len < 0)
		return;
	if (len && line[len - 1] == '\n')
		line[--len] = '\0';
	f = open_memstream(&shown, &size);
	if (f) {
		fprintf(f, LOG_PROGRAM ": %s", level == LOG_LEVEL_WARN ? "warning: " : "");
		/* Only the details of libraries have several lines */
		if (level == LOG_LEVEL_DEBUG)
			text_print(f, line, (size_t)len);
		else
			text_print_line(f, line);
		fputc('\n', f);
		fclose(f);
		/* One call, so that lines of two processes do not mix */
		fputs(shown, level == LOG_LEVEL_ERROR ? log_errors() : stderr);
	}
	free(shown);
	free(line);
}

void log_message(enum log_level level, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	log_vmessage(level, fmt, args);
	va_end(args);
}

/*
 * What is a warning to a library is detail to the user, who gets a line of our
 * own that says what it means; the verifier's log comes this way too.
 */
static int log_libbpf(enum libbpf_print_level level, const char *fmt, va_list args)
{
	if (level != LIBBPF_DEBUG)
		log_vmessage(LOG_LEVEL_DEBUG, fmt, args);
	return 0;
}

void log_capture_libbpf(void)
{
	libbpf_set_print(log_libbpf);
}
