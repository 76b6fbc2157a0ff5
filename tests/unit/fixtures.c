// SPDX-License-Identifier: GPL-2.0
#define _GNU_SOURCE
#include <errno.h>
#include <ftw.h>
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "fixtures.h"

void fixture_close(struct zrec_span *s, unsigned long long total_ns)
{
	s->total_ns = total_ns;
	s->step_ns[ZREC_STEP_OTHER] = total_ns;
	for (int i = 0; i < ZREC_STEP_OTHER; i++)
		s->step_ns[ZREC_STEP_OTHER] -= s->step_ns[i];
}

static void step(struct zrec_span *s, enum zpci_step step, uint64_t at, uint64_t ns,
		 int result)
{
	s->step_at_ns[step] = at;
	s->step_ns[step] = ns;
	s->step_result[step] = result;
	s->step_count[step] = 1;
}

static void put_be(uint8_t *p, uint64_t value, int bytes)
{
	while (bytes--) {
		p[bytes] = (uint8_t)value;
		value >>= 8;
	}
}

static void common(struct zrec_span *s, uint64_t id, uint32_t fid, uint16_t pec)
{
	*s = (struct zrec_span){
		.abi = ZREC_ABI, .size = sizeof(*s), .id = id,
		.begin_ns = 5000000000ULL, .tai_ns = FIXTURE_TAI(5000000000ULL), .pec = pec, .fid = fid,
		.fh = 0x81000100 + fid, .events = 1,
	};
	put_be(s->ccdf + ZPCI_CCDF_FH, s->fh, 4);
	put_be(s->ccdf + ZPCI_CCDF_FID, fid, 4);
	/* address space 2, qualifier, write */
	put_be(s->ccdf + 12, 0x203, 4);
	put_be(s->ccdf + ZPCI_CCDF_FADDR, 0x0000008123456000ULL, 8);
	put_be(s->ccdf + ZPCI_CCDF_PEC, pec, 2);
}

static void nvme(struct zrec_span *s, const char *driver)
{
	s->flags |= ZREC_SPAN_DEVICE;
	s->uid = 1;
	s->class_code = 0x010802;
	s->vendor = 0x1b36;
	s->device = 0x0010;
	s->domain = 1;
	s->pchid = 0x01a0;
	s->pft = 0x0b;
	memcpy(s->driver, driver, strlen(driver));
}

/* nvme of this host: reset by the platform */
static void host_recovered(struct zrec_span *s)
{
	common(s, 7, 0x11, 0x4);
	nvme(s, "nvme");
	s->recoverer = ZREC_BY_HOST;
	s->outcome = ZPCI_OUTCOME_RECOVERED;
	s->seen = ZREC_SEEN_EVENT | ZREC_SEEN_DEVICE | ZREC_SEEN_OUTCOME | ZREC_SEEN_DECISIONS |
		  ZREC_SEEN_WALL_CLOCK;
	step(s, ZPCI_STEP_REFRESH, 1200, 11345, 0);
	step(s, ZPCI_STEP_LOCK, 13001, 402, 0);
	step(s, ZPCI_STEP_ERROR_DETECTED, 15000, 4201001, 3);
	step(s, ZPCI_STEP_RESET, 4218000, 1402333, 0);
	step(s, ZPCI_STEP_SLOT_RESET, 5622000, 8003, 5);
	step(s, ZPCI_STEP_RESUME, 5632000, 35120987, 0);
	fixture_close(s, 40756123);
}

/* In user hands: two tries of a reset, three errors */
static void user_recovered(struct zrec_span *s)
{
	common(s, 8, 0x12, 0x4);
	nvme(s, "vfio-pci");
	s->uid = 2;
	s->domain = 2;
	s->flags |= ZREC_SPAN_NOTIFIED;
	s->recoverer = ZREC_BY_USER;
	s->outcome = ZPCI_OUTCOME_RECOVERED;
	step(s, ZPCI_STEP_REFRESH, 900, 9000, 0);
	step(s, ZPCI_STEP_LOCK, 10000, 300, 0);
	step(s, ZPCI_STEP_ERROR_DETECTED, 10400, 5500, 2);
	s->step_count[ZPCI_STEP_ERROR_DETECTED] = 3;
	step(s, ZPCI_STEP_USER, 16000, 10240000, 0);
	s->step_count[ZPCI_STEP_USER] = 4;
	step(s, ZPCI_STEP_USER_RESET, 10300000, 1900000, 0);
	s->step_count[ZPCI_STEP_USER_RESET] = 2;
	s->events = 3;
	s->reads = 3;
	s->pending_max = 2;
	s->reset_tries = 2;
	s->reset_failures = 1;
	s->life = 7;
	s->owner_pid = 4711;
	strcpy(s->owner_comm, "qemu-system-s39");
	fixture_close(s, 12300001);
}

static void driver_gave_up(struct zrec_span *s)
{
	common(s, 9, 0x13, 0x2);
	nvme(s, "nvme");
	s->domain = 3;
	s->bus = 0x1f;
	s->devfn = 0xfb;
	s->recoverer = ZREC_BY_HOST;
	s->outcome = ZPCI_OUTCOME_FAILED;
	s->reason = ZPCI_REASON_DRIVER_GAVE_UP;
	step(s, ZPCI_STEP_REFRESH, 1000, 10000, 0);
	step(s, ZPCI_STEP_LOCK, 11000, 61000000000ULL, 0);
	s->step_count[ZPCI_STEP_LOCK] = 2;
	step(s, ZPCI_STEP_ERROR_DETECTED, 15000, 900, 3);
	step(s, ZPCI_STEP_RESET, 16000, 1500000, -5);
	step(s, ZPCI_STEP_SLOT_RESET, 1600000, 500, 4);
	step(s, ZPCI_STEP_IO_FAILURE, 61002000000ULL, 700, 4);
	fixture_close(s, 61002001000ULL);
}

static void permanent(struct zrec_span *s)
{
	common(s, 10, 0x11, 0x3b);
	nvme(s, "nvme");
	s->outcome = ZPCI_OUTCOME_FAILED;
	s->reason = ZPCI_REASON_PERMANENT;
	step(s, ZPCI_STEP_REFRESH, 1000, 10000, 0);
	step(s, ZPCI_STEP_LOCK, 11000, 300, 0);
	step(s, ZPCI_STEP_IO_FAILURE, 12000, 1700, 0);
	fixture_close(s, 14000);
}

static void measurement(struct zrec_span *s)
{
	common(s, 11, 0x11, 0x2b);
	s->outcome = ZPCI_OUTCOME_IGNORED;
	s->reason = ZPCI_REASON_MEASUREMENT;
	step(s, ZPCI_STEP_REFRESH, 0, 10000, 0);
	fixture_close(s, 10000);
}

static void abandoned(struct zrec_span *s)
{
	user_recovered(s);
	s->id = 12;
	s->flags = ZREC_SPAN_DEVICE | ZREC_SPAN_UNHEARD;
	s->outcome = ZPCI_OUTCOME_ABANDONED;
	s->events = 6;
	s->reads = 0;
	s->pending_max = 4;
	s->overflows = 2;
	s->reset_tries = 0;
	s->reset_failures = 0;
	step(s, ZPCI_STEP_USER_RESET, 0, 0, 0);
	s->step_count[ZPCI_STEP_USER_RESET] = 0;
	s->step_ns[ZPCI_STEP_USER] = 7384000000000ULL;
	fixture_close(s, 7384000123456ULL);
}

static void unknown_function(struct zrec_span *s)
{
	common(s, 13, 0xdeadbeef, 0x3a);
	s->outcome = ZPCI_OUTCOME_DROPPED;
	s->reason = ZPCI_DROP_UNKNOWN_FUNCTION;
	s->inferred = ZREC_SEEN_OUTCOME | 1u << ZPCI_STEP_REFRESH;
	fixture_close(s, 800);
}

static void refresh_failed(struct zrec_span *s)
{
	common(s, 14, 0x11, 0x99);
	s->outcome = ZPCI_OUTCOME_DROPPED;
	s->reason = ZPCI_DROP_REFRESH_FAILED;
	s->drop_rc = -EIO;
	step(s, ZPCI_STEP_REFRESH, 100, 5000, -EIO);
	fixture_close(s, 5300);
}

/* An event without a length, and a driver name that fills its field */
static void channel_overflow(struct zrec_span *s)
{
	common(s, 0, 0, 0);
	memset(s->ccdf, 0, sizeof(s->ccdf));
	memset(s->driver, 'x', sizeof(s->driver));
	s->fh = 0;
	s->flags = ZREC_SPAN_DEVICE;
	s->outcome = ZPCI_OUTCOME_DROPPED;
	s->reason = ZPCI_DROP_CHANNEL_OVERFLOW;
	fixture_close(s, 0);
}

static void asked(struct zrec_span *s, const char *name, unsigned int decisions,
		  unsigned int shadow_decisions)
{
	struct zrec_span_policy *p = &((struct zrec_full_span *)s)->policy;

	*p = (struct zrec_span_policy){
		.ns = 7100, .decisions = decisions, .shadow_decisions = shadow_decisions,
	};
	memcpy(p->policy, name, strlen(name));
	s->flags |= ZREC_SPAN_POLICY;
	s->size = sizeof(struct zrec_full_span);
}

static void answer(struct zrec_span *s, const char *name, bool shadow, enum zpci_member member,
		   uint32_t dflt, uint32_t verdict, uint32_t effective)
{
	struct zrec_span_policy *p = &((struct zrec_full_span *)s)->policy;
	struct zrec_answer *a;

	if (p->nr == ZREC_MAX_ANSWERS) {
		p->unlisted++;
		return;
	}
	if (p->nr_points < ZREC_MAX_POINTS)
		p->point[p->nr_points++] = (struct zrec_point){
			.at_ns = 17000, .last_event_ns = shadow ? 0 : 4000000000ULL,
			.events = shadow ? 0 : 5, .recovered = shadow ? 0 : 3,
			.failed = !shadow, .dflt = dflt, .pec = s->pec,
			.member = member, .vote = member == ZPCI_MEMBER_EVENT ? 0 : 3,
			.attempt = member == ZPCI_MEMBER_FAILED,
			.asked = shadow ? ZREC_ASKED_SHADOW : ZREC_ASKED_ENFORCED,
			.known = shadow ? 0 : ZREC_KNOWN_COUNTS,
		};
	a = &p->answer[p->nr++];
	*a = (struct zrec_answer){
		.ns = 2300, .dflt = dflt, .verdict = verdict, .effective = effective,
		.member = member, .shadow = shadow, .point = (uint8_t)(p->nr_points - 1),
	};
	memcpy(a->policy, name, strlen(name));
}

/* Given up by a policy; another one in shadow would have reset it */
static void policy_isolated(struct zrec_span *s)
{
	common(s, 15, 0x11, 0x4);
	nvme(s, "nvme");
	s->recoverer = ZREC_BY_HOST;
	s->outcome = ZPCI_OUTCOME_ISOLATED;
	s->reason = ZPCI_REASON_POLICY;
	step(s, ZPCI_STEP_REFRESH, 1000, 10000, 0);
	step(s, ZPCI_STEP_LOCK, 11000, 300, 0);
	step(s, ZPCI_STEP_ERROR_DETECTED, 12000, 900, 3);
	step(s, ZPCI_STEP_IO_FAILURE, 13000, 1700, 0);
	asked(s, "isolate-flapping", 2, 2);
	answer(s, "reset-on-dma-fault", true, ZPCI_MEMBER_EVENT, ZPCI_VERDICT_DEFAULT,
	       ZPCI_VERDICT_RESET, ZPCI_VERDICT_RESET);
	answer(s, "isolate-flapping", false, ZPCI_MEMBER_VOTE, ZPCI_VERDICT_RESET,
	       ZPCI_VERDICT_ISOLATE, ZPCI_VERDICT_ISOLATE);
	fixture_close(s, 15000);
}

/* Illegal answers, one beyond the budget, more than a span has room for; a deadline in its unit */
static void policy_clamped(struct zrec_span *s)
{
	user_recovered(s);
	s->id = 16;
	asked(s, "limits", 8, 0);
	answer(s, "limits", false, ZPCI_MEMBER_DEADLINE, 0, 300000, 300000);
	answer(s, "limits", false, ZPCI_MEMBER_DEADLINE, 0, 999, 0);
	answer(s, "limits", false, ZPCI_MEMBER_EVENT, ZPCI_VERDICT_DEFAULT, ZPCI_VERDICT_ISOLATE,
	       ZPCI_VERDICT_DEFAULT);
	answer(s, "limits", false, ZPCI_MEMBER_FAILED, ZPCI_VERDICT_ISOLATE, ZPCI_VERDICT_ISOLATE,
	       ZPCI_VERDICT_DEFAULT);
	for (int i = 0; i < 4; i++)
		answer(s, "limits", false, ZPCI_MEMBER_EVENT, ZPCI_VERDICT_DEFAULT, 77,
		       ZPCI_VERDICT_DEFAULT);
}

static void policy_default(struct zrec_span *s)
{
	host_recovered(s);
	s->id = 17;
	asked(s, "keep-default", 3, 3);
}

/* Nothing was enforced */
static void policy_shadow(struct zrec_span *s)
{
	host_recovered(s);
	s->id = 18;
	s->experiment = 3;
	s->arm = 1;
	asked(s, "", 0, 2);
	answer(s, "isolate-flapping", true, ZPCI_MEMBER_EVENT, ZPCI_VERDICT_DEFAULT,
	       ZPCI_VERDICT_ISOLATE, ZPCI_VERDICT_ISOLATE);
}

const struct fixture fixtures[] = {
	{ "host-recovered", host_recovered },
	{ "user-recovered", user_recovered },
	{ "driver-gave-up", driver_gave_up },
	{ "permanent", permanent },
	{ "measurement", measurement },
	{ "abandoned", abandoned },
	{ "unknown-function", unknown_function },
	{ "refresh-failed", refresh_failed },
	{ "channel-overflow", channel_overflow },
	{ "policy-isolated", policy_isolated },
	{ "policy-clamped", policy_clamped },
	{ "policy-default", policy_default },
	{ "policy-shadow", policy_shadow },
};

const size_t nr_fixtures = sizeof(fixtures) / sizeof(fixtures[0]);

static char *read_file(const char *path)
{
	FILE *f = fopen(path, "r");
	char *text = NULL;
	size_t len = 0;

	if (!f)
		return NULL;
	if (getdelim(&text, &len, '\0', f) < 0 && text)
		text[0] = '\0';
	fclose(f);
	return text;
}

void assert_golden(const char *name, const char *text)
{
	char path[PATH_MAX];
	char *wanted;

	snprintf(path, sizeof(path), "%s/%s", GOLDEN_DIR, name);
	if (getenv("ZREC_GOLDEN_UPDATE")) {
		FILE *f = fopen(path, "w");

		assert_non_null(f);
		fputs(text, f);
		assert_int_equal(fclose(f), 0);
		return;
	}
	wanted = read_file(path);
	if (!wanted)
		fail_msg("%s is missing; tests/unit/update-golden makes it", path);
	if (strcmp(wanted, text))
		fail_msg("%s differs from what is printed now:\n%s", path, text);
	free(wanted);
}

void assert_golden_part(const char *text, const char *from, const char *to, const char *name)
{
	const char *at = strstr(text, from), *end = at ? strstr(at, to) : NULL;
	char *part;

	if (!end)
		fail_msg("there is no '%s' and then '%s'", from, to);
	part = strndup(at, (size_t)(end - at) + strlen(to));
	assert_golden(name, part);
	free(part);
}

char *capture(void (*print)(FILE *f, const void *arg), const void *arg)
{
	char *text = NULL;
	size_t len = 0;
	FILE *f = open_memstream(&text, &len);

	assert_non_null(f);
	print(f, arg);
	assert_int_equal(fclose(f), 0);
	return text;
}

void mask_meta(char *text)
{
	static const char *const keys[] = { "\"version\":", "\"host\":", "\"time\":" };

	for (size_t i = 0; i < 3; i++) {
		char *start = strstr(text, keys[i]), *end;

		assert_non_null(start);
		start = strchr(start + strlen(keys[i]), '"') + 1;
		end = strchr(start, '"');
		*start = '*';
		memmove(start + 1, end, strlen(end) + 1);
	}
}

char *make_temp_dir(void)
{
	const char *tmp = getenv("TMPDIR");
	char *dir;

	assert_true(asprintf(&dir, "%s/zrec-unit.XXXXXX", tmp ? tmp : "/tmp") > 0);
	assert_non_null(mkdtemp(dir));
	return dir;
}

static int remove_one(const char *path, const struct stat *st, int flag, struct FTW *ftw)
{
	(void)st;
	(void)flag;
	(void)ftw;
	return remove(path);
}

void remove_temp_dir(char *dir)
{
	nftw(dir, remove_one, 8, FTW_DEPTH | FTW_PHYS);
	free(dir);
}

/* dir/path, after making the directories up to its last slash */
static void make_way(char *full, const char *dir, const char *path)
{
	snprintf(full, PATH_MAX, "%s/%s", dir, path);
	for (char *c = full + strlen(dir) + 1; *c; c++) {
		if (*c != '/')
			continue;
		*c = '\0';
		mkdir(full, 0755);
		*c = '/';
	}
}

void put_file(const char *dir, const char *path, const char *text)
{
	char full[PATH_MAX];
	FILE *f;

	make_way(full, dir, path);
	f = fopen(full, "w");
	assert_non_null(f);
	fputs(text, f);
	assert_int_equal(fclose(f), 0);
}

void put_link(const char *dir, const char *path, const char *target)
{
	char full[PATH_MAX];

	make_way(full, dir, path);
	assert_int_equal(symlink(target, full), 0);
}
