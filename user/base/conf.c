// SPDX-License-Identifier: GPL-2.0
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/conf.h"
#include "base/file.h"
#include "base/ini.h"
#include "base/text.h"

/* A section that this file has had */
struct begun {
	const struct conf_section *section;
	unsigned int line;
	char name[CONF_NAME_LEN];
};

struct reading {
	const struct conf_section *sections;
	const struct conf_section *now;	/* NULL: none, or one that was not understood */
	void *config;
	void *to;
	unsigned int seen;		/* keys of the section at hand */
	bool told_outside;
	struct begun *begun;
	size_t nr_begun;
};

static const struct conf_section *find_section(const struct reading *r, const char *name, size_t len)
{
	for (const struct conf_section *s = r->sections; s->name; s++)
		if (strlen(s->name) == len && !strncmp(s->name, name, len))
			return s;
	return NULL;
}

static bool is_name(const char *s)
{
	size_t len = strlen(s);

	if (!len || len >= CONF_NAME_LEN)
		return false;
	while (*s && (isalnum((unsigned char)*s) || strchr("_.-", *s)))
		s++;
	return !*s;
}

/* Once a file: the second one is a slip, as a key given twice is */
static bool begin(struct ini *ini, const struct conf_section *section, const char *name)
{
	struct reading *r = ini->ctx;
	struct begun *begun;

	for (size_t i = 0; i < r->nr_begun; i++) {
		if (r->begun[i].section != section || strcmp(r->begun[i].name, name))
			continue;
		ini_problem(ini, "[%s%s%s] again, expected it once (it is in line %u)", section->name,
			    *name ? " " : "", name, r->begun[i].line);
		return true;
	}
	begun = array_add(&r->begun, &r->nr_begun, sizeof(*begun));
	if (!begun)
		return false;
	*begun = (struct begun){ .section = section, .line = ini->line };
	strcpy(begun->name, name);
	return true;
}

static void section(struct ini *ini, char *text)
{
	struct reading *r = ini->ctx;
	size_t len = text ? strcspn(text, " \t") : 0;
	const struct conf_section *s = text ? find_section(r, text, len) : NULL;
	char *name = s ? ini_strip(text + len) : NULL;

	r->now = NULL;
	r->seen = 0;
	r->told_outside = true;
	if (!text)
		return;
	if (!s || (!s->named && *name)) {
		ini_problem(ini, "unknown section [%s], expected %s", text_cut(text),
			    ini->reader->sections);
		return;
	}
	if (s->named && !is_name(name)) {
		ini_problem(ini, "bad name '%s' in [%s NAME], expected at most %d letters, digits, '_', '.' and '-'",
			    text_cut(name), s->name, CONF_NAME_LEN - 1);
		return;
	}
	r->to = begin(ini, s, name) ? s->find(r->config, name) : NULL;
	if (r->to)
		r->now = s;
	else
		ini->problems->no_memory = true;
}

static const char *key_names(const struct conf_section *section, char *buf, size_t size)
{
	size_t len = 0;

	for (const struct conf_key *k = section->keys; k->name && len < size; k++)
		len += (size_t)snprintf(buf + len, size - len, "%s%s", k == section->keys ? "" :
					k[1].name ? ", " : " or ", k->name);
	return buf;
}

static void assign(struct ini *ini, char *name, char *value)
{
	struct reading *r = ini->ctx;
	const struct conf_key *key;
	unsigned int bit;
	char names[1024];
	int err;

	if (!r->now) {
		if (!r->told_outside)
			ini_problem(ini, "'%s' before the first section, expected %s", text_cut(name),
				    ini->reader->sections);
		r->told_outside = true;
		return;
	}
	for (key = r->now->keys; key->name && strcmp(key->name, name);)
		key++;
	if (!key->name) {
		ini_problem(ini, "unknown key '%s' in [%s], expected %s", text_cut(name), r->now->name,
			    key_names(r->now, names, sizeof(names)));
		return;
	}
	bit = 1u << (key - r->now->keys);
	err = r->seen & bit ? 0 : key->set(r->to, value);
	if (r->seen & bit)
		ini_problem(ini, "'%s' again, expected it once", name);
	else if (err == -ENOMEM)
		ini->problems->no_memory = true;
	else if (err)
		ini_problem(ini, "bad %s '%s', expected %s", name, text_cut(value), key->expected);
	r->seen |= bit;
}

static void section_names(const struct conf_section *sections, char *buf, size_t size)
{
	size_t len = 0;

	buf[0] = '\0';
	for (const struct conf_section *s = sections; s->name && len < size; s++)
		len += (size_t)snprintf(buf + len, size - len, "%s[%s%s]", s == sections ? "" :
					s[1].name ? ", " : " or ", s->name, s->named ? " NAME" : "");
}

int conf_parse(const struct conf_section *sections, const char *file, const char *text, size_t len,
	       void *config, FILE *errors)
{
	char names[1024];
	const struct ini_reader reader = { names, section, assign, NULL };
	struct problems problems = { 0 };
	struct reading r = { .sections = sections, .config = config };
	struct ini ini = { .reader = &reader, .problems = &problems, .ctx = &r };
	int err;

	section_names(sections, names, sizeof(names));
	err = ini_read(&ini, text, len);
	problems_print(&problems, file, errors);
	if (!err)
		err = problems.no_memory ? -ENOMEM : problems.nr ? -EINVAL : 0;
	if (err == -ENOMEM && errors)
		fprintf(errors, "%s: no memory\n", text_shown(file));
	problems_free(&problems);
	free(r.begun);
	return err;
}

int conf_read(const struct conf_section *sections, const char *path, void *config, FILE *errors)
{
	size_t len;
	char *text;
	int err = file_read(path, CONF_FILE_MAX, &text, &len);

	if (err) {
		if (errors)
			fprintf(errors, "%s: cannot read it: %s\n", text_shown(path), strerror(-err));
		return err;
	}
	err = conf_parse(sections, path, text, len, config, errors);
	free(text);
	return err;
}
