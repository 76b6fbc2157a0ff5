// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "policy/in-force.h"
#include "policy/ops.h"
#include "policy/pins.h"

static int pinned_map(void)
{
	struct policy_pins pins = POLICY_PINS_CLOSED;
	int err = policy_pins_look(&pins), fd;

	fd = err ? err : policy_pins_get(&pins, POLICY_ENFORCED, "map");
	policy_pins_close(&pins);
	return fd;
}

int policy_in_force_text(char **ret)
{
	struct policy_ops *ops;
	int err, fd;

	fd = pinned_map();
	if (fd < 0)
		return fd;
	err = policy_ops_open(&ops);
	if (!err) {
		err = policy_ops_text(ops, fd, ret);
		policy_ops_close(ops);
		if (err == -ENOENT)
			err = -ENODATA;
	}
	close(fd);
	return err;
}

int policy_open_in_force(struct policy **ret, FILE *errors)
{
	char *text;
	int err = policy_in_force_text(&text);

	if (!err) {
		err = policy_open_text(ret, POLICY_IN_FORCE, text, errors);
		free(text);
		return err;
	}
	if (!errors)
		return err;
	fprintf(errors, "%s: %s\n", POLICY_IN_FORCE,
		err == -ENOENT || err == -ENOMEDIUM ? "zrec has no policy enforced" :
		err == -ENODATA ? "what is enforced is not a rule file, or another zrec applied it: its rules cannot be read" :
		err == -EPERM || err == -EACCES ? "reading a policy back from the kernel needs root" :
		strerror(-err));
	return err;
}
