// SPDX-License-Identifier: GPL-2.0
#define _GNU_SOURCE	/* O_PATH */
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <linux/landlock.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "serve/confine.h"

/* What headers older than the kernel may lack */
#define FS_REFER	(1ull << 13)	/* version 2 */
#define FS_TRUNCATE	(1ull << 14)	/* version 3 */
#define SCOPE_ALL	3ull		/* version 6: abstract sockets and signals */

struct ruleset {
	uint64_t fs, net, scoped;
};

#define MAKE_OR_REMOVE \
	(LANDLOCK_ACCESS_FS_REMOVE_DIR | LANDLOCK_ACCESS_FS_REMOVE_FILE | LANDLOCK_ACCESS_FS_MAKE_CHAR | \
	 LANDLOCK_ACCESS_FS_MAKE_DIR | LANDLOCK_ACCESS_FS_MAKE_REG | LANDLOCK_ACCESS_FS_MAKE_SOCK | \
	 LANDLOCK_ACCESS_FS_MAKE_FIFO | LANDLOCK_ACCESS_FS_MAKE_BLOCK | LANDLOCK_ACCESS_FS_MAKE_SYM)

static struct ruleset all_of(long version)
{
	struct ruleset r = { .fs = MAKE_OR_REMOVE | LANDLOCK_ACCESS_FS_WRITE_FILE };

	if (version >= 2)
		r.fs |= FS_REFER;
	if (version >= 3)
		r.fs |= FS_TRUNCATE;
	if (version >= 6)
		r.scoped = SCOPE_ALL;
	return r;
}

/* What is not there gets no rule */
static int allow(int rules, const char *path, uint64_t access)
{
	struct landlock_path_beneath_attr beneath = {
		.allowed_access = access, .parent_fd = open(path, O_PATH | O_CLOEXEC),
	};
	int err;

	if (beneath.parent_fd < 0)
		return errno == ENOENT ? -ENOENT : -errno;
	err = syscall(SYS_landlock_add_rule, rules, LANDLOCK_RULE_PATH_BENEATH, &beneath, 0) ? -errno : 0;
	close(beneath.parent_fd);
	return err;
}

/* A log without an index beside it: a reader makes the index */
static int allow_index(int rules, const char *path, uint64_t write)
{
	char name[PATH_MAX];
	int err;

	if (snprintf(name, sizeof(name), "%s-shm", path) >= (int)sizeof(name))
		return -ENAMETOOLONG;
	err = allow(rules, name, write);
	if (err != -ENOENT)
		return err;
	snprintf(name, sizeof(name), "%s", path);
	err = allow(rules, dirname(name), write | LANDLOCK_ACCESS_FS_MAKE_REG);
	return err == -ENOENT ? 0 : err;
}

int confine_to_reading(const char *path)
{
	long version = syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
	struct ruleset all = all_of(version);
	const uint64_t write = all.fs & (LANDLOCK_ACCESS_FS_WRITE_FILE | FS_TRUNCATE);
	int rules, err;

	/* Not built in, not switched on, or not known */
	if (version < 0)
		return errno == ENOSYS || errno == EOPNOTSUPP ? -EOPNOTSUPP : -errno;
	rules = (int)syscall(SYS_landlock_create_ruleset, &all, sizeof(all), 0);
	if (rules < 0)
		return -errno;
	err = allow_index(rules, path, write);
	if (!err)
		err = allow(rules, "/dev/null", write);
	if (!err || err == -ENOENT)
		err = syscall(SYS_landlock_restrict_self, rules, 0) ? -errno : 0;
	close(rules);
	return err;
}
