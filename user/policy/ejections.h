/* SPDX-License-Identifier: GPL-2.0 */
/*
 * ejections.h - which policies the kernel has ejected, kept over reboots
 *
 * A file each below /var/lib/zrec/ejected/, with a line that says why. The kernel forgets at a
 * reboot; whoever puts policies back then must not put these back.
 */
#ifndef ZREC_POLICY_EJECTIONS_H
#define ZREC_POLICY_EJECTIONS_H

#define EJECTIONS_DIR	"/var/lib/zrec"

/* @dir is EJECTIONS_DIR; it is made if it is not there. 0 or a negative errno */
int ejections_add(const char *dir, const char *policy, const char *why);
/* 0 and why, as one line; -ENOENT: it was not ejected; another negative errno */
#define EJECTION_TEXT_LEN	256
int ejections_find(const char *dir, const char *policy, char why[EJECTION_TEXT_LEN]);
/* Somebody wants it in force again, knowing that. 0, also if it was not ejected */
int ejections_forget(const char *dir, const char *policy);

#endif /* ZREC_POLICY_EJECTIONS_H */
