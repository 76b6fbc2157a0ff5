// SPDX-License-Identifier: GPL-2.0
/*
 * observe.bpf.c - the tracepoint tier: where the kernel series lets us look
 *
 * Each program takes the arguments of its tracepoint apart and hands them to the
 * state machine in recovery.h.
 */
#include <linux/bpf.h>
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

#include "decisions.h"
#include "kernel.h"
#include "recovery.h"
#include "takeover-add.h"
#include "zrec.h"

#define ENOMSG		42	/* nothing to read: not a failure */

SEC("tp_btf/s390_zpci_error_event")
int BPF_PROG(error_event, __u64 id, const struct zpci_ccdf_err *ccdf)
{
	return recovery_event(id, ccdf);
}

SEC("tp_btf/s390_zpci_recovery_begin")
int BPF_PROG(recovery_begin, __u64 id, struct zpci_dev *zdev, struct pci_dev *pdev)
{
	struct recovery_device d = {
		.uid = zdev->uid,
		.pchid = zdev->pchid,
		.pft = zdev->pft,
		.domain = zdev->zbus->domain_nr,
		.bus = pdev->bus->number,
		.devfn = pdev->devfn,
		.vendor = pdev->vendor,
		.device = pdev->device,
		.class_code = pdev->class,
		.driver = pdev->driver->name,
	};

	/* Not in the first versions of the kernel series */
	if (bpf_core_field_exists(zdev->life))
		d.life = zdev->life;
	return recovery_begin_with(id, &d);
}

SEC("tp_btf/s390_zpci_step_begin")
int BPF_PROG(step_begin, __u64 id, __u32 fid, __u64 step)
{
	return recovery_step_begin(id, step);
}

SEC("tp_btf/s390_zpci_step_end")
int BPF_PROG(step_end, __u64 id, __u32 fid, __u64 step, int result)
{
	return recovery_step_end(id, step, result);
}

SEC("tp_btf/s390_zpci_recovery_end")
int BPF_PROG(recovery_end, __u64 id, __u32 fid, __u64 outcome, __u64 reason)
{
	return recovery_ends(id, outcome, reason);
}

SEC("tp_btf/s390_zpci_event_dropped")
int BPF_PROG(event_dropped, __u64 id, __u32 fid, __u32 fh, __u64 reason, int rc)
{
	return recovery_dropped(id, reason, rc);
}

SEC("tp_btf/s390_zpci_pending")
int BPF_PROG(pending, __u64 id, __u64 event_id, __u32 fid, __u32 action, __u32 depth)
{
	return recovery_pending(id, event_id, action, depth);
}

/* Not there in a kernel without policies */
SEC("tp_btf/s390_zpci_policy_decision")
int BPF_PROG(policy_decision, __u64 id, __u32 fid, const char *policy, __u64 member, __u32 dflt,
	     __u32 verdict, __u32 effective, _Bool shadow, __u64 ns)
{
	struct decision d = {
		.policy = policy,
		.member = member,
		.ns = ns,
		.dflt = dflt,
		.verdict = verdict,
		.effective = effective,
		.shadow = shadow,
	};

	return recovery_decision(id, &d);
}

/* Not there without policies either; outside of all recoveries, or once in one */
SEC("tp_btf/s390_zpci_policy_exit")
int BPF_PROG(policy_exit, const char *policy, __u64 kind, __u32 code, const char *text)
{
	return policy_ends(policy, kind, code, text);
}

/* In the process that opens the device */
SEC("tp_btf/s390_zpci_mediation_start")
int BPF_PROG(mediation_start, __u32 fid)
{
	count(&stats.mediation_starts);
	owner_set(fid);
	return 0;
}

SEC("tp_btf/s390_zpci_mediation_stop")
int BPF_PROG(mediation_stop, __u32 fid)
{
	count(&stats.mediation_stops);
	owner_clear(fid);
	return 0;
}

SEC("tp_btf/vfio_pci_error_notify")
int BPF_PROG(error_notify, struct pci_dev *pdev, __u64 id, _Bool listening)
{
	struct zrec_open *r = open_find(id);

	if (r)
		__sync_fetch_and_or(&r->span.flags,
				    listening ? ZREC_SPAN_NOTIFIED : ZREC_SPAN_UNHEARD);
	return 0;
}

/* In the process that reads */
SEC("tp_btf/vfio_pci_error_read")
int BPF_PROG(error_read, struct pci_dev *pdev, __u64 id, int rc)
{
	struct zrec_open *r = open_find(id);

	if (rc && rc != -ENOMSG)
		count(&stats.read_failures);
	if (r)
		recovery_user_acts(r);
	return 0;
}

/* In the process that resets */
SEC("tp_btf/vfio_pci_reset_begin")
int BPF_PROG(reset_begin, struct pci_dev *pdev, __u64 id)
{
	struct zrec_open *r = open_find(id);

	if (!r)
		return 0;
	__sync_fetch_and_add(&r->span.reset_tries, 1);
	recovery_user_acts(r);
	return 0;
}

SEC("tp_btf/vfio_pci_reset_end")
int BPF_PROG(reset_end, struct pci_dev *pdev, __u64 id, int rc)
{
	struct zrec_open *r = open_find(id);

	if (r && rc)
		__sync_fetch_and_add(&r->span.reset_failures, 1);
	return 0;
}

/* Loaded only to take over from an older observation: adds the item that was put there */
SEC("syscall")
int take_over(void *ctx)
{
	return takeover_add();
}

char LICENSE[] SEC("license") = "GPL";
