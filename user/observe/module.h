/* SPDX-License-Identifier: GPL-2.0 */
/*
 * module.h - is a part of the kernel there: built in, loaded or installed
 */
#ifndef ZREC_MODULE_H
#define ZREC_MODULE_H

enum module_state {
	MODULE_BUILT_IN,
	MODULE_LOADED,		/* with type information (BTF), which may be good or not */
	MODULE_NO_BTF,		/* loaded without BTF */
	MODULE_NOT_LOADED,	/* installed for this kernel */
	MODULE_ABSENT,		/* neither built in nor installed for this kernel */
	MODULE_UNKNOWN,		/* not loaded; which modules this kernel has is not known */
};

/*
 * Looks in sysfs and in the lists of modules of the kernel @release; @root is "" or,
 * for tests, where / is to be.
 */
enum module_state module_find(const char *root, const char *release, const char *name);

#endif /* ZREC_MODULE_H */
