// SPDX-License-Identifier: GPL-2.0
/* harness.c - guest-tests: run the tests that were asked for, print TAP */
#include "harness.h"

#include <argp.h>
#include <errno.h>
#include <fnmatch.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "clock.h"
#include "kmsg.h"
#include "nvme.h"

#define KILL_MS		10000
#define KMSG_PRINT_MAX	6000
#define KMSG_BEGIN	"guest-tests: begin"

static const struct gt_group *const groups[] = {
	&group_mediated, &group_feature, &group_queue, &group_injected,
	&group_traced, &group_host, &group_many, &group_held, &group_race, &group_conventional,
	&group_policy, &group_policy_limits, &group_policy_canary,
};

struct session {
	char **patterns;	/* of "group/test"; a group alone means all of it */
	int nr_patterns;
	bool list;
	int nr, failed;		/* TAP so far */
	struct gt *shared;
	struct kmsg kmsg;
	int complaints;		/* of the kernel, during the current test */
	int signal_fd;		/* SIGCHLD */
};

/* ---- one test, in its own process ---- */

static int has_pcie_cap(const struct fn *fn)
{
	char path[512];
	uint8_t cfg[256];
	FILE *f;
	size_t n;
	int at;

	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s/config", fn->bdf);
	f = fopen(path, "re");
	if (!f)
		return -errno;
	n = fread(cfg, 1, sizeof(cfg), f);
	fclose(f);
	if (n < sizeof(cfg))
		return -EIO;
	at = cfg[0x34];
	for (int i = 0; at && i < 48; i++) {
		if (cfg[at] == 0x10)
			return 1;
		at = cfg[(at + 1) & 0xff];
	}
	return 0;
}

static int choose_functions(const struct gt_test *test, struct gt *t)
{
	struct fn fns[GT_MAX_FNS];
	int i, n, need = test->fns ? test->fns : 1;

	n = fn_list(test->conventional ? FN_CLASS_ANY : FN_CLASS_NVME, fns, GT_MAX_FNS);
	for (i = 0; i < n; i++)
		if (!test->conventional || has_pcie_cap(&fns[i]) == 0)
			t->fn[t->nr_fns++] = fns[i];
	if (t->nr_fns < need)
		return gt_skip(t, "needs %d %sfunctions, there are %d", need,
			       test->conventional ? "conventional PCI " : "NVMe ", t->nr_fns);
	t->nr_fns = need;
	return GT_PASS;
}

static int prepare_function(const struct gt_test *test, struct gt *t, const struct fn *fn)
{
	struct nvme n;

	GT_OK(t, "unbind the function", fn_bind(fn, ""));
	GT_OK(t, "renew the function", fn_renew(fn));
	if (test->driver == GT_HOST)
		GT_OK(t, "bind nvme and wait for its disk", nvme_bind(fn, &n));
	else
		GT_OK(t, "bind the function",
		      fn_bind(fn, test->driver == GT_VFIO ? "vfio-pci" : ""));
	return GT_PASS;
}

static int run_inside(const struct gt_test *test, struct gt *t)
{
	int i;

	GT_TRY(choose_functions(test, t));
	for (i = 0; i < t->nr_fns; i++)
		GT_TRY(prepare_function(test, t, &t->fn[i]));
	/* What came before this line was the preparation */
	file_write("/dev/kmsg", KMSG_BEGIN "\n");
	return test->run(t);
}

/* ---- judging it ---- */

/* Reads the kernel's log meanwhile: its buffer does not hold all that a long test says */
static int wait_until(struct session *s, pid_t pid, uint64_t deadline, int *status)
{
	struct pollfd p[] = {
		{ .fd = s->signal_fd, .events = POLLIN },
		{ .fd = s->kmsg.fd, .events = POLLIN },
	};
	struct signalfd_siginfo info;
	int ms;

	while (!waitpid(pid, status, WNOHANG)) {
		ms = clock_ms_to(deadline);
		if (!ms)
			return -ETIMEDOUT;
		if (poll(p, 2, ms) < 0)
			return -errno;
		if (p[0].revents && read(s->signal_fd, &info, sizeof(info)) < 0)
			return -errno;
		s->complaints += kmsg_collect(&s->kmsg);
	}
	return 0;
}

static void print_stack(pid_t pid)
{
	char path[64], line[256];
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/stack", pid);
	f = fopen(path, "re");
	while (f && fgets(line, sizeof(line), f))
		printf("# stuck in %s", line);
	if (f)
		fclose(f);
}

/* Runs a test with its time limit; GT_*, or -1 if its process cannot be ended */
static int run_limited(struct session *s, const struct gt_test *test)
{
	struct gt *t = s->shared;
	unsigned int seconds = test->seconds ? test->seconds : GT_SECONDS;
	int status = 0;
	pid_t pid;

	memset(t, 0, sizeof(*t));
	fflush(stdout);
	pid = fork();
	if (pid < 0)
		return gt_fail(t, "fork: %s", strerror(errno));
	if (!pid)
		_exit(run_inside(test, t));
	if (!wait_until(s, pid, clock_in_ms(seconds * 1000), &status)) {
		if (WIFEXITED(status))
			return WEXITSTATUS(status);
		return gt_fail(t, "the test died of signal %d", WTERMSIG(status));
	}
	print_stack(pid);
	kill(pid, SIGKILL);
	gt_fail(t, "not done within %u s", seconds * clock_slow());
	return wait_until(s, pid, clock_in_ms(KILL_MS), &status) ? -1 : GT_FAIL;
}

static void print_kernel_log(const char *text)
{
	const char *begin = strstr(text, KMSG_BEGIN "\n");

	if (begin)
		text = begin + sizeof(KMSG_BEGIN);
	if (strlen(text) > KMSG_PRINT_MAX)
		text += strlen(text) - KMSG_PRINT_MAX;
	for (const char *end; (end = strchr(text, '\n')); text = end + 1)
		printf("# kernel: %.*s\n", (int)(end - text), text);
}

static void tap(struct session *s, int result, const char *group, const char *name, const char *why)
{
	s->nr++;
	if (result == GT_SKIP)
		printf("ok %d - %s/%s # SKIP %s\n", s->nr, group, name, why);
	else if (result == GT_PASS)
		printf("ok %d - %s/%s\n", s->nr, group, name);
	else
		printf("not ok %d - %s/%s # %s\n", s->nr, group, name, why);
	s->failed += result != GT_PASS && result != GT_SKIP;
}

static int run_test(struct session *s, const struct gt_group *g, const struct gt_test *test)
{
	int result;

	kmsg_collect(&s->kmsg);
	kmsg_forget(&s->kmsg);
	s->complaints = 0;
	result = run_limited(s, test);
	s->complaints += kmsg_collect(&s->kmsg);
	if (s->complaints && result == GT_PASS)
		result = gt_fail(s->shared, "the kernel complains: %.200s", s->kmsg.complaint);
	tap(s, result, g->name, test->name, s->shared->why);
	if (result != GT_PASS && result != GT_SKIP)
		print_kernel_log(s->kmsg.text);
	fflush(stdout);
	return result;
}

static bool selected(const struct session *s, const char *group, const char *name)
{
	char full[128];

	snprintf(full, sizeof(full), "%s/%s", group, name);
	for (int i = 0; i < s->nr_patterns; i++)
		if (!strcmp(s->patterns[i], group) || !fnmatch(s->patterns[i], full, 0))
			return true;
	return !s->nr_patterns;
}

static int run_all(struct session *s)
{
	for (size_t g = 0; g < sizeof(groups) / sizeof(groups[0]); g++) {
		for (const struct gt_test *test = groups[g]->tests; test->name; test++) {
			if (!selected(s, groups[g]->name, test->name))
				continue;
			if (s->list) {
				printf("%s/%s\n", groups[g]->name, test->name);
				continue;
			}
			if (run_test(s, groups[g], test) < 0) {
				printf("Bail out! a process cannot be ended\n");
				return -1;
			}
		}
	}
	return 0;
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct session *s = state->input;

	(void)arg;
	switch (key) {
	case 'l':
		s->list = true;
		return 0;
	case ARGP_KEY_ARGS:
		s->patterns = state->argv + state->next;
		s->nr_patterns = state->argc - state->next;
		return 0;
	}
	return ARGP_ERR_UNKNOWN;
}

int main(int argc, char **argv)
{
	static const struct argp_option options[] = {
		{ "list", 'l', NULL, 0, "Print the names, run nothing", 0 },
		{ 0 }
	};
	static const struct argp arg_parser = {
		.options = options,
		.parser = parse,
		.args_doc = "[GROUP | GROUP/TEST]...",
		.doc = "Tests of zPCI error recovery, on every NVMe of this (throw-away) system. Names may have shell wildcards.",
	};
	struct session s = { 0 };
	sigset_t chld;

	argp_parse(&arg_parser, argc, argv, 0, NULL, &s);
	if (s.list)
		return run_all(&s) ? 1 : 0;
	s.shared = mmap(NULL, sizeof(*s.shared), PROT_READ | PROT_WRITE,
			MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (s.shared == MAP_FAILED || kmsg_open(&s.kmsg)) {
		fprintf(stderr, "guest-tests: %s\n", strerror(errno));
		return 1;
	}
	sigemptyset(&chld);
	sigaddset(&chld, SIGCHLD);
	sigprocmask(SIG_BLOCK, &chld, NULL);
	s.signal_fd = signalfd(-1, &chld, SFD_CLOEXEC);
	if (!run_all(&s)) {
		fflush(stdout);
		if (system("kernel-leaks.sh"))
			printf("# kernel-leaks.sh failed\n");
		/* Also what the kernel said before, between and after the tests */
		kmsg_collect(&s.kmsg);
		tap(&s, s.kmsg.complaint[0] ? GT_FAIL : GT_PASS, "kernel-log", "clean", s.kmsg.complaint);
		printf("1..%d\n", s.nr);
	}
	kmsg_close(&s.kmsg);
	return s.failed || !s.nr ? 1 : 0;
}
