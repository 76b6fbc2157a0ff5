/* SPDX-License-Identifier: GPL-2.0 */
/*
 * text.h - text from files and from the kernel, which may hold any bytes
 *
 * Names, descriptions, comments and messages come from files, drivers, processes and
 * the kernel. What is printed must not drive the terminal, rewrite what stands above,
 * or read in another order than it is written: control characters, those that turn the
 * direction of writing or are invisible, and bytes that are not UTF-8 are printed as
 * \xNN. JSON has rules of its own, and needs none of this.
 */
#ifndef ZREC_TEXT_H
#define ZREC_TEXT_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

/* True if it is UTF-8 without any such character: one line, to be shown as it is */
bool text_is_plain(const char *s);

/* Prints it; tabs and ends of lines stay. A character must not be cut in two at the end */
void text_print(FILE *f, const char *s, size_t len);

/* Prints it as one line: tabs and ends of lines become \xNN, too */
void text_print_line(FILE *f, const char *s);

/*
 * For an argument of printf(), valid to the end of the block: one line, from a string
 * or from an array that may be full to its end. What is longer than a path can be is cut.
 */
#define TEXT_SHOWN_MAX	5000
const char *text_copy(char *buf, size_t size, const char *s, size_t max);
#define text_shown(s)		text_copy((char[TEXT_SHOWN_MAX]){ 0 }, TEXT_SHOWN_MAX, s, \
					  TEXT_SHOWN_MAX)
#define text_shown_array(a)	text_copy((char[4 * sizeof(a) + 1]){ 0 }, 4 * sizeof(a) + 1, \
					  a, sizeof(a))

/* A value for a message, printable, cut after about 40 bytes, which "..." then says */
#define TEXT_CUT	40
#define TEXT_CUT_LEN	(TEXT_CUT + sizeof("\\xff..."))
const char *text_cut_into(char buf[TEXT_CUT_LEN], const char *s);
#define text_cut(s)	text_cut_into((char[TEXT_CUT_LEN]){ 0 }, s)

/* "1 recovery", "2 recoveries": the word for so many */
static inline const char *text_nr(unsigned long long nr, const char *one, const char *many)
{
	return nr == 1 ? one : many;
}

/* A JSON string; what is not UTF-8 becomes U+FFFD */
json_t *text_to_json(const char *s);

#endif /* ZREC_TEXT_H */
