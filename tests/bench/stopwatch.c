// SPDX-License-Identifier: GPL-2.0
/* stopwatch.c - how long a command takes, by the guest's clock, in nanoseconds */
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "clock.h"

int main(int argc, char **argv)
{
	uint64_t t = clock_ns();
	int status = 0;
	pid_t pid;

	if (argc < 3 || !strcmp(argv[1], "--help")) {
		fprintf(stderr, "Usage: stopwatch NAME COMMAND [ARG...]\n");
		return 1;
	}
	pid = fork();
	if (!pid) {
		execvp(argv[2], argv + 2);
		perror(argv[2]);
		_exit(127);
	}
	if (pid < 0 || waitpid(pid, &status, 0) != pid) {
		perror("stopwatch");
		return 1;
	}
	printf("%s %lu\n", argv[1], clock_ns() - t);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}
