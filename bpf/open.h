/* SPDX-License-Identifier: GPL-2.0 */
/*
 * open.h - recoveries under way, and who has a function open
 *
 * Tables in the data section, which need no lookup call; the loader gives them
 * their size. A recovery id says where to look first, and so does a FID.
 */
#ifndef ZREC_OPEN_H
#define ZREC_OPEN_H

#include <stdbool.h>
#include <bpf/bpf_helpers.h>

#include "sums.h"
#include "zrec.h"

#define OPEN_PROBES	4	/* slots that one recovery id may use */
#define OWNER_PROBES	8	/* ... and one FID */

/*
 * Functions that fail together get ids that follow each other, and may stay open for
 * long. Later ids that would share their slots are spread over the rest of the table.
 */
#define open_stride	((function_mask * 158 >> 8) | 1)

struct zrec_open open_recoveries[1] SEC(".bss.open");
struct zrec_owner owners[1] SEC(".bss.owners");

struct zrec_state state SEC(".bss.state");

/*
 * The compiler takes the arrays for as long as they are declared, and may drop an
 * index; the verifier knows their real length.
 */
#define table_slot(table, index) ({					\
	typeof(&(table)[0]) first_ = (table);				\
	asm volatile("" : "+r"(first_));				\
	first_ + (index);						\
})

static __always_inline struct zrec_open *open_slot(__u64 id, __u32 probe)
{
	__u64 at = probe ? id + probe * open_stride : id;

	return table_slot(open_recoveries, at & function_mask);
}

static __always_inline struct zrec_open *open_find(__u64 id)
{
	struct zrec_open *r = open_slot(id, 0);

	if (!id)
		return NULL;
	/* Nearly always */
	if (r->id == id)
		return r;
	for (__u32 probe = 1; probe < OPEN_PROBES; probe++) {
		r = open_slot(id, probe);
		if (r->id == id)
			return r;
	}
	return NULL;
}

static __always_inline struct zrec_open *open_claim(__u64 id)
{
	for (__u32 probe = 0; probe < OPEN_PROBES; probe++) {
		struct zrec_open *r = open_slot(id, probe);

		if (!r->id && !__sync_val_compare_and_swap(&r->id, 0, id))
			return r;
	}
	return NULL;
}

/* NULL if there is none, or with @add if there is no room for one */
static __always_inline struct zrec_owner *owner_find(__u32 fid, bool add)
{
	__u64 tag = (__u64)fid + 1;

	for (__u32 i = 0; i < OWNER_PROBES; i++) {
		struct zrec_owner *o = table_slot(owners, (HASH(tag) + i) & function_mask);

		if (o->tag == tag)
			return o;
		if (add && !o->tag && claim(&o->tag, tag))
			return o;
	}
	return NULL;
}

/* The process at hand opens the function; vfio lets one at a time have it */
static __always_inline void owner_set(__u32 fid)
{
	struct zrec_owner *o = owner_find(fid, true);

	if (!o)
		return;
	bpf_get_current_comm(o->comm, sizeof(o->comm));
	o->pid = bpf_get_current_pid_tgid() >> 32;
}

static __always_inline void owner_clear(__u32 fid)
{
	struct zrec_owner *o = owner_find(fid, false);

	if (o)
		o->pid = 0;
}

#endif /* ZREC_OPEN_H */
