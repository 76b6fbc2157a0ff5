/* SPDX-License-Identifier: GPL-2.0 */
/*
 * bpf-abi.h - names that the linux/bpf.h of an older kernel lacks
 *
 * Debian 12 compiles with the headers of Linux 6.1, and runs later kernels. Names
 * of our own, since newer headers have these as enums, and #ifdef does not see enums.
 */
#ifndef ZREC_BPF_ABI_H
#define ZREC_BPF_ABI_H

#include <linux/bpf.h>

#define ABI_F_LINK	(1u << 13)	/* BPF_F_LINK, Linux 6.4: a map whose policy needs a link */
#define ABI_STRUCT_OPS	44		/* enum bpf_attach_type: BPF_STRUCT_OPS, Linux 6.4 */

/* struct bpf_link_info of a struct_ops link, Linux 6.4 */
union abi_link_info {
	struct bpf_link_info info;
	struct {
		__u32 type;
		__u32 id;
		__u32 prog_id;
		__u32 pad;		/* what follows is an 8-byte aligned union */
		__u32 map_id;
	} struct_ops;
};

#endif /* ZREC_BPF_ABI_H */
