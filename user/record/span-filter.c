// SPDX-License-Identifier: GPL-2.0
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "record/names.h"
#include "record/span.h"

static int add_text(char ***texts, size_t *nr, const char *value)
{
	char **text;

	if (!*value)
		return -EINVAL;
	text = array_add(texts, nr, sizeof(*text));
	if (text)
		*text = strdup(value);
	return text && *text ? 0 : -ENOMEM;
}

static int add_fid(struct span_filter *f, uint32_t fid)
{
	uint32_t *place = array_add(&f->fids, &f->nr_fids, sizeof(*place));

	if (!place)
		return -ENOMEM;
	*place = fid;
	return 0;
}

int span_filter_add_fid(struct span_filter *f, const char *value)
{
	uint32_t fid;

	if (name_parse_u32(strncmp(value, "fid:", 4) ? value : value + 4, &fid))
		return -EINVAL;
	return add_fid(f, fid);
}

int span_filter_add_function(struct span_filter *f, const char *value)
{
	struct function_name name, *place;
	int err = function_parse_name(value, &name);

	/* A node may belong to another function by the time that a recovery ends */
	if (!err && name.kind == FUNCTION_BY_NODE)
		err = function_name_of_node(&name, NULL);
	if (err)
		return err;
	place = array_add(&f->functions, &f->nr_functions, sizeof(*place));
	if (!place)
		return -ENOMEM;
	*place = name;
	return 0;
}

int span_filter_add_driver(struct span_filter *f, const char *value)
{
	return add_text(&f->drivers, &f->nr_drivers, value);
}

/* As the kernel takes them; any other would never match, which nobody would notice */
static bool is_policy_name(const char *s)
{
	size_t len = 0;

	while (isalnum((unsigned char)s[len]) || (s[len] && strchr("-_.", s[len])))
		len++;
	return len && len < ZPCI_POLICY_NAME_LEN && !s[len];
}

int span_filter_add_policy(struct span_filter *f, const char *value)
{
	if (!is_policy_name(value))
		return -EINVAL;
	return add_text(&f->policies, &f->nr_policies, value);
}

int span_filter_add_pec(struct span_filter *f, const char *value)
{
	uint16_t pec, *place;

	if (name_parse_pec(value, &pec))
		return -EINVAL;
	place = array_add(&f->pecs, &f->nr_pecs, sizeof(*place));
	if (!place)
		return -ENOMEM;
	*place = pec;
	return 0;
}

int span_parse_outcomes(uint32_t *outcomes, const char *value)
{
	for (unsigned int i = 0; i < ZPCI_NR_OUTCOMES; i++) {
		if (!strcmp(name_outcome(i), value)) {
			*outcomes |= 1u << i;
			return 0;
		}
	}
	return -EINVAL;
}

bool span_has_outcome(const struct zrec_span *s, uint32_t outcomes)
{
	return s->outcome < ZPCI_NR_OUTCOMES && outcomes & 1u << s->outcome;
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

/* A longer name is cut in the span, so it is compared as far as it goes */
static bool is_driver(const struct zrec_span *s, const char *driver)
{
	return !strncmp(driver, s->driver, ZPCI_DRIVER_LEN - 1);
}

static bool match_driver(const struct span_filter *f, const struct zrec_span *s)
{
	for (size_t i = 0; i < f->nr_drivers; i++)
		if (is_driver(s, f->drivers[i]))
			return true;
	return !f->nr_drivers;
}

static bool match_function(const struct span_filter *f, const struct zrec_span *s)
{
	char buf[SPAN_ADDRESS_LEN];
	/* Printing it costs more than all else here, and mostly nobody asks */
	const char *address = f->nr_functions ? span_address(s, buf) : NULL;

	for (size_t i = 0; i < f->nr_functions; i++) {
		const struct function_name *name = &f->functions[i];

		if (name->kind == FUNCTION_BY_FID ? name->fid == s->fid :
		    name->kind == FUNCTION_BY_DRIVER ? is_driver(s, name->text) :
		    address && !strcmp(address, name->text))
			return true;
	}
	return !f->nr_functions;
}

static bool was_asked(const struct zrec_span_policy *p, const char *policy)
{
	if (!strncmp(p->policy, policy, ZPCI_POLICY_NAME_LEN))
		return true;
	for (size_t i = 0; i < p->nr && i < ZREC_MAX_ANSWERS; i++)
		if (!strncmp(p->answer[i].policy, policy, ZPCI_POLICY_NAME_LEN))
			return true;
	return false;
}

static bool match_policy(const struct span_filter *f, const struct zrec_span *s)
{
	const struct zrec_span_policy *p = zrec_span_policy(s);

	for (size_t i = 0; p && i < f->nr_policies; i++)
		if (was_asked(p, f->policies[i]))
			return true;
	return !f->nr_policies;
}

bool span_match(const struct span_filter *f, const struct zrec_span *s)
{
	return match_fid(f, s) && match_pec(f, s) && match_driver(f, s) && match_function(f, s) &&
	       match_policy(f, s) && (!f->outcomes || span_has_outcome(s, f->outcomes));
}

static void free_texts(char ***texts, size_t *nr)
{
	for (size_t i = 0; i < *nr; i++)
		free((*texts)[i]);
	free(*texts);
	*texts = NULL;
	*nr = 0;
}

void span_filter_clear_drivers(struct span_filter *f)
{
	free_texts(&f->drivers, &f->nr_drivers);
}

void span_filter_clear_policies(struct span_filter *f)
{
	free_texts(&f->policies, &f->nr_policies);
}

void span_filter_free(struct span_filter *f)
{
	span_filter_clear_drivers(f);
	span_filter_clear_policies(f);
	free(f->functions);
	free(f->fids);
	free(f->pecs);
	*f = (struct span_filter){ 0 };
}
