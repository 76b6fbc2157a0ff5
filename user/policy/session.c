// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/caps.h"
#include "base/exit.h"
#include "base/log.h"
#include "policy/session.h"

static size_t nr_shadows(const struct policy_state *state)
{
	size_t nr = 0;

	for (int i = 0; i < POLICY_NR_SHADOWS; i++)
		nr += state->shadow[i].name[0] != '\0';
	return nr;
}

int policy_session_open(struct policy_session *session)
{
	int err;

	*session = (struct policy_session){ .pins = POLICY_PINS_CLOSED };
	err = policy_state_read(&session->state);
	if (err)
		return err;
	if (!caps_bpf() || !caps_perfmon()) {
		log_error("policies need the capabilities CAP_BPF and CAP_PERFMON; run as root");
		return -EPERM;
	}
	log_debug("in the kernel before: %s enforced, %zu in shadow",
		  session->state.enforced.name[0] ? session->state.enforced.name : "nothing",
		  nr_shadows(&session->state));
	err = policy_ops_open(&session->ops);
	if (err == -EOPNOTSUPP)
		log_error("the kernel's type information has no zpci_recovery_ops");
	else if (err)
		log_error("cannot read the kernel's type information: %s", strerror(-err));
	return err;
}

void policy_session_close(struct policy_session *session)
{
	policy_ops_close(session->ops);
	policy_pins_close(&session->pins);
}

/* -EUCLEAN, -ETIMEDOUT: what stood in the way has said so */
static void explain_pins(const struct policy_session *session, int err)
{
	if (err == -ENOMEDIUM)
		log_error("no bpf file system is mounted to keep policies in; run: " BPFFS_MOUNT);
	else if (err == -EACCES || err == -EPERM)
		log_error("no permission for the policies in %s", session->pins.fs.path);
	else if (err && err != -ENOENT && err != -EUCLEAN && err != -ETIMEDOUT)
		log_error("cannot read the pins of the policies in %s, so nothing was changed: %s",
			  session->pins.fs.path, strerror(-err));
}

int policy_session_pins(struct policy_session *session, bool create)
{
	int err = policy_pins_open(&session->pins, create);
	struct policy_state now;

	if (!err && !policy_sysfs_read(&now, NULL))
		session->state = now;
	/* Without a bpffs there are no policies of ours; that is for the caller to say */
	if (create || err != -ENOMEDIUM)
		explain_pins(session, err);
	return err == -ENOMEDIUM && !create ? -ENOENT : err;
}

int policy_session_lock(struct policy_session *session, bool create)
{
	int err = policy_session_pins(session, create);

	if (err == -ENOENT)
		log_error("no policy of zrec's is in the kernel; 'zrec policy shadow' brings one there");
	return err;
}

int policy_session_refused(const struct policy_session *session, const char *name, int err)
{
	struct policy_state now;

	if (policy_sysfs_read(&now, NULL))
		now = session->state;
	if (err == -EPERM && !now.enabled)
		log_error("%s: refused: policies are switched off; write 1 to " POLICY_SYSFS "/enabled to allow them",
			  name);
	else if (err == -EBUSY)
		log_error("%s: refused: '%s' is enforced and its link is not zrec's to update; end it first, by 'zrec policy detach' if zrec has pinned it, otherwise where it was registered (bpftool: remove its link below /sys/fs/bpf)",
			  name, now.enforced.name);
	else if (err == -E2BIG)
		log_error("%s: refused: %d policies are in shadow already; detach one first", name,
			  POLICY_NR_SHADOWS);
	else if (err == -EEXIST)
		log_error("%s: refused: a policy of this name is in shadow already, and was not pinned by zrec",
			  name);
	else if (err == -EINVAL)
		log_error("%s: refused: the kernel finds an unknown flag, an empty name or a limit above the maximum",
			  name);
	else if (err == -EPERM || err == -EACCES) {
		log_error("%s: no permission", name);
		return err;
	} else if (err == -EUCLEAN) {
		/* What stands in the way was named already */
		return err;
	} else {
		log_error("%s: %s", name, strerror(-err));
		return err;
	}
	return -EREFUSED;
}

void policy_session_name(const struct policy_session *session, const char *place,
			 char name[ZPCI_POLICY_NAME_LEN])
{
	int fd = policy_pins_get(&session->pins, place, "map");

	strcpy(name, "?");
	if (fd < 0)
		return;
	if (policy_ops_name(session->ops, fd, name))
		strcpy(name, "?");
	close(fd);
}
