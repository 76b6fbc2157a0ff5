// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/problem.h"
#include "base/text.h"
#include "exporter/users.h"
#include "record/names.h"

/* The digits of crypt(5), in their order */
#define DIGITS		"./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
#define BCRYPT_LEN	60
#define BCRYPT_COST	12
#define SHA256_LEN	43
#define SHA512_LEN	86
#define SHA_ROUNDS	500000
#define YESCRYPT_LEN	43

#define WANTS_HASH \
	"one that 'mkpasswd' or 'htpasswd -B' makes: bcrypt up to cost 12, sha256 or sha512 up to 500000 rounds, yescrypt up to 32 MiB"

static bool starts(const char *s, const char *with)
{
	return !strncmp(s, with, strlen(with));
}

/* "$2b$10$..." */
static bool is_bcrypt(const char *hash)
{
	char cost[3] = "";
	uint32_t n;

	if ((!starts(hash, "$2a$") && !starts(hash, "$2b$") && !starts(hash, "$2y$")) ||
	    strlen(hash) != BCRYPT_LEN || hash[6] != '$')
		return false;
	memcpy(cost, hash + 4, 2);
	/* "08" is no number to everybody */
	return !name_parse_u32(cost[0] == '0' ? cost + 1 : cost, &n) && n >= 4 && n <= BCRYPT_COST;
}

/* "$6$salt$..." or "$6$rounds=100000$salt$..." */
static bool is_sha(const char *hash, size_t len)
{
	static const char rounds[] = "rounds=";
	const char *at = hash + 3;

	if (starts(at, rounds)) {
		char *end;
		unsigned long n = strtoul(at + strlen(rounds), &end, 10);

		if (*end != '$' || !n || n > SHA_ROUNDS)
			return false;
		at = end + 1;
	}
	at = strchr(at, '$');
	return at && strlen(at + 1) == len;
}

/* "$y$j9T$salt$...": j is yescrypt's usual kind, 9 the number of blocks, T the size of one */
static bool is_yescrypt(const char *hash)
{
	const char *at = hash + 3, *end;

	if (at[0] != 'j' || !at[1] || !strchr("./0123456789A", at[1]) || !at[2] ||
	    strchr(DIGITS, at[2]) > strchr(DIGITS, 'T') || at[3] != '$')
		return false;
	end = strchr(at + 4, '$');
	return end && strlen(end + 1) == YESCRYPT_LEN;
}

static bool is_hash(const char *hash)
{
	if (strlen(hash) >= USER_HASH_LEN || strspn(hash, DIGITS "$=") != strlen(hash))
		return false;
	if (starts(hash, "$5$"))
		return is_sha(hash, SHA256_LEN);
	if (starts(hash, "$6$"))
		return is_sha(hash, SHA512_LEN);
	return starts(hash, "$y$") ? is_yescrypt(hash) : is_bcrypt(hash);
}

static void take_line(struct users *users, struct problems *problems, unsigned int line, char *text)
{
	char *colon = strchr(text, ':');
	struct user *user = &users->user[users->nr];

	if (!colon) {
		problems_add(problems, line, "no colon, expected USER:HASH");
		return;
	}
	*colon = '\0';
	if (colon == text || !text_is_plain(text) || strlen(text) >= USER_NAME_LEN)
		problems_add(problems, line, "bad user '%s', expected at most %d bytes of text",
			     text_cut(text), USER_NAME_LEN - 1);
	/* The hash itself is nobody's business */
	else if (!is_hash(colon + 1))
		problems_add(problems, line, "bad hash of '%s', expected " WANTS_HASH, text_cut(text));
	else if (users->nr == USERS_MAX)
		problems_add(problems, line, "too many users, expected at most %d", USERS_MAX);
	else {
		for (unsigned int i = 0; i < users->nr; i++)
			if (!strcmp(users->user[i].name, text))
				problems_add(problems, line, "'%s' again, expected each user once",
					     text_cut(text));
		strcpy(user->name, text);
		strcpy(user->hash, colon + 1);
		users->nr++;
	}
}

int users_parse(struct users *ret, const char *file, const char *text, FILE *errors)
{
	struct problems problems = { 0 };
	char *copy = strdup(text), *rest = copy, *line;
	unsigned int number = 0;
	int err;

	*ret = (struct users){ 0 };
	if (!copy)
		return -ENOMEM;
	while ((line = strsep(&rest, "\n"))) {
		number++;
		line[strcspn(line, "\r")] = '\0';
		if (*line && *line != '#')
			take_line(ret, &problems, number, line);
	}
	if (!ret->nr && !problems.nr)
		problems_add(&problems, number, "nobody is in it, expected a line USER:HASH");
	problems_print(&problems, file, errors);
	err = problems.no_memory ? -ENOMEM : problems.nr ? -EINVAL : 0;
	problems_free(&problems);
	explicit_bzero(copy, strlen(text));
	free(copy);
	return err;
}
