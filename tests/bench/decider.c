// SPDX-License-Identifier: GPL-2.0
#include "decider.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <time.h>

#include <bpf/libbpf.h>
#include <linux/vfio.h>

#include "clock.h"

#define OBJECT		"/usr/lib/zrec/tests/decide.bpf.o"
#define PATIENCE_MS	5000

struct decider {
	struct vfio *vfio;
	struct bpf_object *object;
	struct bpf_link *link;
	struct ring_buffer *ring;
	pthread_t daemon;
	atomic_uint decisions;
	unsigned int waited_for;
	uint64_t verdict_ns;	/* of the last decision */
	uint64_t cpu_ns;	/* of the daemon, up to the last wait */
};

static int decide(void *ctx, void *data, size_t size)
{
	struct vfio_irq_info info = { .argsz = sizeof(info), .index = VFIO_PCI_ERR_IRQ_INDEX };
	const struct decider_event *e = data;
	struct decider *d = ctx;

	if (size < sizeof(*e) || e->fid != d->vfio->fn.fid)
		return 0;
	ioctl(d->vfio->device, VFIO_DEVICE_GET_IRQ_INFO, &info);
	d->verdict_ns = clock_ns() - e->at_ns;
	atomic_fetch_add(&d->decisions, 1);
	return 0;
}

/* Ends by pthread_cancel(), while it waits */
static void *run(void *arg)
{
	struct decider *d = arg;

	while (ring_buffer__poll(d->ring, -1) >= 0)
		;
	return NULL;
}

static int start(struct decider *d)
{
	struct bpf_program *prog;

	d->object = bpf_object__open_file(OBJECT, NULL);
	if (!d->object || bpf_object__load(d->object))
		return -errno;
	prog = bpf_object__find_program_by_name(d->object, "on_error");
	d->ring = ring_buffer__new(bpf_object__find_map_fd_by_name(d->object, "events"), decide, d,
				   NULL);
	d->link = prog ? bpf_program__attach(prog) : NULL;
	if (!d->ring || !d->link)
		return -errno;
	return -pthread_create(&d->daemon, NULL, run, d);
}

struct decider *decider_start(struct vfio *v)
{
	struct decider *d = calloc(1, sizeof(*d));
	int ret;

	if (!d)
		return NULL;
	d->vfio = v;
	ret = start(d);
	if (!ret)
		return d;
	decider_stop(d);
	errno = -ret;
	return NULL;
}

static uint64_t daemon_ns(const struct decider *d)
{
	struct timespec t;
	clockid_t clock;

	if (pthread_getcpuclockid(d->daemon, &clock) || clock_gettime(clock, &t))
		return 0;
	return (uint64_t)t.tv_sec * 1000000000u + t.tv_nsec;
}

int decider_wait(struct decider *d, uint64_t *cpu_ns, uint64_t *verdict_ns)
{
	uint64_t deadline = clock_in_ms(PATIENCE_MS), now;

	while (atomic_load(&d->decisions) == d->waited_for) {
		if (!clock_ms_to(deadline))
			return -ETIMEDOUT;
		clock_pause_ms();
	}
	d->waited_for++;
	/* It is on its way back to the ring, which belongs to the price */
	clock_pause_ms();
	now = daemon_ns(d);
	*cpu_ns = now - d->cpu_ns;
	*verdict_ns = d->verdict_ns;
	d->cpu_ns = now;
	return 0;
}

void decider_stop(struct decider *d)
{
	if (d->daemon) {
		pthread_cancel(d->daemon);
		pthread_join(d->daemon, NULL);
	}
	bpf_link__destroy(d->link);
	ring_buffer__free(d->ring);
	bpf_object__close(d->object);
	free(d);
}
