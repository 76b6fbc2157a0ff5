// SPDX-License-Identifier: GPL-2.0
#define _GNU_SOURCE	/* reallocarray() */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "record/names.h"
#include "record/span.h"

int span_filter_add_fid(struct span_filter *f, const char *value)
{
	uint32_t fid, *bigger;

	if (!strncmp(value, "fid:", 4))
		value += 4;
	if (name_parse_u32(value, &fid))
		return -EINVAL;
	bigger = reallocarray(f->fids, f->nr_fids + 1, sizeof(*f->fids));
	if (!bigger)
		return -ENOMEM;
	f->fids = bigger;
	f->fids[f->nr_fids++] = fid;
	return 0;
}

int span_filter_add_driver(struct span_filter *f, const char *value)
{
	char *copy, **bigger;

	if (!*value)
		return -EINVAL;
	bigger = reallocarray(f->drivers, f->nr_drivers + 1, sizeof(*f->drivers));
	if (!bigger)
		return -ENOMEM;
	f->drivers = bigger;
	copy = strdup(value);
	if (!copy)
		return -ENOMEM;
	f->drivers[f->nr_drivers++] = copy;
	return 0;
}

int span_filter_add_pec(struct span_filter *f, const char *value)
{
	uint16_t pec, *bigger;

	if (name_parse_pec(value, &pec))
		return -EINVAL;
	bigger = reallocarray(f->pecs, f->nr_pecs + 1, sizeof(*f->pecs));
	if (!bigger)
		return -ENOMEM;
	f->pecs = bigger;
	f->pecs[f->nr_pecs++] = pec;
	return 0;
}

static bool match_fid(const struct span_filter *f, const struct zrec_span *s)
{
	for (size_t i = 0; i < f->nr_fids; i++)
		if (f->fids[i] == s->fid)
			return true;
	return !f->nr_fids;
}

static bool match_pec(const struct span_filter *f, const struct zrec_span *s)
{
	for (size_t i = 0; i < f->nr_pecs; i++)
		if (f->pecs[i] == s->pec)
			return true;
	return !f->nr_pecs;
}

static bool match_driver(const struct span_filter *f, const struct zrec_span *s)
{
	/* A longer name is cut in the span, so it is compared as far as it goes */
	for (size_t i = 0; i < f->nr_drivers; i++)
		if (!strncmp(f->drivers[i], s->driver, ZPCI_DRIVER_LEN - 1))
			return true;
	return !f->nr_drivers;
}

bool span_match(const struct span_filter *f, const struct zrec_span *s)
{
	return match_fid(f, s) && match_pec(f, s) && match_driver(f, s);
}

void span_filter_free(struct span_filter *f)
{
	for (size_t i = 0; i < f->nr_drivers; i++)
		free(f->drivers[i]);
	free(f->drivers);
	free(f->fids);
	free(f->pecs);
	*f = (struct span_filter){ 0 };
}
