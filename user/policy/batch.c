// SPDX-License-Identifier: GPL-2.0
#include <bpf/bpf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "policy/batch.h"
#include "policy/object-int.h"

#define CALLS_SIZE	(POLICY_BATCH_ROOM * sizeof(struct zpci_replay))

struct policy_batch {
	struct policy *policy;
	struct bpf_program *many;	/* NULL: one by one, then calls is from malloc() */
	struct zpci_replay *calls;
};

static int map_calls(struct policy_batch *b)
{
	struct bpf_map *map = bpf_object__find_map_by_name(b->policy->object, ZPCI_REPLAY_MAP);
	void *calls;

	b->many = policy_batch_program(b->policy);
	if (!b->many) {
		b->calls = calloc(POLICY_BATCH_ROOM, sizeof(*b->calls));
		return b->calls ? 0 : -ENOMEM;
	}
	calls = mmap(NULL, CALLS_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, bpf_map__fd(map), 0);
	if (calls == MAP_FAILED)
		return -errno;
	b->calls = calls;
	return 0;
}

int policy_batch_open(struct policy_batch **ret, const struct policy *policy, FILE *errors)
{
	struct policy_batch *b = calloc(1, sizeof(*b));
	int err = b ? policy_open_again(&b->policy, policy, errors) : -ENOMEM;

	if (!err)
		err = policy_load(b->policy, POLICY_BATCH, errors);
	if (!err)
		err = map_calls(b);
	if (err)
		policy_batch_close(b);
	else
		*ret = b;
	return err;
}

void policy_batch_close(struct policy_batch *b)
{
	if (!b)
		return;
	if (b->many && b->calls)
		munmap(b->calls, CALLS_SIZE);
	else
		free(b->calls);
	policy_close(b->policy);
	free(b);
}

struct zpci_replay *policy_batch_calls(struct policy_batch *b)
{
	return b->calls;
}

static int run_many(struct policy_batch *b, size_t nr)
{
	struct zpci_replay_batch ctx = { .nr = (uint32_t)nr };
	LIBBPF_OPTS(bpf_test_run_opts, opts, .ctx_in = &ctx, .ctx_size_in = sizeof(ctx));
	int err = bpf_prog_test_run_opts(bpf_program__fd(b->many), &opts);

	/* bpf_loop() returns how many turns it made */
	return err ? err : opts.retval == nr ? 0 : -EIO;
}

int policy_batch_run(struct policy_batch *b, size_t nr)
{
	int err = 0;

	if (nr > POLICY_BATCH_ROOM)
		return -EINVAL;
	if (b->many)
		return nr ? run_many(b, nr) : 0;
	for (size_t i = 0; !err && i < nr; i++)
		err = policy_replay_call(b->policy, &b->calls[i]);
	return err;
}
