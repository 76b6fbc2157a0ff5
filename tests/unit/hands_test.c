// SPDX-License-Identifier: GPL-2.0
/*
 * hands_test.c - zrec's directory in bpffs, and who else has their hands in it
 *
 * hands_test ZREC: runs the program as root in a mount namespace of the test's own,
 * with BPF file systems of the test's own, against what others put there. Prints TAP.
 * The same program runs on the host, if it is root there, and in the guest.
 */
#define _GNU_SOURCE
#include <bpf/bpf.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "zrec.h"

#define NOBODY	65534
#define MEMBER	61234	/* the group zrec, as our /etc/group has it */
#define USUAL	"/sys/fs/bpf"
#define ZREC	USUAL "/zrec"

static const char *zrec;
static char victim[] = "/tmp/zrec-hands.XXXXXX";	/* root's, and nothing to do with zrec */
static char other[] = "/tmp/zrec-other.XXXXXX";	/* for a second bpffs */
static int nr, failed;

static struct {
	int rc;
	double seconds;
	char err[8192];
} ran;

/* --- what a test says ------------------------------------------------------ */

static void check(bool ok, const char *name)
{
	printf("%s %d - hands/%s\n", ok ? "ok" : "not ok", ++nr, name);
	if (ok)
		return;
	failed++;
	printf("# exit code %d after %.1f s, stderr: '", ran.rc, ran.seconds);
	for (const char *c = ran.err; *c; c++)
		printf(*c == '\n' ? "\n# " : "%c", *c);
	puts("'");
}

static void die(const char *what)
{
	printf("Bail out! %s: %s\n", what, strerror(errno));
	exit(1);
}

static void skip_all(const char *what)
{
	printf("1..0 # SKIP %s\n", what);
	exit(0);
}

static bool said(const char *text)
{
	return strstr(ran.err, text);
}

static bool exists(const char *path)
{
	struct stat st;

	return !lstat(path, &st);
}

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec + t.tv_nsec / 1e9;
}

/* --- zrec, and who works against it ---------------------------------------- */

static void run(const char *command)
{
	double begin = now();
	char line[256];
	size_t n;
	FILE *f;
	int rc;

	snprintf(line, sizeof(line), "%s %s 2>&1 >/dev/null", zrec, command);
	f = popen(line, "r");
	if (!f)
		die("popen");
	n = fread(ran.err, 1, sizeof(ran.err) - 1, f);
	ran.err[n] = '\0';
	rc = pclose(f);
	ran.rc = WIFEXITED(rc) ? WEXITSTATUS(rc) : -1;
	ran.seconds = now() - begin;
}

static void become(gid_t gid)
{
	if (setresgid(gid, gid, gid) || setresuid(NOBODY, NOBODY, NOBODY))
		die("cannot become nobody");
}

/* Runs @fn in a process that ends with the test at the latest */
static pid_t start(void (*fn)(void))
{
	pid_t pid = fork();

	if (pid < 0)
		die("fork");
	if (pid)
		return pid;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	fn();
	exit(0);
}

static void stop(pid_t pid)
{
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

static void as_nobody(void (*fn)(void))
{
	pid_t pid = fork();

	if (pid < 0)
		die("fork");
	if (!pid) {
		become(NOBODY);
		fn();
		exit(0);
	}
	waitpid(pid, NULL, 0);
}

/* --- what is in the file system -------------------------------------------- */

static void mount_bpf(const char *where, const char *options)
{
	if (mount("bpf", where, "bpf", 0, options))
		die("mount -t bpf");
}

/* A bpffs as plain "mount -t bpf" makes it: anybody may write */
static void anew(void)
{
	while (!umount(other))
		;
	while (!umount(USUAL))
		;
	mount_bpf(USUAL, NULL);
}

static void make_dir(const char *path, mode_t mode)
{
	if (mkdir(path, 0700) || chmod(path, mode))
		die(path);
}

static void make_file(const char *path)
{
	int fd = open(path, O_CREAT | O_WRONLY, 0600);

	if (fd < 0)
		die(path);
	close(fd);
}

static int new_map(const char *name)
{
	int fd = bpf_map_create(BPF_MAP_TYPE_ARRAY, name, 4, 8, 1, NULL);

	if (fd < 0)
		die("cannot make a map");
	return fd;
}

static void pin(int fd, const char *path)
{
	if (bpf_obj_pin(fd, path))
		die(path);
}

static void pin_map(const char *name, const char *path)
{
	int fd = new_map(name);

	pin(fd, path);
	close(fd);
}

/* The map that says which zrec it is, as an observer has it */
static int info_map_of(uint32_t abi, uint32_t size)
{
	struct zrec_info info = { .abi = abi, .version = "0.test" };
	int fd = bpf_map_create(BPF_MAP_TYPE_ARRAY, ".rodata.info", 4, size, 1, NULL);
	__u32 key = 0;

	if (fd < 0 || size > sizeof(info) || bpf_map_update_elem(fd, &key, &info, 0))
		die("cannot make a map");
	return fd;
}

static int info_map(void)
{
	return info_map_of(ZREC_ABI, sizeof(struct zrec_info));
}

static int ring_map(const char *name)
{
	int fd = bpf_map_create(BPF_MAP_TYPE_RINGBUF, name, 0, 0, (__u32)sysconf(_SC_PAGESIZE), NULL);

	if (fd < 0)
		die("cannot make a ring buffer");
	return fd;
}

/* A program at a tracepoint that every kernel has, with these maps bound to it; -1: none */
static int link_with(int map, int ring)
{
	const struct bpf_insn insns[] = {
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = 0 },
		{ .code = BPF_JMP | BPF_EXIT },
	};
	int prog = bpf_prog_load(BPF_PROG_TYPE_RAW_TRACEPOINT, "error_event", "GPL", insns, 2, NULL);
	int link;

	if (prog < 0 || (map >= 0 && bpf_prog_bind_map(prog, map, NULL)) ||
	    (ring >= 0 && bpf_prog_bind_map(prog, ring, NULL)))
		die("cannot load a program");
	link = bpf_raw_tracepoint_open("sched_process_exit", prog);
	if (link < 0)
		die("cannot attach a program");
	close(prog);
	return link;
}

static void make_tree(const char *root)
{
	char path[128];

	make_dir(root, 0750);
	snprintf(path, sizeof(path), "%s/observe", root);
	make_dir(path, 0750);
	snprintf(path, sizeof(path), "%s/observe/maps", root);
	make_dir(path, 0750);
	snprintf(path, sizeof(path), "%s/observe/links", root);
	make_dir(path, 0700);
	snprintf(path, sizeof(path), "%s/observe/reader", root);
	make_dir(path, 0700);
}

/* What zrec makes, but for the tracepoints; it is to go away by detach */
static void observe(const char *root)
{
	int map = info_map(), ring = ring_map("spans"), link = link_with(map, ring);
	char path[128];

	make_tree(root);
	snprintf(path, sizeof(path), "%s/observe/maps/info", root);
	pin(map, path);
	snprintf(path, sizeof(path), "%s/observe/links/error_event", root);
	pin(link, path);
	close(link);
	close(ring);
	close(map);
}

/* --- somebody else's zrec/ ------------------------------------------------- */

static bool victim_is_whole(void)
{
	char path[64];

	snprintf(path, sizeof(path), "%s/observe/maps/info", victim);
	return exists(path);
}

static void remove_victim(void)
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

static void test_symlink(void)
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

static void test_foreign_owner(void)
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

static void test_world_writable(void)
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

static void test_exchange(void)
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

/* --- locks ------------------------------------------------------------------ */

static int to_parent[2];

static void hold(const char *path)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY);
	char c = fd >= 0 && !flock(fd, LOCK_EX) ? 'y' : 'n';

	if (write(to_parent[1], &c, 1) != 1)
		exit(1);
	pause();
}

static void hold_all_as_member(void)
{
	become(MEMBER);
	hold(ZREC);
}

static void hold_lock_as_member(void)
{
	become(MEMBER);
	hold(ZREC "/lock");
}

static void hold_lock(void)
{
	prctl(PR_SET_NAME, "hol\033[31mder");
	hold(ZREC "/lock");
}

static pid_t start_holder(void (*fn)(void), char *has_it)
{
	pid_t pid;

	if (pipe(to_parent))
		die("pipe");
	pid = start(fn);
	if (read(to_parent[0], has_it, 1) != 1)
		die("read");
	close(to_parent[0]);
	close(to_parent[1]);
	return pid;
}

static pid_t to_release;

static void release_soon(void)
{
	sleep(3);
	kill(to_release, SIGKILL);
}

static void test_locks(void)
{
	char has_it, text[64];
	pid_t pid, timer;

	anew();
	observe(ZREC);
	if (chown(ZREC, 0, MEMBER))
		die("chown");
	make_dir(ZREC "/lock", 0700);
	pid = start_holder(hold_lock_as_member, &has_it);
	check(has_it == 'n', "lock-is-not-for-members-of-the-group");
	stop(pid);
	pid = start_holder(hold_all_as_member, &has_it);
	run("detach");
	check(has_it == 'y' && !ran.rc && !exists(ZREC), "lock-of-a-member-delays-nothing");
	stop(pid);

	observe(ZREC);
	make_dir(ZREC "/lock", 0700);
	pid = start_holder(hold_lock, &has_it);
	run("detach");
	snprintf(text, sizeof(text), "process %d", pid);
	check(has_it == 'y' && ran.rc && said("gave up after 10 s") && said(text),
	      "lock-of-root-ends-in-an-error");
	check(ran.seconds < 60 && said("waiting for"), "lock-of-root-is-named-while-waiting");
	check(!strchr(ran.err, '\033'), "lock-of-root-its-name-is-escaped");
	check(exists(ZREC "/observe/maps/info"), "lock-of-root-nothing-removed");
	to_release = pid;
	timer = start(release_soon);
	run("detach");
	check(!ran.rc && said("waiting for") && !exists(ZREC), "lock-is-waited-for");
	stop(timer);
	stop(pid);
}

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

	/* F4: mounted over it */
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
	printf("1..%d\n", nr);
	return failed != 0;
}
