// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json-in.h"
#include "base/text.h"

void json_in_init(struct json_in *in, const char *what)
{
	*in = (struct json_in){ 0 };
	snprintf(in->at, sizeof(in->at), "%s", what);
}

size_t json_in_enter(struct json_in *in, const char *key, int index)
{
	size_t left = strlen(in->at);

	if (index < 0)
		snprintf(in->at + left, sizeof(in->at) - left, ".%s", key);
	else
		snprintf(in->at + left, sizeof(in->at) - left, ".%s[%d]", key, index);
	return left;
}

void json_in_leave(struct json_in *in, size_t left)
{
	in->at[left] = '\0';
}

void json_in_refuse(struct json_in *in, const char *key, const json_t *value, const char *wants)
{
	char *text;

	if (in->err)
		return;
	in->err = -EINVAL;
	if (!value) {
		snprintf(in->why, sizeof(in->why), "%s.%s is missing", in->at, key);
		return;
	}
	text = json_dumps(value, JSON_ENCODE_ANY | JSON_COMPACT);
	snprintf(in->why, sizeof(in->why), "%s.%s is %s, not %s", in->at, key,
		 text ? text_cut(text) : "?", wants);
	free(text);
}

static const json_t *get(struct json_in *in, const json_t *o, const char *key,
			 enum json_in_need need)
{
	const json_t *value = json_object_get(o, key);

	if (!value && need == JSON_IN_NEED)
		json_in_refuse(in, key, NULL, NULL);
	return in->err ? NULL : value;
}

uint64_t json_in_number(struct json_in *in, const json_t *o, const char *key, uint64_t max,
			enum json_in_need need)
{
	const json_t *value = get(in, o, key, need);
	json_int_t n = json_integer_value(value);
	char wants[64];

	if (!value)
		return 0;
	if (json_is_integer(value) && n >= 0 && (uint64_t)n <= max)
		return (uint64_t)n;
	snprintf(wants, sizeof(wants), "a number from 0 to %" PRIu64, max);
	json_in_refuse(in, key, value, wants);
	return 0;
}

int32_t json_in_s32(struct json_in *in, const json_t *o, const char *key, enum json_in_need need)
{
	const json_t *value = get(in, o, key, need);
	json_int_t n = json_integer_value(value);

	if (!value)
		return 0;
	if (json_is_integer(value) && n >= INT32_MIN && n <= INT32_MAX)
		return (int32_t)n;
	json_in_refuse(in, key, value, "a number of 32 bits");
	return 0;
}

bool json_in_bool(struct json_in *in, const json_t *o, const char *key, enum json_in_need need)
{
	const json_t *value = get(in, o, key, need);

	if (value && !json_is_boolean(value))
		json_in_refuse(in, key, value, "true or false");
	return json_is_true(value);
}

uint64_t json_in_u64(struct json_in *in, const json_t *o, const char *key, enum json_in_need need)
{
	const json_t *value = get(in, o, key, need);
	const char *s = json_string_value(value);
	uint64_t n = 0;

	if (!value)
		return 0;
	if (!s || !*s)
		goto refuse;
	for (; *s; s++) {
		unsigned int digit = (unsigned int)(*s - '0');

		if (digit > 9 || n > (UINT64_MAX - digit) / 10)
			goto refuse;
		n = n * 10 + digit;
	}
	return n;
refuse:
	json_in_refuse(in, key, value, "a string of decimal digits, of 64 bits");
	return 0;
}

uint32_t json_in_hex(struct json_in *in, const json_t *o, const char *key, uint32_t max,
		     enum json_in_need need)
{
	const json_t *value = get(in, o, key, need);
	const char *s = json_string_value(value);
	char wants[64];
	size_t digits;

	if (!value)
		return 0;
	if (s && s[0] == '0' && s[1] == 'x') {
		digits = strspn(s + 2, "0123456789abcdefABCDEF");
		if (digits && digits <= 8 && !s[2 + digits] && strtoul(s, NULL, 16) <= max)
			return (uint32_t)strtoul(s, NULL, 16);
	}
	snprintf(wants, sizeof(wants), "a string from \"0x0\" to \"0x%x\"", max);
	json_in_refuse(in, key, value, wants);
	return 0;
}

const char *json_in_text(struct json_in *in, const json_t *o, const char *key, size_t max,
			 enum json_in_need need)
{
	const json_t *value = get(in, o, key, need);
	char wants[64];

	if (!value)
		return "";
	if (json_is_string(value) && json_string_length(value) <= max)
		return json_string_value(value);
	snprintf(wants, sizeof(wants), "a string of at most %zu bytes", max);
	json_in_refuse(in, key, value, wants);
	return "";
}

void json_in_copy(struct json_in *in, const json_t *o, const char *key, char *array, size_t size,
		  enum json_in_need need)
{
	const char *text = json_in_text(in, o, key, size, need);

	memset(array, 0, size);
	memcpy(array, text, strlen(text));
}

static const json_t *get_typed(struct json_in *in, const json_t *o, const char *key,
			       enum json_in_need need, json_type type, const char *wants)
{
	const json_t *value = get(in, o, key, need);

	if (!value || json_typeof(value) == type)
		return value;
	json_in_refuse(in, key, value, wants);
	return NULL;
}

const json_t *json_in_object(struct json_in *in, const json_t *o, const char *key,
			     enum json_in_need need)
{
	return get_typed(in, o, key, need, JSON_OBJECT, "an object");
}

const json_t *json_in_array(struct json_in *in, const json_t *o, const char *key,
			    enum json_in_need need)
{
	return get_typed(in, o, key, need, JSON_ARRAY, "a list");
}
