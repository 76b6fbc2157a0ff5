/* SPDX-License-Identifier: GPL-2.0 */
/* clock.h - deadlines, so that nothing here waits for ever */
#ifndef GUEST_CLOCK_H
#define GUEST_CLOCK_H

#include <stdint.h>
#include <stdlib.h>
#include <time.h>

/* How much more patience a slow kernel, such as one that checks itself, needs */
static inline unsigned int clock_slow(void)
{
	const char *s = getenv("GUEST_SLOW");
	int n = s ? atoi(s) : 1;

	return n > 1 ? n : 1;
}

static inline uint64_t clock_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000u + t.tv_nsec;
}

/* Milliseconds from now to a deadline of clock_ns(), 0 if it has passed */
static inline int clock_ms_to(uint64_t deadline)
{
	uint64_t now = clock_ns();

	return now >= deadline ? 0 : (int)((deadline - now + 999999) / 1000000);
}

/* The deadline that is so far away, further on a slow kernel */
static inline uint64_t clock_in_ms(unsigned int ms)
{
	return clock_ns() + (uint64_t)ms * clock_slow() * 1000000u;
}

/* Less than a second. A slow kernel that is woken up as often has no time for else */
static inline void clock_pause_ns(unsigned int ns)
{
	uint64_t all = (uint64_t)ns * clock_slow();

	nanosleep(&(struct timespec){ .tv_sec = all / 1000000000u, .tv_nsec = all % 1000000000u },
		  NULL);
}

/* Only for what offers no event to wait for, such as a device register */
static inline void clock_pause_ms(void)
{
	clock_pause_ns(1000000);
}

#endif /* GUEST_CLOCK_H */
