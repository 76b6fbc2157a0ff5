// SPDX-License-Identifier: GPL-2.0
/*
 * fake-journald.c - takes entries where systemd-journald would, for guests that have no systemd
 *
 * Prints each as a line of JSON, as "journalctl -o json" does, until it is killed.
 */
#include <poll.h>
#include <stdio.h>
#include <unistd.h>

#include "../unit/fake-journal.h"

int main(int argc, char **argv)
{
	struct pollfd fd = { .events = POLLIN };
	json_t *entry;

	if (argc != 2) {
		fprintf(stderr, "Usage: fake-journald SOCKET\n");
		return 1;
	}
	fd.fd = fake_journal_open(argv[1]);
	if (fd.fd < 0) {
		perror(argv[1]);
		return 1;
	}
	while (poll(&fd, 1, -1) > 0) {
		while ((entry = fake_journal_next(fd.fd))) {
			json_dumpf(entry, stdout, JSON_SORT_KEYS);
			putchar('\n');
			json_decref(entry);
		}
		fflush(stdout);
	}
	return 0;
}
