/* SPDX-License-Identifier: GPL-2.0 */
/*
 * decider.h - what a policy does, done in user space, to compare with
 *
 * An error event goes from a tracepoint through a ring buffer to a daemon, which
 * decides and tells the kernel with an ioctl. In favour of user space: the
 * decision is a comparison, the daemon is a thread of the process that has the
 * device open, and the ioctl is the cheapest that the device has.
 */
#ifndef BENCH_DECIDER_H
#define BENCH_DECIDER_H

#include <linux/types.h>

struct decider_event {
	__u64 at_ns;		/* CLOCK_MONOTONIC */
	__u64 id;
	__u32 fid;
	__u32 pec;
};

#ifndef __bpf__
#include <stdint.h>

#include "vfio.h"

struct decider;

/* Decides from now on about @v, which is open; NULL and errno if it can't */
struct decider *decider_start(struct vfio *v);
/*
 * Waits for the next decision. @cpu_ns: what the daemon ran since the one before;
 * @verdict_ns: from the tracepoint to the end of the ioctl. 0 or -errno.
 */
int decider_wait(struct decider *d, uint64_t *cpu_ns, uint64_t *verdict_ns);
void decider_stop(struct decider *d);
#endif

#endif /* BENCH_DECIDER_H */
