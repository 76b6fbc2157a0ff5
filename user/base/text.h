/* SPDX-License-Identifier: GPL-2.0 */
/*
 * text.h - text from files and from the kernel, which may hold any bytes
 *
 * What is printed must not drive the terminal: control characters, those that
 * turn the direction of writing, and bytes that are no UTF-8 are printed as \xNN.
 */
#ifndef ZREC_TEXT_H
#define ZREC_TEXT_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

/* Whether it is UTF-8 without any such character: one line, to be shown as it is */
bool text_is_plain(const char *s);

/* Prints it; tabs and ends of lines stay */
void text_print(FILE *f, const char *s, size_t len);

/* A value for a message, printable, cut after about 40 bytes, which "..." then says */
#define TEXT_CUT	40
#define TEXT_CUT_LEN	(TEXT_CUT + sizeof("\\xff..."))
const char *text_cut_into(char buf[TEXT_CUT_LEN], const char *s);
#define text_cut(s)	text_cut_into((char[TEXT_CUT_LEN]){ 0 }, s)

/* A JSON string; what is no UTF-8 becomes U+FFFD */
json_t *text_to_json(const char *s);

#endif /* ZREC_TEXT_H */
