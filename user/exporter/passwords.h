/* SPDX-License-Identifier: GPL-2.0 */
/*
 * passwords.h - who asks is who they say
 *
 * A hash is meant to be dear, and whoever can connect can have one computed. So there is one
 * at a time, and all wrong ones together get a tenth of a processor: half of it those who
 * were wrong before, by their addresses, so that others find the rest. Beyond that nobody's password is
 * checked, and the answer is to come back later. A right one is remembered, as a keyed digest
 * that is of no use outside this process, and costs next to nothing from then on: who
 * scrapes is not held up by who guesses.
 */
#ifndef ZREC_EXPORTER_PASSWORDS_H
#define ZREC_EXPORTER_PASSWORDS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

#include "exporter/requests.h"
#include "exporter/users.h"

#define PASSWORDS_DIGEST	32	/* of SHA-256 */
#define PASSWORDS_GUESSERS	64	/* addresses that are remembered */

struct guesser {
	uint8_t address[16];		/* of IPv6 the network: a host has as many as it wants */
	uint64_t until_ns;
};

struct lane {
	uint64_t debt_ns;		/* of time that wrong passwords needed, with the pauses for it */
	uint64_t at_ns;			/* when that was so */
};

struct passwords {
	struct users users;
	uint8_t key[PASSWORDS_DIGEST];
	struct {
		bool known;
		uint8_t digest[PASSWORDS_DIGEST];
	} right[USERS_MAX];
	struct lane strangers, guessing;
	struct guesser guesser[PASSWORDS_GUESSERS];
	unsigned int next_guesser;
};

enum passwords_answer {
	PASSWORDS_LET_IN,
	PASSWORDS_UNAUTHORIZED,
	PASSWORDS_LATER,
};

/* To be ended in any case. 0, or a negative errno: there are no random numbers */
int passwords_begin(struct passwords *p, const struct users *users);
void passwords_end(struct passwords *p);

/* @authorization is the header or NULL, @peer may be NULL. Counts in @requests */
enum passwords_answer passwords_ask(struct passwords *p, const char *authorization,
				    const struct sockaddr *peer, struct requests *requests);

#endif /* ZREC_EXPORTER_PASSWORDS_H */
