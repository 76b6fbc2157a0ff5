// SPDX-License-Identifier: GPL-2.0
/* A rule as an object: the keys of rule files, lists as arrays of their elements */
#include <stdlib.h>

#include "record/names.h"
#include "rules/rules-int.h"

static json_t *list_to_json(const struct rules *rules, const struct rule *rule, enum rule_key key)
{
	json_t *list = json_array();

	for (size_t i = 0; list && i < rule_value_parts(rule, key); i++) {
		char *text = NULL;
		size_t len;
		FILE *f = open_memstream(&text, &len);
		int err = -1;

		if (f) {
			rule_value_print(rules, rule, key, i, f);
			if (!fclose(f))
				err = json_array_append_new(list, json_string(text));
		}
		free(text);
		if (err) {
			json_decref(list);
			return NULL;
		}
	}
	return list;
}

static json_t *value_to_json(const struct rules *rules, const struct rule *rule, enum rule_key key)
{
	char buf[16];

	switch (key) {
	case KEY_MEDIATED:
		return json_boolean(rule->dim[RULE_MEDIATED].r[0].lo);
	case KEY_ERRORS:
		return json_pack("{s:I, s:I}", "errors", (json_int_t)rule->window_errors, "window_s",
				 (json_int_t)(rule->window_ns / 1000000000));
	case KEY_DEADLINE:
		return json_integer((json_int_t)rule->deadline_ms);
	case KEY_EVENT:
	case KEY_VOTE:
	case KEY_RESET:
	case KEY_FAILED:
		return json_string(name_verdict(rule->verdict[key - KEY_EVENT], buf, sizeof(buf)));
	default:
		return list_to_json(rules, rule, key);
	}
}

/* JSON has "_" in its keys, and the unit of a time */
static const char *json_key(enum rule_key key)
{
	return key == KEY_ERRORS ? "errors_in_window" : key == KEY_DEADLINE ? "deadline_ms" :
	       rules_key(key);
}

const char *rules_rule_name(const struct rules *rules, size_t nr)
{
	return rules->rule[nr].name;
}

json_t *rules_rule_to_json(const struct rules *rules, size_t nr)
{
	const struct rule *rule = &rules->rule[nr];
	json_t *o = json_pack("{s:s}", "name", rule->name);
	int err = 0;

	for (enum rule_key key = 0; o && !err && key < NR_RULE_KEYS; key++)
		if (rule_value_parts(rule, key))
			err = json_object_set_new(o, json_key(key), value_to_json(rules, rule, key));
	if (err) {
		json_decref(o);
		return NULL;
	}
	return o;
}
