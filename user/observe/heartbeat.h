/* SPDX-License-Identifier: GPL-2.0 */
/*
 * heartbeat.h - a record that says nothing, from a program in the kernel through the ring
 *
 * The program reserves room in the ring buffer, as those that observe do, and discards it
 * with a wake-up. Every reader, of every version, skips such a record by the rules of ring
 * buffers: it is no recovery, is counted nowhere, and its room is given back with the rest. Who reads
 * the ring sees by its position that the way from a program to here is open.
 */
#ifndef ZREC_HEARTBEAT_H
#define ZREC_HEARTBEAT_H

/* Loads it, for the ring of that map; needs CAP_BPF. Returns a descriptor or a negative errno */
int heartbeat_load(int ring_map);

/* Runs it once; needs no capability. 0, -ENOSPC: the ring is full, or another negative errno */
int heartbeat_beat(int program);

#endif /* ZREC_HEARTBEAT_H */
