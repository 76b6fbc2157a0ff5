// SPDX-License-Identifier: GPL-2.0
#define _GNU_SOURCE	/* pipe2() */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cmocka-all.h"
#include "fixtures.h"
#include "record/function.h"
#include "record/hist.h"
#include "base/exit.h"
#include "base/output.h"
#include "record/policy-exit.h"
#include "schema.h"
#include "record/span.h"

/* --- framing ------------------------------------------------------------- */

/* Two lists and two values, so that each can follow each */
static void print_document(FILE *f, const void *format)
{
	struct output o;

	assert_int_equal(output_open(&o, f, *(const enum output_format *)format), 0);
	assert_int_equal(output_list(&o, "apples", "apple"), 0);
	assert_int_equal(output_item(&o, json_pack("{ss}", "sort", "a\nb\"c")), 0);
	assert_int_equal(output_item(&o, json_pack("{s[ii]}", "sizes", 1, 2)), 0);
	assert_int_equal(output_value(&o, "note", json_string("two")), 0);
	assert_int_equal(output_list(&o, "pears", "pear"), 0);
	assert_int_equal(output_value(&o, "last", json_pack("{sb}", "done", 1)), 0);
	assert_int_equal(output_close(&o), 0);
}

static void print_open_list(FILE *f, const void *format)
{
	struct output o;

	assert_int_equal(output_open(&o, f, *(const enum output_format *)format), 0);
	assert_int_equal(output_list(&o, "apples", "apple"), 0);
	assert_int_equal(output_item(&o, json_integer(1)), 0);
	assert_int_equal(output_close(&o), 0);
}

static void json_framing(void **state)
{
	const enum output_format format = OUTPUT_JSON;
	char *text = capture(print_document, &format);

	(void)state;
	mask_meta(text);
	assert_golden("framing.json", text);
	free(text);
}

static void jsonl_framing(void **state)
{
	const enum output_format format = OUTPUT_JSONL;
	char *text = capture(print_document, &format);

	(void)state;
	mask_meta(text);
	assert_golden("framing.jsonl", text);
	free(text);
}

static void text_has_no_framing(void **state)
{
	const enum output_format format = OUTPUT_TEXT;
	char *text = capture(print_document, &format);

	(void)state;
	assert_string_equal(text, "");
	free(text);
}

static void json_document_is_one_value(void **state)
{
	void (*const prints[])(FILE *f, const void *arg) = { print_document, print_open_list };
	const enum output_format format = OUTPUT_JSON;

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		char *text = capture(prints[i], &format);
		json_t *o = json_loads(text, JSON_REJECT_DUPLICATES, NULL);

		assert_non_null(o);
		assert_int_equal(json_array_size(json_object_get(o, "apples")), 2 - i);
		json_decref(o);
		free(text);
	}
}

static void every_jsonl_line_is_one_value(void **state)
{
	const enum output_format format = OUTPUT_JSONL;
	char *text = capture(print_document, &format);
	int lines = 0;

	(void)state;
	for (char *line = strtok(text, "\n"); line; line = strtok(NULL, "\n")) {
		json_t *o = json_loads(line, JSON_REJECT_DUPLICATES, NULL);

		assert_non_null(o);
		assert_int_equal(json_object_size(o), 1);
		json_decref(o);
		lines++;
	}
	assert_int_equal(lines, 5);
	free(text);
}

static void meta_tells_who_when_and_which_level(void **state)
{
	const enum output_format format = OUTPUT_JSON;
	char *text = capture(print_open_list, &format);
	json_t *o = json_loads(text, 0, NULL), *meta = json_object_get(o, "meta");
	char host[256] = "";
	int n = 0;

	(void)state;
	gethostname(host, sizeof(host) - 1);
	assert_int_equal(json_integer_value(json_object_get(meta, "api_level")),
			 OUTPUT_API_LEVEL);
	assert_string_equal(json_string_value(json_object_get(meta, "tool")), "zrec");
	assert_string_equal(json_string_value(json_object_get(meta, "version")), ZREC_VERSION);
	assert_string_equal(json_string_value(json_object_get(meta, "host")), host);
	assert_int_equal(sscanf(json_string_value(json_object_get(meta, "time")),
				"%*4d-%*2d-%*2dT%*2d:%*2d:%*2dZ%n", &n), 0);
	assert_int_equal(n, 20);
	json_decref(o);
	free(text);
}

static void missing_value_is_out_of_memory(void **state)
{
	const enum output_format formats[] = { OUTPUT_JSON, OUTPUT_JSONL };
	struct output o;

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		FILE *f = fopen("/dev/null", "w");

		assert_int_equal(output_open(&o, f, formats[i]), 0);
		assert_int_equal(output_value(&o, "x", NULL), -ENOMEM);
		assert_int_equal(output_list(&o, "xs", "x"), 0);
		assert_int_equal(output_item(&o, NULL), -ENOMEM);
		fclose(f);
	}
}

/* --- readers that go, disks that are full -------------------------------- */

static FILE *closed_pipe(void)
{
	int fd[2];
	FILE *f;

	assert_int_equal(pipe2(fd, O_CLOEXEC), 0);
	close(fd[0]);
	f = fdopen(fd[1], "w");
	assert_non_null(f);
	return f;
}

static void closed_pipe_is_epipe(void **state)
{
	const enum output_format formats[] = { OUTPUT_JSON, OUTPUT_JSONL };
	struct output o;

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		FILE *f = closed_pipe();

		assert_int_equal(output_open(&o, f, formats[i]), -EPIPE);
		fclose(f);
	}
}

/* stdio has written by itself, and forgotten why that failed */
static void closed_pipe_noticed_by_stdio_is_epipe(void **state)
{
	FILE *f = closed_pipe();

	(void)state;
	setvbuf(f, NULL, _IONBF, 0);
	fputs("recovered\n", f);
	errno = 0;
	assert_int_equal(output_flush(f), -EPIPE);
	fclose(f);
}

static void closed_pipe_is_no_failure_of_the_command(void **state)
{
	(void)state;
	assert_int_equal(output_exit_code(-EPIPE, 0), 0);
	assert_int_equal(output_exit_code(-EPIPE, 3), 3);
	assert_int_equal(output_exit_code(0, 2), 2);
}

static void full_disk_is_a_failure(void **state)
{
	FILE *f = fopen("/dev/full", "w");

	(void)state;
	assert_non_null(f);
	fputs("x", f);
	assert_int_equal(output_flush(f), -ENOSPC);
	assert_int_equal(output_exit_code(-ENOSPC, 0), EXIT_FAILED);
	fclose(f);
}

/* --- the terminal -------------------------------------------------------- */

static void file_is_neither_utf8_nor_color(void **state)
{
	FILE *f = fopen("/dev/null", "w");

	(void)state;
	setenv("LC_ALL", "C.UTF-8", 1);
	setenv("TERM", "xterm", 1);
	assert_false(output_is_utf8(f));
	assert_false(output_is_color(f));
	fclose(f);
}

/* A container may have no terminals at all */
static int terminal_fd = -1;

int __real_isatty(int fd);
int __wrap_isatty(int fd);

int __wrap_isatty(int fd)
{
	return fd == terminal_fd ? 1 : __real_isatty(fd);
}

static FILE *open_terminal(void)
{
	FILE *f = fopen("/dev/null", "w");

	assert_non_null(f);
	terminal_fd = fileno(f);
	return f;
}

static void close_terminal(FILE *f)
{
	terminal_fd = -1;
	fclose(f);
}

static void terminal_is_utf8_if_the_locale_says_so(void **state)
{
	FILE *f = open_terminal();

	(void)state;
	setenv("LC_ALL", "", 1);
	unsetenv("LC_CTYPE");
	setenv("LANG", "de_DE.utf8", 1);
	assert_true(output_is_utf8(f));
	setenv("LC_ALL", "C", 1);
	assert_false(output_is_utf8(f));
	setenv("LC_ALL", "en_US.UTF-8", 1);
	assert_true(output_is_utf8(f));
	unsetenv("LC_ALL");
	unsetenv("LANG");
	assert_false(output_is_utf8(f));
	close_terminal(f);
}

static void no_color_and_dumb_terminals_are_respected(void **state)
{
	FILE *f = open_terminal();

	(void)state;
	setenv("TERM", "xterm", 1);
	unsetenv("NO_COLOR");
	assert_true(output_is_color(f));
	setenv("NO_COLOR", "1", 1);
	assert_false(output_is_color(f));
	unsetenv("NO_COLOR");
	setenv("TERM", "dumb", 1);
	assert_false(output_is_color(f));
	close_terminal(f);
}

static void width_is_columns_or_eighty(void **state)
{
	FILE *f = fopen("/dev/null", "w");

	(void)state;
	setenv("COLUMNS", "132", 1);
	assert_int_equal(output_width(f), 132);
	setenv("COLUMNS", "junk", 1);
	assert_int_equal(output_width(f), 80);
	unsetenv("COLUMNS");
	assert_int_equal(output_width(f), 80);
	fclose(f);
}

static void durations_have_three_digits_and_a_unit(void **state)
{
	static const struct {
		uint64_t ns;
		const char *text;
	} cases[] = {
		{ 0, "0 ns" }, { 1, "1 ns" }, { 999, "999 ns" }, { 1000, "1.00 us" },
		{ 1009, "1.00 us" }, { 12345, "12.3 us" }, { 999999, "999 us" },
		{ 1000000, "1.00 ms" }, { 40756123, "40.7 ms" }, { 999999999, "999 ms" },
		{ 1050000000, "1.05 s" }, { 59999999999, "59.9 s" },
		{ 60000000000, "1.00 min" }, { 3599999999999, "59.9 min" },
		{ 3600000000000, "1.00 h" }, { 360000000000000, "100 h" },
		{ UINT64_MAX, "5124095 h" },
	};
	char buf[OUTPUT_DURATION_LEN];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_string_equal(output_duration(buf, cases[i].ns), cases[i].text);
}

static void scale_does_not_overflow(void **state)
{
	(void)state;
	assert_true(output_scale(UINT64_MAX / 2, UINT64_MAX, 1000) == 499);
	assert_true(output_scale(UINT64_MAX, UINT64_MAX, UINT64_MAX) == UINT64_MAX);
	assert_true(output_scale(5, 0, 1000) == 0);
}

/* --- the schema of this API level ---------------------------------------- */

static json_t *schema_of_all(void)
{
	struct function f = { .driver = "nvme", .mediated = FUNCTION_MEDIATED };
	const struct zrec_policy_exit e = { .policy = "keep-default" };
	struct zrec_hist *h = calloc(1, sizeof(*h));
	const enum output_format format = OUTPUT_JSON;
	json_t *set = json_object(), *v;
	struct zrec_full_span s;
	char *text;

	for (size_t i = 0; i < nr_fixtures; i++) {
		fixtures[i].make(&s.span);
		v = span_to_json(&s.span, 0);
		schema_add(set, "recovery", v);
		json_decref(v);
	}
	v = policy_exit_to_json(&e, 0);
	schema_add(set, "exit", v);
	json_decref(v);
	v = function_to_json(&f);
	schema_add(set, "function", v);
	json_decref(v);
	hist_add(h, 1);
	v = hist_to_json(h, 0);
	schema_add(set, "histogram", v);
	json_decref(v);
	free(h);
	text = capture(print_open_list, &format);
	v = json_loads(text, 0, NULL);
	schema_add(set, "meta", json_object_get(v, "meta"));
	json_decref(v);
	free(text);
	return set;
}

static void schema_of_this_api_level_is_kept(void **state)
{
	json_t *set = schema_of_all();

	(void)state;
	assert_schema("schema", set);
	json_decref(set);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(json_framing),
		cmocka_unit_test(jsonl_framing),
		cmocka_unit_test(text_has_no_framing),
		cmocka_unit_test(json_document_is_one_value),
		cmocka_unit_test(every_jsonl_line_is_one_value),
		cmocka_unit_test(meta_tells_who_when_and_which_level),
		cmocka_unit_test(missing_value_is_out_of_memory),
		cmocka_unit_test(closed_pipe_is_epipe),
		cmocka_unit_test(closed_pipe_noticed_by_stdio_is_epipe),
		cmocka_unit_test(closed_pipe_is_no_failure_of_the_command),
		cmocka_unit_test(full_disk_is_a_failure),
		cmocka_unit_test(file_is_neither_utf8_nor_color),
		cmocka_unit_test(terminal_is_utf8_if_the_locale_says_so),
		cmocka_unit_test(no_color_and_dumb_terminals_are_respected),
		cmocka_unit_test(width_is_columns_or_eighty),
		cmocka_unit_test(durations_have_three_digits_and_a_unit),
		cmocka_unit_test(scale_does_not_overflow),
		cmocka_unit_test(schema_of_this_api_level_is_kept),
	};

	output_ignore_sigpipe();
	return cmocka_run_group_tests_name("output", tests, NULL, NULL);
}
