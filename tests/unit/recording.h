/* SPDX-License-Identifier: GPL-2.0 */
/*
 * recording.h - a small history of two hosts: tests/data/two-hosts.jsonl is this
 */
#ifndef RECORDING_H
#define RECORDING_H

#include <stdio.h>

void recording_write(FILE *f);

#endif /* RECORDING_H */
