// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "base/caps.h"
#include "cmd/command.h"
#include "record/check.h"
#include "record/function.h"
#include "observe/hooks.h"
#include "base/log.h"
#include "observe/load.h"
#include "observe/observer.h"
#include "base/output.h"
#include "base/text.h"
#include "base/bpffs.h"
#include "policy/sysfs.h"
#include "record/stats.h"

#define BTF_PATH	"/sys/kernel/btf/vmlinux"
#define LOCKDOWN_PATH	"/sys/kernel/security/lockdown"
#define JIT_PATH	"/proc/sys/net/core/bpf_jit_enable"

enum { ABOUT_KERNEL, ABOUT_TIER, ABOUT_BTF, ABOUT_JIT, ABOUT_CAPS, ABOUT_LOCKDOWN, ABOUT_BPFFS,
       ABOUT_POLICIES, ABOUT_OBSERVING, NR_CHECKS };

struct doctor {
	enum output_format format;
	struct check checks[NR_CHECKS];
	struct hooks hooks;
	struct function_list functions;
	struct zrec_stats stats;
	bool observing;
};

static void check_kernel(struct check *c)
{
	struct utsname u;

	c->name = "kernel";
	uname(&u);
	check_set(c, CHECK_OK, "%s %s %s", u.sysname, u.release, u.machine);
}

static void check_tier(struct check *c, const struct hooks *hooks)
{
	size_t found = hooks_found(hooks);

	c->name = "tier";
	if (!hooks_sufficient(hooks))
		check_set(c, CHECK_UNSUPPORTED, "none: %s",
		    hooks->btf_error ? "the kernel's type information cannot be read" :
		    "this kernel lacks tracepoints of zrec's kernel series");
	else if (!hooks_complete(hooks))
		check_set(c, CHECK_DEGRADED, "tracepoint, %zu of %d hooks: some of what vfio does is not seen",
		    found, NR_HOOKS);
	else
		check_set(c, CHECK_OK, "tracepoint, %zu of %d hooks%s", found, NR_HOOKS,
		    found < NR_HOOKS ? ": this kernel has no policies" : "");
}

static void check_btf(struct check *c, const struct hooks *hooks)
{
	struct stat st;

	c->name = "btf";
	if (hooks->btf_error)
		check_set(c, CHECK_UNSUPPORTED, "%s: %s; the kernel needs CONFIG_DEBUG_INFO_BTF",
		    BTF_PATH, strerror(-hooks->btf_error));
	else
		check_set(c, CHECK_OK, "%s, %lld bytes", BTF_PATH,
		    stat(BTF_PATH, &st) ? 0LL : (long long)st.st_size);
}

static void check_jit(struct check *c)
{
	FILE *f = fopen(JIT_PATH, "re");
	int value;

	c->name = "jit";
	if (!f && errno == ENOENT)
		check_set(c, CHECK_DEGRADED, "absent: this kernel has no BPF JIT for this machine, so programs may not load");
	else if (!f || fscanf(f, "%d", &value) != 1)
		check_set(c, CHECK_NOTE, "there; cannot read whether it is switched on");
	else if (!value)
		check_set(c, CHECK_DEGRADED, "switched off: programs are interpreted and take longer; run: sysctl net.core.bpf_jit_enable=1");
	else
		check_set(c, CHECK_OK, "switched on");
	if (f)
		fclose(f);
}

static void check_caps(struct check *c)
{
	bool bpf = caps_bpf(), perfmon = caps_perfmon();

	c->name = "capabilities";
	if (bpf && perfmon)
		check_set(c, CHECK_OK, "CAP_BPF and CAP_PERFMON");
	else
		check_set(c, CHECK_NO_PERMISSION, "missing: %s%s%s; run as root to observe",
		    bpf ? "" : "CAP_BPF", bpf || perfmon ? "" : " and ",
		    perfmon ? "" : "CAP_PERFMON");
}

/* "none integrity [confidentiality]": only the strongest keeps BPF from reading */
static void check_lockdown(struct check *c)
{
	char line[128] = "";
	FILE *f = fopen(LOCKDOWN_PATH, "re");
	char *mode, *end;

	c->name = "lockdown";
	if (f) {
		if (!fgets(line, sizeof(line), f))
			line[0] = '\0';
		fclose(f);
	}
	mode = strchr(line, '[');
	end = mode ? strchr(mode, ']') : NULL;
	if (!end) {
		check_set(c, CHECK_OK, "the kernel reports none");
		return;
	}
	*end = '\0';
	if (strcmp(mode + 1, "confidentiality"))
		check_set(c, CHECK_OK, "%s", mode + 1);
	else
		check_set(c, CHECK_UNSUPPORTED,
		    "confidentiality: the kernel keeps BPF programs from reading its memory");
}

/* Where it is, and who may write there: by default everybody */
static void check_bpffs(struct check *c)
{
	struct bpffs fs;
	int err = bpffs_open(&fs);
	char *slash = strrchr(fs.path, '/');
	struct stat st = { 0 };

	c->name = "bpffs";
	/* The mount, where our directory is, or will be */
	if (slash)
		*slash = '\0';
	if (err == -ENOMEDIUM)
		check_set(c, CHECK_FIXABLE, "not mounted; run: " BPFFS_MOUNT);
	else if (err == -EUCLEAN)
		check_set(c, CHECK_FIXABLE, "%.80s: its zrec/ is not to be trusted, for the reason on stderr",
			  fs.path);
	else if (err && err != -ENOENT)
		check_set(c, CHECK_NO_PERMISSION, "%.100s: %s", fs.path, strerror(-err));
	else if (fstat(fs.mount, &st))
		check_set(c, CHECK_OK, "%.180s", fs.path);
	else if (st.st_mode & 022)
		check_set(c, CHECK_NOTE, "%.60s, mode %04o: others can write there; to keep them out: chmod 0700 %.60s",
			  fs.path, st.st_mode & 07777, fs.path);
	else
		check_set(c, CHECK_OK, "%.100s, mode %04o", fs.path, st.st_mode & 07777);
	bpffs_close(&fs);
}

/* The hook for them, and the kill switch */
static void check_policies(struct check *c)
{
	struct policy_state state;
	int err = policy_sysfs_read(&state, NULL);

	c->name = "policies";
	if (err == -EOPNOTSUPP)
		check_set(c, CHECK_NOTE, "this kernel has no hook for them (zpci_recovery_ops of zrec's kernel series)");
	else if (err)
		check_set(c, CHECK_NOTE, "what the kernel has cannot be read: %s", strerror(-err));
	else if (!state.enabled)
		check_set(c, CHECK_NOTE, "switched off; 'echo 1 >" POLICY_SYSFS "/enabled' allows them");
	else if (state.enforced.name[0])
		check_set(c, CHECK_OK, "allowed; %s is %s", state.enforced.name,
			  state.enforced.ejected ? "ejected" : "enforced");
	else
		check_set(c, CHECK_OK, "allowed; none is enforced");
}

static double mib(const struct zrec_info *info)
{
	return (double)load_memory_bytes(info) / (1 << 20);
}

static void check_observing(struct check *c, struct doctor *d)
{
	const char *missing[OBSERVER_TRACEPOINTS_MAX];
	const struct observer_opts opts = { 0 };
	struct zrec_info plan = { 0 };
	struct observer *observer;
	int err = observer_reuse(&observer), nr;

	c->name = "observing";
	if (err == -ENOENT) {
		load_plan(&plan, &opts);
		check_set(c, CHECK_NOTE, "no; 'zrec watch' begins it, and needs %.1f MiB in the kernel for %u functions",
			  mib(&plan), plan.function_slots / 2);
		return;
	}
	if (err == -EALREADY) {
		check_set(c, CHECK_FIXABLE, "yes, but its pins are out of reach, for the reason on stderr");
		return;
	}
	if (err) {
		check_set(c, CHECK_NOTE, "unknown: %s", strerror(-err));
		return;
	}
	d->observing = !observer_stats(observer, &d->stats);
	nr = observer_missing(observer, missing);
	if (nr > 0)
		check_set(c, CHECK_FIXABLE, "yes, but %d of its links were removed, that of %s%s; to begin again, with empty sums: 'zrec detach', then 'zrec watch'",
			  nr, missing[0], nr > 1 ? " and others" : "");
	else
		check_set(c, CHECK_OK, "yes: %llu %s emitted, %llu delivered; %.1f MiB in the kernel for %u functions",
			  (unsigned long long)d->stats.emitted,
			  text_nr(d->stats.emitted, "recovery", "recoveries"), (unsigned long long)d->stats.delivered,
			  mib(observer_info(observer)), observer_info(observer)->function_slots / 2);
	observer_close(observer);
}

static void examine(struct doctor *d)
{
	struct check *c = d->checks;

	hooks_probe(&d->hooks);
	check_kernel(&c[ABOUT_KERNEL]);
	check_tier(&c[ABOUT_TIER], &d->hooks);
	check_btf(&c[ABOUT_BTF], &d->hooks);
	check_jit(&c[ABOUT_JIT]);
	check_caps(&c[ABOUT_CAPS]);
	check_lockdown(&c[ABOUT_LOCKDOWN]);
	check_bpffs(&c[ABOUT_BPFFS]);
	check_policies(&c[ABOUT_POLICIES]);
	check_observing(&c[ABOUT_OBSERVING], d);
}

/* What most stands in the way: first the kernel, then permission, then the rest */
static int worst_exit_code(const struct doctor *d)
{
	enum check_verdict worst = CHECK_OK;

	for (int i = 0; i < NR_CHECKS; i++)
		if (d->checks[i].verdict > worst)
			worst = d->checks[i].verdict;
	switch (worst) {
	case CHECK_UNSUPPORTED:
		return EXIT_UNSUPPORTED;
	case CHECK_NO_PERMISSION:
		return EXIT_PERMISSION;
	case CHECK_FIXABLE:
		return EXIT_FIXABLE;
	case CHECK_DEGRADED:
		return EXIT_DEGRADED;
	default:
		return EXIT_OK;
	}
}

static int print_text(const struct doctor *d)
{
	for (int i = 0; i < NR_CHECKS; i++)
		check_print(stdout, &d->checks[i]);
	puts("\nHOOKS");
	for (int i = 0; i < NR_HOOKS; i++)
		hook_print(stdout, &d->hooks.hook[i]);
	putchar('\n');
	function_list_print(stdout, &d->functions);
	return output_flush(stdout);
}

static int put_checks(struct output *o, const struct doctor *d)
{
	int err = output_list(o, "checks", "check");

	for (int i = 0; !err && i < NR_CHECKS; i++)
		err = output_item(o, check_to_json(&d->checks[i]));
	if (!err)
		err = output_list(o, "hooks", "hook");
	for (int i = 0; !err && i < NR_HOOKS; i++)
		err = output_item(o, hook_to_json(&d->hooks.hook[i]));
	return err;
}

static int print_json(const struct doctor *d)
{
	struct output o;
	int err = output_open(&o, stdout, d->format);

	if (!err)
		err = put_checks(&o, d);
	if (!err)
		err = output_list(&o, "functions", "function");
	for (size_t i = 0; !err && i < d->functions.nr; i++)
		err = output_item(&o, function_to_json(&d->functions.f[i]));
	if (!err && d->observing)
		err = output_value(&o, "stats", stats_to_json(&d->stats));
	return err ? err : output_close(&o);
}

static int run(void *args)
{
	struct doctor *d = args;
	int err;

	examine(d);
	err = function_list_read(&d->functions, NULL);
	if (err)
		log_warn("cannot list the zPCI functions: %s", strerror(-err));
	err = d->format == OUTPUT_TEXT ? print_text(d) : print_json(d);
	err = output_exit_code(err, worst_exit_code(d));
	function_list_free(&d->functions);
	return err;
}

static const struct cli_option options[] = { CLI_FORMAT(struct doctor, format), { 0 } };

const struct command cmd_doctor = {
	.name = "doctor",
	.summary = "what works on this machine, and what does not",
	.doc = "Check what zrec can do on this machine, and say why the rest does not work. The exit "
	       "code is 0 if all works, 3 if some does, 4 if permission is missing, 5 if the kernel "
	       "cannot, 8 if you can fix it.",
	.page = "zrec(8)",
	.options = options,
	.size = sizeof(struct doctor),
	.run = run,
};
