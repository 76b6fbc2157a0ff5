// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <unistd.h>

#include "base/bpffs.h"
#include "base/clock.h"
#include "base/log.h"
#include "serve/policy-watch.h"

#define CHANGES	(IN_CREATE | IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO | IN_ONLYDIR)

static void add_watch(int fd, int dir)
{
	char path[32];

	snprintf(path, sizeof(path), "/proc/self/fd/%d", dir);
	if (inotify_add_watch(fd, path, CHANGES) < 0)
		log_debug("cannot see at once when a policy changes: %s", strerror(errno));
}

/* policy/ comes with the first policy; to watch a directory twice does no harm */
static void watch_pins(struct policy_watch *w)
{
	struct bpffs fs;
	int dir;

	if (!bpffs_open(&fs)) {
		add_watch(w->fd, fs.dir);
		dir = bpffs_open_dir(fs.dir, "policy");
		if (dir >= 0)
			add_watch(w->fd, dir);
		bpffs_put(dir);
	}
	bpffs_close(&fs);
}

void policy_watch_begin(struct policy_watch *w)
{
	*w = (struct policy_watch){ .fd = inotify_init1(IN_CLOEXEC | IN_NONBLOCK), .changed = true };
	if (w->fd >= 0)
		watch_pins(w);
}

void policy_watch_end(struct policy_watch *w)
{
	bpffs_put(w->fd);
	w->fd = -1;
}

void policy_watch_look(struct policy_watch *w)
{
	char events[1024];
	bool any = false;

	if (w->fd < 0)
		return;
	while (read(w->fd, events, sizeof(events)) > 0)
		any = true;
	if (any)
		watch_pins(w);
	w->changed |= any;
}

static void note(struct policy_place_name *place, const struct policy_slot *slot)
{
	memcpy(place->name, slot->name, sizeof(place->name));
	place->since_ns = slot->since_ns;
}

static bool is_known(const struct policy_watch *w, const struct policy_place_name *place, bool shadow)
{
	const struct policy_place_name *known = shadow ? w->known + 1 : w->known;

	for (int i = 0; i < (shadow ? POLICY_NR_SHADOWS : 1); i++)
		if (known[i].since_ns == place->since_ns && !strcmp(known[i].name, place->name))
			return true;
	return false;
}

bool policy_watch_is_known(const struct policy_watch *w, int place)
{
	return is_known(w, &w->now[place], place > 0);
}

static int record_place(const struct policy_watch *w, struct writer *writer,
			const struct history_boot *boot, const struct policy_place_name *place,
			bool shadow)
{
	struct history_policy_event event = {
		.wall_ns = clock_of_monotonic(place->since_ns),
		.at_ns = place->since_ns,
		.boot = boot,
	};

	if (!place->name[0] || is_known(w, place, shadow))
		return 0;
	memcpy(event.policy, place->name, sizeof(event.policy));
	strcpy(event.what, shadow ? "shadow" : "enforced");
	return writer_policy_event(writer, &event);
}

/* Without an answer from the kernel recoveries are recorded all the same */
static int unknown(struct policy_watch *w, int err)
{
	if (err != -EOPNOTSUPP && err != w->error)
		log_warn("beginnings of policies are not recorded: cannot read " POLICY_SYSFS ": %s",
			 strerror(-err));
	w->error = err;
	memcpy(w->now, w->known, sizeof(w->now));
	return 0;
}

int policy_watch_record(struct policy_watch *w, struct writer *writer,
			const struct history_boot *boot)
{
	struct policy_state *state = malloc(sizeof(*state));
	int err = state ? policy_sysfs_read(state, NULL) : -ENOMEM;

	if (!err) {
		note(&w->now[0], &state->enforced);
		for (int i = 0; i < POLICY_NR_SHADOWS; i++)
			note(&w->now[1 + i], &state->shadow[i]);
	}
	free(state);
	if (err)
		return unknown(w, err);
	w->error = 0;
	for (int i = 0; !err && i < POLICY_WATCH_PLACES; i++)
		err = record_place(w, writer, boot, &w->now[i], i > 0);
	return err;
}

void policy_watch_recorded(struct policy_watch *w)
{
	memcpy(w->known, w->now, sizeof(w->known));
	w->changed = false;
}
