// SPDX-License-Identifier: GPL-2.0
/* A command of zrec.conf: its words, and what is refused */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/command-line.h"
#include "cmocka-all.h"

/* The words with "|" between them */
static void good(const char *text, const char *want)
{
	char **argv, words[4096] = "";

	assert_int_equal(command_line_parse(text, &argv), 0);
	for (size_t i = 0; argv[i]; i++) {
		strcat(words, i ? "|" : "");
		strcat(words, argv[i]);
	}
	assert_string_equal(words, want);
	free(argv);
}

static void bad(const char *text)
{
	char **argv = NULL;

	assert_int_equal(command_line_parse(text, &argv), -EINVAL);
	assert_null(argv);
}

static void words_are_those_of_a_unit(void **state)
{
	(void)state;
	good("/bin/true", "/bin/true");
	good("  /bin/echo a\t b  ", "/bin/echo|a|b");
	good("/bin/echo \"a  b\" 'c  d' ''", "/bin/echo|a  b|c  d|");
	good("/bin/echo \"it's\" 'say \"x\"'", "/bin/echo|it's|say \"x\"");
	good("/bin/echo a\\sb \\\\ \\\" \"\\\"\" \\'", "/bin/echo|a b|\\|\"|\"|'");
	good("/bin/echo '\\s'", "/bin/echo|\\s");
	good("/bin/echo a\\tb\\n", "/bin/echo|a\tb\n");
	good("\"/opt/a b/run\" x", "/opt/a b/run|x");
}

/* What is no one's business but the command's */
static void nothing_is_expanded(void **state)
{
	(void)state;
	good("/bin/sh -c 'mail -s \"$ZPCI_FID\" root'", "/bin/sh|-c|mail -s \"$ZPCI_FID\" root");
	good("/bin/echo \"$HOME\" %h %% $ $1 a*b ~ `x` $(x) & | > #", "/bin/echo|$HOME|%h|%%|$|$1|a*b|~|`x`|$(x)|&|||>|#");
	good("/bin/echo a;b ';'", "/bin/echo|a;b|;");
}

static void what_a_unit_would_expand_is_refused(void **state)
{
	(void)state;
	bad("/usr/bin/mail -s $ZPCI_FID root");
	bad("/usr/bin/mail -s x${ZPCI_FID} root");
	bad("/bin/true ; /bin/false");
	bad("-/bin/true");
	bad("@/bin/true x");
	bad("+/bin/true");
}

static void what_is_no_command_is_refused(void **state)
{
	char many[512] = "/bin/echo", **argv;

	(void)state;
	bad("");
	bad("  ");
	bad("true");
	bad("bin/true");
	bad("/");
	bad("\"\"");
	bad("/bin/echo 'a");
	bad("/bin/echo \"a");
	bad("/bin/echo \"a\"b");
	bad("/bin/echo a\"b\"");
	bad("/bin/echo don't");
	bad("/bin/echo \\x");
	bad("/bin/echo \\");
	bad("/bin/echo \"\\");
	bad("/bin/echo a\nb");
	for (int i = 0; i < COMMAND_LINE_WORDS_MAX - 1; i++)
		strcat(many, " x");
	assert_int_equal(command_line_parse(many, &argv), 0);
	free(argv);
	strcat(many, " x");
	bad(many);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(words_are_those_of_a_unit),
		cmocka_unit_test(nothing_is_expanded),
		cmocka_unit_test(what_a_unit_would_expand_is_refused),
		cmocka_unit_test(what_is_no_command_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
