// SPDX-License-Identifier: GPL-2.0
#define _GNU_SOURCE	/* renameat2() */
#include <bpf/bpf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/array.h"
#include "base/fault.h"
#include "base/log.h"
#include "base/text.h"
#include "observe/hooks.h"
#include "observe/load.h"
#include "observe/own.h"
#include "observe/pins.h"

#define LIVE		"observe"
#define STAGED		PINS_STAGED
#define OLD		PINS_OLD
#define ENDED		"observe-ended"
#define MAPS		"maps"
#define LINKS		"links"
#define READER		"reader"

/* One of the trees while it is being removed */
struct removal {
	int dir;		/* maps/ or links/, as the case may be */
	struct own_maps maps;	/* of the programs that are linked here */
	int gone;		/* pins */
};

static int open_in(const struct bpffs *fs, const char *top, const char *sub)
{
	char path[64];

	snprintf(path, sizeof(path), "%s/%s", top, sub);
	return bpffs_open_dir(fs->dir, path);
}

/* Adds the maps of a program of ours to those that may go; never an error */
static int collect(void *ctx, const char *name)
{
	struct removal *r = ctx;
	int fd = bpffs_get(r->dir, name, 0);

	if (fd >= 0)
		own_link(fd, &r->maps);
	bpffs_put(fd);
	return 0;
}

/* By its name; one that another version of zrec has pinned, by what its program is */
static bool is_our_link(const struct removal *r, const char *name)
{
	struct own_maps maps = { 0 };
	int fd, err;

	if (hooks_has_program(name) || !strcmp(name, PINS_TAKE_OVER))
		return true;
	fd = bpffs_get(r->dir, name, 0);
	if (fd < 0)
		return false;
	err = own_link(fd, &maps);
	close(fd);
	return !err;
}

static bool is_our_map(const struct removal *r, const char *name)
{
	struct bpf_map_info info = { 0 };
	__u32 len = sizeof(info);
	int fd;

	/* An interrupted takeover may have left those of an older version without its links */
	static const char *const others[] = {
		PINS_TAKEOVER_ITEM, PINS_TAKEOVER_BASE, "counters", "key_hists",
	};

	for (int i = 0; i < NR_OBSERVER_MAPS; i++)
		if (!strcmp(name, map_pin_name(i)))
			return true;
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		if (!strcmp(name, others[i]))
			return true;
	fd = bpffs_get(r->dir, name, BPF_F_RDONLY);
	if (fd < 0)
		return false;
	if (!bpffs_is(fd, "map") || bpf_map_get_info_by_fd(fd, &info, &len) < 0)
		info.id = 0;
	close(fd);
	for (size_t i = 0; info.id && i < r->maps.nr; i++)
		if (r->maps.id[i] == info.id)
			return true;
	return false;
}

static int unpin(struct removal *r, const char *name)
{
	if (unlinkat(r->dir, name, 0) < 0)
		return errno == EISDIR ? 0 : -errno;
	r->gone++;
	return 1;
}

static int unpin_link(void *ctx, const char *name)
{
	int ret = is_our_link(ctx, name) ? unpin(ctx, name) : 0;

	if (ret > 0)
		fault_point("detach-unlinking");
	return ret;
}

static int unpin_map(void *ctx, const char *name)
{
	int ret = is_our_map(ctx, name) ? unpin(ctx, name) : 0;

	if (ret > 0)
		fault_point("detach-unmapping");
	return ret;
}

static int each_in(const struct bpffs *fs, const char *top, const char *sub, struct removal *r,
		   int (*fn)(void *ctx, const char *name))
{
	int err;

	r->dir = open_in(fs, top, sub);
	if (r->dir < 0)
		return r->dir == -ENOENT ? 0 : r->dir;
	err = bpffs_each(r->dir, fn, r);
	close(r->dir);
	return err;
}

static int remove_dirs(const struct bpffs *fs, const char *top)
{
	static const char *const dirs[] = { LINKS, MAPS, READER };
	int dir, ret = 0, err;

	/* Nothing in it observes any more, and what others have pinned there keeps its path */
	if (!strcmp(top, ENDED) &&
	    !renameat2(fs->dir, ENDED, fs->dir, LIVE, RENAME_NOREPLACE))
		top = LIVE;
	fault_point("detach-emptied");
	dir = bpffs_open_dir(fs->dir, top);
	if (dir < 0)
		return dir;
	for (size_t i = 0; i < ARRAY_SIZE(dirs); i++) {
		err = bpffs_remove_dir(dir, dirs[i]);
		if (err && err != -ENOENT)
			ret = err;
	}
	close(dir);
	/* If one of those has stayed, it has been named already */
	if (!ret)
		ret = bpffs_remove_dir(fs->dir, top);
	return ret;
}

/* How many pins went, or a negative errno; -ENOENT: there is no such tree */
static int remove_tree(const struct bpffs *fs, const char *top)
{
	struct removal r = { 0 };
	int dir = bpffs_open_dir(fs->dir, top), err;

	if (dir < 0)
		return dir;
	close(dir);
	/* Links first: without them nothing writes into the maps any more */
	err = each_in(fs, top, LINKS, &r, collect);
	if (!err)
		err = each_in(fs, top, LINKS, &r, unpin_link);
	if (!err)
		err = each_in(fs, top, MAPS, &r, unpin_map);
	if (!err)
		err = remove_dirs(fs, top);
	return err ? err : r.gone;
}

int pins_remove_staged(const struct bpffs *fs)
{
	return remove_tree(fs, STAGED);
}

/* What is left of an observation whose beginning or end was interrupted */
static int clean_up(const struct bpffs *fs, const char *top)
{
	int n = remove_tree(fs, top);

	if (n > 0)
		log_info("removed %d %s that an interrupted command left behind", n,
			 text_nr((unsigned int)n, "pin", "pins"));
	if (n == -ENOTEMPTY)
		log_error("%s has pins that zrec did not make where an observation begins: move them away, then try again",
			  fs->path);
	return n < 0 && n != -ENOENT ? n : 0;
}

int pins_clean_up(const struct bpffs *fs)
{
	static const char *const tops[] = { ENDED, STAGED, OLD, LIVE };
	int err = 0;

	for (size_t i = 0; !err && i < ARRAY_SIZE(tops); i++)
		err = clean_up(fs, tops[i]);
	return err;
}

bool pins_have_remains(const struct bpffs *fs)
{
	static const char *const tops[] = { ENDED, STAGED, OLD, LIVE };
	bool have = false;

	for (size_t i = 0; !have && i < ARRAY_SIZE(tops); i++)
		have = !faccessat(fs->dir, tops[i], F_OK, AT_SYMLINK_NOFOLLOW);
	return have;
}

int pins_stage(const struct bpffs *fs)
{
	static const struct {
		const char *name;
		mode_t mode;
	} dirs[] = { { MAPS, 0750 }, { LINKS, 0700 }, { READER, 0700 } };
	int dir, err;

	err = clean_up(fs, STAGED);
	if (!err)
		err = bpffs_make_dir(fs->dir, STAGED, 0750);
	if (err)
		return err;
	dir = bpffs_open_dir(fs->dir, STAGED);
	if (dir < 0)
		return dir;
	for (size_t i = 0; !err && i < ARRAY_SIZE(dirs); i++)
		err = bpffs_make_dir(dir, dirs[i].name, dirs[i].mode);
	close(dir);
	return err;
}

int pins_put(const struct bpffs *fs, const char *dir, const char *name, int fd, bool shared)
{
	int in = open_in(fs, STAGED, dir), err;

	if (in < 0)
		return in;
	err = bpffs_pin(in, name, fd, shared ? 0640 : 0600);
	close(in);
	return err;
}

int pins_publish(const struct bpffs *fs)
{
	return renameat(fs->dir, STAGED, fs->dir, LIVE) < 0 ? -errno : 0;
}

int pins_replace(const struct bpffs *fs)
{
	int err;

	if (renameat2(fs->dir, STAGED, fs->dir, LIVE, RENAME_EXCHANGE) < 0)
		return -errno;
	fault_point("takeover-exchanged");
	err = pins_set_aside(fs);
	/* As it was: what is in place now goes when staging fails */
	if (err)
		renameat2(fs->dir, STAGED, fs->dir, LIVE, RENAME_EXCHANGE);
	return err;
}

int pins_set_aside(const struct bpffs *fs)
{
	return renameat(fs->dir, STAGED, fs->dir, OLD) < 0 ? -errno : 0;
}

int pins_open_old(const struct bpffs *fs)
{
	return bpffs_open_dir(fs->dir, OLD);
}

bool pins_have_old(const struct bpffs *fs)
{
	int dir = bpffs_open_dir(fs->dir, OLD);

	bpffs_put(dir);
	return dir >= 0;
}

int pins_remove_old(const struct bpffs *fs)
{
	int n = remove_tree(fs, OLD);

	return n < 0 ? n : 0;
}

int pins_drop(const struct bpffs *fs, const char *dir, const char *name)
{
	int in = open_in(fs, LIVE, dir), err;

	if (in < 0)
		return in;
	err = unlinkat(in, name, 0) < 0 && errno != ENOENT ? -errno : 0;
	close(in);
	return err;
}

static int get(const struct bpffs *fs, const char *top, const char *dir, const char *name)
{
	int in = open_in(fs, top, dir), fd;

	if (in < 0)
		return in;
	fd = bpffs_get(in, name, 0);
	close(in);
	return fd;
}

int pins_get(const struct bpffs *fs, const char *dir, const char *name)
{
	return get(fs, LIVE, dir, name);
}

int pins_get_staged(const struct bpffs *fs, const char *dir, const char *name)
{
	return get(fs, STAGED, dir, name);
}

int pins_have_link(const struct bpffs *fs, const char *name)
{
	int live = bpffs_open_dir(fs->dir, LIVE), links, ret = 1;

	if (live < 0)
		return live;
	links = bpffs_open_dir(live, LINKS);
	if (links < 0)
		ret = links;
	else if (faccessat(links, name, F_OK, AT_SYMLINK_NOFOLLOW) < 0)
		ret = -errno;
	bpffs_put(links);
	close(live);
	return ret == -ENOENT ? 0 : ret;
}

int pins_get_map(const struct bpffs *fs, const char *name, unsigned int file_flags)
{
	int dir = open_in(fs, LIVE, MAPS), fd;

	if (dir < 0)
		return dir;
	fd = bpffs_get(dir, name, file_flags);
	close(dir);
	return fd;
}

int pins_open_reader(const struct bpffs *fs)
{
	int dir = bpffs_open_dir(fs->dir, LIVE), fd;

	if (dir < 0)
		return dir;
	fd = openat(dir, READER, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		fd = -errno;
	close(dir);
	return fd;
}

/* 0 if the tree is one to take apart: what is not to be trusted stays as it is */
static int check_tree(const struct bpffs *fs, const char *top)
{
	static const char *const subs[] = { LINKS, MAPS };
	int dir = bpffs_open_dir(fs->dir, top), err = 0;

	if (dir < 0)
		return dir;
	for (size_t i = 0; !err && i < ARRAY_SIZE(subs); i++) {
		int sub = bpffs_open_dir(dir, subs[i]);

		if (sub < 0 && sub != -ENOENT)
			err = sub;
		bpffs_put(sub);
	}
	close(dir);
	return err;
}

/*
 * With one rename it is no observation any more, for whoever looks. Only then is it taken
 * apart, and if that is interrupted, the next command goes on.
 */
static int end_live(const struct bpffs *fs)
{
	int ended = remove_tree(fs, ENDED), n;

	if (ended < 0 && ended != -ENOENT && ended != -ENOTEMPTY)
		return ended;
	n = check_tree(fs, LIVE);
	if (n)
		return n == -ENOENT ? ended : n;
	if (renameat(fs->dir, LIVE, fs->dir, ENDED) < 0) {
		/* Others have pins in what was renamed before, so there is no room for this one */
		if (errno == ENOTEMPTY || errno == EEXIST)
			return remove_tree(fs, LIVE);
		return -errno;
	}
	fault_point("detach-renamed");
	n = remove_tree(fs, ENDED);
	return n < 0 ? n : n + (ended > 0 ? ended : 0);
}

int pins_remove(const struct bpffs *fs)
{
	int live = end_live(fs), staged = remove_tree(fs, STAGED), old = remove_tree(fs, OLD);

	if (old < 0 && old != -ENOENT)
		return old;
	if (live < 0 && live != -ENOENT)
		return live;
	if (staged < 0 && staged != -ENOENT)
		return staged;
	if (live < 0 && staged < 0 && old < 0)
		return -ENOENT;
	return (live > 0 ? live : 0) + (staged > 0 ? staged : 0) + (old > 0 ? old : 0);
}
