// SPDX-License-Identifier: GPL-2.0
/* Values of the file, checked, and the rows that others name */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "keep/db.h"
#include "keep/sqlite-int.h"
#include "keep/sqlite.h"
#include "record/names.h"

/* Far more names, boots and lives than a fleet has; a file that says otherwise is not ours */
#define ROWS_MAX	(1 << 22)
/* Names and lives that are kept; with more, those that come are read again */
#define CACHED_MAX	(1 << 16)

static const struct {
	const char *table;
	const char *sql;
	size_t size;
} kinds[NR_CACHES] = {
	[CACHE_NAME] = { "name", "SELECT name FROM name WHERE id = ?1", sizeof(struct cached_word) },
	[CACHE_BOOT] = { "boot", "SELECT boot.machine_id, boot.boot_id, host.name FROM boot JOIN host"
			 " ON host.id = boot.host WHERE boot.id = ?1", sizeof(struct history_boot) },
	[CACHE_OBSERVATION] = { "observation", "SELECT since_ns, boot, version, tier, since_wall_ns FROM observation"
				" WHERE id = ?1", sizeof(struct history_observation) },
	[CACHE_LIFE] = { "life", "SELECT boot, fid, life, has_device, uid, pchid, pft, domain, bus, devfn,"
			 " vendor, device, class FROM life WHERE id = ?1", sizeof(struct cached_life) },
};

static void bad(struct row *r, int col)
{
	if (!r->bad)
		r->bad = sqlite3_column_name(r->st, col);
	if (!r->bad)
		r->err = -ENOMEM;
}

int64_t row_int(struct row *r, int col, int64_t min, int64_t max)
{
	int type = sqlite3_column_type(r->st, col);
	int64_t value = type == SQLITE_INTEGER ? sqlite3_column_int64(r->st, col) : 0;

	if ((type == SQLITE_INTEGER || type == SQLITE_NULL) && value >= min && value <= max)
		return value;
	bad(r, col);
	return min;
}

uint64_t row_u64(struct row *r, int col)
{
	return (uint64_t)row_int(r, col, INT64_MIN, INT64_MAX);
}

int64_t row_s63(struct row *r, int col)
{
	return row_int(r, col, 0, INT64_MAX);
}

bool row_must(struct row *r, int col, bool ok)
{
	if (!ok)
		bad(r, col);
	return ok;
}

void row_array(struct row *r, int col, char *ret, size_t size)
{
	int type = sqlite3_column_type(r->st, col);
	const void *bytes = sqlite3_column_blob(r->st, col);
	int len = sqlite3_column_bytes(r->st, col);

	memset(ret, 0, size);
	if (type == SQLITE_NULL)
		return;
	if ((type != SQLITE_TEXT && type != SQLITE_BLOB) || (size_t)len > size ||
	    (len && (!bytes || memchr(bytes, 0, (size_t)len)))) {
		bad(r, col);
		return;
	}
	if (len)
		memcpy(ret, bytes, (size_t)len);
}

void row_text(struct row *r, int col, char *ret, size_t size)
{
	row_array(r, col, ret, size);
	/* What is no text is a BLOB */
	if (ret[size - 1] || (sqlite3_column_type(r->st, col) == SQLITE_TEXT && !name_is_utf8(ret))) {
		bad(r, col);
		ret[0] = '\0';
	}
}

int row_end(struct row *r, const char *table, int64_t row)
{
	if (r->err)
		return r->err;
	if (!r->bad)
		return 0;
	return sqlite_fail(r->h, -EUCLEAN, "it is damaged: %s %lld has no such %s", table,
			   (long long)row, r->bad);
}

/* --- what is read once --- */

static void fill_life(struct row *r, struct cached_life *s)
{
	s->boot = row_boot(r, 0);
	s->fid = (uint32_t)row_int(r, 1, 0, UINT32_MAX);
	s->life = (uint32_t)row_int(r, 2, 0, UINT32_MAX);
	s->has_device = row_int(r, 3, 0, 1);
	s->uid = (uint32_t)row_int(r, 4, 0, UINT32_MAX);
	s->pchid = (uint16_t)row_int(r, 5, 0, UINT16_MAX);
	s->pft = (uint8_t)row_int(r, 6, 0, UINT8_MAX);
	s->domain = (uint16_t)row_int(r, 7, 0, UINT16_MAX);
	s->bus = (uint8_t)row_int(r, 8, 0, UINT8_MAX);
	s->devfn = (uint8_t)row_int(r, 9, 0, UINT8_MAX);
	s->vendor = (uint16_t)row_int(r, 10, 0, UINT16_MAX);
	s->device = (uint16_t)row_int(r, 11, 0, UINT16_MAX);
	s->class_code = (uint32_t)row_int(r, 12, 0, UINT32_MAX);
}

/* A UUID, or 32 hexadecimal digits: what JSON lines take for one, too */
static bool is_id(const char *s)
{
	return s[strspn(s, "0123456789abcdefABCDEF-")] == '\0';
}

static void fill(enum cache_kind kind, struct row *r, void *item)
{
	struct history_boot *boot = item;
	struct history_observation *o = item;

	switch (kind) {
	case CACHE_NAME:
		row_text(r, 0, ((struct cached_word *)item)->text, HISTORY_NAME_LEN);
		break;
	case CACHE_BOOT:
		row_text(r, 0, boot->machine_id, sizeof(boot->machine_id));
		row_must(r, 0, is_id(boot->machine_id));
		row_text(r, 1, boot->boot_id, sizeof(boot->boot_id));
		row_must(r, 1, is_id(boot->boot_id) && boot->boot_id[0]);
		row_text(r, 2, boot->host, sizeof(boot->host));
		break;
	case CACHE_OBSERVATION:
		o->since_ns = row_u64(r, 0);
		o->boot = row_boot(r, 1);
		row_text(r, 2, o->version, sizeof(o->version));
		o->tier = (uint8_t)row_word(r, 3, WORD_TIER, 0, UINT8_MAX, UINT8_MAX);
		o->since_wall_ns = row_int(r, 4, INT64_MIN, INT64_MAX);
		break;
	default:
		fill_life(r, item);
		break;
	}
}

static int fetch(struct sqlite_history *h, enum cache_kind kind, int64_t id, void **ret)
{
	struct cache *c = &h->cache[kind];
	struct row r = { .h = h };
	int n = c->st ? 0 : sqlite_prepare(h, kinds[kind].sql, &c->st);

	if (n)
		return n;
	r.st = c->st;
	sqlite3_bind_int64(c->st, 1, id);
	n = sqlite_step(h, c->st);
	if (!n)
		return sqlite_fail(h, -EUCLEAN, "it is damaged: there is no %s %lld", kinds[kind].table,
				   (long long)id);
	if (n < 0)
		return n;
	*ret = calloc(1, kinds[kind].size);
	if (!*ret)
		return -ENOMEM;
	fill(kind, &r, *ret);
	n = row_end(&r, kinds[kind].table, id);
	sqlite3_reset(c->st);
	if (n)
		free(*ret);
	return n;
}

static int make_room(struct cache *c, size_t id)
{
	size_t nr = c->nr ? c->nr : 64;
	void **item;

	while (nr <= id)
		nr *= 2;
	item = realloc(c->item, nr * sizeof(*item));
	if (!item)
		return -ENOMEM;
	memset(item + c->nr, 0, (nr - c->nr) * sizeof(*item));
	c->item = item;
	c->nr = nr;
	return 0;
}

static void forget(struct cache *c)
{
	for (size_t i = 0; i < c->nr; i++) {
		free(c->item[i]);
		c->item[i] = NULL;
	}
	c->used = 0;
}

/* Whoever has a boot or an observation keeps it */
static bool may_forget(enum cache_kind kind)
{
	return kind == CACHE_NAME || kind == CACHE_LIFE;
}

static const void *look_up(struct row *r, int col, enum cache_kind kind)
{
	struct cache *c = &r->h->cache[kind];
	int64_t id = row_int(r, col, 1, ROWS_MAX);
	void *item = NULL;
	int err;

	if (r->bad || r->err)
		return NULL;
	if ((size_t)id < c->nr && c->item[id])
		return c->item[id];
	if (c->used >= CACHED_MAX && may_forget(kind))
		forget(c);
	err = (size_t)id < c->nr ? 0 : make_room(c, (size_t)id);
	if (!err)
		err = fetch(r->h, kind, id, &item);
	if (err) {
		r->err = err;
		return NULL;
	}
	c->item[id] = item;
	c->used++;
	return item;
}

const struct cached_word *row_name(struct row *r, int col)
{
	return look_up(r, col, CACHE_NAME);
}

const struct history_boot *row_boot(struct row *r, int col)
{
	return look_up(r, col, CACHE_BOOT);
}

const struct history_observation *row_observation(struct row *r, int col)
{
	return look_up(r, col, CACHE_OBSERVATION);
}

const struct cached_life *row_life(struct row *r, int col)
{
	return look_up(r, col, CACHE_LIFE);
}

int64_t row_word(struct row *r, int col, enum word_kind kind, int64_t min, int64_t max,
		 int64_t unknown)
{
	struct cached_word *word;

	if (sqlite3_column_type(r->st, col) == SQLITE_NULL)
		return 0;
	word = (struct cached_word *)row_name(r, col);
	if (!word)
		return min;
	if (!(word->parsed >> kind & 1)) {
		word->parsed |= 1u << kind;
		if (word_parse(kind, word->text, &word->value[kind]))
			word->known |= 1u << kind;
	}
	if (!(word->known >> kind & 1)) {
		if (!r->h->unknown[0])
			memcpy(r->h->unknown, word->text, sizeof(r->h->unknown));
		return unknown;
	}
	if (word->value[kind] >= min && word->value[kind] <= max)
		return word->value[kind];
	bad(r, col);
	return min;
}

void cache_free(struct sqlite_history *h)
{
	for (int kind = 0; kind < NR_CACHES; kind++) {
		struct cache *c = &h->cache[kind];

		forget(c);
		free(c->item);
		sqlite3_finalize(c->st);
	}
}
