// SPDX-License-Identifier: GPL-2.0
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "report/html.h"

#define SPEC_LEN	16

static void put_escaped(FILE *f, const char *s)
{
	for (; *s; s++) {
		size_t plain = strcspn(s, "&<>\"'");

		fwrite(s, 1, plain, f);
		s += plain;
		switch (*s) {
		case '&':
			fputs("&amp;", f);
			break;
		case '<':
			fputs("&lt;", f);
			break;
		case '>':
			fputs("&gt;", f);
			break;
		case '"':
			fputs("&quot;", f);
			break;
		case '\'':
			fputs("&#39;", f);
			break;
		default:
			return;
		}
	}
}

static void put_string(FILE *f, const char *s)
{
	char buf[TEXT_SHOWN_MAX];

	put_escaped(f, text_is_plain(s) && strlen(s) < sizeof(buf) ? s :
		       text_copy(buf, sizeof(buf), s, sizeof(buf)));
}

/* "%-5.2lu" at @at: its length; copied to @spec */
static size_t spec_at(const char *at, char spec[SPEC_LEN])
{
	size_t len = 1 + strspn(at + 1, "-+ #0123456789.lz") + 1;

	if (len >= SPEC_LEN || !at[len - 1] || !strchr("scduxf", at[len - 1]))
		abort();
	memcpy(spec, at, len);
	spec[len] = '\0';
	return len;
}

static void put_unsigned(FILE *f, const char *spec, va_list *args)
{
	if (strstr(spec, "ll"))
		fprintf(f, spec, va_arg(*args, unsigned long long));
	else if (strchr(spec, 'l'))
		fprintf(f, spec, va_arg(*args, unsigned long));
	else if (strchr(spec, 'z'))
		fprintf(f, spec, va_arg(*args, size_t));
	else
		fprintf(f, spec, va_arg(*args, unsigned int));
}

static void put_value(FILE *f, const char *spec, va_list *args)
{
	char letter[2] = "";

	switch (spec[strlen(spec) - 1]) {
	case 's':
		put_string(f, va_arg(*args, const char *));
		break;
	case 'c':
		letter[0] = (char)va_arg(*args, int);
		put_string(f, letter);
		break;
	case 'f':
		fprintf(f, spec, va_arg(*args, double));
		break;
	default:
		/* The same in memory, signed or not */
		put_unsigned(f, spec, args);
	}
}

void html_put(const struct html *h, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	while (*format) {
		size_t plain = strcspn(format, "%");
		char spec[SPEC_LEN];

		fwrite(format, 1, plain, h->f);
		format += plain;
		if (!*format)
			break;
		if (format[1] == '%') {
			fputc('%', h->f);
			format += 2;
			continue;
		}
		format += spec_at(format, spec);
		put_value(h->f, spec, &args);
	}
	va_end(args);
}
