// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "policy.h"

int policy_run(const char *const argv[])
{
	int status, null;
	pid_t pid = fork();

	if (pid < 0)
		return -errno;
	if (!pid) {
		null = open("/dev/null", O_RDWR);
		dup2(null, STDIN_FILENO);
		dup2(null, STDOUT_FILENO);
		dup2(null, STDERR_FILENO);
		execvp(argv[0], (char *const *)argv);
		_exit(127);
	}
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return -errno;
	return WIFEXITED(status) ? WEXITSTATUS(status) : -EINTR;
}

int policy_begin(struct gt *t)
{
	static const char *const detach[] = { "zrec", "policy", "detach", "--all", NULL };

	if (access(POLICY_SYSFS, F_OK))
		return gt_skip(t, "this kernel has no policies");
	GT_OK(t, "allow policies", file_write(POLICY_SYSFS "/enabled", "1"));
	GT_EQ(t, "exit code of zrec policy detach --all", policy_run(detach), 0);
	return GT_PASS;
}

static int install(struct gt *t, const char *command, const char *name)
{
	char path[128];
	const char *const argv[] = { "zrec", "policy", command, path, NULL };

	snprintf(path, sizeof(path), POLICY_DIR "/%s.bpf.o", name);
	GT_EQ(t, "exit code of zrec policy apply or shadow", policy_run(argv), 0);
	return GT_PASS;
}

int policy_apply(struct gt *t, const char *name)
{
	return install(t, "apply", name);
}

int policy_shadow(struct gt *t, const char *name)
{
	return install(t, "shadow", name);
}

void policy_word(const char *file, const char *name, char *word, size_t len)
{
	char path[128], line[256];
	size_t name_len = strlen(name);
	FILE *f;

	word[0] = '\0';
	snprintf(path, sizeof(path), POLICY_SYSFS "/%s", file);
	f = fopen(path, "re");
	while (f && fgets(line, sizeof(line), f)) {
		line[strcspn(line, "\n")] = '\0';
		if (!strncmp(line, name, name_len) && line[name_len] == ' ')
			snprintf(word, len, "%s", line + name_len + 1);
	}
	if (f)
		fclose(f);
}

uint64_t policy_value(const char *file, const char *name)
{
	char word[64];

	policy_word(file, name, word, sizeof(word));
	return strtoull(word, NULL, 0);
}

int policy_expect_value(struct gt *t, const char *file, const char *name, uint64_t want)
{
	uint64_t got = policy_value(file, name);

	if (got != want)
		return gt_fail(t, "%s of %s: got %llu, want %llu", name, file,
			       (unsigned long long)got, (unsigned long long)want);
	return GT_PASS;
}

int policy_expect_word(struct gt *t, const char *file, const char *name, const char *want)
{
	char got[128];

	policy_word(file, name, got, sizeof(got));
	if (strcmp(got, want))
		return gt_fail(t, "%s of %s: got '%s', want '%s'", name, file, got, want);
	return GT_PASS;
}
