// SPDX-License-Identifier: GPL-2.0
/*
 * spare-the-patient - stop resetting what resets do not help
 *
 * What for: a reset that fails takes its time, and the kernel tries again with
 * each further error. This remembers for each function how its last recoveries
 * ended. After TRIES in a row that did not end well it isolates the function at
 * the next error instead of resetting it again. A recovery that ends well wipes
 * the slate. Unlike rules, it learns from outcomes.
 *
 * When unsure: a function that it has not seen before gets the default, and so
 * does one for which there is no room in the table.
 *
 * Limits: FUNCTIONS at a time; it forgets all when it is loaded anew. In testing/
 * because TRIES is a guess. Each isolation counts against the budget.
 */
#include "policy.h"

#define FUNCTIONS	1024
#define TRIES		3

struct patient {
	__u32 in_a_row;		/* recoveries that did not end well */
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, FUNCTIONS);
	__type(key, __u32);
	__type(value, struct patient);
} patients SEC(".maps");

static __always_inline __u32 decide(const struct zpci_event_in *e, __u32 member)
{
	struct patient *p;
	__u32 fid = e->fid;

	if (member != ZPCI_MEMBER_EVENT)
		return ZPCI_VERDICT_DEFAULT;
	p = bpf_map_lookup_elem(&patients, &fid);
	return p && p->in_a_row >= TRIES ? ZPCI_VERDICT_ISOLATE : ZPCI_VERDICT_DEFAULT;
}

/* The kernel ends the recoveries of one function one after the other */
static __always_inline void ended(const struct zpci_event_in *e, __u32 outcome, __u32 reason)
{
	struct patient *p, first = { .in_a_row = 1 };
	__u32 fid = e->fid;

	if (outcome == ZPCI_OUTCOME_RECOVERED) {
		bpf_map_delete_elem(&patients, &fid);
		return;
	}
	if (outcome != ZPCI_OUTCOME_FAILED)
		return;
	p = bpf_map_lookup_elem(&patients, &fid);
	if (p)
		p->in_a_row++;
	else
		bpf_map_update_elem(&patients, &fid, &first, BPF_NOEXIST);
}

ZPCI_POLICY("isolates a function after 3 recoveries in a row that failed");
ZPCI_ON_EVENT(decide);
ZPCI_ON_DONE(ended);
ZPCI_REPLAY_DONE(decide, ended);

SEC(".struct_ops.link")
struct zpci_recovery_ops spare_the_patient = {
	.event = (void *)zpci_event,
	.done = (void *)zpci_done,
	.max_isolations = 3,
	.window_s = 3600,
	.name = "spare-the-patient",
};
