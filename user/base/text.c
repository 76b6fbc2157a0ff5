// SPDX-License-Identifier: GPL-2.0
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"

/* The length of the character that begins at @s, at most @len; 0: it is no UTF-8 */
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
		{ 0x202a, 0x202e }, { 0x2066, 0x2069 },	/* the direction of what follows */
	};

	for (size_t i = 0; i < sizeof(other) / sizeof(other[0]); i++)
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

void text_print(FILE *f, const char *s, size_t len)
{
	while (len) {
		uint32_t c = 0;
		size_t n = decode(s, len, &c);

		if (n && (is_plain(c) || c == '\t' || c == '\n')) {
			fwrite(s, 1, n, f);
		} else {
			n = n ? n : 1;
			for (size_t i = 0; i < n; i++)
				fprintf(f, "\\x%02x", (unsigned char)s[i]);
		}
		s += n;
		len -= n;
	}
}

const char *text_cut_into(char buf[TEXT_CUT_LEN], const char *s)
{
	size_t len = strlen(s), at = 0;

	while (len) {
		uint32_t c = 0;
		size_t n = decode(s, len, &c);
		bool plain = n && is_plain(c);

		if (at + (plain ? n : sizeof("\\xff") - 1) > TEXT_CUT) {
			strcpy(buf + at, "...");
			return buf;
		}
		if (plain) {
			memcpy(buf + at, s, n);
			at += n;
		} else {
			n = 1;
			at += (size_t)sprintf(buf + at, "\\x%02x", (unsigned char)*s);
		}
		s += n;
		len -= n;
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
