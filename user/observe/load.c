// SPDX-License-Identifier: GPL-2.0
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/caps.h"
#include "base/clock.h"
#include "observe/hooks.h"
#include "observe/load.h"
#include "base/log.h"
#include "observe/pins.h"
#include "record/function.h"

/* Mapped, it counts twice as resident memory */
#define RING_BYTES	(256 * 1024)
#define RECORD_HEAD	8	/* of the kernel, before each record */

/* Each recovery also has the record of its event there */
#define RECORDS(size)	(RING_BYTES / ((size) + sizeof(struct zrec_event) + 2 * RECORD_HEAD))

_Static_assert(RECORDS(sizeof(struct zrec_span)) == 468 &&
	       RECORDS(sizeof(struct zrec_full_span)) == 204,
	       "zrec watch --help and zrec(8) say how many recoveries fit");

/* bpf/observe.bpf.c, compiled; bpf/embed.py put it here */
extern const unsigned char observe_object[];
extern const size_t observe_object_size;

static const struct {
	const char *map;
	bool shared;	/* with the zrec group: nothing that it takes writing to read */
} maps[NR_OBSERVER_MAPS] = {
	[MAP_INFO] = { ".rodata.info", true },
	[MAP_STATS] = { ".bss.stats", true },
	[MAP_FUNCTIONS] = { "functions", true },
	[MAP_DRIVER_HISTS] = { "driver_hists", true },
	[MAP_PEC_HISTS] = { "pec_hists", true },
	[MAP_SPANS] = { "spans", false },
	[MAP_OPEN] = { ".bss.open", true },
	[MAP_OWNERS] = { ".bss.owners", true },
	[MAP_STATE] = { ".bss.state", true },
	[MAP_TAKEOVER] = { ".bss.takeover", false },
};

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

/* A power of two, for twice the functions there are: some will come */
static unsigned int function_slots(size_t functions)
{
	unsigned int slots = ZREC_FUNCTION_SLOTS_MIN;

	while (slots < 2 * functions && slots < ZREC_FUNCTION_SLOTS_MAX)
		slots *= 2;
	return slots;
}

static size_t count_functions(void)
{
	struct function_list list;
	size_t nr;

	if (function_list_read(&list, NULL))
		return 0;
	nr = list.nr;
	function_list_free(&list);
	return nr;
}

size_t load_memory_bytes(const struct zrec_info *info)
{
	size_t function = sizeof(struct zrec_function) + sizeof(struct zrec_open) +
			  sizeof(struct zrec_owner);
	size_t shard = ZREC_DRIVER_SLOTS * sizeof(struct zrec_driver_hists) +
		       ZREC_PEC_SLOTS * sizeof(struct zrec_pec_hist);

	return info->function_slots * function + info->shards * shard + info->ring_bytes;
}

/* What the programs are told, before the kernel sees them */
void load_plan(struct zrec_info *info, const struct observer_opts *opts)
{
	size_t functions = count_functions();

	info->abi = ZREC_ABI;
	info->span_size = sizeof(struct zrec_span);
	info->shards = nr_shards();
	info->ring_bytes = load_ring_bytes(opts);
	info->since_ns = clock_ns(CLOCK_MONOTONIC);
	info->since_tai_ns = clock_ns(CLOCK_TAI);
	info->functions = (uint32_t)functions;
	info->function_slots = function_slots(opts->functions ? opts->functions : functions);
	info->tier = ZREC_TIER_TRACEPOINT;
	info->took_over = opts->took_over;
	snprintf(info->version, sizeof(info->version), "%s", ZREC_VERSION);
}

static int set_entries(struct bpf_object *object, const char *name, uint32_t entries)
{
	struct bpf_map *map = bpf_object__find_map_by_name(object, name);

	return map ? bpf_map__set_max_entries(map, entries) : -EINVAL;
}

/* Of a table in the data section */
static int set_size(struct bpf_object *object, const char *name, size_t size)
{
	struct bpf_map *map = bpf_object__find_map_by_name(object, name);

	return map ? bpf_map__set_value_size(map, (uint32_t)size) : -EINVAL;
}

static int set_sizes(struct bpf_object *object, const struct zrec_info *info)
{
	int err = set_entries(object, "driver_hists", info->shards * ZREC_DRIVER_SLOTS);

	if (!err)
		err = set_entries(object, "pec_hists", info->shards * ZREC_PEC_SLOTS);
	if (!err)
		err = set_entries(object, "functions", info->function_slots);
	if (!err)
		err = set_entries(object, "spans", info->ring_bytes);
	if (!err)
		err = set_size(object, ".bss.open", info->function_slots * sizeof(struct zrec_open));
	if (!err)
		err = set_size(object, ".bss.owners",
			       info->function_slots * sizeof(struct zrec_owner));
	return err;
}

static int choose_programs(struct bpf_object *object, const struct observer_opts *opts,
			   const struct hooks *hooks)
{
	struct bpf_program *prog = bpf_object__find_program_by_name(object, "take_over");
	int err = prog ? bpf_program__set_autoload(prog, opts->took_over) : -EINVAL;

	for (size_t i = 0; !err && i < NR_HOOKS; i++) {
		prog = bpf_object__find_program_by_name(object, hooks->hook[i].program);
		err = prog ? bpf_program__set_autoload(prog, hooks->hook[i].state == HOOK_FOUND) :
			     -EINVAL;
	}
	return err;
}

/* Until the older observation is gone, it reports what began before this one */
static int set_takeover(struct bpf_object *object, const struct observer_opts *opts)
{
	struct bpf_map *map = bpf_object__find_map_by_name(object, ".bss.takeover");
	struct zrec_takeover *takeover;
	size_t size = 0;

	takeover = map ? bpf_map__initial_value(map, &size) : NULL;
	if (!takeover || size < sizeof(*takeover))
		return -EINVAL;
	takeover->active = opts->took_over != 0;
	return 0;
}

/* So that whoever joins the observation notices if one of its links was removed */
static int set_attached(struct bpf_object *object, const struct hooks *hooks)
{
	struct bpf_map *map = bpf_object__find_map_by_name(object, ".bss.state");
	struct zrec_state *state;
	size_t size = 0;

	state = map ? bpf_map__initial_value(map, &size) : NULL;
	if (!state || size < sizeof(*state))
		return -EINVAL;
	for (size_t i = 0; i < NR_HOOKS; i++)
		if (hooks->hook[i].state == HOOK_FOUND)
			state->attached |= 1ull << i;
	return 0;
}

/* All that is decided before the kernel sees the object */
static int configure(struct bpf_object *object, const struct observer_opts *opts,
		     const struct hooks *hooks)
{
	struct bpf_map *map = bpf_object__find_map_by_name(object, ".rodata.info");
	struct zrec_info *info;
	size_t size = 0;
	int err;

	info = map ? bpf_map__initial_value(map, &size) : NULL;
	if (!info || size < sizeof(*info))
		return -EINVAL;
	load_plan(info, opts);
	err = set_takeover(object, opts);
	if (!err)
		err = set_attached(object, hooks);
	if (!err)
		err = set_sizes(object, info);
	return err ? err : choose_programs(object, opts, hooks);
}

static int pin_maps(struct bpf_object *object, const struct bpffs *fs)
{
	for (int i = 0; i < NR_OBSERVER_MAPS; i++) {
		struct bpf_map *map = bpf_object__find_map_by_name(object, maps[i].map);
		int err;

		if (!map)
			return -EINVAL;
		err = pins_put(fs, "maps", map_pin_name(i), bpf_map__fd(map), maps[i].shared);
		if (err) {
			log_error("cannot pin map %s in %s: %s", map_pin_name(i), fs->path,
				  strerror(-err));
			return err;
		}
	}
	return 0;
}

static int pin_as(struct bpf_object *object, const struct bpffs *fs, const char *map,
		  const char *name)
{
	struct bpf_map *m = bpf_object__find_map_by_name(object, map);

	return m ? pins_put(fs, "maps", name, bpf_map__fd(m), false) : -EINVAL;
}

/* What takeover-merge.c adds an older observation's sums with */
static int pin_takeover(struct bpf_object *object, const struct bpffs *fs)
{
	struct bpf_program *prog = bpf_object__find_program_by_name(object, "take_over");
	int err = prog ? pins_put(fs, "links", PINS_TAKE_OVER, bpf_program__fd(prog), false) :
			 -EINVAL;

	if (!err)
		err = pin_as(object, fs, ".bss.item", PINS_TAKEOVER_ITEM);
	if (!err)
		err = pin_as(object, fs, ".bss.base", PINS_TAKEOVER_BASE);
	if (err)
		log_error("cannot pin in %s: %s", fs->path, strerror(-err));
	return err;
}

static int attach(struct bpf_object *object, const struct bpffs *fs, const struct hook *hook)
{
	struct bpf_program *prog = bpf_object__find_program_by_name(object, hook->program);
	struct bpf_link *link = bpf_program__attach(prog);
	int err;

	if (!link) {
		err = -errno;
		log_error("cannot attach to tracepoint %s: %s", hook->tracepoint, strerror(-err));
		return err;
	}
	err = pins_put(fs, "links", hook->program, bpf_link__fd(link), false);
	if (err)
		log_error("cannot pin link %s in %s: %s", hook->program, fs->path, strerror(-err));
	else
		log_debug("attached to tracepoint %s", hook->tracepoint);
	/* The pin holds it from here */
	bpf_link__destroy(link);
	return err;
}

static void explain_load(int err)
{
	if (err == -EPERM || err == -EACCES)
		log_error("the kernel refuses the programs (%s); 'zrec doctor' says what is missing",
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
		log_error("observing needs the capabilities CAP_BPF and CAP_PERFMON; run as root");
		return -EPERM;
	}
	return 0;
}

/* What the kernel had to look at: a program that takes it long delays every start */
static void log_programs(struct bpf_object *object)
{
	struct bpf_program *prog;

	bpf_object__for_each_program(prog, object) {
		struct bpf_prog_info info = { 0 };
		__u32 len = sizeof(info);
		int fd = bpf_program__fd(prog);

		if (fd >= 0 && !bpf_prog_get_info_by_fd(fd, &info, &len))
			log_debug("program %s: %u bytes, %u instructions verified",
				  bpf_program__name(prog), info.jited_prog_len,
				  info.verified_insns);
	}
}

int load_observer(const struct bpffs *fs, const struct observer_opts *opts,
		  const struct hooks *hooks)
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
	log_debug("loading the programs of %zu of %d hooks", hooks_found(hooks), NR_HOOKS);
	err = configure(object, opts, hooks);
	if (!err)
		err = bpf_object__load(object);
	if (err) {
		explain_load(err);
		goto out;
	}
	log_programs(object);
	err = pin_maps(object, fs);
	if (!err && opts->took_over)
		err = pin_takeover(object, fs);
	for (size_t i = 0; !err && i < NR_HOOKS; i++)
		if (hooks->hook[i].state == HOOK_FOUND)
			err = attach(object, fs, &hooks->hook[i]);
out:
	bpf_object__close(object);
	return err;
}
