// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <string.h>

#include "base/log.h"
#include "policy/state.h"

int policy_state_read(struct policy_state *state)
{
	int err = policy_sysfs_read(state, NULL);

	if (err == -EOPNOTSUPP)
		log_error("this kernel has no zpci_recovery_ops: it needs zrec's kernel series with CONFIG_ZPCI_RECOVERY_BPF");
	else if (err)
		log_error("cannot read " POLICY_SYSFS ": %s", strerror(-err));
	return err;
}

static int append_slot(json_t *list, const struct policy_slot *slot, const char *mode)
{
	if (!slot->name[0])
		return 0;
	return json_array_append_new(list, json_pack("{s:s, s:s, s:b}", "name", slot->name, "mode",
						     mode, "ejected", slot->ejected));
}

json_t *policy_state_to_json(const struct policy_state *state)
{
	json_t *list = json_array();
	int err = append_slot(list, &state->enforced, "enforced");

	for (int i = 0; i < POLICY_NR_SHADOWS; i++)
		err |= append_slot(list, &state->shadow[i], "shadow");
	if (err) {
		json_decref(list);
		return NULL;
	}
	return list;
}
