// SPDX-License-Identifier: GPL-2.0
#include <string.h>

#include "span_random.h"

uint64_t random_next(uint64_t *seed)
{
	/* xorshift64 */
	*seed ^= *seed << 13;
	*seed ^= *seed >> 7;
	*seed ^= *seed << 17;
	return *seed;
}

uint64_t random_below(uint64_t *seed, uint64_t bound)
{
	return (random_next(seed) >> 11) % bound;
}

static uint32_t any(uint64_t *seed)
{
	return (uint32_t)(random_next(seed) >> 20);
}

/* Small more often than large, as durations and counts are */
static uint64_t some_ns(uint64_t *seed)
{
	return random_below(seed, 1ULL << (1 + random_below(seed, 50)));
}

static uint32_t some_count(uint64_t *seed)
{
	return (uint32_t)random_below(seed, 1ULL << random_below(seed, 33));
}

/* Text that may fill its array, with what JSON has to escape, and more than ASCII */
static void some_text(uint64_t *seed, char *array, size_t size)
{
	static const char letters[] = "abcdefghij-_\"\\/\t\n=+@, ";
	size_t len = random_below(seed, size + 1);

	memset(array, 0, size);
	for (size_t i = 0; i < len; i++)
		array[i] = letters[random_below(seed, sizeof(letters) - 1)];
	if (len > 2 && !random_below(seed, 4))
		memcpy(array, "\xc3\xa9", 2);
}

static void some_steps(uint64_t *seed, struct zrec_span *s)
{
	for (int i = 0; i < ZREC_STEP_OTHER; i++) {
		if (random_below(seed, 3))
			continue;
		s->step_ns[i] = some_ns(seed);
		s->step_at_ns[i] = some_ns(seed);
		s->step_count[i] = (uint16_t)(1 + random_below(seed, 65535));
		s->step_result[i] = random_below(seed, 2) ? (int32_t)random_below(seed, 7) :
				    (int32_t)any(seed);
	}
	s->step_ns[ZREC_STEP_OTHER] = some_ns(seed);
	for (int i = 0; i < ZREC_NR_STEPS; i++)
		s->total_ns += s->step_ns[i];
}

static void some_device(uint64_t *seed, struct zrec_span *s)
{
	s->flags |= ZREC_SPAN_DEVICE;
	s->uid = any(seed);
	s->class_code = any(seed) & 0xffffff;
	s->vendor = (uint16_t)any(seed);
	s->device = (uint16_t)any(seed);
	s->domain = (uint16_t)any(seed);
	s->pchid = (uint16_t)any(seed);
	s->bus = (uint8_t)any(seed);
	s->devfn = (uint8_t)any(seed);
	s->pft = (uint8_t)any(seed);
	some_text(seed, s->driver, sizeof(s->driver));
}

static void some_mediation(uint64_t *seed, struct zrec_span *s)
{
	s->flags |= any(seed) & (ZREC_SPAN_NOTIFIED | ZREC_SPAN_UNHEARD);
	s->reads = some_count(seed);
	s->overflows = some_count(seed);
	s->reset_tries = some_count(seed);
	s->reset_failures = some_count(seed);
	s->pending_max = (uint8_t)any(seed);
	if (random_below(seed, 2)) {
		s->owner_pid = 1 + some_count(seed) / 2;
		some_text(seed, s->owner_comm, sizeof(s->owner_comm));
	}
}

static uint32_t some_verdict(uint64_t *seed)
{
	return random_below(seed, 4) ? (uint32_t)random_below(seed, ZPCI_NR_VERDICTS) : any(seed);
}

static void some_point(uint64_t *seed, struct zrec_point *p)
{
	*p = (struct zrec_point){
		.at_ns = some_ns(seed),
		.dflt = some_verdict(seed),
		.pec = (uint16_t)any(seed),
		.member = (uint8_t)random_below(seed, ZPCI_NR_MEMBERS),
		.vote = (uint8_t)random_below(seed, ZPCI_NR_VOTES),
		.attempt = (uint8_t)any(seed),
		.asked = (uint8_t)random_below(seed, 4),
	};
	if (random_below(seed, 2))
		return;
	p->known = ZREC_KNOWN_COUNTS;
	p->last_event_ns = random_next(seed);
	p->events = some_count(seed);
	p->recovered = some_count(seed);
	p->failed = some_count(seed);
}

static void some_answer(uint64_t *seed, struct zrec_answer *a)
{
	*a = (struct zrec_answer){
		.ns = some_ns(seed),
		.dflt = some_verdict(seed),
		.verdict = some_verdict(seed),
		.effective = some_verdict(seed),
		.member = (uint8_t)random_below(seed, ZPCI_NR_MEMBERS),
		.shadow = (uint8_t)random_below(seed, 2),
		.point = (uint8_t)random_below(seed, ZREC_MAX_POINTS + 1),
	};
	some_text(seed, a->policy, sizeof(a->policy));
}

static void some_policy(uint64_t *seed, struct zrec_full_span *s)
{
	struct zrec_span_policy *p = &s->policy;

	s->span.flags |= ZREC_SPAN_POLICY;
	s->span.size = sizeof(*s);
	p->decisions = some_count(seed);
	p->shadow_decisions = some_count(seed);
	if (p->decisions)
		some_text(seed, p->policy, sizeof(p->policy));
	p->ns = some_ns(seed);
	p->unlisted = some_count(seed);
	p->unlisted_points = some_count(seed);
	p->nr_points = (uint32_t)random_below(seed, ZREC_MAX_POINTS + 1);
	for (uint32_t i = 0; i < p->nr_points; i++)
		some_point(seed, &p->point[i]);
	p->nr = (uint32_t)random_below(seed, ZREC_MAX_ANSWERS + 1);
	for (uint32_t i = 0; i < p->nr; i++)
		some_answer(seed, &p->answer[i]);
}

void span_random(uint64_t *seed, struct zrec_full_span *ret)
{
	struct zrec_span *s = &ret->span;

	memset(ret, 0, sizeof(*ret));
	s->abi = ZREC_ABI;
	s->size = sizeof(*s);
	s->seq = random_next(seed);
	s->id = random_below(seed, 1ULL << 53);
	s->begin_ns = random_next(seed);
	s->tai_ns = random_below(seed, 9000000000ULL) * 1000000000 + random_below(seed, 1000000000);
	s->seen = any(seed) & 0x3f0000;
	s->inferred = any(seed) & 0x3f3fff;
	s->fid = any(seed);
	s->fh = any(seed);
	s->life = some_count(seed);
	s->events = some_count(seed);
	s->pec = (uint16_t)any(seed);
	s->recoverer = (uint8_t)random_below(seed, ZREC_BY_USER + 1);
	s->outcome = (uint8_t)random_below(seed, ZPCI_NR_OUTCOMES);
	s->reason = (uint8_t)random_below(seed, s->outcome == ZPCI_OUTCOME_DROPPED ?
					  ZPCI_NR_DROP_REASONS : ZPCI_NR_REASONS);
	if (s->outcome == ZPCI_OUTCOME_DROPPED)
		s->drop_rc = (int32_t)any(seed);
	for (int i = 0; i < ZPCI_CCDF_LEN; i++)
		s->ccdf[i] = (uint8_t)any(seed);
	some_steps(seed, s);
	if (random_below(seed, 4))
		some_device(seed, s);
	if (!random_below(seed, 3))
		some_mediation(seed, s);
	if (random_below(seed, 2))
		some_policy(seed, ret);
	s->experiment = some_count(seed);
	if (s->experiment)
		s->arm = (uint8_t)any(seed);
}
