// SPDX-License-Identifier: GPL-2.0
/*
 * bench_inject - feed an error event into a kernel without the series
 *
 * The same file as the series' test option has, for kernels that lack it, so that
 * both get the same event in the same way.
 */
#include <linux/debugfs.h>
#include <linux/fs.h>
#include <linux/kprobes.h>
#include <linux/module.h>
#include <linux/uaccess.h>

#define CCDF_LEN 32

static void (*zpci_event_error)(void *ccdf);
static struct dentry *dir;

static ssize_t inject_write(struct file *file, const char __user *buf, size_t count, loff_t *ppos)
{
	u64 ccdf[CCDF_LEN / sizeof(u64)];

	if (*ppos || count != sizeof(ccdf))
		return -EINVAL;
	if (copy_from_user(ccdf, buf, sizeof(ccdf)))
		return -EFAULT;
	zpci_event_error(ccdf);
	return count;
}

static const struct file_operations inject_fops = {
	.owner = THIS_MODULE,
	.open = simple_open,
	.write = inject_write,
};

/* It is not exported: a probe that is never hit tells where it is */
static int __init bench_inject_init(void)
{
	struct kprobe probe = { .symbol_name = "zpci_event_error" };
	int ret;

	ret = register_kprobe(&probe);
	if (ret)
		return ret;
	zpci_event_error = (void *)probe.addr;
	unregister_kprobe(&probe);
	dir = debugfs_create_dir("bench", NULL);
	debugfs_create_file("inject_error", 0200, dir, NULL, &inject_fops);
	return 0;
}
module_init(bench_inject_init);

static void __exit bench_inject_exit(void)
{
	debugfs_remove(dir);
}
module_exit(bench_inject_exit);

MODULE_DESCRIPTION("Inject PCI error events, for benchmarks");
MODULE_LICENSE("GPL");
