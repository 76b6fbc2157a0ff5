// SPDX-License-Identifier: GPL-2.0
/* hold.c - stop the kernel at a step of a recovery, for as long as a test needs */
#include "hold.h"

#include <errno.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <linux/bpf.h>

#include "clock.h"
#include "policy.h"

#define OBJECT		"/usr/lib/zrec/tests/hold.bpf.o"
#define PIN_PROGS	"/sys/fs/bpf/guest-hold"
#define PIN_STEP	PIN_PROGS "/hold_step"
#define PIN_READ	PIN_PROGS "/hold_read"
#define PIN_DEADLINE	PIN_PROGS "/hold_deadline"
#define PIN_DEV_LOCK	PIN_PROGS "/hold_dev_lock"
#define PIN_MAPS	"/sys/fs/bpf/guest-hold-maps"
#define PIN_CONTROL	PIN_MAPS "/hold_control"
#define WAIT_MS		5000
/* RCU complains of whoever stands in its way for 21 s; on the debug kernel for 60 */
#define HOLD_MS		15000
#define HOLD_SLOW	3

static int sys_bpf(int cmd, union bpf_attr *attr)
{
	int ret = syscall(SYS_bpf, cmd, attr, sizeof(*attr));

	return ret < 0 ? -errno : ret;
}

static int get_pinned(const char *path)
{
	union bpf_attr attr = { .pathname = (uintptr_t)path };

	return sys_bpf(BPF_OBJ_GET, &attr);
}

static void unpin(void)
{
	unlink(PIN_STEP);
	unlink(PIN_READ);
	unlink(PIN_DEADLINE);
	unlink(PIN_DEV_LOCK);
	rmdir(PIN_PROGS);
	unlink(PIN_CONTROL);
	rmdir(PIN_MAPS);
}

static const char *program_for(enum hold_step step)
{
	switch (step) {
	case HOLD_READ:
		return PIN_READ;
	case HOLD_DEADLINE:
		return PIN_DEADLINE;
	case HOLD_DEV_LOCK:
		return PIN_DEV_LOCK;
	default:
		return PIN_STEP;
	}
}

/* bpftool knows how to load an object; what it pins is only taken over */
static int load(struct gt *t, enum hold_step step, int *prog, int *map)
{
	static const char *const argv[] = {
		"bpftool", "prog", "loadall", OBJECT, PIN_PROGS, "pinmaps", PIN_MAPS, NULL,
	};

	unpin();
	GT_EQ(t, "exit code of bpftool prog loadall", policy_run(argv), 0);
	*prog = get_pinned(program_for(step));
	*map = get_pinned(PIN_CONTROL);
	unpin();
	GT_OK(t, "program that holds", *prog < 0 ? *prog : 0);
	GT_OK(t, "map of the program", *map < 0 ? *map : 0);
	return GT_PASS;
}

static int control_copy(struct hold *h, int cmd)
{
	uint32_t key = 0;
	union bpf_attr attr = {
		.map_fd = h->map,
		.key = (uintptr_t)&key,
		.value = (uintptr_t)&h->control,
	};

	return sys_bpf(cmd, &attr);
}

int hold_next(struct gt *t, struct hold *h, enum hold_step step)
{
	union bpf_attr attr = { 0 };
	unsigned int slow = clock_slow() < HOLD_SLOW ? clock_slow() : HOLD_SLOW;
	int prog = -1, ret;

	GT_TRY(load(t, step, &prog, &h->map));
	h->control = (struct hold_control){
		.step = step,
		.until_ns = clock_ns() + (uint64_t)HOLD_MS * slow * 1000000,
		.state = HOLD_ARMED,
	};
	GT_OK(t, "arm it", control_copy(h, BPF_MAP_UPDATE_ELEM));
	/* The one at a function knows which; it ends with this process, which has it open */
	if (step < HOLD_READ)
		attr.raw_tracepoint.name = (uintptr_t)"s390_zpci_step_begin";
	attr.raw_tracepoint.prog_fd = prog;
	ret = sys_bpf(BPF_RAW_TRACEPOINT_OPEN, &attr);
	GT_OK(t, "attach the program", ret < 0 ? ret : 0);
	return GT_PASS;
}

int hold_wait(struct gt *t, struct hold *h)
{
	uint64_t deadline = clock_in_ms(WAIT_MS);

	for (;;) {
		GT_OK(t, "look at it", control_copy(h, BPF_MAP_LOOKUP_ELEM));
		if (h->control.state != HOLD_ARMED)
			break;
		if (!clock_ms_to(deadline))
			return gt_fail(t, "nobody came to step %llu",
				       (unsigned long long)h->control.step);
		clock_pause_ms();
	}
	GT_EQ(t, "state of the program at the step", h->control.state, HOLD_HELD);
	return GT_PASS;
}

int hold_let_go(struct gt *t, struct hold *h)
{
	GT_OK(t, "look at it", control_copy(h, BPF_MAP_LOOKUP_ELEM));
	GT_EQ(t, "state of the program at the end", h->control.state, HOLD_HELD);
	h->control.state = HOLD_LET_GO;
	GT_OK(t, "let it go", control_copy(h, BPF_MAP_UPDATE_ELEM));
	return GT_PASS;
}
