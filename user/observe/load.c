// SPDX-License-Identifier: GPL-2.0
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/caps.h"
#include "observe/hooks.h"
#include "observe/load.h"
#include "base/log.h"
#include "observe/pins.h"

/* Mapped, it counts twice as resident memory */
#define RING_BYTES	(256 * 1024)
#define RECORD_HEAD	8	/* of the kernel, before each record */

_Static_assert(RING_BYTES / (sizeof(struct zrec_span) + RECORD_HEAD) == 564 &&
	       RING_BYTES / (sizeof(struct zrec_full_span) + RECORD_HEAD) == 306,
	       "zrec watch --help and zrec(8) say how many recoveries fit");

/* bpf/observe.bpf.c, compiled; bpf/embed.py put it here */
extern const unsigned char observe_object[];
extern const size_t observe_object_size;

static const struct {
	const char *pin;
	const char *map;
	bool shared;	/* with the zrec group: nothing that it takes writing to read */
} maps[NR_OBSERVER_MAPS] = {
	[MAP_INFO] = { "info", ".rodata.info", true },
	[MAP_STATS] = { "stats", ".bss.stats", true },
	[MAP_COUNTERS] = { "counters", ".bss.counters", true },
	[MAP_DRIVER_HISTS] = { "driver_hists", "driver_hists", true },
	[MAP_KEY_HISTS] = { "key_hists", "key_hists", true },
	[MAP_SPANS] = { "spans", "spans", false },
	[MAP_OPEN] = { "open", ".bss.open", true },
};

const char *load_map_pin(enum observer_map map)
{
	return maps[map].pin;
}

/* The kernel takes a power of two of whole pages */
unsigned int load_ring_bytes(const struct observer_opts *opts)
{
	size_t asked = opts->ring_bytes ? opts->ring_bytes : RING_BYTES;
	unsigned int size = (unsigned int)sysconf(_SC_PAGESIZE);

	while (size < asked && size < 1u << 30)
		size *= 2;
	return size;
}

static unsigned int nr_shards(void)
{
	int cpus = libbpf_num_possible_cpus();
	unsigned int shards = 1;

	while ((int)shards < cpus && shards < ZREC_MAX_SHARDS)
		shards *= 2;
	return shards;
}

static void *initial_value(struct bpf_object *object, const char *name, size_t size)
{
	struct bpf_map *map = bpf_object__find_map_by_name(object, name);
	size_t theirs = 0;
	void *value = map ? bpf_map__initial_value(map, &theirs) : NULL;

	return theirs >= size ? value : NULL;
}

/* All that is decided before the kernel sees the object */
static int configure(struct bpf_object *object, const struct observer_opts *opts,
		     const struct hooks *hooks)
{
	struct bpf_map *drivers = bpf_object__find_map_by_name(object, "driver_hists");
	struct bpf_map *keys = bpf_object__find_map_by_name(object, "key_hists");
	struct bpf_map *spans = bpf_object__find_map_by_name(object, "spans");
	struct zrec_info *info = initial_value(object, ".rodata.info", sizeof(*info));
	__u32 *shard_mask = initial_value(object, ".rodata", sizeof(*shard_mask));
	struct timespec now;
	int err;

	if (!drivers || !keys || !spans || !info || !shard_mask)
		return -EINVAL;
	clock_gettime(CLOCK_MONOTONIC, &now);
	info->abi = ZREC_ABI;
	info->span_size = sizeof(struct zrec_span);
	info->shards = nr_shards();
	info->ring_bytes = load_ring_bytes(opts);
	info->since_ns = now.tv_sec * 1000000000ULL + now.tv_nsec;
	snprintf(info->version, sizeof(info->version), "%s", ZREC_VERSION);
	/* The one variable there is in .rodata */
	*shard_mask = info->shards - 1;
	err = bpf_map__set_max_entries(drivers, info->shards * ZREC_DRIVER_SLOTS);
	if (!err)
		err = bpf_map__set_max_entries(keys, info->shards * ZREC_KEY_SLOTS);
	if (!err)
		err = bpf_map__set_max_entries(spans, info->ring_bytes);
	for (size_t i = 0; !err && i < NR_HOOKS; i++) {
		struct bpf_program *prog;

		prog = bpf_object__find_program_by_name(object, hooks->hook[i].program);
		err = prog ? bpf_program__set_autoload(prog, hooks->hook[i].state == HOOK_FOUND) :
			     -EINVAL;
	}
	return err;
}

static int pin_maps(struct bpf_object *object, const char *root)
{
	for (int i = 0; i < NR_OBSERVER_MAPS; i++) {
		struct bpf_map *map = bpf_object__find_map_by_name(object, maps[i].map);
		char path[BPFFS_PATH_LEN];
		int err;

		if (!map)
			return -EINVAL;
		pins_path(path, root, true, "maps", maps[i].pin);
		/* Not bpf_map__pin(), which refuses a name that it changed itself */
		err = bpf_obj_pin(bpf_map__fd(map), path);
		if (!err && maps[i].shared)
			err = bpffs_share(path);
		else if (!err && chmod(path, 0600) < 0)
			err = -errno;
		if (err) {
			log_error("cannot pin %s: %s", path, strerror(-err));
			return err;
		}
	}
	return 0;
}

static int attach(struct bpf_object *object, const char *root, const struct hook *hook)
{
	struct bpf_program *prog = bpf_object__find_program_by_name(object, hook->program);
	struct bpf_link *link = bpf_program__attach(prog);
	char path[BPFFS_PATH_LEN];
	int err;

	if (!link) {
		err = -errno;
		log_error("cannot attach to tracepoint %s: %s", hook->tracepoint, strerror(-err));
		return err;
	}
	pins_path(path, root, true, "links", hook->program);
	err = bpf_link__pin(link, path);
	if (err)
		log_error("cannot pin %s: %s", path, strerror(-err));
	/* The pin holds it from here */
	bpf_link__destroy(link);
	return err;
}

static void explain_load(int err)
{
	if (err == -EPERM || err == -EACCES)
		log_error("the kernel refuses the programs (%s); 'zrec doctor' tells what is missing",
			  strerror(-err));
	else
		log_error("the kernel cannot load the programs: %s; 'zrec -d watch' shows its reasons",
			  strerror(-err));
}

int load_check(const struct hooks *hooks)
{
	if (hooks->btf_error) {
		log_error("cannot observe: no type information of this kernel (CONFIG_DEBUG_INFO_BTF): %s",
			  strerror(-hooks->btf_error));
		return -EOPNOTSUPP;
	}
	if (!hooks_sufficient(hooks)) {
		log_error("cannot observe: this kernel lacks the s390_zpci tracepoints of zrec's kernel series; see 'zrec doctor'");
		return -EOPNOTSUPP;
	}
	if (!caps_bpf() || !caps_perfmon()) {
		log_error("observing takes the capabilities CAP_BPF and CAP_PERFMON; run as root");
		return -EPERM;
	}
	return 0;
}

int load_observer(const char *root, const struct observer_opts *opts, const struct hooks *hooks)
{
	LIBBPF_OPTS(bpf_object_open_opts, open_opts, .object_name = "zrec");
	struct bpf_object *object = NULL;
	int err;

	object = bpf_object__open_mem(observe_object, observe_object_size,
				      &open_opts);
	if (!object) {
		err = -errno;
		explain_load(err);
		return err;
	}
	err = configure(object, opts, hooks);
	if (!err)
		err = bpf_object__load(object);
	if (err) {
		explain_load(err);
		goto out;
	}
	err = pin_maps(object, root);
	for (size_t i = 0; !err && i < NR_HOOKS; i++)
		if (hooks->hook[i].state == HOOK_FOUND)
			err = attach(object, root, &hooks->hook[i]);
out:
	bpf_object__close(object);
	return err;
}
