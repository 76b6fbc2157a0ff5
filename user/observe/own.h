/* SPDX-License-Identifier: GPL-2.0 */
/*
 * own.h - which objects in the kernel belong to an observation, wherever they are pinned
 *
 * An observation's programs have its map .rodata.info bound to them, in every version
 * of zrec. Looking at programs and maps by ID needs CAP_SYS_ADMIN: without it
 * everything here returns -EPERM.
 */
#ifndef ZREC_OWN_H
#define ZREC_OWN_H

#include <stddef.h>
#include <stdint.h>

#include "base/bpffs.h"
#include "zrec.h"

#define OWN_MAPS_MAX	128

/* The maps of some programs */
struct own_maps {
	uint32_t id[OWN_MAPS_MAX];
	size_t nr;
};

/*
 * Looks at what is pinned among an observation's links. Returns 0 if it is a link to an
 * observation's program, and adds the program's maps to @maps; -ENOENT if not; or another
 * negative errno.
 */
int own_link(int link_fd, struct own_maps *maps);

/*
 * An observation that runs: 0, -ENOENT, or another negative errno. @info is what this
 * version understands of its description. One that was ended
 * a moment ago may still be on its way out of the kernel; this waits until it is gone.
 */
int own_find(struct zrec_info *info);

/* Reports on stderr an observation whose pins are not in @fs, and where they may be */
void own_report_out_of_reach(const struct zrec_info *info, const struct bpffs *fs);

#endif /* ZREC_OWN_H */
