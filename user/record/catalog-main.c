// SPDX-License-Identifier: GPL-2.0
/* Prints the message catalog for journalctl -x; runs where zrec is built */
#include <stdio.h>
#include <string.h>

#include "record/meaning.h"

#define COLUMNS	80

/* journalctl shows the lines as they are. No line may begin with what is one of the catalog's */
static void print_wrapped(const char *text)
{
	int column = 0;

	while (*text) {
		int len = (int)strcspn(text, " ");

		if (column && column + 1 + len > COLUMNS) {
			putchar('\n');
			column = 0;
		}
		column += printf("%s%.*s", column ? " " : "", len, text);
		text += len + (text[len] == ' ');
	}
	putchar('\n');
}

static void print_entry(const struct meaning *m, size_t i)
{
	unsigned int outcome, reason;

	printf("\n-- %s\nSubject: %s\nDefined-By: zrec\nDocumentation: man:zrec(8)\n\n",
	       m->id, m->subject);
	if (meaning_row_outcome(i, &outcome, &reason) && meaning_has_function(outcome, reason))
		printf("Function @ZPCI_FID@, PEC @ZPCI_PEC@ (@ZPCI_PEC_NAME@), recovery @ZPCI_ID@.\n"
		       "@ZPCI_CAUSE@ Severity: @ZPCI_SEVERITY@.\n\n");
	else
		printf("Severity: %s.\n\n", meaning_severity(m->priority));
	print_wrapped(m->meaning);
	putchar('\n');
	print_wrapped(m->action);
}

int main(void)
{
	const struct meaning *m;

	puts("# Generated from user/record/meaning-table.c");
	for (size_t i = 0; (m = meaning_row(i)); i++)
		print_entry(m, i);
	return ferror(stdout) || fflush(stdout) ? 1 : 0;
}
