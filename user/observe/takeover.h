/* SPDX-License-Identifier: GPL-2.0 */
/*
 * takeover.h - go on where an older zrec's observation ends, with its sums
 *
 * 1. The new programs are attached beside the old ones, under observe-new/, and count
 *    nothing of what began before them.
 * 2. observe-new/ and observe/ change places; what was observe/ becomes observe-old/.
 * 3. The old links go, and with them the old programs.
 * 4. What the old maps have is added to the new sums, less what both counted, and what
 *    nobody has read yet goes into the new ring buffer.
 * 5. observe-old/ goes.
 *
 * If it is killed on the way, the next zrec that observes goes on: before 2 nothing has
 * changed, and after it each step can be repeated, since the kernel counts how much of 4
 * is done. A recovery that is open when the old programs go is counted
 * as lost when it ends, for that reason; until then it is not shown. What the old sums
 * have of a function goes to its newest life, or to none.
 *
 * Not exact: what ended between 1 and 3 and found no room in the old ring buffer, no slot,
 * or has been overwritten there, counts twice, as nothing is left to tell it by; of more
 * than ZREC_TAKEOVER_ENDED recoveries that end in that time, the rest counts as lost.
 */
#ifndef ZREC_TAKEOVER_H
#define ZREC_TAKEOVER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/bpffs.h"
#include "observe/load.h"

/* True if this version can read the maps of an observation of that ABI */
bool takeover_knows(uint32_t abi);

/* True if a takeover was interrupted between 2 and 5 */
bool takeover_pending(const struct bpffs *fs);

/* 1 to 5, under the lock. 0 or a negative errno; says on stderr why */
int takeover_begin(const struct bpffs *fs, const struct observer_opts *opts,
		   const struct hooks *hooks);

/* 3 to 5, likewise */
int takeover_finish(const struct bpffs *fs);

#endif /* ZREC_TAKEOVER_H */
