// SPDX-License-Identifier: GPL-2.0
/* Who may ask zrec-exporter: its file of users, what clients send, and what guessing costs */
#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cmocka-all.h"
#include "base/array.h"
#include "base/clock.h"
#include "exporter/authorization.h"
#include "exporter/passwords.h"
#include "exporter/users.h"

/* All of "correct horse" */
#define BCRYPT	"$2b$04$abcdefghijklmnopqrstuujydOTSfIH/d5oUHpsygqV5X9xJLQc6e"
#define YESCRYPT "$y$j75$abcdefghijklmnop$1kKL1r02wT4HlcktLfzeoOHd1GFgv7Ay4JeEbqGj80B"
#define SHA256	"$5$saltsalt$myjXcpMpE2Ofk7fj9hqyNYSn6lmWG4Mqnjx.KIRRr4/"
#define SHA512	"$6$saltsalt$hRM5XZ86KXEw9UOmjigeVqFgULtFB2sgpC9lXQDfMib3Zgw7mEiUvBJI2EplzfAqxL5Vvwp2scFtv/uamSo5z0"
#define ROUNDS	"$6$rounds=1000$saltsalt$4GMtaIz3E1AdDi2SmCokEW0ehi.HdxNDcL3fGE1XXuzvo6kbx7UOloZKONqEk5H3JrQA4NOfU8BmqFPrpGqwA1"

#define FILE_OF_ALL \
	"# who may\n\nanna:" BCRYPT "\r\nben:" YESCRYPT "\ncleo:" SHA256 "\ndan:" SHA512 "\neve:" ROUNDS

static int parse(struct users *users, const char *text, char **errors)
{
	size_t len;
	FILE *f = open_memstream(errors, &len);
	int err = users_parse(users, "users", text, f);

	fclose(f);
	return err;
}

static void users_are_read(void **state)
{
	struct users users;
	char *errors;

	(void)state;
	assert_int_equal(parse(&users, FILE_OF_ALL, &errors), 0);
	assert_string_equal(errors, "");
	free(errors);
	assert_int_equal(users.nr, 5);
	assert_string_equal(users.user[0].name, "anna");
	assert_string_equal(users.user[0].hash, BCRYPT);
	assert_string_equal(users.user[4].hash, ROUNDS);
}

#define WANTS	"expected one that 'mkpasswd' or 'htpasswd -B' makes: bcrypt up to cost 12, sha256 or sha512 up to 500000 rounds, yescrypt up to 32 MiB\n"

static void users_that_cannot_be_are_named_by_line(void **state)
{
	static const char *const hashes[] = {
		"", "secret", "$1$salt$qJH7.N4xYta3aEG/dfqo/0", "$apr1$salt$Xxd1irWT9ycqoYxGFn4cb.",
		"{SHA}5en6G6MezRroT3XKqkdPOmY/BfQ=", "$6$saltsalt$", "$6$rounds=500001" "$saltsalt$4GMtaIz3E1AdDi2SmCokEW0ehi.HdxNDcL3fGE1XXuzvo6kbx7UOloZKONqEk5H3JrQA4NOfU8BmqFPrpGqwA1",
		"$2b$13$abcdefghijklmnopqrstuujydOTSfIH/d5oUHpsygqV5X9xJLQc6e",
		"$2b$31$abcdefghijklmnopqrstuujydOTSfIH/d5oUHpsygqV5X9xJLQc6e",
		"$2b$xx$abcdefghijklmnopqrstuujydOTSfIH/d5oUHpsygqV5X9xJLQc6e",
		"$2b$04$short", "$y$jBT$abcdefghijklmnop$1kKL1r02wT4HlcktLfzeoOHd1GFgv7Ay4JeEbqGj80B",
		"$y$j9z$abcdefghijklmnop$1kKL1r02wT4HlcktLfzeoOHd1GFgv7Ay4JeEbqGj80B",
		"$y$j9T$", "$y$", "$y$j", "$6$", "$2b$", SHA256 " ", SHA256 ":more", "abcdefghijklm",
	};
	struct users users;
	char text[512], *errors;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(hashes); i++) {
		snprintf(text, sizeof(text), "#\nanna:%s\n", hashes[i]);
		assert_int_equal(parse(&users, text, &errors), -EINVAL);
		if (strcmp(errors, "users:2: bad hash of 'anna', " WANTS))
			fail_msg("%s: %s", hashes[i], errors);
		free(errors);
	}
	assert_int_equal(parse(&users, "anna\n:" SHA256 "\na:" SHA256 "\na:" SHA256 "\n\033[2J:" SHA256, &errors),
			 -EINVAL);
	assert_string_equal(errors,
		"users:1: no colon, expected USER:HASH\n"
		"users:2: bad user '', expected at most 63 bytes of text\n"
		"users:4: 'a' again, expected each user once\n"
		"users:5: bad user '\\x1b[2J', expected at most 63 bytes of text\n");
	free(errors);
	assert_int_equal(parse(&users, "# nobody\n", &errors), -EINVAL);
	assert_string_equal(errors, "users:2: nobody is in it, expected a line USER:HASH\n");
	free(errors);
}

static void there_are_so_many_users(void **state)
{
	struct users users;
	char *text = calloc(1, 8192), *errors;

	(void)state;
	assert_non_null(text);
	for (int i = 0; i < USERS_MAX + 1; i++)
		sprintf(text + strlen(text), "u%d:" SHA256 "\n", i);
	assert_int_equal(parse(&users, text, &errors), -EINVAL);
	assert_string_equal(errors, "users:33: too many users, expected at most 32\n");
	free(errors);
	free(text);
}

static void what_clients_send_is_taken_apart(void **state)
{
	static const char *const bad[] = {
		"", "Basic", "Basic ", "Bearer YTpi", "Basic !", "Basic YQ==" /* a */,
		"Basic YTpiAGM=" /* a:b\0c */, "Basic AGE6Yg==" /* \0a:b */, "Basic YTpi YTpi=====",
		"Digest username=\"a\"", "Basic\tYTpi",
	};
	char *longest = calloc(1, 4096);
	struct login login;

	(void)state;
	assert_non_null(longest);
	assert_int_equal(authorization_parse("Basic YW5uYTpjb3JyZWN0OiBob3JzZQ==", &login), 0);
	assert_string_equal(login.user, "anna");
	assert_string_equal(login.password, "correct: horse");
	assert_int_equal(authorization_parse("bAsIc   YTo=", &login), 0);
	assert_string_equal(login.password, "");
	assert_int_equal(authorization_parse(NULL, &login), -ENOENT);
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		if (!authorization_parse(bad[i], &login))
			fail_msg("%s: %s", bad[i], login.user);
	/* "::::..." is a password of colons */
	strcpy(longest, "Basic ");
	for (int i = 0; i < 85; i++)
		strcat(longest, "Ojo6");
	assert_int_equal(authorization_parse(longest, &login), 0);
	assert_int_equal(strlen(login.password), 254);
	for (int i = 0; i < 900; i++)
		strcat(longest, "Ojo6");
	assert_int_equal(authorization_parse(longest, &login), -EINVAL);
	free(longest);
}

/* --- passwords --- */

static struct passwords passwords;
static struct requests requests;

static int setup(void **state)
{
	struct users users;
	char *errors;
	int err = parse(&users, FILE_OF_ALL, &errors);

	(void)state;
	free(errors);
	memset(&requests, 0, sizeof(requests));
	return err ? err : passwords_begin(&passwords, &users);
}

static int teardown(void **state)
{
	static const struct passwords none;

	(void)state;
	passwords_end(&passwords);
	return memcmp(&passwords, &none, sizeof(none));
}

static struct sockaddr_storage address(const char *text)
{
	struct sockaddr_storage a = { .ss_family = strchr(text, ':') ? AF_INET6 : AF_INET };
	void *to = a.ss_family == AF_INET ? (void *)&((struct sockaddr_in *)&a)->sin_addr :
		   (void *)&((struct sockaddr_in6 *)&a)->sin6_addr;

	assert_int_equal(inet_pton(a.ss_family, text, to), 1);
	return a;
}

static enum passwords_answer ask(const char *authorization, const char *from)
{
	struct sockaddr_storage a = address(from);

	return passwords_ask(&passwords, authorization, (struct sockaddr *)&a, &requests);
}

#define GUESSES	20000
#define ANNA	"Basic YW5uYTpjb3JyZWN0IGhvcnNl"	/* anna:correct horse */
#define WRONG	"Basic YW5uYTpjb3JyZWN0IGhvcnNf"
#define NOBODY	"Basic em9lOmNvcnJlY3QgaG9yc2U="	/* zoe:correct horse */

static void each_kind_of_hash_is_checked(void **state)
{
	static const char *const right[] = {
		ANNA, "Basic YmVuOmNvcnJlY3QgaG9yc2U=", "Basic Y2xlbzpjb3JyZWN0IGhvcnNl",
		"Basic ZGFuOmNvcnJlY3QgaG9yc2U=", "Basic ZXZlOmNvcnJlY3QgaG9yc2U=",
	};
	static const char *const wrong[] = {
		WRONG, NOBODY, "Basic YW5uYTo=", "Basic Y2xlbzpjb3JyZWN0IGhvcnNlcw==",
		"Basic OmNvcnJlY3QgaG9yc2U=",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(right); i++)
		assert_int_equal(ask(right[i], "192.0.2.1"), PASSWORDS_LET_IN);
	for (size_t i = 0; i < ARRAY_SIZE(wrong); i++)
		assert_int_equal(ask(wrong[i], "192.0.2.1"), PASSWORDS_UNAUTHORIZED);
	assert_int_equal(ask("Basic !", "192.0.2.1"), PASSWORDS_UNAUTHORIZED);
	assert_int_equal(ask("", "192.0.2.1"), PASSWORDS_UNAUTHORIZED);
	assert_int_equal(requests.password[PASSWORD_RIGHT], 5);
	assert_int_equal(requests.password[PASSWORD_WRONG], 5);
}

static void who_was_right_is_remembered(void **state)
{
	(void)state;
	for (int i = 0; i < 1000; i++)
		assert_int_equal(ask(ANNA, "192.0.2.1"), PASSWORDS_LET_IN);
	assert_int_equal(requests.password[PASSWORD_RIGHT], 1);
	assert_int_equal(ask(WRONG, "192.0.2.1"), PASSWORDS_UNAUTHORIZED);
	assert_int_equal(ask(ANNA, "192.0.2.1"), PASSWORDS_LET_IN);
	assert_int_equal(requests.password[PASSWORD_RIGHT], 1);
	assert_int_equal(requests.password[PASSWORD_WRONG], 1);
}

/* Of any number of guesses only so many are computed, whoever makes them */
static void guessing_is_bounded(void **state)
{
	char from[64];

	(void)state;
	ask(ANNA, "192.0.2.1");
	for (int i = 0; i < GUESSES; i++) {
		snprintf(from, sizeof(from), "2001:db8:%x::%x", i & 0xff, i & 0xffff);
		ask(i % 2 ? WRONG : NOBODY, from);
	}
	/* Two lanes of half a second, and what passes meanwhile; one such hash is about a millisecond */
	assert_true(requests.password[PASSWORD_WRONG] > 10);
	assert_true(requests.password[PASSWORD_WRONG] < GUESSES / 2);
	assert_int_equal(requests.password[PASSWORD_WRONG] + requests.password[PASSWORD_REFUSED], GUESSES);
	assert_int_equal(ask(ANNA, "192.0.2.1"), PASSWORDS_LET_IN);
}

/* One who guesses leaves room for those who were never wrong */
static void one_guesser_shuts_nobody_out(void **state)
{
	unsigned int i = 0;

	(void)state;
	while (ask(WRONG, "192.0.2.66") != PASSWORDS_LATER)
		assert_true(i++ < 100000);
	/* However slow this machine is */
	passwords.guessing.debt_ns += 3600ull * NSEC_PER_SEC;
	assert_int_equal(ask(ANNA, "192.0.2.66"), PASSWORDS_LATER);
	assert_int_equal(ask(ANNA, "192.0.2.1"), PASSWORDS_LET_IN);
	/* Remembered, it does not matter where it comes from */
	assert_int_equal(ask(ANNA, "192.0.2.66"), PASSWORDS_LET_IN);
	/* A host of IPv6 has many addresses */
	assert_int_equal(ask(WRONG, "2001:db8::1"), PASSWORDS_UNAUTHORIZED);
	assert_int_equal(ask(WRONG, "2001:db8::2"), PASSWORDS_LATER);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(users_are_read),
		cmocka_unit_test(users_that_cannot_be_are_named_by_line),
		cmocka_unit_test(there_are_so_many_users),
		cmocka_unit_test(what_clients_send_is_taken_apart),
		cmocka_unit_test_setup_teardown(each_kind_of_hash_is_checked, setup, teardown),
		cmocka_unit_test_setup_teardown(who_was_right_is_remembered, setup, teardown),
		cmocka_unit_test_setup_teardown(guessing_is_bounded, setup, teardown),
		cmocka_unit_test_setup_teardown(one_guesser_shuts_nobody_out, setup, teardown),
	};

	return cmocka_run_group_tests_name("exporter login", tests, NULL, NULL);
}
