// SPDX-License-Identifier: GPL-2.0
#include <crypt.h>
#include <errno.h>
#include <gnutls/crypto.h>
#include <gnutls/gnutls.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "exporter/authorization.h"
#include "exporter/passwords.h"

/* For each moment that a wrong password needs, so many in all pass: two lanes of a twentieth */
#define SHARE		20
/* Somebody may mistype: half a second of hashes is at hand */
#define DEBT_MAX_NS	(SHARE * NSEC_PER_SEC / 2)
#define GUESSER_NS	(60 * NSEC_PER_SEC)

int passwords_begin(struct passwords *p, const struct users *users)
{
	memset(p, 0, sizeof(*p));
	p->users = *users;
	return gnutls_rnd(GNUTLS_RND_KEY, p->key, sizeof(p->key)) < 0 ? -EIO : 0;
}

void passwords_end(struct passwords *p)
{
	explicit_bzero(p, sizeof(*p));
}

/* --- how much was guessed --- */

static bool has_room(struct lane *lane, uint64_t now_ns)
{
	uint64_t passed = now_ns - lane->at_ns;

	lane->debt_ns = lane->debt_ns > passed ? lane->debt_ns - passed : 0;
	lane->at_ns = now_ns;
	return lane->debt_ns <= DEBT_MAX_NS;
}

static void address_of(const struct sockaddr *peer, uint8_t ret[16])
{
	memset(ret, 0, 16);
	if (peer && peer->sa_family == AF_INET) {
		memcpy(ret, &((const struct sockaddr_in *)peer)->sin_addr, 4);
	} else if (peer && peer->sa_family == AF_INET6) {
		const struct in6_addr *a = &((const struct sockaddr_in6 *)peer)->sin6_addr;

		memcpy(ret, a, IN6_IS_ADDR_V4MAPPED(a) ? 16 : 8);
	}
}

static struct guesser *find_guesser(struct passwords *p, const uint8_t address[16], uint64_t now_ns)
{
	for (unsigned int i = 0; i < PASSWORDS_GUESSERS; i++)
		if (p->guesser[i].until_ns > now_ns && !memcmp(p->guesser[i].address, address, 16))
			return &p->guesser[i];
	return NULL;
}

static void note_guesser(struct passwords *p, const uint8_t address[16], uint64_t now_ns)
{
	struct guesser *g = find_guesser(p, address, now_ns);

	if (!g)
		g = &p->guesser[p->next_guesser++ % PASSWORDS_GUESSERS];
	memcpy(g->address, address, 16);
	g->until_ns = now_ns + GUESSER_NS;
}

/* --- one password --- */

static bool same(const char *a, const char *b)
{
	size_t len = strlen(a);

	return len == strlen(b) && !gnutls_memcmp(a, b, len);
}

/* False, too, if there is no memory for it */
static bool hash_is(const char *password, const char *hash)
{
	struct crypt_data *data = calloc(1, sizeof(*data));
	const char *got;
	bool is;

	if (!data)
		return false;
	got = crypt_r(password, hash, data);
	is = got && same(got, hash);
	explicit_bzero(data, sizeof(*data));
	free(data);
	return is;
}

static int digest(const struct passwords *p, const struct login *login,
		  uint8_t ret[PASSWORDS_DIGEST])
{
	/* All of it, so that where the name ends is part of it */
	return gnutls_hmac_fast(GNUTLS_MAC_SHA256, p->key, sizeof(p->key), login, sizeof(*login), ret);
}

static int find_user(const struct passwords *p, const char *name)
{
	int found = -1;

	for (unsigned int i = 0; i < p->users.nr; i++)
		if (same(p->users.user[i].name, name))
			found = (int)i;
	return found;
}

/* A user that nobody has costs what another's wrong password does */
static bool check(struct passwords *p, const struct login *login, int user,
		  const struct sockaddr *peer, struct requests *requests, bool *later)
{
	uint64_t now_ns = clock_ns(CLOCK_MONOTONIC), used_ns = clock_ns(CLOCK_THREAD_CPUTIME_ID);
	struct lane *lane;
	uint8_t address[16];
	bool right;

	address_of(peer, address);
	lane = find_guesser(p, address, now_ns) ? &p->guessing : &p->strangers;
	*later = !has_room(lane, now_ns);
	if (*later) {
		requests->password[PASSWORD_REFUSED]++;
		return false;
	}
	right = hash_is(login->password, p->users.user[user < 0 ? 0 : user].hash) && user >= 0;
	requests->password[right ? PASSWORD_RIGHT : PASSWORD_WRONG]++;
	if (!right) {
		lane->debt_ns += (clock_ns(CLOCK_THREAD_CPUTIME_ID) - used_ns) * SHARE;
		note_guesser(p, address, now_ns);
	}
	return right;
}

static enum passwords_answer ask(struct passwords *p, const struct login *login,
				 const struct sockaddr *peer, struct requests *requests)
{
	int user = find_user(p, login->user);
	uint8_t now[PASSWORDS_DIGEST];
	bool later;

	if (digest(p, login, now) < 0)
		return PASSWORDS_LATER;
	if (user >= 0 && p->right[user].known &&
	    !gnutls_memcmp(p->right[user].digest, now, sizeof(now)))
		return PASSWORDS_LET_IN;
	if (!check(p, login, user, peer, requests, &later))
		return later ? PASSWORDS_LATER : PASSWORDS_UNAUTHORIZED;
	p->right[user].known = true;
	memcpy(p->right[user].digest, now, sizeof(now));
	return PASSWORDS_LET_IN;
}

enum passwords_answer passwords_ask(struct passwords *p, const char *authorization,
				    const struct sockaddr *peer, struct requests *requests)
{
	enum passwords_answer answer = PASSWORDS_UNAUTHORIZED;
	struct login login;

	if (!authorization_parse(authorization, &login))
		answer = ask(p, &login, peer, requests);
	explicit_bzero(&login, sizeof(login));
	return answer;
}
