// SPDX-License-Identifier: GPL-2.0
/* hold.bpf.c - wait at a step of a recovery until hold.c says that it may go on */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

#include "hold.h"

#define LOOPS	(1u << 23)	/* the verifier wants a bound: their square is never reached */

char LICENSE[] SEC("license") = "GPL";

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct hold_control);
} hold_control SEC(".maps");

static volatile struct hold_control *control(void)
{
	__u32 key = 0;

	return bpf_map_lookup_elem(&hold_control, &key);
}

/* 1 ends the loop */
static long look(__u64 i, void *ctx)
{
	volatile struct hold_control *c = control();

	return !c || c->state != HOLD_HELD || bpf_ktime_get_ns() >= c->until_ns;
}

static long look_often(__u64 i, void *ctx)
{
	bpf_loop(LOOPS, look, NULL, 0);
	return look(i, ctx);
}

static int hold_at(__u32 step)
{
	volatile struct hold_control *c = control();

	if (!c || c->state != HOLD_ARMED || c->step != step)
		return 0;
	c->state = HOLD_HELD;
	bpf_loop(LOOPS, look_often, NULL, 0);
	if (c->state == HOLD_HELD)
		c->state = HOLD_TOO_LONG;
	return 0;
}

/* The step is an enum: only its lower half is sure to be set */
SEC("raw_tp/s390_zpci_step_begin")
int hold_step(struct bpf_raw_tracepoint_args *ctx)
{
	return hold_at(ctx->args[2]);
}

SEC("fentry/zpci_drop_pending_error")
int hold_read(void *ctx)
{
	return hold_at(HOLD_READ);
}

SEC("fentry/pci_dev_lock")
int hold_dev_lock(void *ctx)
{
	return hold_at(HOLD_DEV_LOCK);
}

SEC("fentry/zpci_event_deadline")
int hold_deadline(void *ctx)
{
	return hold_at(HOLD_DEADLINE);
}
