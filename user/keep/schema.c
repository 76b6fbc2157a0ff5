// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "keep/db.h"
#include "keep/schema.h"

/* In version_1, and made again after an import that did without it */
#define BY_TIME	"recovery_by_time ON recovery" \
		"  (wall_ns, id, life, driver, pec, outcome, reason, total_ns, begin_ns)"

/*
 * Whatever the kernel may have more of one day (steps, reasons, ends of policies) is a
 * name, and a name is a row. Numbers that are usually 0 may be absent. Times are
 * nanoseconds: wall_ns of CLOCK_REALTIME, begin_ns and at_ns of CLOCK_MONOTONIC.
 */
static const char version_1[] =
"CREATE TABLE name ("
"  id INTEGER PRIMARY KEY,"
"  name ANY NOT NULL UNIQUE"	/* a BLOB if it is no text, which a process can call itself */
") STRICT;"

/* What firmware's codes mean, for the views */
"CREATE TABLE pec ("
"  pec INTEGER PRIMARY KEY,"
"  name TEXT NOT NULL"
") STRICT;"

"CREATE TABLE host ("
"  id INTEGER PRIMARY KEY,"
"  name TEXT NOT NULL UNIQUE"
") STRICT;"

"CREATE TABLE boot ("
"  id INTEGER PRIMARY KEY,"
"  host INTEGER NOT NULL REFERENCES host,"
"  boot_id TEXT NOT NULL,"
"  machine_id TEXT NOT NULL,"
"  UNIQUE (host, boot_id)"
") STRICT;"

/* read_to: the position in the ring buffer up to which the file has all there is */
"CREATE TABLE observation ("
"  id INTEGER PRIMARY KEY,"
"  boot INTEGER NOT NULL REFERENCES boot,"
"  since_ns INTEGER NOT NULL,"
"  since_wall_ns INTEGER NOT NULL,"
"  version TEXT NOT NULL,"
"  tier INTEGER NOT NULL REFERENCES name,"
"  read_to INTEGER NOT NULL DEFAULT 0,"
"  accounted INTEGER NOT NULL DEFAULT 0,"
"  committed_wall_ns INTEGER NOT NULL DEFAULT 0,"
"  UNIQUE (boot, since_ns)"
") STRICT;"

/* What the kernel lost, as far as it is in gap */
"CREATE TABLE lost ("
"  observation INTEGER NOT NULL REFERENCES observation,"
"  reason INTEGER NOT NULL REFERENCES name,"
"  count INTEGER NOT NULL,"
"  PRIMARY KEY (observation, reason)"
") STRICT, WITHOUT ROWID;"

/* A function from its being configured to its being deconfigured, as far as it is known */
"CREATE TABLE life ("
"  id INTEGER PRIMARY KEY,"
"  boot INTEGER NOT NULL REFERENCES boot,"
"  fid INTEGER NOT NULL,"
"  life INTEGER NOT NULL,"
"  has_device INTEGER NOT NULL,"
"  uid INTEGER NOT NULL,"
"  pchid INTEGER NOT NULL,"
"  pft INTEGER NOT NULL,"
"  domain INTEGER NOT NULL,"
"  bus INTEGER NOT NULL,"
"  devfn INTEGER NOT NULL,"
"  vendor INTEGER NOT NULL,"
"  device INTEGER NOT NULL,"
"  class INTEGER NOT NULL,"
"  UNIQUE (boot, fid, life, has_device, uid, pchid, pft, domain, bus, devfn, vendor, device, class)"
") STRICT;"

"CREATE TABLE recovery ("
"  id INTEGER PRIMARY KEY,"
"  observation INTEGER NOT NULL REFERENCES observation,"
"  position INTEGER NOT NULL,"
"  wall_ns INTEGER NOT NULL,"
"  life INTEGER NOT NULL REFERENCES life,"
"  driver INTEGER REFERENCES name,"
"  pec INTEGER NOT NULL,"
"  outcome INTEGER NOT NULL REFERENCES name,"
"  reason INTEGER NOT NULL REFERENCES name,"
"  recoverer INTEGER NOT NULL REFERENCES name,"
"  tier INTEGER NOT NULL REFERENCES name,"
"  total_ns INTEGER NOT NULL,"
"  begin_ns INTEGER NOT NULL,"
"  kernel_id INTEGER NOT NULL,"
"  seq INTEGER NOT NULL,"
"  flags INTEGER NOT NULL,"
"  seen INTEGER NOT NULL,"
"  inferred INTEGER,"
"  fh INTEGER NOT NULL,"
"  events INTEGER NOT NULL,"
"  reads INTEGER,"
"  overflows INTEGER,"
"  reset_tries INTEGER,"
"  reset_failures INTEGER,"
"  pending_max INTEGER,"
"  drop_rc INTEGER,"
"  owner_pid INTEGER,"
"  owner_comm ANY,"		/* likewise */
"  experiment INTEGER REFERENCES name,"
"  arm INTEGER REFERENCES name,"
"  experiment_nr INTEGER,"	/* as the kernel's side has them */
"  arm_nr INTEGER,"
"  ccdf BLOB NOT NULL,"
"  policy INTEGER REFERENCES name,"
"  policy_ns INTEGER,"
"  decisions INTEGER,"
"  shadow_decisions INTEGER,"
"  unlisted INTEGER,"
"  unlisted_points INTEGER,"
"  UNIQUE (observation, position)"
") STRICT;"

/* Has all that filters and statistics need, so that they read nothing else */
"CREATE INDEX " BY_TIME ";"

"CREATE TABLE step ("
"  recovery INTEGER NOT NULL REFERENCES recovery ON DELETE CASCADE,"
"  step INTEGER NOT NULL REFERENCES name,"
"  at_ns INTEGER,"
"  ns INTEGER NOT NULL,"
"  count INTEGER,"
"  result INTEGER REFERENCES name,"
"  PRIMARY KEY (recovery, step)"
") STRICT, WITHOUT ROWID;"

"CREATE TABLE point ("
"  recovery INTEGER NOT NULL REFERENCES recovery ON DELETE CASCADE,"
"  nr INTEGER NOT NULL,"
"  member INTEGER NOT NULL REFERENCES name,"
"  at_ns INTEGER NOT NULL,"
"  dflt INTEGER REFERENCES name,"
"  pec INTEGER NOT NULL,"
"  vote INTEGER REFERENCES name,"
"  attempt INTEGER,"
"  asked INTEGER,"
"  known INTEGER,"
"  events INTEGER,"
"  recovered INTEGER,"
"  failed INTEGER,"
"  last_event_ns INTEGER,"
"  PRIMARY KEY (recovery, nr)"
") STRICT, WITHOUT ROWID;"

"CREATE TABLE answer ("
"  recovery INTEGER NOT NULL REFERENCES recovery ON DELETE CASCADE,"
"  nr INTEGER NOT NULL,"
"  policy INTEGER NOT NULL REFERENCES name,"
"  member INTEGER NOT NULL REFERENCES name,"
"  shadow INTEGER NOT NULL,"
"  dflt INTEGER REFERENCES name,"
"  verdict INTEGER REFERENCES name,"
"  effective INTEGER REFERENCES name,"
"  ns INTEGER NOT NULL,"
"  point INTEGER NOT NULL,"
"  PRIMARY KEY (recovery, nr)"
") STRICT, WITHOUT ROWID;"

"CREATE TABLE policy_event ("
"  id INTEGER PRIMARY KEY,"
"  boot INTEGER NOT NULL REFERENCES boot,"
"  wall_ns INTEGER NOT NULL,"
"  at_ns INTEGER NOT NULL,"
"  policy INTEGER NOT NULL REFERENCES name,"
"  what INTEGER NOT NULL REFERENCES name,"
"  code INTEGER,"
"  text ANY,"
"  UNIQUE (boot, at_ns, policy, what)"
") STRICT;"
"CREATE INDEX policy_event_by_time ON policy_event (wall_ns);"

"CREATE TABLE gap ("
"  id INTEGER PRIMARY KEY,"
"  observation INTEGER NOT NULL REFERENCES observation,"
"  reason INTEGER NOT NULL REFERENCES name,"
"  recoveries INTEGER NOT NULL,"
"  from_ns INTEGER NOT NULL,"
"  to_ns INTEGER NOT NULL"
") STRICT;"
"CREATE INDEX gap_by_time ON gap (from_ns);";

/* For people: names and wall clock. Readers of ours use none of them, so they can change */
#define ISO(ns)	"strftime('%Y-%m-%dT%H:%M:%S', " ns " / 1000000000, 'unixepoch')" \
		" || printf('.%09dZ', " ns " % 1000000000)"

static const char views[] =
"DROP VIEW IF EXISTS function_view;"
"CREATE VIEW function_view AS SELECT"
"  life.id AS id, host.name AS host, boot.boot_id AS boot_id, life.life AS life,"
"  printf('0x%08x', fid) AS fid,"
"  CASE WHEN has_device THEN printf('0x%x', uid) END AS uid,"
"  CASE WHEN has_device THEN printf('%04x:%02x:%02x.%d', domain, bus, devfn >> 3, devfn & 7) END"
"    AS pci_address,"
"  CASE WHEN has_device THEN printf('0x%04x', pchid) END AS pchid,"
"  CASE WHEN has_device THEN printf('0x%02x', pft) END AS pft,"
"  CASE WHEN has_device THEN printf('0x%04x', vendor) END AS vendor,"
"  CASE WHEN has_device THEN printf('0x%04x', device) END AS device,"
"  CASE WHEN has_device THEN printf('0x%06x', class) END AS class"
" FROM life JOIN boot ON boot.id = life.boot JOIN host ON host.id = boot.host;"

"DROP VIEW IF EXISTS recovery_view;"
"CREATE VIEW recovery_view AS SELECT"
"  recovery.id AS id, " ISO("wall_ns") " AS time, f.host AS host, f.boot_id AS boot_id,"
"  f.life AS life, f.fid AS fid, f.uid AS uid, f.pci_address AS pci_address, f.pchid AS pchid,"
"  driver.name AS driver, printf('0x%02x', recovery.pec) AS pec, pec.name AS pec_name,"
"  recoverer.name AS recoverer, outcome.name AS outcome, reason.name AS reason,"
"  total_ns, events, owner_pid, owner_comm, policy.name AS policy, decisions, shadow_decisions,"
"  experiment.name AS experiment, arm.name AS arm, wall_ns, begin_ns, kernel_id"
" FROM recovery"
" JOIN function_view AS f ON f.id = recovery.life"
" JOIN name AS outcome ON outcome.id = recovery.outcome"
" JOIN name AS reason ON reason.id = recovery.reason"
" JOIN name AS recoverer ON recoverer.id = recovery.recoverer"
" LEFT JOIN pec ON pec.pec = recovery.pec"
" LEFT JOIN name AS driver ON driver.id = recovery.driver"
" LEFT JOIN name AS policy ON policy.id = recovery.policy"
" LEFT JOIN name AS experiment ON experiment.id = recovery.experiment"
" LEFT JOIN name AS arm ON arm.id = recovery.arm;"

/* The time in no step is what the steps leave of the total */
"DROP VIEW IF EXISTS step_view;"
"CREATE VIEW step_view AS"
" SELECT recovery, name.name AS step, ifnull(at_ns, 0) AS at_ns, ns, count,"
"  ifnull(result.name, 'ok') AS result"
" FROM step JOIN name ON name.id = step.step LEFT JOIN name AS result ON result.id = step.result"
" UNION ALL SELECT recovery.id, 'other', NULL, total_ns -"
"  ifnull((SELECT sum(ns) FROM step WHERE step.recovery = recovery.id), 0), NULL, NULL"
" FROM recovery;"

"DROP VIEW IF EXISTS decision_view;"
"CREATE VIEW decision_view AS SELECT recovery, nr, member.name AS member, at_ns,"
"  ifnull(dflt.name, CASE member.name WHEN 'deadline' THEN '0' ELSE 'default' END) AS dflt,"
"  printf('0x%02x', pec) AS pec, ifnull(vote.name, 'not_yet') AS vote, attempt,"
"  ifnull(asked, 0) & 1 AS asked, ifnull(asked, 0) >> 1 & 1 AS asked_in_shadow,"
"  events, recovered, failed, last_event_ns"
" FROM point JOIN name AS member ON member.id = point.member"
" LEFT JOIN name AS dflt ON dflt.id = point.dflt LEFT JOIN name AS vote ON vote.id = point.vote;"

"DROP VIEW IF EXISTS answer_view;"
"CREATE VIEW answer_view AS SELECT recovery, nr, policy.name AS policy, member.name AS member,"
"  CASE shadow WHEN 0 THEN 'enforce' ELSE 'shadow' END AS mode,"
"  ifnull(dflt.name, CASE member.name WHEN 'deadline' THEN '0' ELSE 'default' END) AS dflt,"
"  ifnull(verdict.name, CASE member.name WHEN 'deadline' THEN '0' ELSE 'default' END) AS verdict,"
"  ifnull(effective.name, CASE member.name WHEN 'deadline' THEN '0' ELSE 'default' END)"
"    AS effective, ns, point"
" FROM answer JOIN name AS policy ON policy.id = answer.policy"
" JOIN name AS member ON member.id = answer.member"
" LEFT JOIN name AS dflt ON dflt.id = answer.dflt"
" LEFT JOIN name AS verdict ON verdict.id = answer.verdict"
" LEFT JOIN name AS effective ON effective.id = answer.effective;"

"DROP VIEW IF EXISTS policy_view;"
"CREATE VIEW policy_view AS SELECT"
"  policy_event.id AS id, " ISO("wall_ns") " AS time, host.name AS host, boot.boot_id AS boot_id,"
"  policy.name AS policy, what.name AS what, code, text, wall_ns"
" FROM policy_event JOIN boot ON boot.id = policy_event.boot"
" JOIN host ON host.id = boot.host"
" JOIN name AS policy ON policy.id = policy_event.policy"
" JOIN name AS what ON what.id = policy_event.what;"

"DROP VIEW IF EXISTS gap_view;"
"CREATE VIEW gap_view AS SELECT"
"  gap.id AS id, " ISO("from_ns") " AS from_time, " ISO("to_ns") " AS to_time,"
"  host.name AS host, boot.boot_id AS boot_id, reason.name AS reason, recoveries, from_ns, to_ns"
" FROM gap JOIN observation ON observation.id = gap.observation"
" JOIN boot ON boot.id = observation.boot"
" JOIN host ON host.id = boot.host"
" JOIN name AS reason ON reason.id = gap.reason;";

const struct schema_table schema_tables[] = {
	{ "name", "id, name" },
	{ "pec", "pec, name" },
	{ "host", "id, name" },
	{ "boot", "id, host, boot_id, machine_id" },
	{ "observation", "id, boot, since_ns, since_wall_ns, version, tier, read_to, accounted, "
			 "committed_wall_ns" },
	{ "lost", "observation, reason, count" },
	{ "life", "id, boot, fid, life, has_device, uid, pchid, pft, domain, bus, devfn, vendor, device, "
		  "class" },
	{ "recovery", "id, observation, position, wall_ns, life, driver, pec, outcome, reason, "
		      "recoverer, tier, total_ns, begin_ns, kernel_id, seq, flags, seen, inferred, fh, "
		      "events, reads, overflows, reset_tries, reset_failures, pending_max, drop_rc, "
		      "owner_pid, owner_comm, experiment, arm, experiment_nr, arm_nr, ccdf, policy, policy_ns, "
		      "decisions, shadow_decisions, unlisted, unlisted_points" },
	{ "step", "recovery, step, at_ns, ns, count, result" },
	{ "point", "recovery, nr, member, at_ns, dflt, pec, vote, attempt, asked, known, events, "
		   "recovered, failed, last_event_ns" },
	{ "answer", "recovery, nr, policy, member, shadow, dflt, verdict, effective, ns, point" },
	{ "policy_event", "id, boot, wall_ns, at_ns, policy, what, code, text" },
	{ "gap", "id, observation, reason, recoveries, from_ns, to_ns" },
	{ NULL, NULL }
};

static const char *const steps[] = { version_1 };

const struct schema schema = {
	.steps = steps,
	.version = SCHEMA_VERSION,
	.views = views,
};

_Static_assert(sizeof(steps) / sizeof(steps[0]) == SCHEMA_VERSION, "a version has no step");

#define DIGITS_OF(n)	#n
#define DIGITS(n)	DIGITS_OF(n)
const char schema_mark[] = "PRAGMA application_id = " DIGITS(SCHEMA_APPLICATION_ID);

int schema_look(sqlite3 *db, const struct schema *schema, int *version)
{
	int64_t application, tables, is;
	int err = db_value(db, "PRAGMA application_id", &application);

	if (!err)
		err = db_value(db, "PRAGMA user_version", &is);
	if (!err)
		err = db_value(db, "SELECT count(*) FROM sqlite_schema", &tables);
	if (err)
		return err;
	/* Nothing is in it yet, but the mark perhaps */
	if ((!application || application == SCHEMA_APPLICATION_ID) && !is && !tables) {
		*version = 0;
		return 0;
	}
	if (application != SCHEMA_APPLICATION_ID || is < 1)
		return -EUCLEAN;
	if (is > schema->version)
		return -EPROTO;
	*version = (int)is;
	return 0;
}

static int upgrade_from(sqlite3 *db, const struct schema *schema, int version)
{
	char sql[64];
	int err = 0;

	for (; !err && version < schema->version; version++)
		err = db_exec(db, schema->steps[version]);
	if (!err)
		err = db_exec(db, schema->views);
	if (!err)
		err = db_exec(db, schema_mark);
	snprintf(sql, sizeof(sql), "PRAGMA user_version = %d", schema->version);
	return err ? err : db_exec(db, sql);
}

int schema_upgrade(sqlite3 *db, const struct schema *schema)
{
	int version, err = schema_look(db, schema, &version);

	if (err || version == schema->version)
		return err;
	err = db_exec(db, "BEGIN IMMEDIATE");
	if (err)
		return err;
	err = upgrade_from(db, schema, version);
	if (!err)
		err = db_exec(db, "COMMIT");
	if (err)
		db_rollback(db);
	return err;
}

int schema_drop_by_time(sqlite3 *db)
{
	return db_exec(db, "DROP INDEX IF EXISTS recovery_by_time");
}

int schema_make_by_time(sqlite3 *db)
{
	return db_exec(db, "CREATE INDEX IF NOT EXISTS " BY_TIME);
}

int schema_check(sqlite3 *db)
{
	int version, err = schema_look(db, &schema, &version);

	if (!err && !version)
		err = -EUCLEAN;
	if (!err && version < SCHEMA_VERSION)
		err = -EPROTO;
	for (const struct schema_table *t = schema_tables; !err && t->name; t++)
		err = db_has_table(db, t->name, t->columns);
	return err;
}
