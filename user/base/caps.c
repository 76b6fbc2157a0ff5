// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <stddef.h>
#include <sys/capability.h>
#include <sys/prctl.h>

#include "base/caps.h"

static bool in_effect(cap_value_t cap)
{
	cap_flag_value_t value = CAP_CLEAR;
	cap_t caps = cap_get_proc();

	if (!caps)
		return false;
	if (cap_get_flag(caps, cap, CAP_EFFECTIVE, &value) < 0)
		value = CAP_CLEAR;
	cap_free(caps);
	return value == CAP_SET;
}

/* CAP_SYS_ADMIN stands in for the newer two, as in the kernel */
bool caps_bpf(void)
{
	return in_effect(CAP_BPF) || caps_sys_admin();
}

bool caps_perfmon(void)
{
	return in_effect(CAP_PERFMON) || caps_sys_admin();
}

bool caps_sys_admin(void)
{
	return in_effect(CAP_SYS_ADMIN);
}

int caps_drop(void)
{
	cap_t none = cap_init();
	int err = 0;

	if (!none)
		return -ENOMEM;
	if (cap_set_proc(none) < 0 || prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		err = -errno;
	cap_free(none);
	return err;
}
