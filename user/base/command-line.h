/* SPDX-License-Identifier: GPL-2.0 */
/*
 * command-line.h - a command and its arguments from one line of a configuration
 *
 * As ExecStart= of systemd.service(5), without what that does beyond one command: words are
 * separated by blanks, "..." and '...' keep blanks, and outside of '...' a backslash makes
 * \\ \" \' \s (a blank) \t and \n of what follows it. There is no shell, and nothing is
 * expanded. So that nobody waits for it in vain, what would be expanded there is refused: a
 * $VARIABLE outside of quotes, a lone ; and the prefixes of the path.
 */
#ifndef ZREC_COMMAND_LINE_H
#define ZREC_COMMAND_LINE_H

#define COMMAND_LINE_WORDS_MAX	64
#define COMMAND_LINE_WANTS \
	"an absolute path and its arguments, quoted as in ExecStart=, without $VARIABLES outside of quotes"

/*
 * Words ended by NULL, in one piece of memory, to be freed. The first is an absolute path. 0,
 * -EINVAL or -ENOMEM.
 */
int command_line_parse(const char *text, char ***ret);

#endif /* ZREC_COMMAND_LINE_H */
