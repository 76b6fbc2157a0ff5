// SPDX-License-Identifier: GPL-2.0
/* Text of any bytes: what reaches a terminal, a message or JSON of it */
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "cmocka-all.h"

static void plain_text_is_one_line_of_utf8(void **state)
{
	static const char *const plain[] = { "", "abc", "\xc3\xa4", "\xe2\x82\xac", "\xf0\x9f\x98\x80", "\xd7\xa9" };
	static const char *const other[] = {
		"\x1b[2J", "a\nb", "a\tb", "\x7f", "\xc2\x9b", "\xe2\x80\xae", "\xe2\x81\xa6", "\xe2\x80\xa8",
		"\xe4", "\xc3", "\xc0\x80", "\xed\xa0\x80", "\xf4\x90\x80\x80", "\xe2\x82", "\xf8\x88\x80\x80\x80",
		"\xe2\x80\x8b", "\xef\xbb\xbf", "\xf3\xa0\x80\xa1",	/* invisible */
	};

	(void)state;
	for (size_t i = 0; i < sizeof(plain) / sizeof(plain[0]); i++)
		assert_true(text_is_plain(plain[i]));
	for (size_t i = 0; i < sizeof(other) / sizeof(other[0]); i++)
		if (text_is_plain(other[i]))
			fail_msg("%zu is not plain", i);
}

static void nothing_that_drives_a_terminal_is_printed(void **state)
{
	static const char text[] = "a\tb\n\x1b]0;x\x07 \xc2\x9b \xe2\x80\xae \xe4 \xc3\xa4 \0.";
	char *out = NULL;
	size_t len;
	FILE *f = open_memstream(&out, &len);

	(void)state;
	assert_non_null(f);
	text_print(f, text, sizeof(text) - 1);
	fclose(f);
	assert_string_equal(out, "a\tb\n\\x1b]0;x\\x07 \\xc2\\x9b \\xe2\\x80\\xae \\xe4 \xc3\xa4 \\x00.");
	free(out);
}

static void one_line_stays_one_line(void **state)
{
	(void)state;
	assert_string_equal(text_shown("a\nzrec: all is well\n"), "a\\x0azrec: all is well\\x0a");
	assert_string_equal(text_shown("a\tb"), "a\\x09b");
}

static void an_array_may_be_full(void **state)
{
	const char driver[4] = { 'n', 'v', 'm', 'e' }, wild[4] = { '\x1b', '\x1b', '\x1b', '\x1b' };

	(void)state;
	assert_string_equal(text_shown_array(driver), "nvme");
	assert_string_equal(text_shown_array(wild), "\\x1b\\x1b\\x1b\\x1b");
}

/* No code is cut in two, and no character */
static void a_small_buffer_is_filled_as_far_as_it_goes(void **state)
{
	char buf[8];

	(void)state;
	assert_string_equal(text_copy(buf, 8, "\x1b\x1b\x1b", 3), "\\x1b");
	assert_string_equal(text_copy(buf, 8, "123456\xc3\xbc", 8), "123456");
	assert_string_equal(text_copy(buf, 1, "x", 1), "");
}

/* No text whatever needs more room than there is */
static void cut_text_has_room(void **state)
{
	char text[128];

	(void)state;
	for (int c = 1; c < 256; c++) {
		for (size_t len = 0; len < 100; len++) {
			const char *cut;

			memset(text, c, len);
			text[len] = '\0';
			cut = text_cut(text);
			assert_true(strlen(cut) < TEXT_CUT_LEN);
			assert_true(text_is_plain(cut));
			if (c == 'x')
				assert_int_equal(strlen(cut), len <= TEXT_CUT ? len : TEXT_CUT + 3);
		}
	}
}

static void json_has_a_mark_for_what_is_not_utf8(void **state)
{
	json_t *o = text_to_json("a\xe4" "b\xc3\xa4\xff");

	(void)state;
	assert_string_equal(json_string_value(o), "a\xef\xbf\xbd" "b\xc3\xa4\xef\xbf\xbd");
	json_decref(o);
	o = text_to_json("");
	assert_string_equal(json_string_value(o), "");
	json_decref(o);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(plain_text_is_one_line_of_utf8),
		cmocka_unit_test(nothing_that_drives_a_terminal_is_printed),
		cmocka_unit_test(one_line_stays_one_line),
		cmocka_unit_test(an_array_may_be_full),
		cmocka_unit_test(a_small_buffer_is_filled_as_far_as_it_goes),
		cmocka_unit_test(cut_text_has_room),
		cmocka_unit_test(json_has_a_mark_for_what_is_not_utf8),
	};

	return cmocka_run_group_tests_name("text", tests, NULL, NULL);
}
