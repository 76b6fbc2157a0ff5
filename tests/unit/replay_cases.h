/* SPDX-License-Identifier: GPL-2.0 */
/*
 * replay_cases.h - recordings and policies for the tests of replays
 */
#ifndef REPLAY_CASES_H
#define REPLAY_CASES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "keep/record.h"
#include "replay/replay.h"

#define SECOND		1000000000ull
#define FID		0x11
#define HOSTS_MAX	4

struct recording {
	struct history_recovery *r;
	size_t nr;
	struct history_boot *boot;	/* HOSTS_MAX of them */
};

/* Many recoveries, see tests/data/campaign.h; to be freed */
struct recording campaign(uint64_t seed, unsigned int hosts, uint64_t recoveries, bool points);
void free_recording(struct recording *rec);

extern const struct history_boot one_boot;

/* A recovery of an nvme in that boot: reset by the host, which takes 10 ms */
struct history_recovery nvme_at(uint64_t id, uint64_t s);
/* The driver answered otherwise; its reset failed; user space had it for so long */
void set_vote(struct history_recovery *r, enum zpci_vote vote);
void set_failed(struct history_recovery *r);
void set_user(struct history_recovery *r, uint64_t total_s);

/* A rule file NAME.conf in @dir; its path, to be freed */
char *policy_file(const char *dir, const char *name, const char *rules);
/* A replay with that one policy */
struct replay *replay_with(enum replay_against against, const char *name, const char *rules);
/* After it all: two policies beside the default, of which one is ejected, and a gap */
struct replay *two_policies(void);
void add_all(struct replay *r, const struct history_recovery *h, size_t nr);

/* An answer of a shadow at a point that is in the record */
void write_answer(struct zrec_span_policy *p, const char *name, const struct replay_point *at,
		  uint32_t verdict);

#define ISOLATE_ALL	"budget = 2 isolations in 10m\n[rule all]\nevent = isolate\n"

/* An answer for most members */
#define MIXED \
	"[rule flapping]\nerrors-in-window = 3 in 10m\nevent = isolate\nreset = isolate\n" \
	"deadline = 5m\n" \
	"[rule guests]\nmediated = yes\ndeadline = 10m\n" \
	"[rule cards]\ndriver = mlx5_core\nvote = reset\n" \
	"[rule again]\npec = service_action\nfailed = reset\n"

#endif /* REPLAY_CASES_H */
