// SPDX-License-Identifier: GPL-2.0
/* A zrec/ that is not root's, or that others can change */
#define _GNU_SOURCE	/* renameat2() */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "hands.h"

char victim[] = "/tmp/zrec-hands.XXXXXX";

static bool victim_is_whole(void)
{
	char path[64];

	snprintf(path, sizeof(path), "%s/observe/maps/info", victim);
	return exists(path);
}

void remove_victim(void)
{
	char command[64];

	snprintf(command, sizeof(command), "rm -rf %s", victim);
	if (system(command))
		die(victim);
}

static void make_victim(void)
{
	char path[64];

	remove_victim();
	make_tree(victim);
	snprintf(path, sizeof(path), "%s/observe/maps/info", victim);
	make_file(path);
	snprintf(path, sizeof(path), "%s/observe/links/error_event", victim);
	make_file(path);
}

static void make_symlink(void)
{
	if (symlink(victim, ZREC))
		die("symlink");
}

void test_symlink(void)
{
	anew();
	make_victim();
	as_nobody(make_symlink);
	run("detach");
	check(victim_is_whole(), "symlink-deletes-nothing");
	check(ran.rc && ran.rc < 100 && said("symbolic link"), "symlink-is-refused");
	run("watch --count 0");
	check(ran.rc && victim_is_whole() && !exists(ZREC "/lock"), "symlink-watch-makes-nothing");
}

static void make_tree_as_nobody(void)
{
	make_tree(ZREC);
}

void test_foreign_owner(void)
{
	anew();
	as_nobody(make_tree_as_nobody);
	pin_map("info", ZREC "/observe/maps/info");
	run("detach");
	check(exists(ZREC "/observe/maps/info"), "foreign-owner-deletes-nothing");
	check(ran.rc && said("belongs to user 65534"), "foreign-owner-is-refused");

	/* Somebody who has one of root's directories in his: root's zrec/, his observe/ */
	anew();
	make_dir(ZREC, 0750);
	make_dir(ZREC "/observe", 0750);
	pin_map("info", ZREC "/observe/theirs");
	if (chown(ZREC "/observe", NOBODY, NOBODY))
		die("chown");
	run("detach");
	check(exists(ZREC "/observe/theirs") && ran.rc && said("belongs to user 65534"),
	      "foreign-owner-below-is-refused");
}

void test_world_writable(void)
{
	anew();
	observe(ZREC);
	chmod(ZREC, 0770);
	run("detach");
	check(ran.rc && said("can be written by others") && exists(ZREC "/observe/maps/info"),
	      "writable-directory-is-refused");
	chmod(ZREC, 0750);
	chmod(ZREC "/observe/maps", 0777);
	run("detach");
	check(ran.rc && said("can be written by others") && exists(ZREC "/observe/maps/info"),
	      "writable-directory-below-is-refused");
	chmod(ZREC "/observe/maps", 0750);
	run("detach");
	check(!ran.rc && !exists(ZREC), "safe-directory-in-a-writable-bpffs");
}

/* Without the sticky bit anybody can rename root's directory away, and another one there */
static void exchange_for_ever(void)
{
	become(NOBODY);
	if (symlink(victim, USUAL "/trap"))
		die("symlink");
	for (;;)
		renameat2(AT_FDCWD, USUAL "/trap", AT_FDCWD, ZREC, RENAME_EXCHANGE);
}

static void exchange_below_for_ever(void)
{
	become(NOBODY);
	make_tree(ZREC);
	if (symlink(victim, USUAL "/trap"))
		die("symlink");
	for (;;)
		renameat2(AT_FDCWD, USUAL "/trap", AT_FDCWD, ZREC "/observe", RENAME_EXCHANGE);
}

void test_exchange(void)
{
	bool crashed = false;
	pid_t pid;

	anew();
	make_victim();
	chmod(USUAL, 0777);
	observe(ZREC);
	pid = start(exchange_for_ever);
	for (int i = 0; i < 40; i++) {
		run("detach");
		crashed |= ran.rc > 100;
	}
	stop(pid);
	check(victim_is_whole() && !crashed, "exchange-of-zrec-deletes-nothing");

	anew();
	make_victim();
	pid = start(exchange_below_for_ever);
	for (int i = 0; i < 40; i++) {
		run("detach");
		crashed |= ran.rc > 100;
	}
	stop(pid);
	check(victim_is_whole() && !crashed, "exchange-of-observe-deletes-nothing");
}
