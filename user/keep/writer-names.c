// SPDX-License-Identifier: GPL-2.0
/* Names and lives, which many rows share: looked up once, and then remembered */
#include <errno.h>
#include <string.h>

#include "keep/db.h"
#include "keep/sqlite.h"
#include "keep/writer-db.h"
#include "record/names.h"

void writer_forget(struct writer *w)
{
	memset(w->name, 0, sizeof(w->name));
	memset(w->life, 0, sizeof(w->life));
	memset(w->pecs, 0, sizeof(w->pecs));
}

static uint32_t hash_of(const void *data, size_t len)
{
	const uint8_t *at = data;
	uint32_t hash = 2166136261u;

	while (len--)
		hash = (hash ^ *at++) * 16777619u;
	return hash ^ hash >> 15;
}

int writer_find_or_add(struct writer *w, enum writer_stmt find, enum writer_stmt add, int64_t *ret)
{
	int n = db_step(w->stmt[find]);

	if (n > 0) {
		*ret = sqlite3_column_int64(w->stmt[find], 0);
		sqlite3_reset(w->stmt[find]);
		return 0;
	}
	return n ? n : writer_add(w, add, ret);
}

void writer_bind_text(sqlite3_stmt *st, int i, const char *text)
{
	if (name_is_utf8(text))
		sqlite3_bind_text(st, i, text, -1, SQLITE_STATIC);
	else
		sqlite3_bind_blob(st, i, text, (int)strlen(text), SQLITE_STATIC);
}

int writer_name(struct writer *w, const char *name, int64_t *ret)
{
	struct cached_name *c = &w->name[hash_of(name, strlen(name)) & (NAMES_CACHED - 1)];
	int err;

	if (c->id && !strcmp(c->name, name)) {
		*ret = c->id;
		return 0;
	}
	if (strlen(name) >= sizeof(c->name))
		return -EINVAL;
	writer_bind_text(w->stmt[FIND_NAME], 1, name);
	writer_bind_text(w->stmt[ADD_NAME], 1, name);
	err = writer_find_or_add(w, FIND_NAME, ADD_NAME, ret);
	if (!err) {
		strcpy(c->name, name);
		c->id = *ret;
	}
	return err;
}

int writer_bind_name(struct writer *w, enum writer_stmt which, int i, const char *name)
{
	int64_t id;
	int err;

	if (!name[0])
		return db_errno(w->db, sqlite3_bind_null(w->stmt[which], i));
	err = writer_name(w, name, &id);
	return err ? err : db_errno(w->db, sqlite3_bind_int64(w->stmt[which], i, id));
}

static void bind_life(const struct writer *w, enum writer_stmt which, const struct life_key *key)
{
	const int64_t values[] = {
		w->boot, key->fid, key->life, key->has_device, key->uid, key->pchid, key->pft,
		key->domain, key->bus, key->devfn, key->vendor, key->device, key->class_code,
	};

	for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++)
		sqlite3_bind_int64(w->stmt[which], (int)i + 1, values[i]);
}

int writer_life(struct writer *w, const struct zrec_span *s, int64_t *ret)
{
	const struct life_key key = {
		.boot = w->boot, .fid = s->fid, .life = s->life, .has_device = !!(s->flags & ZREC_SPAN_DEVICE),
		.uid = s->uid, .class_code = s->class_code, .pchid = s->pchid, .domain = s->domain,
		.vendor = s->vendor, .device = s->device, .bus = s->bus, .devfn = s->devfn, .pft = s->pft,
	};
	struct cached_life *c = &w->life[hash_of(&key, sizeof(key)) & (LIVES_CACHED - 1)];
	int err;

	if (c->id && !memcmp(&c->key, &key, sizeof(key))) {
		*ret = c->id;
		return 0;
	}
	bind_life(w, FIND_LIFE, &key);
	bind_life(w, ADD_LIFE, &key);
	err = writer_find_or_add(w, FIND_LIFE, ADD_LIFE, ret);
	if (!err)
		*c = (struct cached_life){ key, *ret };
	return err;
}
