// SPDX-License-Identifier: GPL-2.0
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/text.h"
#include "policy/diff.h"
#include "policy/object-int.h"
#include "record/names.h"

/* One line of a section that is different; "" is not there */
struct change {
	const char *key;
	char *from, *to;
};

enum kind { CHANGED, ADDED, REMOVED, SETTINGS };

/* [policy], or a rule */
struct part {
	enum kind kind;
	bool moved;		/* it is in both, but elsewhere: removed here, added there */
	const char *rule;
	struct change *changes;
	size_t nr;
};

struct policy_diff {
	const char *a, *b;		/* their files */
	struct part *parts;
	size_t nr;
};

/* Takes over @from and @to */
static int add_change(struct part *part, const char *key, char *from, char *to)
{
	bool differ = from && to && strcmp(from, to) != 0;
	struct change *added = NULL;

	if (differ)
		added = array_add(&part->changes, &part->nr, sizeof(*added));
	if (added) {
		*added = (struct change){ key, from, to };
		return 0;
	}
	free(from);
	free(to);
	return from && to && !differ ? 0 : -ENOMEM;
}

static struct part *add_part(struct policy_diff *d, enum kind kind, const char *rule)
{
	struct part *part = array_add(&d->parts, &d->nr, sizeof(*part));

	if (part) {
		part->kind = kind;
		part->rule = rule;
	}
	return part;
}

/* --- settings --- */

static char *members_to_text(const struct policy_about *about)
{
	char *text = NULL;
	size_t len;
	FILE *f = open_memstream(&text, &len);
	const char *sep = "";

	if (!f)
		return NULL;
	for (unsigned int i = 0; i < ZPCI_NR_MEMBERS; i++) {
		if (!about->member[i])
			continue;
		fprintf(f, "%s%s", sep, name_member(i));
		sep = ", ";
	}
	return fclose(f) ? NULL : text;
}

/* The instructions of a member's program, as compiled; what it calls is not in there */
static bool same_program(const struct policy *a, const struct policy *b, unsigned int member)
{
	const struct bpf_program *p = policy_member_program(a, member);
	const struct bpf_program *q = policy_member_program(b, member);
	size_t nr = p ? bpf_program__insn_cnt(p) : 0;

	/* Another function reports that one of them is missing */
	return !p || !q || (nr == bpf_program__insn_cnt(q) &&
			    !memcmp(bpf_program__insns(p), bpf_program__insns(q),
				    nr * sizeof(struct bpf_insn)));
}

/* Two objects: the rest, data and functions, counts as different if the files are */
static int compare_objects(struct part *part, const struct policy *a, const struct policy *b)
{
	bool same = policy_same_file(a, b);
	int err = 0;

	for (unsigned int i = 0; !err && !same && i < ZPCI_NR_MEMBERS; i++)
		if (!same_program(a, b, i))
			err = add_change(part, name_member(i), strdup("one program"),
					 strdup("another"));
	if (!err && !same)
		err = add_change(part, "file", strdup("these bytes"), strdup("others"));
	return err;
}

static int compare_settings(struct policy_diff *d, const struct policy *a, const struct policy *b)
{
	const struct policy_about *x = &a->about, *y = &b->about;
	struct part *part = add_part(d, SETTINGS, NULL);
	int err;

	if (!part)
		return -ENOMEM;
	err = add_change(part, "name", strdup(x->name), strdup(y->name));
	if (!err)
		err = add_change(part, "description", strdup(x->description),
				 strdup(y->description));
	if (!err)
		err = add_change(part, "mode", strdup(policy_mode_name(x->mode)),
				 strdup(policy_mode_name(y->mode)));
	if (!err)
		err = add_change(part, "budget", policy_budget_to_text(&x->budget),
				 policy_budget_to_text(&y->budget));
	if (!err && (!x->is_rules || !y->is_rules)) {
		err = add_change(part, "kind", strdup(policy_kind(x)), strdup(policy_kind(y)));
		if (!err)
			err = add_change(part, "decides", members_to_text(x), members_to_text(y));
	}
	if (!err && !x->is_rules && !y->is_rules)
		err = compare_objects(part, a, b);
	if (!err && !part->nr)
		d->nr--;
	return err;
}

/* --- rules --- */

static int add_values(struct part *part, const struct rules *a, int i, const struct rules *b, int j)
{
	const char *key;
	int err = 0;

	for (size_t k = 0; !err && (key = rules_key_name(k)); k++)
		err = add_change(part, key, i < 0 ? strdup("") : rules_rule_value(a, (size_t)i, k),
				 j < 0 ? strdup("") : rules_rule_value(b, (size_t)j, k));
	return err;
}

static int compare_rule(struct policy_diff *d, const struct rules *a, const struct rules *b,
			const struct rules_pair *pair)
{
	const char *name = pair->a >= 0 ? rules_rule_name(a, (size_t)pair->a) :
			   rules_rule_name(b, (size_t)pair->b);
	struct part *part;
	int err;

	part = add_part(d, pair->b < 0 ? REMOVED : pair->a < 0 ? ADDED : CHANGED, name);
	if (!part)
		return -ENOMEM;
	part->moved = pair->moved;
	err = add_values(part, a, pair->a, b, pair->b);
	if (!err && part->kind == CHANGED && !part->nr)
		d->nr--;
	return err;
}

static int compare_rules(struct policy_diff *d, const struct rules *a, const struct rules *b)
{
	struct rules_pair *pairs;
	size_t nr;
	int err = rules_align(a, b, &pairs, &nr);

	if (err)
		return err;
	for (size_t i = 0; !err && i < nr; i++)
		err = compare_rule(d, a, b, &pairs[i]);
	free(pairs);
	return err;
}

int policy_diff_make(const struct policy *a, const struct policy *b, struct policy_diff **ret)
{
	struct policy_diff *d = calloc(1, sizeof(*d));
	int err;

	if (!d)
		return -ENOMEM;
	d->a = a->path;
	d->b = b->path;
	err = compare_settings(d, a, b);
	if (!err && a->rules && b->rules)
		err = compare_rules(d, a->rules, b->rules);
	if (err)
		policy_diff_free(d);
	else
		*ret = d;
	return err;
}

void policy_diff_free(struct policy_diff *diff)
{
	if (!diff)
		return;
	for (size_t i = 0; i < diff->nr; i++) {
		for (size_t j = 0; j < diff->parts[i].nr; j++) {
			free(diff->parts[i].changes[j].from);
			free(diff->parts[i].changes[j].to);
		}
		free(diff->parts[i].changes);
	}
	free(diff->parts);
	free(diff);
}

bool policy_diff_any(const struct policy_diff *diff)
{
	return diff->nr;
}

/* --- showing --- */

static void print_part(FILE *f, const struct part *part)
{
	static const char signs[] = {
		[CHANGED] = ' ', [ADDED] = '+', [REMOVED] = '-', [SETTINGS] = ' ',
	};

	if (part->rule)
		fprintf(f, "%c[rule %s]\n", signs[part->kind], part->rule);
	else
		fprintf(f, "%c[policy]\n", signs[part->kind]);
	for (size_t i = 0; i < part->nr; i++) {
		const struct change *c = &part->changes[i];

		if (*c->from)
			fprintf(f, "-%s = %s\n", c->key, text_shown(c->from));
		if (*c->to)
			fprintf(f, "+%s = %s\n", c->key, text_shown(c->to));
	}
}

void policy_diff_print(FILE *f, const struct policy_diff *diff)
{
	if (!diff->nr)
		return;
	fprintf(f, "--- %s\n", text_shown(diff->a));
	fprintf(f, "+++ %s\n", text_shown(diff->b));
	for (size_t i = 0; i < diff->nr; i++)
		print_part(f, &diff->parts[i]);
}

static json_t *changes_to_json(const struct part *part)
{
	json_t *list = json_array();

	for (size_t i = 0; list && i < part->nr; i++) {
		const struct change *c = &part->changes[i];
		json_t *o = json_pack("{s:s}", "key", c->key);
		int err = 0;

		if (*c->from)
			err |= json_object_set_new(o, "from", json_string(c->from));
		if (*c->to)
			err |= json_object_set_new(o, "to", json_string(c->to));
		if (err | json_array_append_new(list, o)) {
			json_decref(list);
			return NULL;
		}
	}
	return list;
}

static json_t *part_to_json(const struct part *part)
{
	static const char *const words[] = {
		[CHANGED] = "changed", [ADDED] = "added", [REMOVED] = "removed",
	};
	json_t *o = json_pack("{s:s, s:s, s:o}", "name", part->rule, "change", words[part->kind],
			      "keys", changes_to_json(part));

	if (o && part->moved && json_object_set_new(o, "moved", json_true())) {
		json_decref(o);
		return NULL;
	}
	return o;
}

int policy_diff_put(struct output *o, const struct policy_diff *diff)
{
	int err = output_list(o, "rules", "rule");
	const struct part *settings = NULL;

	for (size_t i = 0; !err && i < diff->nr; i++) {
		if (diff->parts[i].kind == SETTINGS)
			settings = &diff->parts[i];
		else
			err = output_item(o, part_to_json(&diff->parts[i]));
	}
	if (err)
		return err;
	return output_value(o, "diff", json_pack("{s:o, s:o, s:b, s:o}", "from", text_to_json(diff->a),
						 "to", text_to_json(diff->b), "same", !diff->nr,
						 "settings", settings ? changes_to_json(settings) :
						 json_array()));
}
