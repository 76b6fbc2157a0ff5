// SPDX-License-Identifier: GPL-2.0
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/text.h"

/* The length of the character that begins at @s, at most @len; 0: it is not UTF-8 */
static size_t decode(const char *s, size_t len, uint32_t *ret)
{
	static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	unsigned char first = (unsigned char)s[0];
	size_t n = first < 0x80 ? 1 : first < 0xc0 ? 0 : first < 0xe0 ? 2 : first < 0xf0 ? 3 :
		   first < 0xf8 ? 4 : 0;

	if (!n || n > len)
		return 0;
	*ret = n == 1 ? first : first & (0x7fu >> n);
	for (size_t i = 1; i < n; i++) {
		if (((unsigned char)s[i] & 0xc0) != 0x80)
			return 0;
		*ret = *ret << 6 | ((unsigned char)s[i] & 0x3f);
	}
	if (*ret < least[n] || *ret > 0x10ffff || (*ret >= 0xd800 && *ret <= 0xdfff))
		return 0;
	return n;
}

static bool is_plain(uint32_t c)
{
	static const struct {
		uint32_t lo, hi;
	} other[] = {
		{ 0x00, 0x1f }, { 0x7f, 0x9f },
		{ 0x2028, 0x2029 },			/* ends of lines and paragraphs */
		{ 0x61c, 0x61c }, { 0x200e, 0x200f },	/* marks of direction */
		{ 0x202a, 0x202e }, { 0x2066, 0x2069 },	/* the direction of what follows */
		{ 0x200b, 0x200b }, { 0x2060, 0x2064 },	/* invisible */
		{ 0xfeff, 0xfeff }, { 0xe0000, 0xe007f },
	};

	for (size_t i = 0; i < ARRAY_SIZE(other); i++)
		if (c >= other[i].lo && c <= other[i].hi)
			return false;
	return true;
}

bool text_is_plain(const char *s)
{
	size_t len = strlen(s), n;
	uint32_t c;

	for (; len; s += n, len -= n) {
		n = decode(s, len, &c);
		if (!n || !is_plain(c))
			return false;
	}
	return true;
}

/* One character of four bytes, each as \xNN */
#define ONE_LEN	sizeof("\\xff\\xff\\xff\\xff")

/* What to print for the character at @s; returns how many of its bytes that stands for */
static size_t show_one(char out[ONE_LEN], const char *s, size_t len, bool lines)
{
	uint32_t c = 0;
	size_t n = decode(s, len, &c);

	if (n && (is_plain(c) || (lines && (c == '\t' || c == '\n')))) {
		memcpy(out, s, n);
		out[n] = '\0';
		return n;
	}
	n = n ? n : 1;
	for (size_t i = 0; i < n; i++)
		sprintf(out + 4 * i, "\\x%02x", (unsigned char)s[i]);
	return n;
}

static void print(FILE *f, const char *s, size_t len, bool lines)
{
	char out[ONE_LEN];

	while (len) {
		size_t n = show_one(out, s, len, lines);

		fputs(out, f);
		s += n;
		len -= n;
	}
}

void text_print(FILE *f, const char *s, size_t len)
{
	print(f, s, len, true);
}

void text_print_line(FILE *f, const char *s)
{
	print(f, s, strlen(s), false);
}

const char *text_copy(char *buf, size_t size, const char *s, size_t max)
{
	size_t len = strnlen(s, max), at = 0;
	char out[ONE_LEN];

	while (len) {
		size_t n = show_one(out, s, len, false), room = strlen(out);

		if (at + room >= size)
			break;
		memcpy(buf + at, out, room);
		at += room;
		s += n;
		len -= n;
	}
	buf[at] = '\0';
	return buf;
}

const char *text_cut_into(char buf[TEXT_CUT_LEN], const char *s)
{
	size_t len = strlen(s), at = 0;
	char out[ONE_LEN];

	while (len) {
		size_t n = show_one(out, s, len, false), room = strlen(out);

		if (at + room > TEXT_CUT) {
			strcpy(buf + at, "...");
			return buf;
		}
		memcpy(buf + at, out, room);
		s += n;
		len -= n;
		at += room;
	}
	buf[at] = '\0';
	return buf;
}

json_t *text_to_json(const char *s)
{
	static const char replacement[] = "\xef\xbf\xbd";
	size_t len = strlen(s), at = 0;
	char *copy = malloc(len * (sizeof(replacement) - 1) + 1);
	json_t *ret;

	while (copy && len) {
		uint32_t c;
		size_t n = decode(s, len, &c);

		memcpy(copy + at, n ? s : replacement, n ? n : sizeof(replacement) - 1);
		at += n ? n : sizeof(replacement) - 1;
		n = n ? n : 1;
		s += n;
		len -= n;
	}
	ret = copy ? json_stringn(copy, at) : NULL;
	free(copy);
	return ret;
}
