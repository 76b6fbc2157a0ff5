/* SPDX-License-Identifier: GPL-2.0 */
/*
 * confine.h - a process that is root's and only reads
 */
#ifndef ZREC_SERVE_CONFINE_H
#define ZREC_SERVE_CONFINE_H

/*
 * For this process and those it becomes or makes, for ever: no file can be opened for writing,
 * made or removed, but for what SQLite has to write to read the live file at @path (its index),
 * and /dev/null; where the kernel can do that, no process outside gets a signal. What is open
 * already stays. Needs PR_SET_NO_NEW_PRIVS. 0; -EOPNOTSUPP: this kernel has no Landlock; or
 * another negative errno.
 */
int confine_to_reading(const char *path);

#endif /* ZREC_SERVE_CONFINE_H */
