/* SPDX-License-Identifier: GPL-2.0 */
/*
 * json-in.h - read JSON of strangers: every value is checked for type and range
 *
 * The first problem stays, and what comes after it returns 0, so a caller reads all
 * that it wants and looks once at the end.
 */
#ifndef ZREC_JSON_IN_H
#define ZREC_JSON_IN_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define JSON_IN_WHY_LEN	256

struct json_in {
	int err;			/* 0 or -EINVAL */
	char at[96];			/* where we are, "recovery.steps[2]" */
	char why[JSON_IN_WHY_LEN];	/* one line for people, it names key and value */
};

/* @what is what messages call the outermost object */
void json_in_init(struct json_in *in, const char *what);

/* Goes into a member, @index < 0: an object; returns what json_in_leave() wants */
size_t json_in_enter(struct json_in *in, const char *key, int index);
void json_in_leave(struct json_in *in, size_t left);

/* "AT.KEY is VALUE, not WANTS" */
void json_in_refuse(struct json_in *in, const char *key, const json_t *value, const char *wants);

/* What is absent is 0, false, NULL or ""; JSON_IN_NEED makes that a problem */
enum json_in_need {
	JSON_IN_OPTIONAL,
	JSON_IN_NEED,
};

uint64_t json_in_number(struct json_in *in, const json_t *o, const char *key, uint64_t max,
			enum json_in_need need);
int32_t json_in_s32(struct json_in *in, const json_t *o, const char *key, enum json_in_need need);
bool json_in_bool(struct json_in *in, const json_t *o, const char *key, enum json_in_need need);
/* A string of decimal digits, as output_u64() writes it */
uint64_t json_in_u64(struct json_in *in, const json_t *o, const char *key, enum json_in_need need);
/* A string of hexadecimal digits after 0x */
uint32_t json_in_hex(struct json_in *in, const json_t *o, const char *key, uint32_t max,
		     enum json_in_need need);
/* A string, with at most @max bytes */
const char *json_in_text(struct json_in *in, const json_t *o, const char *key, size_t max,
			 enum json_in_need need);
/* Copies it into an array that it may fill to the end, without a NUL then */
void json_in_copy(struct json_in *in, const json_t *o, const char *key, char *array, size_t size,
		  enum json_in_need need);
const json_t *json_in_object(struct json_in *in, const json_t *o, const char *key,
			     enum json_in_need need);
const json_t *json_in_array(struct json_in *in, const json_t *o, const char *key,
			    enum json_in_need need);

#endif /* ZREC_JSON_IN_H */
