// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <string.h>

#include "base/array.h"
#include "replay/result.h"

#define bit(n)	(1u << (n))

static const struct {
	const char *name, *text;
	bool outcome_known;
	uint32_t ways;
} paths[REPLAY_NR_PATHS] = {
	[REPLAY_SAME] = { "same", "as recorded", true, 0 },
	[REPLAY_ISOLATED] = { "isolated", "isolated", true, bit(REPLAY_WAY_ISOLATE) },
	[REPLAY_EXPIRED] = { "expired", "isolated by a deadline", true, bit(REPLAY_WAY_ISOLATE) },
	[REPLAY_RESET] = { "reset", "reset at once", false, bit(REPLAY_WAY_RESET) },
	[REPLAY_WITHOUT] = { "without_reset", "tried without a reset", false,
			     bit(REPLAY_WAY_UNBLOCK) },
	[REPLAY_AGAIN] = { "reset_again", "reset once more", false, bit(REPLAY_WAY_RESET) },
	[REPLAY_NOT_ISOLATED] = { "not_isolated", "not isolated", false,
				  bit(REPLAY_WAY_UNBLOCK) | bit(REPLAY_WAY_RESET) |
				  bit(REPLAY_WAY_USER) },
	[REPLAY_NOT_REACHED] = { "not_reached", "not reached", true, 0 },
};

const char *replay_path_name(enum replay_path path)
{
	return paths[path].name;
}

const char *replay_path_text(enum replay_path path)
{
	return paths[path].text;
}

bool replay_path_outcome_known(enum replay_path path)
{
	return paths[path].outcome_known;
}

bool replay_path_is_isolation(enum replay_path path)
{
	return path == REPLAY_ISOLATED || path == REPLAY_EXPIRED;
}

uint32_t replay_path_ways(enum replay_path path)
{
	return paths[path].ways;
}

const char *replay_against_name(enum replay_against against)
{
	static const char *const names[] = { "effective", "recorded", "default" };

	return names[against];
}

const char *replay_against_text(enum replay_against against)
{
	static const char *const texts[] = {
		"what took effect", "its recorded answers", "the kernel's default",
	};

	return texts[against];
}

const char *replay_way_name(enum replay_way way)
{
	static const char *const names[REPLAY_NR_WAYS] = {
		"without_reset", "reset", "user", "isolated",
	};

	return names[way];
}

const char *replay_way_text(enum replay_way way)
{
	static const char *const texts[REPLAY_NR_WAYS] = {
		"tries without a reset", "resets", "recoveries by user space", "isolations",
	};

	return texts[way];
}

uint64_t replay_result_away(const struct replay_result *r)
{
	uint64_t away = 0;

	for (unsigned int i = REPLAY_SAME + 1; i < REPLAY_NOT_REACHED; i++)
		away += r->paths[i];
	return away;
}

uint64_t replay_result_unknown(const struct replay_result *r)
{
	uint64_t unknown = 0;

	for (unsigned int i = 0; i < REPLAY_NR_PATHS; i++)
		if (!paths[i].outcome_known)
			unknown += r->paths[i];
	return unknown;
}

struct replay_example replay_example_of(const struct replay_recovery *r, uint64_t now_ns)
{
	struct replay_example e = {
		.id = r->id, .wall_ns = r->wall_ns, .at_ns = replay_wall_ns(r->boot, now_ns),
	};

	memcpy(e.host, r->boot->name.host, sizeof(e.host));
	memcpy(e.boot_id, r->boot->name.boot_id, sizeof(e.boot_id));
	return e;
}

void replay_keep_early(void *list, size_t room, uint64_t nr, const void *item, size_t size)
{
	size_t have = nr < room ? (size_t)nr : room, at = have;
	int64_t at_ns = ((const struct replay_example *)item)->at_ns;
	char *place = (char *)list + at * size;

	for (; at && ((struct replay_example *)(place - size))->at_ns > at_ns; at--)
		place -= size;
	if (at == room)
		return;
	memmove(place + size, place, ((have < room ? have : room - 1) - at) * size);
	memcpy(place, item, size);
}

static struct replay_difference *find_difference(struct replay_comparison *c, uint32_t member,
						 uint32_t from, uint32_t to)
{
	for (size_t i = 0; i < c->nr; i++)
		if (c->difference[i].member == member && c->difference[i].from == from &&
		    c->difference[i].to == to)
			return &c->difference[i];
	return NULL;
}

int replay_compare(struct replay_comparison *c, const struct replay_call *call, uint32_t from,
		   uint32_t to)
{
	uint32_t member = call->point->member;
	struct replay_example example;
	struct replay_difference *d;

	c->compared++;
	if (from == to) {
		c->same++;
		return 0;
	}
	d = find_difference(c, member, from, to);
	if (!d && c->nr == REPLAY_MAX_DIFFERENCES) {
		c->others++;
		return 0;
	}
	if (!d) {
		d = array_add(&c->difference, &c->nr, sizeof(*d));
		if (!d)
			return -ENOMEM;
		d->member = member;
		d->from = from;
		d->to = to;
	}
	example = replay_example_of(call->r, call->point->at_ns);
	replay_keep_early(d->example, REPLAY_EXAMPLES, d->nr++, &example, sizeof(example));
	return 0;
}

void replay_comparison_end(struct replay_comparison *c)
{
	struct replay_difference d;

	/* In place, so that those of one moment stay in their order */
	for (size_t i = 1; i < c->nr; i++) {
		d = c->difference[i];
		replay_keep_early(c->difference, c->nr, i, &d, sizeof(d));
	}
}
