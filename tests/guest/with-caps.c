// SPDX-License-Identifier: GPL-2.0
/*
 * with-caps.c - run a command as nobody in particular, with these capabilities
 *
 * with-caps bpf,perfmon zrec watch: user 65534, no supplementary groups, and the
 * named capabilities in every set, so that they outlive the exec.
 */
#include <errno.h>
#include <grp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <linux/capability.h>

#define NOBODY	65534

static const struct {
	const char *name;
	unsigned int nr;
} known[] = {
	{ "none", UINT32_MAX },
	{ "bpf", CAP_BPF },
	{ "perfmon", CAP_PERFMON },
	{ "sys_admin", CAP_SYS_ADMIN },
	{ "sys_resource", CAP_SYS_RESOURCE },
	{ "dac_override", CAP_DAC_OVERRIDE },
	{ "dac_read_search", CAP_DAC_READ_SEARCH },
};

static int parse(char *list, uint64_t *mask)
{
	size_t i, n = sizeof(known) / sizeof(known[0]);
	char *name;

	*mask = 0;
	for (name = strtok(list, ","); name; name = strtok(NULL, ",")) {
		for (i = 0; i < n && strcmp(name, known[i].name); i++)
			;
		if (i == n) {
			fprintf(stderr, "with-caps: no such capability: %s\n", name);
			return -EINVAL;
		}
		if (known[i].nr != UINT32_MAX)
			*mask |= 1ull << known[i].nr;
	}
	return 0;
}

static int drop_to(uint64_t mask)
{
	struct __user_cap_header_struct head = { _LINUX_CAPABILITY_VERSION_3, 0 };
	struct __user_cap_data_struct data[2];
	unsigned int i;

	for (i = 0; i < 2; i++) {
		uint32_t half = mask >> 32 * i;

		data[i] = (struct __user_cap_data_struct){ half, half, half };
	}
	if (prctl(PR_SET_KEEPCAPS, 1) || setgroups(0, NULL) ||
	    setresgid(NOBODY, NOBODY, NOBODY) || setresuid(NOBODY, NOBODY, NOBODY) ||
	    syscall(SYS_capset, &head, data))
		return -errno;
	for (i = 0; i < 64; i++)
		if (mask >> i & 1 && prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, i, 0, 0))
			return -errno;
	return 0;
}

int main(int argc, char **argv)
{
	uint64_t mask;
	int ret;

	if (argc < 3) {
		fprintf(stderr, "Usage: with-caps CAPABILITY[,CAPABILITY...] COMMAND [ARGUMENT...]\n");
		return 1;
	}
	if (parse(argv[1], &mask))
		return 1;
	ret = drop_to(mask);
	if (!ret) {
		execvp(argv[2], argv + 2);
		ret = -errno;
	}
	fprintf(stderr, "with-caps: %s: %s\n", argv[2], strerror(-ret));
	return 127;
}
