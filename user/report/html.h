/* SPDX-License-Identifier: GPL-2.0 */
/*
 * html.h - the one way into the page, which escapes
 *
 * Markup is the format, which is a literal; every value is escaped, for text and for
 * attributes in double quotes alike. So a name in a recording of anybody can never become
 * markup. Bytes that are no text, or that would turn or hide what stands around them, are
 * shown as base/text.h shows them.
 */
#ifndef ZREC_REPORT_HTML_H
#define ZREC_REPORT_HTML_H

#include <stdio.h>

struct html {
	FILE *f;
};

/*
 * Knows %s, %c, %d, %u and %x (also with l, ll or z), %f, and their flags, widths and
 * precisions, all but "*". What else it finds in a format ends the program: a mistake of ours.
 */
void html_put(const struct html *h, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif /* ZREC_REPORT_HTML_H */
