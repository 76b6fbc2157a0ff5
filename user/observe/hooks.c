// SPDX-License-Identifier: GPL-2.0
#include <bpf/btf.h>
#include <errno.h>
#include <linux/btf.h>
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>

#include "base/caps.h"
#include "observe/hooks.h"
#include "observe/module.h"

#define VFIO_MODULE	"vfio_pci_core"

/*
 * error_event comes last: what begins after it was attached is seen whole. The place of a
 * hook is its bit in struct zrec_state, so another order is another ZREC_ABI.
 */
static const struct hook all_hooks[NR_HOOKS] = {
	{ "vfio_pci_error_notify", "error_notify", VFIO_MODULE, false, 0 },
	{ "vfio_pci_error_read", "error_read", VFIO_MODULE, false, 0 },
	{ "vfio_pci_reset_begin", "reset_begin", VFIO_MODULE, false, 0 },
	{ "vfio_pci_reset_end", "reset_end", VFIO_MODULE, false, 0 },
	{ "s390_zpci_policy_decision", "policy_decision", NULL, true, 0 },
	{ "s390_zpci_policy_exit", "policy_exit", NULL, true, 0 },
	{ "s390_zpci_mediation_start", "mediation_start", NULL, false, 0 },
	{ "s390_zpci_mediation_stop", "mediation_stop", NULL, false, 0 },
	{ "s390_zpci_event_dropped", "event_dropped", NULL, false, 0 },
	{ "s390_zpci_recovery_end", "recovery_end", NULL, false, 0 },
	{ "s390_zpci_pending", "pending", NULL, false, 0 },
	{ "s390_zpci_step_end", "step_end", NULL, false, 0 },
	{ "s390_zpci_step_begin", "step_begin", NULL, false, 0 },
	{ "s390_zpci_recovery_begin", "recovery_begin", NULL, false, 0 },
	{ "s390_zpci_error_event", "error_event", NULL, false, 0 },
};

/* The kernel describes the arguments of tracepoint X by a typedef btf_trace_X */
static bool has_tracepoint(const struct btf *btf, const char *tracepoint)
{
	char name[64];

	snprintf(name, sizeof(name), "btf_trace_%s", tracepoint);
	return btf__find_by_name_kind(btf, name, BTF_KIND_TYPEDEF) > 0;
}

/* Why a module's type information is not there */
static enum hook_state without_module(const char *name)
{
	static const enum hook_state states[] = {
		[MODULE_BUILT_IN] = HOOK_NOT_IN_BUILT_IN,
		[MODULE_LOADED] = HOOK_MODULE_BAD_BTF,
		[MODULE_NO_BTF] = HOOK_MODULE_NO_BTF,
		[MODULE_NOT_LOADED] = HOOK_MODULE_NOT_LOADED,
		[MODULE_ABSENT] = HOOK_MODULE_ABSENT,
		[MODULE_UNKNOWN] = HOOK_MODULE_UNKNOWN,
	};
	struct utsname u;

	uname(&u);
	return states[module_find("", u.release, name)];
}

static enum hook_state probe(const struct hook *hook, const struct btf *kernel,
			     const struct btf *module)
{
	if (has_tracepoint(kernel, hook->tracepoint))
		return HOOK_FOUND;
	if (!hook->module)
		return HOOK_NO_TRACEPOINT;
	if (!module)
		return without_module(hook->module);
	if (!has_tracepoint(module, hook->tracepoint))
		return HOOK_NOT_IN_MODULE;
	/* The kernel lets nobody else look up the type information of a module */
	return caps_sys_admin() ? HOOK_FOUND : HOOK_NO_PRIVILEGE;
}

void hooks_probe(struct hooks *hooks)
{
	struct btf *kernel = btf__load_vmlinux_btf(), *module = NULL;

	memcpy(hooks->hook, all_hooks, sizeof(all_hooks));
	hooks->btf_error = kernel ? 0 : -errno;
	if (kernel)
		module = btf__load_module_btf(VFIO_MODULE, kernel);
	for (size_t i = 0; i < NR_HOOKS; i++)
		hooks->hook[i].state = kernel ? probe(&hooks->hook[i], kernel, module) :
				       HOOK_NO_TRACEPOINT;
	btf__free(module);
	btf__free(kernel);
}

bool hooks_sufficient(const struct hooks *hooks)
{
	for (size_t i = 0; i < NR_HOOKS; i++)
		if (!hooks->hook[i].module && !hooks->hook[i].optional &&
		    hooks->hook[i].state != HOOK_FOUND)
			return false;
	return true;
}

bool hooks_complete(const struct hooks *hooks)
{
	for (size_t i = 0; i < NR_HOOKS; i++)
		if (!hooks->hook[i].optional && hooks->hook[i].state != HOOK_FOUND)
			return false;
	return true;
}

size_t hooks_found(const struct hooks *hooks)
{
	size_t found = 0;

	for (size_t i = 0; i < NR_HOOKS; i++)
		found += hooks->hook[i].state == HOOK_FOUND;
	return found;
}

const struct hook *hooks_table(void)
{
	return all_hooks;
}

bool hooks_has_program(const char *name)
{
	for (size_t i = 0; i < NR_HOOKS; i++)
		if (!strcmp(all_hooks[i].program, name))
			return true;
	return false;
}

const char *hook_state_text(enum hook_state state)
{
	switch (state) {
	case HOOK_FOUND:
		return "found";
	case HOOK_NO_TRACEPOINT:
		return "missing: this kernel has no such tracepoint";
	case HOOK_NO_PRIVILEGE:
		return "missing: in module " VFIO_MODULE ", which needs CAP_SYS_ADMIN";
	case HOOK_NOT_IN_BUILT_IN:
		return "missing: " VFIO_MODULE " is built in, without this tracepoint";
	case HOOK_NOT_IN_MODULE:
		return "missing: module " VFIO_MODULE " is loaded, without this tracepoint";
	case HOOK_MODULE_NOT_LOADED:
		return "missing: module " VFIO_MODULE " is not loaded";
	case HOOK_MODULE_ABSENT:
		return "missing: this kernel has no " VFIO_MODULE;
	case HOOK_MODULE_UNKNOWN:
		return "missing: " VFIO_MODULE " is neither built in nor loaded";
	case HOOK_MODULE_NO_BTF:
		return "missing: module " VFIO_MODULE " is loaded without type information (BTF)";
	case HOOK_MODULE_BAD_BTF:
		return "missing: the type information (BTF) of module " VFIO_MODULE " does not fit this kernel's";
	}
	return "unknown";
}
