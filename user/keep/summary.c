// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "keep/boot.h"
#include "keep/summary.h"
#include "record/hist.h"

/* --- a hash table: of up to 40 bytes to a number --------------------------- */

struct key {
	unsigned char bytes[(HISTORY_HOST_LEN + 7) / 8 * 8];	/* the longest: a host's name */
};

struct entry {
	struct key key;
	uint32_t value;
	bool used;
};

struct summary_table {
	struct entry *entry;
	size_t size;			/* a power of two */
	size_t nr;
	size_t room;			/* of a key, a multiple of 8 */
};

/* FNV-1a, over words */
static size_t hash(const struct key *key, size_t room)
{
	uint64_t h = 0xcbf29ce484222325ULL, word;

	for (size_t i = 0; i < room; i += sizeof(word)) {
		memcpy(&word, key->bytes + i, sizeof(word));
		h = (h ^ word) * 0x100000001b3ULL;
		h ^= h >> 29;
	}
	return (size_t)h;
}

static struct entry *find(const struct summary_table *t, const struct key *key)
{
	size_t i = hash(key, t->room) & (t->size - 1);

	while (t->entry[i].used && memcmp(&t->entry[i].key, key, t->room))
		i = (i + 1) & (t->size - 1);
	return &t->entry[i];
}

static int grow(struct summary_table *t)
{
	struct summary_table bigger = { .size = t->size ? 2 * t->size : 64, .nr = t->nr, .room = t->room };

	bigger.entry = calloc(bigger.size, sizeof(*bigger.entry));
	if (!bigger.entry)
		return -ENOMEM;
	for (size_t i = 0; i < t->size; i++)
		if (t->entry[i].used)
			*find(&bigger, &t->entry[i].key) = t->entry[i];
	free(t->entry);
	*t = bigger;
	return 0;
}

/*
 * The entry of a key, which is added with @value if it is not there; NULL: no memory. All
 * keys of one table have room in @room bytes
 */
static struct entry *look_up(struct summary_table **table, size_t room, const void *bytes, size_t len,
			     uint32_t value, bool *is_new)
{
	struct key key = { { 0 } };
	struct entry *e;

	if (!*table) {
		*table = calloc(1, sizeof(**table));
		if (*table)
			(*table)->room = (room + 7) / 8 * 8;
	}
	if (!*table || (2 * (*table)->nr >= (*table)->size && grow(*table)))
		return NULL;
	memcpy(key.bytes, bytes, len);
	e = find(*table, &key);
	*is_new = !e->used;
	if (*is_new) {
		*e = (struct entry){ .key = key, .value = value, .used = true };
		(*table)->nr++;
	}
	return e;
}

static void table_free(struct summary_table *t)
{
	if (t)
		free(t->entry);
	free(t);
}

/* --- rows ------------------------------------------------------------------ */

static int find_host(struct summary *s, const struct history_boot *boot, uint32_t *ret)
{
	const char *id = history_host_key(boot);
	struct summary_host *host;
	struct entry *e;
	bool is_new;

	e = look_up(&s->by_host, HISTORY_HOST_LEN, id, strlen(id), (uint32_t)s->nr_hosts, &is_new);
	host = e && is_new ? array_add(&s->hosts, &s->nr_hosts, sizeof(*host)) :
	       e ? &s->hosts[e->value] : NULL;
	if (!host)
		return -ENOMEM;
	memcpy(host->machine_id, boot->machine_id, sizeof(host->machine_id));
	memcpy(host->host, boot->host, sizeof(host->host));
	*ret = e->value;
	return 0;
}

static int look_up_boot(struct summary *s, const struct history_boot *boot, uint32_t *ret)
{
	struct entry *e;
	bool is_new;

	e = look_up(&s->by_boot, HISTORY_ID_LEN, boot->boot_id, strnlen(boot->boot_id, HISTORY_ID_LEN),
		    (uint32_t)s->nr_boots, &is_new);
	if (!e || (is_new && !array_add(&s->boot, &s->nr_boots, sizeof(*s->boot))))
		return -ENOMEM;
	*ret = e->value;
	return is_new ? find_host(s, boot, &s->boot[e->value].host) : 0;
}

/* Readers mostly have one place in memory for each boot; what stands there decides */
static int find_boot(struct summary *s, const struct history_boot *boot, uint32_t *ret)
{
	size_t hash = (uintptr_t)boot / 16;
	struct summary_near *near = &s->near[(hash ^ hash >> 8) & (SUMMARY_NEAR - 1)];
	int err;

	if (near->boot == boot && !strcmp(near->boot_id, boot->boot_id)) {
		*ret = near->index;
		return 0;
	}
	err = look_up_boot(s, boot, ret);
	if (err)
		return err;
	near->boot = boot;
	near->index = *ret;
	memcpy(near->boot_id, boot->boot_id, sizeof(near->boot_id));
	return 0;
}

static struct summary_row *find_row(struct summary *s, uint32_t host, const struct zrec_span *span,
				    uint32_t *index)
{
	uint32_t key[] = { 0, 0 };
	size_t room = sizeof(key), len = sizeof(key);
	const void *bytes = key;
	struct summary_row *row;
	struct entry *e;
	bool is_new;

	switch (s->by) {
	case SUMMARY_BY_FUNCTION:
		key[0] = host;
		key[1] = span->fid;
		break;
	case SUMMARY_BY_DRIVER:
		bytes = span->driver;
		len = strnlen(span->driver, sizeof(span->driver));
		room = sizeof(span->driver);
		break;
	case SUMMARY_BY_PEC:
		key[1] = span->pec;
		break;
	default:
		key[0] = host;
	}
	e = look_up(&s->by_key, room, bytes, len, (uint32_t)s->nr_rows, &is_new);
	if (!e)
		return NULL;
	*index = e->value;
	if (!is_new)
		return &s->rows[e->value];
	row = array_add(&s->rows, &s->nr_rows, sizeof(*row));
	if (!row)
		return NULL;
	row->host = host;
	row->fid = span->fid;
	row->pec = span->pec;
	memcpy(row->driver, span->driver, strnlen(span->driver, sizeof(row->driver)));
	return row;
}

/* --- durations ------------------------------------------------------------- */

static int add_duration(struct summary_row *row, uint64_t ns)
{
	uint64_t *exact;

	if (!row->hist && row->nr_exact < SUMMARY_EXACT) {
		exact = array_add(&row->exact, &row->nr_exact, sizeof(*exact));
		if (!exact)
			return -ENOMEM;
		*exact = ns;
		row->timed++;
		return 0;
	}
	if (!row->hist) {
		row->hist = calloc(1, sizeof(*row->hist));
		if (!row->hist)
			return -ENOMEM;
		for (size_t i = 0; i < row->nr_exact; i++)
			hist_add(row->hist, row->exact[i]);
		free(row->exact);
		row->exact = NULL;
		row->nr_exact = 0;
	}
	hist_add(row->hist, ns);
	row->timed++;
	return 0;
}

static int compare_ns(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

uint64_t summary_quantile(const struct summary_row *row, unsigned int q)
{
	uint64_t rank;

	if (row->hist)
		return hist_quantile(row->hist, q);
	if (!row->timed)
		return 0;
	rank = (row->timed * q + HIST_P100 - 1) / HIST_P100;
	return row->exact[rank ? rank - 1 : 0];
}

/* --- relapses -------------------------------------------------------------- */

/* Ignored and dropped events bring nobody down */
static bool is_error(unsigned int outcome)
{
	return outcome != ZPCI_OUTCOME_IGNORED && outcome != ZPCI_OUTCOME_DROPPED;
}

static struct summary_life *find_life(struct summary *s, uint32_t boot, const struct zrec_span *span)
{
	const uint32_t key[] = { boot, span->fid, span->life };
	bool is_new;
	struct entry *e = look_up(&s->by_life, sizeof(key), key, sizeof(key), (uint32_t)s->nr_lives, &is_new);

	if (!e)
		return NULL;
	return is_new ? array_add(&s->lives, &s->nr_lives, sizeof(*s->lives)) : &s->lives[e->value];
}

/* @row: that it is counted in, or SUMMARY_NO_ROW */
static int note_life(struct summary *s, uint32_t boot, const struct zrec_span *span, uint32_t row)
{
	struct summary_life *life;

	if (!is_error(span->outcome))
		return 0;
	life = find_life(s, boot, span);
	if (!life)
		return -ENOMEM;
	if (life->end_ns && life->row != SUMMARY_NO_ROW && span->begin_ns >= life->end_ns &&
	    span->begin_ns - life->end_ns <= s->relapse_ns) {
		s->rows[life->row].relapses++;
		s->relapses++;
	}
	life->end_ns = span->outcome == ZPCI_OUTCOME_RECOVERED ? span->begin_ns + span->total_ns : 0;
	life->row = row;
	return 0;
}

/* --- all of it ------------------------------------------------------------- */

static int count(struct summary *s, uint32_t host, const struct history_recovery *r, uint32_t *index)
{
	const struct zrec_span *span = &r->full.span;
	struct summary_row *row = find_row(s, host, span, index);

	if (!row)
		return -ENOMEM;
	if (!s->count++)
		s->first_ns = r->wall_ns;
	s->last_ns = r->wall_ns;
	row->count++;
	if (span->outcome < ZPCI_NR_OUTCOMES)
		row->outcome[span->outcome]++;
	if (span->flags & ZREC_SPAN_DEVICE) {
		row->has_place = true;
		row->uid = span->uid;
		row->domain = span->domain;
		row->bus = span->bus;
		row->devfn = span->devfn;
	}
	return is_error(span->outcome) ? add_duration(row, span->total_ns) : 0;
}

int summary_add(struct summary *s, const struct history_recovery *r, bool counted)
{
	uint32_t row = SUMMARY_NO_ROW, boot;
	int err = find_boot(s, r->boot, &boot);

	if (!err && counted)
		err = count(s, s->boot[boot].host, r, &row);
	return err ? err : note_life(s, boot, &r->full.span, row);
}

static int by_count(const void *a, const void *b)
{
	const struct summary_row *x = a, *y = b;

	if (x->count != y->count)
		return x->count < y->count ? 1 : -1;
	if (x->host != y->host)
		return x->host < y->host ? -1 : 1;
	if (x->fid != y->fid)
		return x->fid < y->fid ? -1 : 1;
	if (x->pec != y->pec)
		return x->pec < y->pec ? -1 : 1;
	return strncmp(x->driver, y->driver, sizeof(x->driver));
}

void summary_finish(struct summary *s)
{
	for (size_t i = 0; i < s->nr_rows; i++) {
		struct summary_row *row = &s->rows[i];

		if (row->has_place)
			span_address(&(struct zrec_span){ .flags = ZREC_SPAN_DEVICE, .domain = row->domain,
							  .bus = row->bus, .devfn = row->devfn },
				     row->pci_address);
		if (row->exact)
			qsort(row->exact, row->nr_exact, sizeof(*row->exact), compare_ns);
	}
	if (s->nr_rows)
		qsort(s->rows, s->nr_rows, sizeof(*s->rows), by_count);
}

void summary_free(struct summary *s)
{
	for (size_t i = 0; i < s->nr_rows; i++) {
		free(s->rows[i].exact);
		free(s->rows[i].hist);
	}
	free(s->rows);
	free(s->hosts);
	free(s->lives);
	free(s->boot);
	table_free(s->by_boot);
	table_free(s->by_host);
	table_free(s->by_key);
	table_free(s->by_life);
}
