// SPDX-License-Identifier: GPL-2.0
#include <bpf/libbpf.h>
#include <unistd.h>

#include "base/exit.h"
#include "base/log.h"
#include "policy/enforce.h"

int policy_only_for(struct policy *policy, const struct policy_canary *canary)
{
	struct policy_about about;

	if (!policy_set_canary(policy, canary))
		return 0;
	policy_about(policy, &about);
	log_error("%s: refused: it was not made with policy.h, so it cannot be for some functions only",
		  about.path);
	return -EREFUSED;
}

int policy_open_for(struct policy **ret, const char *what, enum policy_purpose purpose,
		    const struct policy_canary *canary)
{
	struct policy_about about;
	int err = policy_open(ret, what, log_errors());

	if (err)
		return err;
	policy_about(*ret, &about);
	if (purpose == POLICY_TO_ENFORCE && about.mode == POLICY_SHADOW) {
		log_error("%s: refused: it is for shadow only; see 'zrec policy shadow', and 'promote' after it",
			  about.path);
		return -EREFUSED;
	}
	if (canary && policy_only_for(*ret, canary))
		return -EREFUSED;
	if (policy_set_mode(*ret, purpose == POLICY_TO_SHADOW ? POLICY_SHADOW : POLICY_ENFORCE)) {
		log_error("%s: its mode cannot be set", about.path);
		return -EREFUSED;
	}
	return 0;
}

int policy_session_load(struct policy_session *session, struct policy *policy)
{
	struct policy_about about;
	int err = policy_load(policy, POLICY_ATTACH, log_errors());

	if (err)
		return err;
	policy_about(policy, &about);
	err = policy_ops_ready(session->ops, policy);
	return err ? policy_session_refused(session, about.name, err) : 0;
}

int policy_session_enforce(struct policy_session *session, struct policy *policy)
{
	struct policy_about about;
	int err = policy_pins_install(&session->pins, POLICY_ENFORCED,
				      bpf_map__fd(policy_map(policy)), -1);

	policy_about(policy, &about);
	return err ? policy_session_refused(session, about.name, err) : 0;
}

int policy_session_shadow(struct policy_session *session, struct policy *policy)
{
	struct policy_about about;
	struct policy_place place;
	int enforce_fd, err;

	policy_about(policy, &about);
	policy_place_shadow(&place, about.name);
	enforce_fd = policy_ops_twin(session->ops, policy, false);
	if (enforce_fd < 0)
		return policy_session_refused(session, about.name, enforce_fd);
	err = policy_pins_install(&session->pins, place.name, bpf_map__fd(policy_map(policy)),
				  enforce_fd);
	close(enforce_fd);
	return err ? policy_session_refused(session, about.name, err) : 0;
}
