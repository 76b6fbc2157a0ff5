// SPDX-License-Identifier: GPL-2.0
/* The command line: what is parsed, what is said of mistakes, what completion offers */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/log.h"
#include "cmocka-all.h"
#include "run.h"

/* --- a program with one of each ------------------------------------------ */

struct args {
	bool loud;
	enum output_format format;
	const char *file;
	int even;
	const char *from, *to;
};

static struct args seen;
static int runs, released;

static int parse_even(void *args, const char *value)
{
	int n = atoi(value);

	if (!strcmp(value, "exhausted"))
		return -ENOMEM;
	if (n % 2)
		return -EINVAL;
	((struct args *)args)->even = n;
	return 0;
}

static void complete_even(FILE *f)
{
	fputs("2\tthe first\n4\n10\n" CLI_FILES "\n", f);
}

static int run(void *args)
{
	seen = *(struct args *)args;
	runs++;
	return EXIT_CONDITION;
}

static void release(void *args)
{
	(void)args;
	released++;
}

static const struct cli_option options[] = {
	{ 'l', "loud", NULL, "Loudly", CLI_FLAG(struct args, loud) },
	CLI_FORMAT(struct args, format),
	{ 0, "file", "FILE", "From there", CLI_TEXT(struct args, file) },
	{ 'e', "even", "N", "An even number, and a text that is too long for one line of "
	  "eighty columns", .parse = parse_even, .wants = "an even number",
	  .complete = complete_even },
	{ 0 }
};

static const struct cli_option arguments[] = {
	{ .arg = "FROM", .wants = "a place", .required = true, CLI_TEXT(struct args, from) },
	{ .arg = "TO", .complete = complete_even, CLI_TEXT(struct args, to) },
	{ 0 }
};

static const struct command move = {
	.name = "move", .summary = "move a thing", .doc = "Move a thing.", .page = "move(8)",
	.options = options, .arguments = arguments,
	.size = sizeof(struct args), .run = run, .release = release,
};
static const struct command stay = {
	.name = "stay", .summary = "do not", .doc = "Do not.", .size = sizeof(struct args), .run = run,
};
static const struct command stop = {
	.name = "stop", .summary = "end", .doc = "End.", .size = sizeof(struct args), .run = run,
};
static const struct command *const inner[] = { &stop, &cmd_help, NULL };
static const struct command group = {
	.name = "group", .summary = "has one of its own", .doc = "A group.", .commands = inner,
};
static const struct command *const commands[] = { &move, &stay, &stop, &group, &cmd_help, NULL };
static const struct command prog = { .name = "prog", .doc = "A program.", .commands = commands };

#define RUN(...) run_command(&prog, (char *[]){ "./x", ##__VA_ARGS__, NULL })

static int fresh(void **state)
{
	(void)state;
	seen = (struct args){ 0 };
	runs = released = 0;
	log_level = LOG_LEVEL_INFO;
	return 0;
}

/* --- what is parsed ------------------------------------------------------ */

static void check_runs(struct run r)
{
	assert_string_equal(r.err, "");
	assert_int_equal(r.rc, EXIT_CONDITION);
	assert_int_equal(runs, 1);
	end_run(&r);
	runs = 0;
}

static void options_set_what_their_table_says(void **state)
{
	(void)state;
	check_runs(RUN("move", "-l", "-f", "jsonl", "--file=a", "-e4", "here", "there"));
	assert_true(seen.loud);
	assert_int_equal(seen.format, OUTPUT_JSONL);
	assert_string_equal(seen.file, "a");
	assert_int_equal(seen.even, 4);
	assert_string_equal(seen.from, "here");
	assert_string_equal(seen.to, "there");
	assert_int_equal(released, 1);
}

static void options_and_arguments_mix_in_any_order(void **state)
{
	(void)state;
	check_runs(RUN("move", "here", "-le", "6", "there", "--fo", "json"));
	assert_int_equal(seen.even, 6);
	assert_int_equal(seen.format, OUTPUT_JSON);
	assert_string_equal(seen.to, "there");
	check_runs(RUN("move", "--", "-l", "--file"));
	assert_false(seen.loud);
	assert_string_equal(seen.from, "-l");
	assert_string_equal(seen.to, "--file");
	check_runs(RUN("move", "-", " "));
	assert_string_equal(seen.from, "-");
	assert_string_equal(seen.to, " ");
}

static void beginnings_of_names_will_do(void **state)
{
	(void)state;
	check_runs(RUN("m", "here", "--fi", "b"));
	assert_string_equal(seen.file, "b");
	check_runs(RUN("g", "s"));
	check_runs(RUN("--", "stay"));
}

static void options_of_all_commands_go_before_and_after(void **state)
{
	(void)state;
	check_runs(RUN("-q", "stay"));
	assert_int_equal(log_level, LOG_LEVEL_ERROR);
	check_runs(RUN("group", "stop", "--debug"));
	assert_int_equal(log_level, LOG_LEVEL_DEBUG);
}

/* --- mistakes ------------------------------------------------------------ */

static void check_message(struct run r, const char *message)
{
	assert_string_equal(r.err, message);
	assert_string_equal(r.out, "");
	assert_int_equal(r.rc, EXIT_USAGE);
	assert_int_equal(runs, 0);
	end_run(&r);
}

#define SEE_MOVE	"; see 'prog move --help'\n"

static void messages_have_what_was_typed(void **state)
{
	(void)state;
	check_message(RUN("move", "-l3"), "prog move: there is no option '-3' (in '-l3')" SEE_MOVE);
	check_message(RUN("move", "-lx"), "prog move: there is no option '-x' (in '-lx')" SEE_MOVE);
	check_message(RUN("move", "a", "-x"), "prog move: there is no option '-x'" SEE_MOVE);
	check_message(RUN("move", "-\xc3\xa9"),
		      "prog move: there is no option '-\xc3\xa9'" SEE_MOVE);
	check_message(RUN("move", "--lo=2"), "prog move: option '--lo' accepts no value" SEE_MOVE);
	check_message(RUN("move", "a", "--nope=1"),
		      "prog move: there is no option '--nope'" SEE_MOVE);
	check_message(RUN("move", "--f", "json"),
		      "prog move: option '--f' could be --format or --file" SEE_MOVE);
	check_message(RUN("move", "--ev"), "prog move: option '--even' needs a value: N" SEE_MOVE);
	check_message(RUN("move", "--=1"), "prog move: there is no option '--'" SEE_MOVE);
	check_message(RUN("move", "--abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyz=1"),
		      "prog move: there is no option '--abcdefghijklmnopqrstuvwxyzabcdefghijkl...'" SEE_MOVE);
	check_message(RUN("move", "-le"), "prog move: option '-e' needs a value: N" SEE_MOVE);
	check_message(RUN("--nope", "move"), "prog: there is no option '--nope'; see 'prog --help'\n");
	assert_int_equal(released, 11);
}

static void messages_say_what_a_value_is(void **state)
{
	(void)state;
	check_message(RUN("move", "-e3"), "prog move: --even is an even number, not '3'" SEE_MOVE);
	check_message(RUN("move", "--format="),
		      "prog move: --format is text, json or jsonl, not ''" SEE_MOVE);
	check_message(RUN("move", "-f", "JSON"),
		      "prog move: --format is text, json or jsonl, not 'JSON'" SEE_MOVE);
	check_message(RUN("move", "-f", "abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyz"),
		      "prog move: --format is text, json or jsonl, not "
		      "'abcdefghijklmnopqrstuvwxyzabcdefghijklmn...'" SEE_MOVE);
	check_message(RUN("move", "--file="), "prog move: option '--file' needs a value: FILE" SEE_MOVE);
	check_message(RUN("move", ""), "prog move: FROM is empty: give a place" SEE_MOVE);
	check_message(RUN("move", "a", ""), "prog move: TO is empty: give one, or leave it out" SEE_MOVE);
	check_message(RUN("move"), "prog move: FROM is missing: give a place" SEE_MOVE);
	check_message(RUN("move", "a", "b", "c"), "prog move: unexpected argument 'c'" SEE_MOVE);
	check_message(RUN("move", "a", "--", "b", "-l"),
		      "prog move: unexpected argument '-l'" SEE_MOVE);
	check_message(RUN("stay", ""), "prog stay: unexpected argument ''; see 'prog stay --help'\n");
}

static void messages_of_commands(void **state)
{
	(void)state;
	check_message(RUN(), "prog: no command given; see 'prog --help'\n");
	check_message(RUN("group", "-q"), "prog group: no command given; see 'prog group --help'\n");
	check_message(RUN("walk"), "prog: there is no command 'walk'; see 'prog --help'\n");
	check_message(RUN("st"), "prog: 'st' could be stay or stop; see 'prog --help'\n");
	check_message(RUN(""), "prog: there is no command ''; see 'prog --help'\n");
	check_message(RUN("help", ""), "prog: there is no command ''; see 'prog --help'\n");
	check_message(RUN("help", "--nope"),
		      "prog help: there is no option '--nope'; see 'prog help --help'\n");
	check_message(RUN("help", "st"), "prog: 'st' could be stay or stop; see 'prog --help'\n");
	check_message(RUN("help", "move", "x"),
		      "prog move: it has no command 'x'" SEE_MOVE);
}

/* --- failures ------------------------------------------------------------ */

static int fail_to_run(void *args)
{
	(void)args;
	log_error("cannot do it: %s", "no luck");
	fprintf(log_errors(), "a:b.conf:12: bad, expected good\na.conf: and 3 more\nso it ends\n");
	return -EREFUSED;
}

static const struct command failing = {
	.name = "prog", .doc = "Fail.", .options = (struct cli_option[]){
		CLI_FORMAT(struct args, format), { 0 }
	}, .size = sizeof(struct args), .run = fail_to_run,
};

static const char said[] = "zrec: cannot do it: no luck\na:b.conf:12: bad, expected good\n"
			   "a.conf: and 3 more\nso it ends\n";

static void failures_are_lines(void **state)
{
	struct run r = run_command(&failing, (char *[]){ "x", NULL });

	(void)state;
	assert_int_equal(r.rc, EXIT_REFUSED);
	assert_string_equal(r.err, said);
	assert_string_equal(r.out, "");
	end_run(&r);
}

static void failures_are_a_document_where_one_was_asked_for(void **state)
{
	struct run r = run_command(&failing, (char *[]){ "x", "--format=jsonl", "-q", NULL });

	(void)state;
	assert_int_equal(r.rc, EXIT_REFUSED);
	assert_string_equal(r.err, said);
	assert_non_null(strstr(r.out, "\n{\"problem\":{\"text\":\"cannot do it: no luck\"}}\n"
		"{\"problem\":{\"file\":\"a:b.conf\",\"line\":12,\"text\":\"bad, expected good\"}}\n"
		"{\"problem\":{\"file\":\"a.conf\",\"text\":\"and 3 more\"}}\n"
		"{\"problem\":{\"text\":\"so it ends\"}}\n"));
	end_run(&r);
}

/* Loading is a child's work */
static int fail_in_a_child(void *args)
{
	pid_t pid = fork();

	(void)args;
	if (!pid) {
		log_error("the child says why");
		_exit(1);
	}
	waitpid(pid, NULL, 0);
	return -EPERM;
}

static void failures_of_a_child_are_in_the_document(void **state)
{
	struct command command = failing;
	struct run r;

	(void)state;
	command.run = fail_in_a_child;
	r = run_command(&command, (char *[]){ "x", "--format=json", NULL });
	assert_int_equal(r.rc, EXIT_PERMISSION);
	assert_non_null(strstr(r.out, "\"text\": \"the child says why\""));
	assert_string_equal(r.err, "zrec: the child says why\n");
	end_run(&r);
}

/* --- help ---------------------------------------------------------------- */

static void help_is_the_table(void **state)
{
	struct run r = RUN("help", "move"), same = RUN("move", "-h");

	(void)state;
	assert_int_equal(r.rc, EXIT_OK);
	assert_string_equal(r.err, "");
	assert_string_equal(r.out,
		"Usage: prog move [OPTION...] FROM [TO]\n\n"
		"Move a thing.\n\n"
		"  -l, --loud                  Loudly\n"
		"  -f, --format=FORMAT         text (the default), json or jsonl\n"
		"      --file=FILE             From there\n"
		"  -e, --even=N                An even number, and a text that is too long for\n"
		"                              one line of eighty columns\n"
		"  -q, --quiet                 Write only errors to stderr\n"
		"  -d, --debug                 Write each step to stderr, in detail\n"
		"  -h, --help                  Give this help\n"
		"  -V, --version               Print the version\n"
		"\nSee move(8) for more.\n");
	assert_string_equal(same.out, r.out);
	end_run(&r);
	end_run(&same);
}

static void help_of_a_group_lists_its_commands(void **state)
{
	struct run r = RUN("help"), g = RUN("group", "help"), s = RUN("h", "gr", "st");

	(void)state;
	assert_non_null(strstr(r.out, "\n  move       move a thing\n"));
	assert_non_null(strstr(r.out, "\n  help       what a command does, and its options\n"));
	assert_non_null(strstr(g.out, "Usage: prog group [OPTION...] COMMAND ...\n"));
	assert_non_null(strstr(s.out, "Usage: prog group stop [OPTION...]\n"));
	end_run(&r);
	end_run(&g);
	end_run(&s);
}

/* The longest line of the help of a command on a terminal of so many columns */
static size_t longest_line(const char *columns)
{
	size_t longest = 0;
	struct run r;

	setenv("COLUMNS", columns, 1);
	r = RUN("stay", "--help");
	unsetenv("COLUMNS");
	for (const char *line = r.out; *line; line += strcspn(line, "\n") + 1)
		if (strcspn(line, "\n") > longest)
			longest = strcspn(line, "\n");
	end_run(&r);
	return longest;
}

static void help_fits_a_narrow_terminal(void **state)
{
	(void)state;
	assert_in_range(longest_line("40"), 30, 40);
	assert_in_range(longest_line("59"), 35, 59);
	assert_in_range(longest_line("60"), 50, 60);
	/* A column of words is no help */
	assert_in_range(longest_line("1"), 30, 40);
	assert_in_range(longest_line("0"), 55, 80);
}

static void help_has_help(void **state)
{
	struct run r = RUN("help", "help"), h = RUN("help", "-h"), g = RUN("group", "help", "help"),
		   v = RUN("help", "group", "--version");

	(void)state;
	assert_int_equal(r.rc, EXIT_OK);
	assert_non_null(strstr(r.out, "Usage: prog help [OPTION...] COMMAND ...\n\nShow what a command"));
	assert_non_null(strstr(r.out, "\n  move       move a thing\n"));
	assert_string_equal(h.out, r.out);
	assert_non_null(strstr(g.out, "Usage: prog group help [OPTION...] COMMAND ...\n"));
	assert_non_null(strstr(v.out, "zrec "));
	end_run(&r);
	end_run(&h);
	end_run(&g);
	end_run(&v);
}

/* With standard output on /dev/full */
static int on_a_full_disk(char **argv)
{
	int saved = dup(1), full = open("/dev/full", O_WRONLY), argc = 0, rc;

	while (argv[argc])
		argc++;
	fflush(stdout);
	dup2(full, 1);
	close(full);
	rc = command_run(&prog, argc, argv);
	fflush(stdout);
	clearerr(stdout);
	dup2(saved, 1);
	close(saved);
	return rc;
}

static void help_that_cannot_be_written_is_an_error(void **state)
{
	(void)state;
	assert_int_not_equal(on_a_full_disk((char *[]){ "x", "--help", NULL }), EXIT_OK);
	assert_int_not_equal(on_a_full_disk((char *[]){ "x", "help", "move", NULL }), EXIT_OK);
	assert_int_not_equal(on_a_full_disk((char *[]){ "x", "-V", NULL }), EXIT_OK);
}

/* --- completion ---------------------------------------------------------- */

static void check_offers(struct run r, const char *offers)
{
	assert_string_equal(r.err, "");
	assert_string_equal(r.out, offers);
	assert_int_equal(r.rc, EXIT_OK);
	end_run(&r);
}

#define OFFERS(offers, ...) check_offers(RUN("--complete", ##__VA_ARGS__), offers)

static void completion_offers_what_can_come_next(void **state)
{
	(void)state;
	OFFERS("stay\tdo not\nstop\tend\n", "st");
	OFFERS("stop\tend\nhelp\twhat a command does, and its options\n", "-d", "gr", "");
	OFFERS("stop\tend\n", "help", "g", "st");
	OFFERS("", "help", "move", "");
	OFFERS("--format\ttext (the default), json or jsonl\n--file\tFrom there\n", "m", "--f");
	OFFERS("json\t\njsonl\t\n", "move", "-lf", "js");
	OFFERS("--format=json\t\n--format=jsonl\t\n", "move", "--format=js");
	OFFERS("2\tthe first\n:files\n", "move", "--even", "2");
	OFFERS("", "move", "-f", "json", "");
	OFFERS("2\tthe first\n4\n10\n:files\n", "move", "-e4", "here", "");
	OFFERS("", "move", "--file", "");
	OFFERS("", "nonsense", "");
	OFFERS("--quiet\tWrite only errors to stderr\n", "stay", "--q");
	OFFERS("", "move", "--", "--f");
	assert_int_equal(runs, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(options_set_what_their_table_says, fresh),
		cmocka_unit_test_setup(options_and_arguments_mix_in_any_order, fresh),
		cmocka_unit_test_setup(beginnings_of_names_will_do, fresh),
		cmocka_unit_test_setup(options_of_all_commands_go_before_and_after, fresh),
		cmocka_unit_test_setup(messages_have_what_was_typed, fresh),
		cmocka_unit_test_setup(messages_say_what_a_value_is, fresh),
		cmocka_unit_test_setup(messages_of_commands, fresh),
		cmocka_unit_test_setup(failures_are_lines, fresh),
		cmocka_unit_test_setup(failures_are_a_document_where_one_was_asked_for, fresh),
		cmocka_unit_test_setup(failures_of_a_child_are_in_the_document, fresh),
		cmocka_unit_test_setup(help_is_the_table, fresh),
		cmocka_unit_test_setup(help_of_a_group_lists_its_commands, fresh),
		cmocka_unit_test_setup(help_fits_a_narrow_terminal, fresh),
		cmocka_unit_test_setup(help_has_help, fresh),
		cmocka_unit_test_setup(help_that_cannot_be_written_is_an_error, fresh),
		cmocka_unit_test_setup(completion_offers_what_can_come_next, fresh),
	};

	return cmocka_run_group_tests_name("cli", tests, NULL, NULL);
}
