// SPDX-License-Identifier: GPL-2.0
/*
 * hands_test.c - zrec's directory in bpffs, and who else has their hands in it
 *
 * hands_test ZREC: runs the program as root in a mount namespace of the test's own,
 * with BPF file systems of the test's own, against what others put there. Prints TAP.
 * The same program runs on the host, if it is root there, and in the guest.
 */
#define _GNU_SOURCE	/* unshare() */
#include <bpf/bpf.h>
#include <linux/bpf.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "hands.h"
#include "zrec.h"

/* --- which bpffs ------------------------------------------------------------ */

static void test_several(void)
{
	char path[64];

	snprintf(path, sizeof(path), "%s/zrec", other);
	anew();
	mount_bpf(other, NULL);
	observe(path);
	run("detach");
	check(!ran.rc && !exists(path), "beside-it-is-found");

	/* mounted first, but not at the usual place */
	while (!umount(USUAL))
		;
	mount_bpf(USUAL, NULL);
	observe(ZREC);
	make_tree(path);
	run("detach");
	check(!exists(ZREC) && exists(path), "beside-the-usual-place-is-preferred");
	while (!umount(other))
		;

	/* mounted over it */
	anew();
	observe(ZREC);
	mount_bpf(USUAL, NULL);
	run("detach");
	check(ran.rc && said("out of reach") && said("umount " USUAL) && said("0.test"),
	      "over-it-detach-is-no-success");
	check(!exists(ZREC), "over-it-makes-nothing");
	umount(USUAL);
	run("detach");
	check(!ran.rc && !exists(ZREC), "over-it-uncovered-detach-works");

	/* in no file system that we see, as of another mount namespace */
	anew();
	{
		int map = info_map(), ring = ring_map("spans"), link = link_with(map, ring);

		run("detach");
		check(ran.rc && said("another mount namespace"), "elsewhere-is-told");
		close(link);
		close(ring);
		close(map);
	}
	run("detach");
	check(!ran.rc && said("nothing was observing"), "nothing-is-told");
	while (!umount(USUAL))
		;
	run("detach");
	check(!ran.rc && said("nothing was observing"), "nothing-without-a-bpffs");
	mount_bpf(USUAL, NULL);
}

/* --- who looks like an observation ------------------------------------------- */

/* Another tool's program may have a map of the same name */
static void test_look_alikes(void)
{
	static const struct {
		uint32_t abi, size;
		const char *ring;
		const char *name;
	} cases[] = {
		{ 0, sizeof(struct zrec_info), "spans", "no-abi-is-no-observation" },
		{ 0x20202020, sizeof(struct zrec_info), "spans", "a-large-abi-is-no-observation" },
		{ ZREC_ABI, sizeof(struct zrec_info) - 8, "spans", "another-size-is-no-observation" },
		{ 3, 8, "spans", "a-small-value-is-no-observation" },
		{ ZREC_ABI, sizeof(struct zrec_info), NULL, "without-a-ring-is-no-observation" },
		{ ZREC_ABI, sizeof(struct zrec_info), "events", "another-ring-is-no-observation" },
	};

	anew();
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		int map = info_map_of(cases[i].abi, cases[i].size);
		int ring = cases[i].ring ? ring_map(cases[i].ring) : -1;
		int link = link_with(map, ring);

		run("detach");
		check(!ran.rc && said("nothing was observing"), cases[i].name);
		close(link);
		if (ring >= 0)
			close(ring);
		close(map);
	}
}

/* --- what zrec did not make -------------------------------------------------- */

static void test_foreign_pins(void)
{
	int map, link;

	anew();
	observe(ZREC);
	pin_map("theirs", ZREC "/observe/maps/theirs");
	link = link_with(-1, -1);
	pin(link, ZREC "/observe/links/theirs");
	close(link);
	pin_map("beside", ZREC "/beside");
	run("detach");
	check(exists(ZREC "/observe/maps/theirs") && exists(ZREC "/observe/links/theirs"),
	      "foreign-pins-stay");
	check(ran.rc && said(ZREC "/observe/maps/theirs") && said(ZREC "/observe/links/theirs"),
	      "foreign-pins-are-named");
	check(!exists(ZREC "/observe/maps/info") && !exists(ZREC "/observe/links/error_event") &&
	      !exists(ZREC "/observe/reader"), "foreign-pins-and-ours-are-gone");
	check(exists(ZREC "/beside"), "foreign-pins-beside-stay");
	run("detach");
	check(ran.rc && exists(ZREC "/observe/maps/theirs"), "foreign-pins-stay-again");
	unlink(ZREC "/observe/maps/theirs");
	unlink(ZREC "/observe/links/theirs");
	unlink(ZREC "/beside");
	run("detach");
	check(!ran.rc && !exists(ZREC), "foreign-pins-gone-all-is-gone");

	/* Of another version of zrec, with other names */
	anew();
	make_tree(ZREC);
	map = info_map();
	link = link_with(map, -1);
	pin(link, ZREC "/observe/links/of_old");
	pin(map, ZREC "/observe/maps/of_old");
	pin_map("theirs", ZREC "/observe/maps/theirs");
	close(link);
	close(map);
	run("detach");
	check(ran.rc && !exists(ZREC "/observe/links") && !exists(ZREC "/observe/maps/of_old") &&
	      exists(ZREC "/observe/maps/theirs"), "pins-of-another-version-are-ours");
}

/* --- begin and end ----------------------------------------------------------- */

static void begin(void)
{
	char group[] = "/tmp/zrec-group.XXXXXX", text[64];
	int fd;

	if (geteuid())
		skip_all("this needs root");
	if (unshare(CLONE_NEWNS) || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL))
		skip_all("this needs a mount namespace of its own, which is not allowed here");
	while (!umount(USUAL))
		;
	if (mount("bpf", USUAL, "bpf", 0, NULL))
		skip_all("this needs to mount BPF file systems, which is not allowed here");
	fd = bpf_map_create(BPF_MAP_TYPE_ARRAY, "try", 4, 4, 1, NULL);
	if (fd < 0)
		skip_all("BPF is not permitted here");
	close(fd);
	fd = mkstemp(group);
	snprintf(text, sizeof(text), "root:x:0:\nzrec:x:%d:\n", MEMBER);
	if (fd < 0 || write(fd, text, strlen(text)) < 0 || fchmod(fd, 0644) ||
	    mount(group, "/etc/group", NULL, MS_BIND, NULL))
		die("cannot have a /etc/group of our own");
	close(fd);
	unlink(group);
	if (!mkdtemp(victim) || !mkdtemp(other))
		die("mkdtemp");
}

static void end(void)
{
	while (!umount(other))
		;
	rmdir(other);
	remove_victim();
}

int main(int argc, char **argv)
{
	if (argc != 2) {
		fprintf(stderr, "Usage: hands_test ZREC\n");
		return 1;
	}
	zrec = argv[1];
	setvbuf(stdout, NULL, _IOLBF, 0);
	begin();
	test_symlink();
	test_foreign_owner();
	test_world_writable();
	test_exchange();
	test_locks();
	test_several();
	test_look_alikes();
	test_foreign_pins();
	end();
	printf("1..%d\n", checks.nr);
	return checks.failed != 0;
}
