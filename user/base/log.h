/* SPDX-License-Identifier: GPL-2.0 */
/*
 * log.h - messages for the person at the terminal, on stderr, one line each
 *
 * Results never go through here: they belong on stdout.
 */
#ifndef ZREC_LOG_H
#define ZREC_LOG_H

#include <stdio.h>

enum log_level {
	LOG_LEVEL_ERROR,
	LOG_LEVEL_WARN,
	LOG_LEVEL_INFO,
	LOG_LEVEL_DEBUG,
};

extern enum log_level log_level;

/* --quiet was given: commands whose result is their exit code print nothing */
#define log_is_quiet()	(log_level < LOG_LEVEL_WARN)

/* log_error() and log_errors() write to @f from here on; NULL: to stderr again */
void log_collect(FILE *f);
/* For lines that do not come from log_error(): "FILE:LINE: TEXT" */
FILE *log_errors(void);

void log_message(enum log_level level, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

#define log_error(...)	log_message(LOG_LEVEL_ERROR, __VA_ARGS__)
#define log_warn(...)	log_message(LOG_LEVEL_WARN, __VA_ARGS__)
#define log_info(...)	log_message(LOG_LEVEL_INFO, __VA_ARGS__)
#define log_debug(...)	log_message(LOG_LEVEL_DEBUG, __VA_ARGS__)

/* Sends libbpf's messages to log_message(), one level down */
void log_capture_libbpf(void);

#endif /* ZREC_LOG_H */
