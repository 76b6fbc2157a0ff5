// SPDX-License-Identifier: GPL-2.0
/* Records as rows */
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "keep/db.h"
#include "keep/sqlite.h"
#include "keep/words.h"
#include "keep/writer-db.h"
#include "record/names.h"

static const char *const sql[NR_WRITER_STMTS] = {
	[BEGIN] = "BEGIN IMMEDIATE",
	[COMMIT] = "COMMIT",
	[ADD_NAME] = "INSERT INTO name (name) VALUES (?1)",
	[FIND_NAME] = "SELECT id FROM name WHERE name = ?1",
	[ADD_HOST] = "INSERT INTO host (name) VALUES (?1)",
	[FIND_HOST] = "SELECT id FROM host WHERE name = ?1",
	[ADD_BOOT] = "INSERT INTO boot (host, boot_id, machine_id) VALUES (?1, ?2, ?3)",
	/* From before zrec kept it: this boot, or with ?3 all of the host */
	[NAME_BOOT] = "UPDATE boot SET machine_id = ?2 WHERE machine_id = '' AND (id = ?1 OR host = ?3)",
	[FIND_BOOT] = "SELECT id FROM boot WHERE host = ?1 AND boot_id = ?2",
	[ADD_OBSERVATION] = "INSERT INTO observation (boot, since_ns, since_wall_ns, version, tier)"
			    " VALUES (?1, ?2, ?3, ?4, ?5)",
	[FIND_OBSERVATION] = "SELECT id, read_to, accounted, committed_wall_ns, version = ''"
			     " FROM observation WHERE boot = ?1 AND since_ns = ?2",
	[NAME_OBSERVATION] = "UPDATE observation SET since_wall_ns = ?3, version = ?4, tier = ?5"
			     " WHERE boot = ?1 AND since_ns = ?2",
	[FIND_LOST] = "SELECT count FROM lost WHERE observation = ?1 AND reason = ?2",
	[SET_LOST] = "INSERT OR REPLACE INTO lost (observation, reason, count) VALUES (?1, ?2, ?3)",
	[SET_PROGRESS] = "UPDATE observation SET read_to = ?2, accounted = ?3, committed_wall_ns = ?4"
			 " WHERE id = ?1",
	[ADD_PEC] = "INSERT OR REPLACE INTO pec (pec, name) VALUES (?1, ?2)",
	[ADD_LIFE] = "INSERT INTO life (boot, fid, life, has_device, uid, pchid, pft, domain, bus, devfn,"
		     " vendor, device, class)"
		     " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)",
	[FIND_LIFE] = "SELECT id FROM life WHERE boot = ?1 AND fid = ?2 AND life = ?3 AND has_device = ?4"
		      " AND uid = ?5 AND pchid = ?6 AND pft = ?7 AND domain = ?8 AND bus = ?9"
		      " AND devfn = ?10 AND vendor = ?11 AND device = ?12 AND class = ?13",
	[ADD_RECOVERY] = "INSERT INTO recovery (observation, position, wall_ns, life, driver, pec,"
			 " outcome, reason, recoverer, tier, total_ns, begin_ns, kernel_id, seq, flags,"
			 " seen, inferred, fh, events, reads, overflows, reset_tries, reset_failures,"
			 " pending_max, drop_rc, owner_pid, owner_comm, ccdf, policy, policy_ns,"
			 " decisions, shadow_decisions, unlisted, unlisted_points, experiment, arm,"
			 " experiment_nr, arm_nr)"
			 " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16,"
			 " ?17, ?18, ?19, ?20, ?21, ?22, ?23, ?24, ?25, ?26, ?27, ?28, ?29, ?30, ?31,"
			 " ?32, ?33, ?34, ?35, ?36, ?37, ?38)",
	[ADD_STEP] = "INSERT INTO step (recovery, step, at_ns, ns, count, result)"
		     " VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
	[ADD_POINT] = "INSERT INTO point (recovery, nr, member, at_ns, dflt, pec, vote, attempt, asked,"
		      " known, events, recovered, failed, last_event_ns)"
		      " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14)",
	[ADD_ANSWER] = "INSERT INTO answer (recovery, nr, policy, member, shadow, dflt, verdict,"
		       " effective, ns, point) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
	/* The same beginning of a policy is seen again after a restart */
	[ADD_POLICY_EVENT] = "INSERT OR IGNORE INTO policy_event (boot, wall_ns, at_ns, policy, what,"
			     " code, text) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
	[ADD_GAP] = "INSERT INTO gap (observation, reason, recoveries, from_ns, to_ns)"
		    " VALUES (?1, ?2, ?3, ?4, ?5)",
};

int writer_prepare(struct writer *w)
{
	int err = 0;

	for (int i = 0; !err && i < NR_WRITER_STMTS; i++)
		err = db_prepare(w->db, sql[i], &w->stmt[i]);
	return err;
}

int writer_add(struct writer *w, enum writer_stmt which, int64_t *ret)
{
	int err = db_run(w->stmt[which]);

	if (!err && ret)
		*ret = sqlite3_last_insert_rowid(w->db);
	return err;
}

/* NULL for 0, which each of these numbers is most often */
static int bind_word(struct writer *w, enum writer_stmt which, int i, enum word_kind kind,
		     int64_t value)
{
	char buf[WORD_LEN];

	return writer_bind_name(w, which, i, value ? word_of(kind, value, buf) : "");
}

/* What firmware's code is called, for those who read the file without us */
static int add_pec(struct writer *w, uint16_t pec)
{
	int err;

	if (w->pecs[pec / 64] >> pec % 64 & 1)
		return 0;
	sqlite3_bind_int64(w->stmt[ADD_PEC], 1, pec);
	sqlite3_bind_text(w->stmt[ADD_PEC], 2, name_pec(pec), -1, SQLITE_STATIC);
	err = db_run(w->stmt[ADD_PEC]);
	if (!err)
		w->pecs[pec / 64] |= 1ull << pec % 64;
	return err;
}

/* --- a recovery --- */

/* Text of a field that it may fill */
static const char *text_of(char *buf, size_t room, const char *field, size_t size)
{
	size_t len = strnlen(field, size < room ? size : room - 1);

	memcpy(buf, field, len);
	buf[len] = '\0';
	return buf;
}

static int bind_names(struct writer *w, const struct zrec_span *s,
		      const struct zrec_span_policy *p, const struct writer_arm *arm)
{
	enum word_kind reason = s->outcome == ZPCI_OUTCOME_DROPPED ? WORD_DROP : WORD_REASON;
	char driver[HISTORY_NAME_LEN], policy[HISTORY_NAME_LEN], word[4][WORD_LEN];
	const struct {
		int i;
		const char *name;
	} names[] = {
		{ 5, text_of(driver, sizeof(driver), s->driver, sizeof(s->driver)) },
		{ 7, word_of(WORD_OUTCOME, s->outcome, word[0]) },
		{ 8, word_of(reason, s->reason, word[1]) },
		{ 9, word_of(WORD_RECOVERER, s->recoverer, word[2]) },
		{ 10, word_of(WORD_TIER, s->tier, word[3]) },
		{ 29, p ? text_of(policy, sizeof(policy), p->policy, sizeof(p->policy)) : "" },
		{ 35, arm ? arm->experiment : "" },
		{ 36, arm ? arm->arm : "" },
	};
	int err = 0;

	for (size_t i = 0; !err && i < sizeof(names) / sizeof(names[0]); i++)
		err = writer_bind_name(w, ADD_RECOVERY, names[i].i, names[i].name);
	return err;
}

/* One of its own for each process, so it is no row of name */
static void bind_comm(sqlite3_stmt *st, int i, const struct zrec_span *s,
		      char comm[sizeof(s->owner_comm) + 1])
{
	text_of(comm, sizeof(s->owner_comm) + 1, s->owner_comm, sizeof(s->owner_comm));
	if (comm[0])
		writer_bind_text(st, i, comm);
	else
		sqlite3_bind_null(st, i);
}

static void bind_span(struct writer *w, uint64_t position, int64_t wall_ns, int64_t life,
		      const struct zrec_span *s)
{
	sqlite3_stmt *st = w->stmt[ADD_RECOVERY];

	sqlite3_bind_int64(st, 1, w->observation);
	sqlite3_bind_int64(st, 2, (int64_t)position);
	sqlite3_bind_int64(st, 3, wall_ns);
	sqlite3_bind_int64(st, 4, life);
	sqlite3_bind_int64(st, 6, s->pec);
	sqlite3_bind_int64(st, 11, (int64_t)s->total_ns);
	sqlite3_bind_int64(st, 12, (int64_t)s->begin_ns);
	sqlite3_bind_int64(st, 13, (int64_t)s->id);
	sqlite3_bind_int64(st, 14, (int64_t)s->seq);
	/* Without what it speaks of, a flag would be a lie */
	sqlite3_bind_int64(st, 15, zrec_span_policy(s) ? s->flags : s->flags & ~ZREC_SPAN_POLICY);
	sqlite3_bind_int64(st, 16, s->seen);
	db_bind_count(st, 17, s->inferred);
	sqlite3_bind_int64(st, 18, s->fh);
	sqlite3_bind_int64(st, 19, s->events);
	db_bind_count(st, 20, s->reads);
	db_bind_count(st, 21, s->overflows);
	db_bind_count(st, 22, s->reset_tries);
	db_bind_count(st, 23, s->reset_failures);
	db_bind_count(st, 24, s->pending_max);
	db_bind_count(st, 25, s->drop_rc);
	db_bind_count(st, 26, s->owner_pid);
	sqlite3_bind_blob(st, 28, s->ccdf, sizeof(s->ccdf), SQLITE_STATIC);
	db_bind_count(st, 37, s->experiment);
	db_bind_count(st, 38, s->arm);
}

static void bind_policy(sqlite3_stmt *st, const struct zrec_span_policy *p)
{
	db_bind_count(st, 30, p ? (int64_t)p->ns : 0);
	db_bind_count(st, 31, p ? p->decisions : 0);
	db_bind_count(st, 32, p ? p->shadow_decisions : 0);
	db_bind_count(st, 33, p ? p->unlisted : 0);
	db_bind_count(st, 34, p ? p->unlisted_points : 0);
}

/* The time in no step is what is left of the total, so mostly it needs no row */
static bool has_row(const struct zrec_span *s, unsigned int step)
{
	uint64_t left = s->total_ns;

	if (s->step_at_ns[step] || s->step_count[step] || s->step_result[step])
		return true;
	if (step != ZREC_STEP_OTHER)
		return s->step_ns[step];
	for (unsigned int i = 0; i < ZREC_STEP_OTHER; i++)
		left -= s->step_ns[i];
	return s->step_ns[step] != left;
}

static int add_steps(struct writer *w, int64_t recovery, const struct zrec_span *s)
{
	sqlite3_stmt *st = w->stmt[ADD_STEP];
	int err = 0;

	for (unsigned int step = 0; !err && step < ZREC_NR_STEPS; step++) {
		if (!has_row(s, step))
			continue;
		err = writer_bind_name(w, ADD_STEP, 2, name_step(step));
		if (!err)
			err = bind_word(w, ADD_STEP, 6, WORD_RESULT, s->step_result[step]);
		if (err)
			break;
		sqlite3_bind_int64(st, 1, recovery);
		db_bind_count(st, 3, (int64_t)s->step_at_ns[step]);
		sqlite3_bind_int64(st, 4, (int64_t)s->step_ns[step]);
		db_bind_count(st, 5, s->step_count[step]);
		err = db_run(st);
	}
	return err;
}

/* A verdict is a name, and that of the deadline a number of milliseconds */
static int bind_verdict(struct writer *w, enum writer_stmt which, int i, uint8_t member,
			uint32_t verdict)
{
	char ms[WORD_LEN];

	if (member != ZPCI_MEMBER_DEADLINE)
		return bind_word(w, which, i, WORD_VERDICT, verdict);
	snprintf(ms, sizeof(ms), "%u", verdict);
	return writer_bind_name(w, which, i, verdict ? ms : "");
}

static int bind_member(struct writer *w, enum writer_stmt which, int i, uint8_t member)
{
	char buf[WORD_LEN];

	return writer_bind_name(w, which, i, word_of(WORD_MEMBER, member, buf));
}

static int add_point(struct writer *w, const struct zrec_point *at)
{
	sqlite3_stmt *st = w->stmt[ADD_POINT];
	int err = bind_member(w, ADD_POINT, 3, at->member);

	if (!err)
		err = bind_verdict(w, ADD_POINT, 5, at->member, at->dflt);
	if (!err)
		err = bind_word(w, ADD_POINT, 7, WORD_VOTE, at->vote);
	if (err)
		return err;
	sqlite3_bind_int64(st, 4, (int64_t)at->at_ns);
	sqlite3_bind_int64(st, 6, at->pec);
	db_bind_count(st, 8, at->attempt);
	db_bind_count(st, 9, at->asked);
	db_bind_count(st, 10, at->known);
	db_bind_count(st, 11, at->events);
	db_bind_count(st, 12, at->recovered);
	db_bind_count(st, 13, at->failed);
	db_bind_count(st, 14, (int64_t)at->last_event_ns);
	return db_run(st);
}

static int add_answer(struct writer *w, const struct zrec_answer *a)
{
	sqlite3_stmt *st = w->stmt[ADD_ANSWER];
	const uint32_t verdicts[] = { a->dflt, a->verdict, a->effective };
	char policy[HISTORY_NAME_LEN];
	int64_t name = 0;
	int err;

	/* "" is a name here: the column wants one */
	err = writer_name(w, text_of(policy, sizeof(policy), a->policy, sizeof(a->policy)), &name);
	if (!err)
		err = bind_member(w, ADD_ANSWER, 4, a->member);
	for (int i = 0; !err && i < 3; i++)
		err = bind_verdict(w, ADD_ANSWER, 6 + i, a->member, verdicts[i]);
	if (err)
		return err;
	sqlite3_bind_int64(st, 3, name);
	sqlite3_bind_int64(st, 5, a->shadow);
	sqlite3_bind_int64(st, 9, (int64_t)a->ns);
	sqlite3_bind_int64(st, 10, a->point);
	return db_run(st);
}

static int add_decisions(struct writer *w, int64_t recovery, const struct zrec_span_policy *p)
{
	int err = 0;

	sqlite3_bind_int64(w->stmt[ADD_POINT], 1, recovery);
	for (uint32_t i = 0; !err && i < p->nr_points && i < ZREC_MAX_POINTS; i++) {
		sqlite3_bind_int64(w->stmt[ADD_POINT], 2, i);
		err = add_point(w, &p->point[i]);
	}
	sqlite3_bind_int64(w->stmt[ADD_ANSWER], 1, recovery);
	for (uint32_t i = 0; !err && i < p->nr && i < ZREC_MAX_ANSWERS; i++) {
		sqlite3_bind_int64(w->stmt[ADD_ANSWER], 2, i);
		err = add_answer(w, &p->answer[i]);
	}
	return err;
}

static int add_recovery(struct writer *w, uint64_t position, const struct zrec_span *span,
			int64_t wall_ns, const struct writer_arm *arm, int64_t *ret)
{
	const struct zrec_span_policy *p = zrec_span_policy(span);
	char comm[sizeof(span->owner_comm) + 1];
	int64_t life = 0;
	int err = writer_life(w, span, &life);

	if (!err)
		err = add_pec(w, span->pec);
	if (!err)
		err = bind_names(w, span, p, arm);
	if (err)
		return err;
	bind_span(w, position, wall_ns, life, span);
	bind_comm(w->stmt[ADD_RECOVERY], 27, span, comm);
	bind_policy(w->stmt[ADD_RECOVERY], p);
	err = writer_add(w, ADD_RECOVERY, ret);
	/* Nothing of ours stays bound when it is gone */
	sqlite3_clear_bindings(w->stmt[ADD_RECOVERY]);
	return err;
}

int writer_span(struct writer *w, uint64_t position, const struct zrec_span *span, int64_t wall_ns,
		const struct writer_arm *arm)
{
	const struct zrec_span_policy *p = zrec_span_policy(span);
	int64_t recovery = 0;
	int err = writer_begin(w);

	if (err)
		return err;
	err = add_recovery(w, position, span, wall_ns, arm, &recovery);
	if (!err)
		err = add_steps(w, recovery, span);
	if (!err && p)
		err = add_decisions(w, recovery, p);
	return writer_failed(w, err);
}

/* --- what else there is --- */

static int add_policy_event(struct writer *w, const struct history_policy_event *event)
{
	sqlite3_stmt *st = w->stmt[ADD_POLICY_EVENT];
	char text[sizeof(event->text) + 1], policy[sizeof(event->policy) + 1];
	int64_t id = 0;
	int err;

	text_of(policy, sizeof(policy), event->policy, sizeof(event->policy));
	err = writer_name(w, policy, &id);
	if (!err)
		err = writer_bind_name(w, ADD_POLICY_EVENT, 5, event->what);
	if (err)
		return err;
	text_of(text, sizeof(text), event->text, sizeof(event->text));
	sqlite3_bind_int64(st, 1, w->boot);
	sqlite3_bind_int64(st, 2, event->wall_ns);
	sqlite3_bind_int64(st, 3, (int64_t)event->at_ns);
	sqlite3_bind_int64(st, 4, id);
	db_bind_count(st, 6, event->code);
	sqlite3_bind_null(st, 7);
	if (text[0])
		writer_bind_text(st, 7, text);
	err = db_run(st);
	sqlite3_clear_bindings(st);
	return err;
}

int writer_policy_event(struct writer *w, const struct history_policy_event *event)
{
	int err = writer_begin(w);

	return err ? err : writer_failed(w, add_policy_event(w, event));
}

static int add_gap(struct writer *w, const struct history_gap *gap)
{
	sqlite3_stmt *st = w->stmt[ADD_GAP];
	/* A clock that was set back meanwhile says nothing of the beginning */
	const int64_t from_ns = gap->from_ns < gap->to_ns ? gap->from_ns : gap->to_ns;
	char buf[WORD_LEN];
	int err = writer_bind_name(w, ADD_GAP, 2, word_of(WORD_GAP, gap->reason, buf));

	if (err)
		return err;
	sqlite3_bind_int64(st, 1, w->observation);
	sqlite3_bind_int64(st, 3, (int64_t)gap->recoveries);
	sqlite3_bind_int64(st, 4, from_ns);
	sqlite3_bind_int64(st, 5, gap->to_ns);
	return db_run(st);
}

int writer_gap(struct writer *w, const struct history_gap *gap)
{
	int err = writer_begin(w);

	return err ? err : writer_failed(w, add_gap(w, gap));
}
