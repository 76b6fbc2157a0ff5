// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "base/caps.h"
#include "cmd/command.h"
#include "record/function.h"
#include "observe/hooks.h"
#include "base/log.h"
#include "observe/observer.h"
#include "base/output.h"
#include "base/bpffs.h"
#include "record/stats.h"

#define BTF_PATH	"/sys/kernel/btf/vmlinux"
#define LOCKDOWN_PATH	"/sys/kernel/security/lockdown"
#define JIT_PATH	"/proc/sys/net/core/bpf_jit_enable"

enum verdict {
	VERDICT_OK,
	VERDICT_NOTE,		/* worth knowing, in the way of nothing */
	VERDICT_DEGRADED,
	VERDICT_NO_PERMISSION,
	VERDICT_UNSUPPORTED,
};

struct check {
	const char *name;
	enum verdict verdict;
	char detail[200];
};

enum { CHECK_KERNEL, CHECK_TIER, CHECK_BTF, CHECK_JIT, CHECK_CAPS, CHECK_LOCKDOWN, CHECK_BPFFS,
       CHECK_OBSERVING, NR_CHECKS };

struct doctor {
	enum output_format format;
	struct check checks[NR_CHECKS];
	struct hooks hooks;
	struct function_list functions;
	struct zrec_stats stats;
	bool observing;
};

#define set(check, ok, ...) do {						\
	(check)->verdict = (ok);						\
	snprintf((check)->detail, sizeof((check)->detail), __VA_ARGS__);	\
} while (0)

static void check_kernel(struct check *c)
{
	struct utsname u;

	c->name = "kernel";
	uname(&u);
	set(c, VERDICT_OK, "%s %s %s", u.sysname, u.release, u.machine);
}

static void check_tier(struct check *c, const struct hooks *hooks)
{
	size_t found = hooks_found(hooks);

	c->name = "tier";
	if (!hooks_sufficient(hooks))
		set(c, VERDICT_UNSUPPORTED, "none: %s",
		    hooks->btf_error ? "the kernel's type information cannot be read" :
		    "this kernel lacks tracepoints of zrec's kernel series");
	else if (!hooks_complete(hooks))
		set(c, VERDICT_DEGRADED, "tracepoint, %zu of %d hooks: some of what vfio does is not seen",
		    found, NR_HOOKS);
	else
		set(c, VERDICT_OK, "tracepoint, %zu of %d hooks%s", found, NR_HOOKS,
		    found < NR_HOOKS ? ": this kernel has no policies" : "");
}

static void check_btf(struct check *c, const struct hooks *hooks)
{
	struct stat st;

	c->name = "btf";
	if (hooks->btf_error)
		set(c, VERDICT_UNSUPPORTED, "%s: %s; the kernel needs CONFIG_DEBUG_INFO_BTF",
		    BTF_PATH, strerror(-hooks->btf_error));
	else
		set(c, VERDICT_OK, "%s, %lld bytes", BTF_PATH,
		    stat(BTF_PATH, &st) ? 0LL : (long long)st.st_size);
}

static void check_jit(struct check *c)
{
	c->name = "jit";
	if (access(JIT_PATH, F_OK))
		set(c, VERDICT_NOTE, "not told; without a BPF JIT the programs may not load");
	else
		set(c, VERDICT_OK, "there");
}

static void check_caps(struct check *c)
{
	bool bpf = caps_bpf(), perfmon = caps_perfmon();

	c->name = "capabilities";
	if (bpf && perfmon)
		set(c, VERDICT_OK, "CAP_BPF and CAP_PERFMON");
	else
		set(c, VERDICT_NO_PERMISSION, "missing: %s%s%s; run as root to observe",
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
		set(c, VERDICT_OK, "none that the kernel tells of");
		return;
	}
	*end = '\0';
	if (strcmp(mode + 1, "confidentiality"))
		set(c, VERDICT_OK, "%s", mode + 1);
	else
		set(c, VERDICT_UNSUPPORTED,
		    "confidentiality: the kernel keeps BPF programs from reading its memory");
}

static void check_bpffs(struct check *c)
{
	char root[BPFFS_PATH_LEN];
	char *name;

	c->name = "bpffs";
	if (bpffs_root(root) < 0) {
		set(c, VERDICT_UNSUPPORTED, "not mounted; run: mount -t bpf bpf /sys/fs/bpf");
		return;
	}
	/* The mount, where our directory is, or will be */
	name = strrchr(root, '/');
	*name = '\0';
	if (access(root, X_OK))
		set(c, VERDICT_NO_PERMISSION, "%.150s: no permission", root);
	else
		set(c, VERDICT_OK, "%.180s", root);
}

static void check_observing(struct check *c, struct doctor *d)
{
	struct observer *observer;
	int err = observer_reuse(&observer);

	c->name = "observing";
	if (err == -ENOENT) {
		set(c, VERDICT_NOTE, "no; 'zrec watch' begins it");
		return;
	}
	if (err) {
		set(c, VERDICT_NOTE, "unknown: %s", strerror(-err));
		return;
	}
	d->observing = !observer_stats(observer, &d->stats);
	set(c, VERDICT_OK, "yes: %llu recoveries emitted, %llu delivered",
	    (unsigned long long)d->stats.emitted, (unsigned long long)d->stats.delivered);
	observer_close(observer);
}

static void examine(struct doctor *d)
{
	struct check *c = d->checks;

	hooks_probe(&d->hooks);
	check_kernel(&c[CHECK_KERNEL]);
	check_tier(&c[CHECK_TIER], &d->hooks);
	check_btf(&c[CHECK_BTF], &d->hooks);
	check_jit(&c[CHECK_JIT]);
	check_caps(&c[CHECK_CAPS]);
	check_lockdown(&c[CHECK_LOCKDOWN]);
	check_bpffs(&c[CHECK_BPFFS]);
	check_observing(&c[CHECK_OBSERVING], d);
}

/* What most stands in the way: first the kernel, then permission, then the rest */
static int verdict_exit_code(const struct doctor *d)
{
	enum verdict worst = VERDICT_OK;

	for (int i = 0; i < NR_CHECKS; i++)
		if (d->checks[i].verdict > worst)
			worst = d->checks[i].verdict;
	switch (worst) {
	case VERDICT_UNSUPPORTED:
		return EXIT_UNSUPPORTED;
	case VERDICT_NO_PERMISSION:
		return EXIT_PERMISSION;
	case VERDICT_DEGRADED:
		return EXIT_DEGRADED;
	default:
		return EXIT_OK;
	}
}

static const char *verdict_name(enum verdict verdict)
{
	switch (verdict) {
	case VERDICT_OK:
		return "ok";
	case VERDICT_NOTE:
		return "note";
	case VERDICT_DEGRADED:
		return "degraded";
	case VERDICT_NO_PERMISSION:
		return "no_permission";
	case VERDICT_UNSUPPORTED:
		return "missing";
	}
	return "unknown";
}

static const char *mediation_name(unsigned int mediated)
{
	switch (mediated) {
	case FUNCTION_MEDIATED:
		return "yes";
	case FUNCTION_NOT_MEDIATED:
		return "no";
	default:
		return "unknown";
	}
}

static int print_text(const struct doctor *d)
{
	for (int i = 0; i < NR_CHECKS; i++)
		printf("%-13s %-13s %s\n", d->checks[i].name, verdict_name(d->checks[i].verdict),
		       d->checks[i].detail);
	puts("\nHOOKS");
	for (int i = 0; i < NR_HOOKS; i++)
		printf("%-27s %s\n", d->hooks.hook[i].tracepoint,
		       hook_state_text(d->hooks.hook[i].state));
	if (!d->functions.nr) {
		puts("\nThis machine has no zPCI functions.");
		return output_flush(stdout);
	}
	printf("\n%-10s %-10s %-14s %-20s %s\n", "FID", "UID", "ADDRESS", "DRIVER", "MEDIATED");
	for (size_t i = 0; i < d->functions.nr; i++) {
		const struct function *f = &d->functions.f[i];

		printf("0x%08x 0x%-8x %-14s %-20s %s\n", f->fid, f->uid, f->pci_address,
		       f->driver[0] ? f->driver : "-", mediation_name(f->mediated));
	}
	return output_flush(stdout);
}

static int put_checks(struct output *o, const struct doctor *d)
{
	int err = output_list(o, "checks", "check");

	for (int i = 0; !err && i < NR_CHECKS; i++)
		err = output_item(o, json_pack("{s:s, s:s, s:s}", "name", d->checks[i].name,
					       "verdict", verdict_name(d->checks[i].verdict),
					       "detail", d->checks[i].detail));
	return err;
}

static int put_hooks(struct output *o, const struct doctor *d)
{
	int err = output_list(o, "hooks", "hook");

	for (int i = 0; !err && i < NR_HOOKS; i++) {
		const struct hook *hook = &d->hooks.hook[i];

		err = output_item(o, json_pack("{s:s, s:b, s:s}", "tracepoint", hook->tracepoint,
					       "found", hook->state == HOOK_FOUND,
					       "detail", hook_state_text(hook->state)));
	}
	return err;
}

static int print_json(const struct doctor *d)
{
	struct output o;
	int err = output_open(&o, stdout, d->format);

	if (!err)
		err = put_checks(&o, d);
	if (!err)
		err = put_hooks(&o, d);
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
	err = output_exit_code(err, verdict_exit_code(d));
	function_list_free(&d->functions);
	return err;
}

static const struct cli_option options[] = { CLI_FORMAT(struct doctor, format), { 0 } };

const struct command cmd_doctor = {
	.name = "doctor",
	.summary = "what will work on this machine, and why not",
	.doc = "Tell what of zrec works on this machine, what does not, and why. The exit code is "
	       "0 if all does, 3 if some does, 4 if permission is missing, 5 if the kernel cannot.",
	.page = "zrec(8)",
	.options = options,
	.size = sizeof(struct doctor),
	.run = run,
};
