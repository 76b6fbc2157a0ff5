// SPDX-License-Identifier: GPL-2.0
/* Rows as recoveries */
#include <errno.h>
#include <string.h>

#include "keep/filter.h"
#include "keep/sqlite-int.h"
#include "keep/sqlite.h"

static const char *const child_sql[NR_CHILDREN] = {
	[CHILD_STEP] = "SELECT step, at_ns, ns, count, result FROM step WHERE recovery = ?1",
	[CHILD_POINT] = "SELECT nr, member, at_ns, dflt, pec, vote, attempt, asked, known, events,"
			" recovered, failed, last_event_ns FROM point WHERE recovery = ?1 ORDER BY nr",
	[CHILD_ANSWER] = "SELECT nr, policy, member, shadow, dflt, verdict, effective, ns, point"
			 " FROM answer WHERE recovery = ?1 ORDER BY nr",
};

static uint8_t get_u8(struct row *r, int col)
{
	return (uint8_t)row_int(r, col, 0, UINT8_MAX);
}

static uint16_t get_u16(struct row *r, int col)
{
	return (uint16_t)row_int(r, col, 0, UINT16_MAX);
}

static uint32_t get_u32(struct row *r, int col)
{
	return (uint32_t)row_int(r, col, 0, UINT32_MAX);
}

static uint8_t get_word(struct row *r, int col, enum word_kind kind)
{
	return (uint8_t)row_word(r, col, kind, 0, UINT8_MAX, UINT8_MAX);
}

/* Of a field that the name may fill */
static void get_name(struct row *r, int col, char *ret, size_t size)
{
	const struct cached_word *word;

	if (sqlite3_column_type(r->st, col) == SQLITE_NULL)
		return;
	word = row_name(r, col);
	if (!word)
		return;
	if (strlen(word->text) > size && !r->bad)
		r->bad = sqlite3_column_name(r->st, col);
	memcpy(ret, word->text, strnlen(word->text, size));
}

/* A million times for statistics: only what a life has, and not the whole of a span */
static void set_life(struct zrec_span *s, const struct cached_life *life)
{
	s->flags = life->has_device ? ZREC_SPAN_DEVICE : 0;
	s->fid = life->fid;
	s->life = life->life;
	s->uid = life->uid;
	s->pchid = life->pchid;
	s->pft = life->pft;
	s->domain = life->domain;
	s->bus = life->bus;
	s->devfn = life->devfn;
	s->vendor = life->vendor;
	s->device = life->device;
	s->class_code = life->class_code;
}

void recovery_read_brief(struct row *r, struct history_recovery *ret)
{
	struct zrec_span *s = &ret->full.span;
	const struct cached_life *life = row_life(r, 2);

	ret->row = row_int(r, 0, 1, INT64_MAX);
	ret->wall_ns = row_s63(r, 1);
	if (life) {
		set_life(s, life);
		ret->boot = life->boot;
	}
	s->abi = ZREC_ABI;
	s->size = sizeof(*s);
	s->tai_ns = (uint64_t)ret->wall_ns;
	get_name(r, 3, s->driver, sizeof(s->driver));
	s->pec = get_u16(r, 4);
	s->outcome = get_word(r, 5, WORD_OUTCOME);
	s->reason = get_word(r, 6, s->outcome == ZPCI_OUTCOME_DROPPED ? WORD_DROP : WORD_REASON);
	s->total_ns = (uint64_t)row_s63(r, 7);
	s->begin_ns = row_u64(r, 8);
}

/* Those that are known here, of the device what its life says */
static void read_flags(struct row *r, int col, struct zrec_span *s)
{
	const uint32_t known = ZREC_SPAN_DEVICE | ZREC_SPAN_NOTIFIED | ZREC_SPAN_UNHEARD | ZREC_SPAN_POLICY;
	uint32_t flags = get_u32(r, col);

	row_must(r, col, (flags & ZREC_SPAN_DEVICE) == s->flags);
	s->flags = flags & known;
}

static void read_policy(struct row *r, struct zrec_full_span *full)
{
	struct zrec_span_policy *p = &full->policy;

	if (!(full->span.flags & ZREC_SPAN_POLICY))
		return;
	full->span.size = sizeof(*full);
	get_name(r, 33, p->policy, sizeof(p->policy));
	p->ns = (uint64_t)row_s63(r, 34);
	p->decisions = get_u32(r, 35);
	p->shadow_decisions = get_u32(r, 36);
	p->unlisted = get_u32(r, 37);
	p->unlisted_points = get_u32(r, 38);
}

static void read_ccdf(struct row *r, int col, uint8_t ret[ZPCI_CCDF_LEN])
{
	const void *bytes = sqlite3_column_blob(r->st, col);

	if (sqlite3_column_type(r->st, col) == SQLITE_BLOB && bytes &&
	    sqlite3_column_bytes(r->st, col) == ZPCI_CCDF_LEN)
		memcpy(ret, bytes, ZPCI_CCDF_LEN);
	else if (!r->bad)
		r->bad = "ccdf";
}

void recovery_read_arm(struct row *r, int col, struct history_recovery *ret)
{
	get_name(r, col, ret->experiment, sizeof(ret->experiment) - 1);
	get_name(r, col + 1, ret->arm, sizeof(ret->arm) - 1);
}

static void read_experiment(struct row *r, struct history_recovery *ret)
{
	recovery_read_arm(r, 28, ret);
	ret->full.span.experiment = get_u32(r, 30);
	ret->full.span.arm = get_u8(r, 31);
}

static void read_more(struct row *r, struct history_recovery *ret)
{
	const struct history_observation *observation = row_observation(r, 9);
	struct zrec_span *s = &ret->full.span;

	if (observation) {
		ret->observation_ns = observation->since_ns;
		/* Without it, it was imported from what has no more than a recovery says */
		ret->observation = observation->version[0] ? observation : NULL;
		if (ret->boot != observation->boot && !r->bad)
			r->bad = "observation";
	}
	ret->position = row_u64(r, 10);
	s->recoverer = get_word(r, 11, WORD_RECOVERER);
	s->tier = get_word(r, 12, WORD_TIER);
	s->id = (uint64_t)row_s63(r, 13);
	s->seq = row_u64(r, 14);
	read_flags(r, 15, s);
	s->seen = get_u32(r, 16);
	s->inferred = get_u32(r, 17);
	s->fh = get_u32(r, 18);
	s->events = get_u32(r, 19);
	s->reads = get_u32(r, 20);
	s->overflows = get_u32(r, 21);
	s->reset_tries = get_u32(r, 22);
	s->reset_failures = get_u32(r, 23);
	s->pending_max = get_u8(r, 24);
	s->drop_rc = (int32_t)row_int(r, 25, INT32_MIN, INT32_MAX);
	s->owner_pid = get_u32(r, 26);
	row_array(r, 27, s->owner_comm, sizeof(s->owner_comm));
	read_experiment(r, ret);
	read_ccdf(r, 32, s->ccdf);
	read_policy(r, &ret->full);
}

/* --- what belongs to one --- */

/* One that this version does not know is time in none that it knows */
static void read_step(struct row *r, struct zrec_span *s, uint32_t *have)
{
	unsigned int step = (unsigned int)row_word(r, 0, WORD_STEP, 0, ZREC_NR_STEPS - 1, ZREC_NR_STEPS);

	if (step == ZREC_NR_STEPS || r->bad || r->err)
		return;
	row_must(r, 0, !(*have >> step & 1));
	*have |= 1u << step;
	s->step_at_ns[step] = (uint64_t)row_s63(r, 1);
	s->step_ns[step] = (uint64_t)row_s63(r, 2);
	s->step_count[step] = get_u16(r, 3);
	s->step_result[step] = (int32_t)row_word(r, 4, WORD_RESULT, INT32_MIN, INT32_MAX, INT32_MIN);
}

static int step_other(struct sqlite_history *h, struct history_recovery *r)
{
	struct zrec_span *s = &r->full.span;
	uint64_t left = s->total_ns;

	for (int i = 0; i < ZREC_STEP_OTHER; i++) {
		if (s->step_ns[i] > left)
			return sqlite_fail(h, -EUCLEAN, "it is damaged: the steps of recovery %lld are longer than it",
					   (long long)r->row);
		left -= s->step_ns[i];
	}
	s->step_ns[ZREC_STEP_OTHER] = left;
	return 0;
}

/* Milliseconds of a deadline are digits */
static uint32_t get_verdict(struct row *r, int col)
{
	return (uint32_t)row_word(r, col, WORD_VERDICT, 0, UINT32_MAX, UINT32_MAX);
}

static void read_point(struct row *r, struct zrec_span_policy *p)
{
	struct zrec_point *at = &p->point[row_int(r, 0, p->nr_points, ZREC_MAX_POINTS - 1) %
					  ZREC_MAX_POINTS];

	at->member = get_word(r, 1, WORD_MEMBER);
	at->at_ns = (uint64_t)row_s63(r, 2);
	at->dflt = get_verdict(r, 3);
	at->pec = get_u16(r, 4);
	at->vote = get_word(r, 5, WORD_VOTE);
	at->attempt = get_u8(r, 6);
	at->asked = get_u8(r, 7);
	at->known = get_u8(r, 8);
	at->events = get_u32(r, 9);
	at->recovered = get_u32(r, 10);
	at->failed = get_u32(r, 11);
	at->last_event_ns = row_u64(r, 12);
	p->nr_points = (uint32_t)(at - p->point) + 1;
}

static void read_answer(struct row *r, struct zrec_span_policy *p)
{
	struct zrec_answer *a = &p->answer[row_int(r, 0, p->nr, ZREC_MAX_ANSWERS - 1) %
					   ZREC_MAX_ANSWERS];

	get_name(r, 1, a->policy, sizeof(a->policy));
	a->member = get_word(r, 2, WORD_MEMBER);
	a->shadow = (uint8_t)row_int(r, 3, 0, 1);
	a->dflt = get_verdict(r, 4);
	a->verdict = get_verdict(r, 5);
	a->effective = get_verdict(r, 6);
	a->ns = (uint64_t)row_s63(r, 7);
	a->point = get_u8(r, 8);
	p->nr = (uint32_t)(a - p->answer) + 1;
}

static int read_child(struct sqlite_history *h, enum child child, struct history_recovery *ret)
{
	static const char *const tables[] = { "the step of recovery", "the decision of recovery",
					      "the answer of recovery" };
	uint32_t have = 0;
	int n = h->child[child] ? 0 : sqlite_prepare(h, child_sql[child], &h->child[child]);
	sqlite3_stmt *st = h->child[child];

	if (n)
		return n;
	sqlite3_bind_int64(st, 1, ret->row);
	while ((n = sqlite_step(h, st)) > 0) {
		struct row r = { .h = h, .st = st };

		if (child == CHILD_STEP)
			read_step(&r, &ret->full.span, &have);
		else if (child == CHILD_POINT)
			read_point(&r, &ret->full.policy);
		else
			read_answer(&r, &ret->full.policy);
		n = row_end(&r, tables[child], ret->row);
		if (n) {
			sqlite3_reset(st);
			return n;
		}
	}
	if (!n && child == CHILD_STEP && !(have >> ZREC_STEP_OTHER & 1))
		n = step_other(h, ret);
	return n;
}

static int read_children(struct sqlite_history *h, struct history_recovery *ret)
{
	int err = read_child(h, CHILD_STEP, ret);

	if (!err && ret->full.span.flags & ZREC_SPAN_POLICY)
		err = read_child(h, CHILD_POINT, ret);
	if (!err && ret->full.span.flags & ZREC_SPAN_POLICY)
		err = read_child(h, CHILD_ANSWER, ret);
	return err;
}

int recovery_read(struct sqlite_history *h, sqlite3_stmt *st, const struct history_filter *filter,
		  struct history_recovery *ret)
{
	struct row r = { .h = h, .st = st };
	struct span_filter early = filter->span;
	int err;

	memset(ret, 0, sizeof(*ret));
	recovery_read_brief(&r, ret);
	read_more(&r, ret);
	err = row_end(&r, "recovery", ret->row);
	if (err)
		return err;
	/* What can be said without the decisions saves reading them */
	early.nr_policies = 0;
	if (!history_filter_has_host(filter, ret->boot) || !span_match(&early, &ret->full.span))
		return 0;
	err = read_children(h, ret);
	if (err)
		return err;
	return !filter->span.nr_policies || span_match(&filter->span, &ret->full.span);
}
