// SPDX-License-Identifier: GPL-2.0
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "base/array.h"
#include "record/function.h"
#include "record/names.h"
#include "base/output.h"
#include "base/text.h"

/* Canonical form of a PCI address, lower case and of fixed width */
static int parse_address(const char *s, char *ret, size_t len)
{
	static const char pattern[] = "xxxx:xx:xx.x";
	char *end;

	for (size_t i = 0; i < sizeof(pattern) - 1; i++)
		if (pattern[i] == 'x' ? !isxdigit((unsigned char)s[i]) : s[i] != pattern[i])
			return -EINVAL;
	/* Eight functions and 32 devices are all that PCI has */
	if (s[sizeof(pattern) - 1] || s[11] > '7' || strtoul(s + 8, &end, 16) > 0x1f)
		return -EINVAL;
	if (len < sizeof(pattern))
		return -EINVAL;
	for (size_t i = 0; i < sizeof(pattern); i++)
		ret[i] = (char)tolower((unsigned char)s[i]);
	return 0;
}

/* What an attribute reads; 0 or a negative errno */
static int read_attr(int dir, const char *name, char *buf, size_t len)
{
	int fd = openat(dir, name, O_RDONLY | O_CLOEXEC);
	ssize_t n;
	int err;

	if (fd < 0)
		return -errno;
	n = read(fd, buf, len - 1);
	err = n < 0 ? -errno : 0;
	close(fd);
	if (err)
		return err;
	buf[n] = '\0';
	return 0;
}

/* A number, or what the caller has put there if the kernel has none */
static int read_number(int dir, const char *name, uint32_t *ret)
{
	char buf[32];
	int err = read_attr(dir, name, buf, sizeof(buf));

	if (err)
		return err;
	buf[strcspn(buf, "\n")] = '\0';
	return name_parse_u32(buf, ret);
}

/* The value of a "name value" line; 0, or -ENODATA if there is no such line */
static int find_counter(const char *text, const char *name, uint64_t *ret)
{
	size_t len = strlen(name);

	for (const char *line = text; line; line = strchr(line, '\n')) {
		line += *line == '\n';
		if (!strncmp(line, name, len) && line[len] == ' ' &&
		    isdigit((unsigned char)line[len + 1])) {
			*ret = strtoull(line + len + 1, NULL, 10);
			return 0;
		}
	}
	return -ENODATA;
}

/* Absent from kernels without the series, then all stays unknown and zero */
static void read_error_recovery(int dir, struct function *f)
{
	char text[1024];
	uint64_t mediated;

	if (read_attr(dir, "error_recovery", text, sizeof(text)))
		return;
	if (!find_counter(text, "mediated", &mediated))
		f->mediated = mediated ? FUNCTION_MEDIATED : FUNCTION_NOT_MEDIATED;
	find_counter(text, "events", &f->events);
	find_counter(text, "pending", &f->pending);
	find_counter(text, "pending_overflow", &f->pending_overflow);
}

static void read_driver(int dir, char *ret, size_t len)
{
	char path[PATH_MAX];
	ssize_t n = readlinkat(dir, "driver", path, sizeof(path) - 1);
	const char *base;

	ret[0] = '\0';
	if (n < 0)
		return;
	path[n] = '\0';
	base = strrchr(path, '/');
	snprintf(ret, len, "%.*s", (int)len - 1, base ? base + 1 : path);
}

static int compare_inode(const void *a, const void *b)
{
	const struct function *x = a, *y = b;

	return x->inode < y->inode ? -1 : x->inode > y->inode;
}

/* What a function keeps as long as its directory; @old is sorted by inode */
static int read_identity(int dir, const struct function_list *old, struct function *f)
{
	uint32_t pchid = 0, pft = 0;
	const struct function *known;
	struct stat st;

	if (fstat(dir, &st) < 0)
		return -ENODATA;
	f->inode = st.st_ino;
	f->ctime_ns = st.st_ctim.tv_sec * 1000000000LL + st.st_ctim.tv_nsec;
	known = old->nr ? bsearch(f, old->f, old->nr, sizeof(*f), compare_inode) : NULL;
	if (known && known->ctime_ns == f->ctime_ns && !strcmp(known->pci_address, f->pci_address)) {
		f->fid = known->fid;
		f->uid = known->uid;
		f->pchid = known->pchid;
		f->pft = known->pft;
		return 0;
	}
	if (read_number(dir, "function_id", &f->fid))
		return -ENODATA;
	read_number(dir, "uid", &f->uid);
	read_number(dir, "pchid", &pchid);
	read_number(dir, "pft", &pft);
	f->pchid = (uint16_t)pchid;
	f->pft = (uint8_t)pft;
	return 0;
}

/* -ENODATA if this PCI device is not a zPCI function, or vanishes meanwhile */
static int read_function(int devices, const char *name, const struct function_list *old,
			 struct function *f)
{
	int dir = openat(devices, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int err = -ENODATA;

	*f = (struct function){ 0 };
	if (dir < 0)
		return -ENODATA;
	if (!parse_address(name, f->pci_address, sizeof(f->pci_address)))
		err = read_identity(dir, old, f);
	if (!err) {
		read_error_recovery(dir, f);
		read_driver(dir, f->driver, sizeof(f->driver));
	}
	close(dir);
	return err;
}

static int compare_fid(const void *a, const void *b)
{
	const struct function *x = a, *y = b;

	return x->fid < y->fid ? -1 : x->fid > y->fid;
}

static int add_function(struct function_list *l, const struct function *f)
{
	struct function *place = array_add(&l->f, &l->nr, sizeof(*place));

	if (!place)
		return -ENOMEM;
	*place = *f;
	return 0;
}

static void sort(struct function_list *l, int (*compare)(const void *a, const void *b))
{
	if (l->nr)
		qsort(l->f, l->nr, sizeof(*l->f), compare);
}

int function_list_update(struct function_list *l, const char *sysfs)
{
	struct function_list old = *l;
	char path[PATH_MAX];
	struct function f;
	struct dirent *e;
	int err = 0;
	DIR *d;

	*l = (struct function_list){ 0 };
	snprintf(path, sizeof(path), "%s/bus/pci/devices", sysfs ?: "/sys");
	d = opendir(path);
	if (!d) {
		err = errno == ENOENT ? 0 : -errno;
		goto out;
	}
	sort(&old, compare_inode);
	while (!err && (e = readdir(d)))
		if (e->d_name[0] != '.' && !read_function(dirfd(d), e->d_name, &old, &f))
			err = add_function(l, &f);
	closedir(d);
	if (err)
		function_list_free(l);
	sort(l, compare_fid);
out:
	function_list_free(&old);
	return err;
}

int function_list_read(struct function_list *l, const char *sysfs)
{
	*l = (struct function_list){ 0 };
	return function_list_update(l, sysfs);
}

void function_list_free(struct function_list *l)
{
	free(l->f);
	*l = (struct function_list){ 0 };
}

json_t *function_to_json(const struct function *f)
{
	char pchid[16], pft[16];
	json_t *o;
	int err = 0;

	snprintf(pchid, sizeof(pchid), "0x%04x", f->pchid);
	snprintf(pft, sizeof(pft), "0x%02x", f->pft);
	o = json_pack("{so ss ss}", "ids", output_ids(f->fid, f->uid, f->pci_address),
		      "pchid", pchid, "pft", pft);
	if (f->driver[0])
		err |= json_object_set_new(o, "driver", json_string(f->driver));
	if (f->mediated != FUNCTION_MEDIATION_UNKNOWN) {
		err |= json_object_set_new(o, "mediated",
					   json_boolean(f->mediated == FUNCTION_MEDIATED));
		err |= json_object_set_new(o, "events", output_count(f->events));
		err |= json_object_set_new(o, "pending", output_count(f->pending));
		err |= json_object_set_new(o, "pending_overflow",
					   output_count(f->pending_overflow));
	}
	if (err) {
		json_decref(o);
		return NULL;
	}
	return o;
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

void function_list_print(FILE *f, const struct function_list *l)
{
	if (!l->nr) {
		fputs("This machine has no zPCI functions.\n", f);
		return;
	}
	fprintf(f, "%-10s %-10s %-14s %-*s %s\n", "FID", "UID", "ADDRESS", ZPCI_DRIVER_LEN - 1,
		"DRIVER", "MEDIATED");
	for (size_t i = 0; i < l->nr; i++)
		fprintf(f, "0x%08x 0x%-8x %-14s %-*s %s\n", l->f[i].fid, l->f[i].uid,
			l->f[i].pci_address, ZPCI_DRIVER_LEN - 1,
			l->f[i].driver[0] ? text_shown(l->f[i].driver) : "-",
			mediation_name(l->f[i].mediated));
}

static bool is_driver_name(const char *s)
{
	uint32_t number;

	/* A bare number is a forgotten "fid:", not a driver */
	if (!*s || !name_parse_u32(s, &number))
		return false;
	for (; *s; s++)
		if (!isalnum((unsigned char)*s) && !strchr("_-.", *s))
			return false;
	return true;
}

int function_parse_name(const char *s, struct function_name *ret)
{
	struct function_name n = { .kind = FUNCTION_BY_DRIVER };

	if (strlen(s) >= sizeof(n.text))
		return -EINVAL;
	strcpy(n.text, s);
	if (!parse_address(s, n.text, sizeof(n.text))) {
		n.kind = FUNCTION_BY_ADDRESS;
	} else if (!strncmp(s, "fid:", 4)) {
		n.kind = FUNCTION_BY_FID;
		if (name_parse_u32(s + 4, &n.fid))
			return -EINVAL;
	} else if (s[0] == '/') {
		n.kind = FUNCTION_BY_NODE;
	} else if (!is_driver_name(s)) {
		return -EINVAL;
	}
	*ret = n;
	return 0;
}

/* The PCI address of the function that a device node belongs to */
static int node_to_address(const char *sysfs, const char *node, char *ret, size_t len)
{
	char link[PATH_MAX], path[PATH_MAX];
	struct stat st;
	char *slash;

	if (stat(node, &st))
		return -errno;
	if (!S_ISCHR(st.st_mode) && !S_ISBLK(st.st_mode))
		return -ENODEV;
	snprintf(link, sizeof(link), "%s/dev/%s/%u:%u", sysfs ?: "/sys",
		 S_ISCHR(st.st_mode) ? "char" : "block",
		 major(st.st_rdev), minor(st.st_rdev));
	if (!realpath(link, path))
		return -ENODEV;
	/* From the inside out: bridges have addresses too, further out */
	while ((slash = strrchr(path, '/'))) {
		if (!parse_address(slash + 1, ret, len))
			return 0;
		*slash = '\0';
	}
	return -ENODEV;
}

int function_name_of_node(struct function_name *name, const char *sysfs)
{
	char address[FUNCTION_ADDRESS_LEN];
	int err = node_to_address(sysfs, name->text, address, sizeof(address));

	if (err)
		return err;
	name->kind = FUNCTION_BY_ADDRESS;
	strcpy(name->text, address);
	return 0;
}

static bool is_named(const struct function *f, const struct function_name *name,
		     const char *address)
{
	switch (name->kind) {
	case FUNCTION_BY_FID:
		return f->fid == name->fid;
	case FUNCTION_BY_DRIVER:
		return !strncmp(f->driver, name->text, ZPCI_DRIVER_LEN - 1);
	default:
		return !strcmp(f->pci_address, address);
	}
}

int function_find(const struct function_list *l, const char *sysfs,
		  const struct function_name *name, size_t *ret, size_t max)
{
	char address[FUNCTION_ADDRESS_LEN];
	const char *wanted = name->text;
	int nr = 0;

	if (name->kind == FUNCTION_BY_NODE) {
		int err = node_to_address(sysfs, name->text, address, sizeof(address));

		if (err)
			return err;
		wanted = address;
	}
	for (size_t i = 0; i < l->nr; i++) {
		if (!is_named(&l->f[i], name, wanted))
			continue;
		if ((size_t)nr < max)
			ret[nr] = i;
		nr++;
	}
	return nr ? nr : -ENODEV;
}
