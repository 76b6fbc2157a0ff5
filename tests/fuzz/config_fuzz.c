// SPDX-License-Identifier: GPL-2.0
/* zrec.conf and policy.conf of any bytes: good or not, and whatever is wrong with them is said */
#include <errno.h>
#include <stdlib.h>

#include "policy/wishes.h"
#include "serve/config.h"

static void must(bool ok)
{
	if (!ok)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Whatever it says, there is something to run, in bounds, and it can be asked */
static void check_actions(const struct actions_config *actions)
{
	const struct zrec_policy_exit exit = { .policy = "a" };
	const struct zrec_open open = { .id = 1 };
	const struct zrec_span span = { .fid = 1, .driver = "nvme" };

	must(actions->nr <= ACTIONS_MAX);
	for (size_t i = 0; i < actions->nr; i++) {
		const struct action *a = &actions->action[i];

		must(a->events && a->argv[0][0] == '/');
		must(a->at_once && a->at_once <= ACTION_AT_ONCE_MAX && a->queue <= ACTION_QUEUE_MAX);
		must(a->timeout_s && a->limits.burst && a->limits.per_minute);
		must(!action_wants_recovery(a, &span) || a->events & 1u << ACTION_RECOVERY);
		must(!action_wants_open(a, &open) || a->events & 1u << ACTION_OPEN);
		must(!action_wants_exit(a, &exit) || a->events & ~1u);
	}
}

static void try_wishes(const char *text, size_t size)
{
	struct policy_wishes wishes;
	unsigned int enforced = 0;
	char *errors = NULL;
	size_t len;
	FILE *f = open_memstream(&errors, &len);
	int err;

	must(f);
	err = policy_wishes_parse(&wishes, "fuzz", text, size, f);
	must(!fclose(f));
	must(!err == !len);
	free(errors);
	for (size_t i = 0; i < wishes.nr; i++) {
		enforced += wishes.wish[i].mode == POLICY_ENFORCE;
		must(wishes.wish[i].canary.nr_fids <= ZPCI_CANARY_FIDS_MAX);
	}
	must(enforced <= 1);
	policy_wishes_free(&wishes);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct config config, again;
	char *errors = NULL;
	size_t len;
	FILE *f = open_memstream(&errors, &len);
	int err;

	must(f);
	err = config_parse(&config, "fuzz", (const char *)data, size, f);
	must(!fclose(f));
	must(!err == !len);
	free(errors);
	must(!err || err == -EINVAL);
	must(!config.history.file || config.history.file[0] == '/');
	must(config.observe.functions <= 4096);
	must(config.metrics.listen.nr <= CONFIG_LISTEN_MAX);
	must(!config.metrics.certificate == !config.metrics.key);
	must(config.metrics.connections && config.metrics.functions <= 8192);
	check_actions(&config.actions);
	/* Without somebody who wants to know it is the same */
	must(config_parse(&again, "fuzz", (const char *)data, size, NULL) == err);
	must(config.history.limits.keep_ns == again.history.limits.keep_ns);
	config_free(&config);
	config_free(&again);
	try_wishes((const char *)data, size);
	return 0;
}
