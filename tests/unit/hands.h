/* SPDX-License-Identifier: GPL-2.0 */
/*
 * hands.h - what the tests of hands_test.c have in common
 */
#ifndef HANDS_H
#define HANDS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#define NOBODY	65534
#define MEMBER	61234	/* the group zrec, as our /etc/group has it */
#define USUAL	"/sys/fs/bpf"
#define ZREC	USUAL "/zrec"

/* --- what a test says, and whom it runs: hands.c ----------------------------- */

extern const char *zrec;		/* the program */

extern struct checks {
	int nr, failed;
} checks;

/* The last run of it */
extern struct ran {
	int rc;
	double seconds;
	char err[8192];
} ran;

void check(bool ok, const char *name);
void die(const char *what);
void skip_all(const char *what);

void run(const char *command);
/* True if the last run had this on standard error */
bool said(const char *text);
bool exists(const char *path);

void become(gid_t gid);
/* Runs @fn in a process that ends with the test at the latest */
pid_t start(void (*fn)(void));
void stop(pid_t pid);
void as_nobody(void (*fn)(void));

/* --- what is in the file system: hands-bpffs.c ------------------------------- */

extern char other[];			/* for a second bpffs */

void mount_bpf(const char *where, const char *options);
/* A bpffs as plain "mount -t bpf" makes it: anybody may write */
void anew(void);
void make_dir(const char *path, mode_t mode);
void make_file(const char *path);

void pin(int fd, const char *path);
void pin_map(const char *name, const char *path);
/* The map that says which zrec it is, as an observer has it */
int info_map_of(uint32_t abi, uint32_t size);
int info_map(void);
int ring_map(const char *name);
/* A program at a tracepoint that every kernel has, with these maps bound to it; -1: none */
int link_with(int map, int ring);
void make_tree(const char *root);
/* What zrec makes, but for the tracepoints; it is to go away by detach */
void observe(const char *root);

/* --- somebody else's zrec/: hands-others.c ----------------------------------- */

extern char victim[];			/* root's, and nothing to do with zrec */
void remove_victim(void);

void test_symlink(void);
void test_foreign_owner(void);
void test_world_writable(void);
void test_exchange(void);

/* --- hands-locks.c ----------------------------------------------------------- */

void test_locks(void);

#endif /* HANDS_H */
