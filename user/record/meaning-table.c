// SPDX-License-Identifier: GPL-2.0
#include <stdbool.h>
#include <stddef.h>
#include <syslog.h>

#include "base/array.h"
#include "record/meaning.h"

#define ANY	0xffff

/*
 * IBM does not publish what each PEC stands for. The kernel tells apart three kinds, by which it
 * recovers or does not; the rest is what their names in Linux and QEMU say, and is marked so
 * where we have nothing but the name.
 */
static const struct meaning_pec pecs[] = {
	{ 0x01, MEANING_MEMORY,
	  "DMA of the adapter used an address space that has no translation table." },
	{ 0x02, MEANING_MEMORY,
	  "DMA of the adapter went to an address outside of the range that the function has." },
	{ 0x03, MEANING_MEMORY,
	  "The format of the function's DMA translation table is not valid." },
	{ 0x04, MEANING_MEMORY,
	  "The function's DMA translation refused an access that its protection does not allow." },
	{ 0x05, MEANING_MEMORY,
	  "By its name: an access of the adapter was refused by the protection of the page." },
	{ 0x06, MEANING_MEMORY,
	  "By its name: an access of the adapter was refused by a storage key." },
	{ 0x07, MEANING_MEMORY,
	  "DMA of the adapter used an address that has no valid entry in its translation table." },
	{ 0x08, MEANING_MEMORY,
	  "By its name: the length of a DMA translation table is not valid." },
	{ 0x09, MEANING_MEMORY,
	  "By its name: a DMA translation table is of another type than expected." },
	{ 0x0a, MEANING_INTERRUPT,
	  "By its name: the adapter sent an interrupt message (MSI) that is not valid." },
	{ 0x0b, MEANING_MEMORY,
	  "By its name: a store of the adapter into memory failed." },
	{ 0x10, MEANING_INTERRUPT,
	  "The adapter sent an interrupt, and none is registered for the function." },
	{ 0x11, MEANING_INTERRUPT,
	  "The adapter sent an interrupt with a vector that the function does not have." },
	{ 0x12, MEANING_INTERRUPT,
	  "By its name: the bit of an interrupt could not be set in its bit vector." },
	{ 0x13, MEANING_INTERRUPT,
	  "By its name: the adapter's interrupt could not be presented." },
	{ 0x2a, MEANING_MEASUREMENT,
	  "Firmware cannot access the function's measurement block (FMB)." },
	{ 0x2b, MEANING_MEASUREMENT,
	  "Firmware cannot update the function's measurement block (FMB)." },
	{ 0x2c, MEANING_MEASUREMENT,
	  "The function's measurement block (FMB) is protected against firmware's stores." },
	{ 0x30, MEANING_PLATFORM,
	  "By its name: the configuration of the adapter has changed." },
	{ 0x3a, MEANING_PLATFORM,
	  "Firmware did a service action, or recovered from an error of the adapter; now the "
	  "function has to be set up again." },
	{ 0x3b, MEANING_PERMANENT,
	  "Firmware found a permanent error of the adapter or the function." },
	{ 0x40, MEANING_PERMANENT,
	  "A service action, or firmware's own recovery from an error, failed." },
	{ ANY, MEANING_UNKNOWN,
	  "A code that this version of zrec does not know. The kernel treats it as it treats most." },
};

static const struct {
	const char *name, *where;
} kinds[] = {
	[MEANING_MEMORY] = { "memory",
	  "The driver, the virtual machine or program that has the function, or the adapter's "
	  "firmware used memory that it had not been given. Look for updates of these." },
	[MEANING_INTERRUPT] = { "interrupt",
	  "The adapter and its driver do not agree about interrupts. Look for updates of the "
	  "driver and of the adapter's firmware." },
	[MEANING_MEASUREMENT] = { "measurement",
	  "Only counters are concerned." },
	[MEANING_PLATFORM] = { "platform",
	  "The HMC or the SE may say why: hardware messages of that time, and who worked on the "
	  "adapter." },
	[MEANING_PERMANENT] = { "permanent",
	  "The hardware messages of the HMC or the SE have what service needs to know." },
	[MEANING_UNKNOWN] = { "unknown",
	  "The HMC or the SE may have hardware messages of that time." },
};

/* Of one outcome, the reason that is ANY comes last */
static const struct {
	uint16_t outcome, reason;
	struct meaning m;
} recoveries[] = {
	{ ZPCI_OUTCOME_RECOVERED, ANY,
	  { "recovered", "2c3445024b414326b6d433603c89667d", LOG_NOTICE,
	    "A PCI function has recovered",
	    "The function works again. Its driver, or the program that has it open, went through "
	    "the recovery to its end; requests that were under way may have failed or been "
	    "repeated.",
	    "Nothing now. If it happens again, see how often: zrec history --fid @ZPCI_FID@ "
	    "--since -7d" } },
	{ ZPCI_OUTCOME_FAILED, ZPCI_REASON_PERMANENT,
	  { "failed-permanent_error", "0913770c6b8a4eda8904bd8d8e1b3df6", LOG_CRIT,
	    "A PCI function has a permanent error",
	    "Firmware says that this error is permanent. The kernel does not try to recover, and "
	    "the function is lost until it is repaired.",
	    "Look for hardware messages about PCHID and function on the HMC or the SE, and call "
	    "service. Move its work to another adapter." } },
	{ ZPCI_OUTCOME_FAILED, ZPCI_REASON_ALREADY_FAILED,
	  { "failed-already_failed", "b5cf1ae5f981484baf4bf8f063379b4b", LOG_WARNING,
	    "An error of a PCI function that was lost before",
	    "An earlier error has already cost this function; nothing was tried again.",
	    "Find the first failure: zrec history --fid @ZPCI_FID@. After its cause is mended: "
	    "echo 1 > /sys/bus/pci/devices/@ZPCI_ADDRESS@/recover" } },
	{ ZPCI_OUTCOME_FAILED, ZPCI_REASON_NO_DRIVER,
	  { "failed-no_driver", "9e85ff75e9ea4cf4be798d114dbf8c3e", LOG_WARNING,
	    "A PCI function without a driver was lost",
	    "No driver was bound, so there was nobody to recover the function. No program used "
	    "it.",
	    "If it is to be used: echo 1 > /sys/bus/pci/devices/@ZPCI_ADDRESS@/recover, then bind "
	    "its driver. lspci -k -s @ZPCI_ADDRESS@ shows which one." } },
	{ ZPCI_OUTCOME_FAILED, ZPCI_REASON_NO_SUPPORT,
	  { "failed-driver_has_no_support", "ced990fcb8d54f4489d2b04b0b5b3e9c", LOG_ERR,
	    "A PCI function was lost: its driver cannot recover",
	    "The driver @ZPCI_DRIVER@ has no error recovery, so the kernel gave the function up.",
	    "echo 1 > /sys/bus/pci/devices/@ZPCI_ADDRESS@/recover removes the function and sets "
	    "it up again. Ask for a newer driver." } },
	{ ZPCI_OUTCOME_FAILED, ZPCI_REASON_DRIVER_GAVE_UP,
	  { "failed-driver_gave_up", "ce94957679214ea8bd5cd450d0ffe369", LOG_ERR,
	    "A PCI function was lost: its driver gave up",
	    "The driver @ZPCI_DRIVER@ answered that it cannot go on with the function.",
	    "See what it said: journalctl -k -g @ZPCI_ADDRESS@. Then echo 1 > "
	    "/sys/bus/pci/devices/@ZPCI_ADDRESS@/recover. If that fails, too, power it off and "
	    "on: echo 0, then 1 > /sys/bus/pci/slots/@ZPCI_SLOT@/power" } },
	{ ZPCI_OUTCOME_FAILED, ZPCI_REASON_RESET_FAILED,
	  { "failed-reset_failed", "e8b19b93668f4f5b8a65184828c846c3", LOG_ERR,
	    "A PCI function was lost: its reset failed",
	    "The platform could not disable and enable the function, which is the last step that "
	    "the kernel has.",
	    "Look for hardware messages on the HMC or the SE. Then power it off and on: echo 0, "
	    "then 1 > /sys/bus/pci/slots/@ZPCI_SLOT@/power. If it does not come back, call "
	    "service." } },
	{ ZPCI_OUTCOME_FAILED, ANY,
	  { "failed", "4c4ee4944504407ab827707479e3dad8", LOG_ERR,
	    "A PCI function was lost",
	    "The recovery failed, for a reason that this version of zrec does not know.",
	    "See what the kernel said: journalctl -k -g @ZPCI_ADDRESS@. Update zrec." } },
	{ ZPCI_OUTCOME_ISOLATED, ZPCI_REASON_POLICY,
	  { "isolated-policy", "14656c19838c4738a57baa0ee06dee2b", LOG_ERR,
	    "A PCI function was isolated by a policy",
	    "The policy @ZPCI_POLICY@ decided to give the function up, and the kernel followed.",
	    "zrec history --fid @ZPCI_FID@ shows the errors before. When the cause is mended: "
	    "echo 1 > /sys/bus/pci/devices/@ZPCI_ADDRESS@/recover. If the policy was wrong: zrec "
	    "policy rollback" } },
	{ ZPCI_OUTCOME_ISOLATED, ZPCI_REASON_DEADLINE,
	  { "isolated-deadline", "88328eb45058477fb3857d5afd979be2", LOG_ERR,
	    "A PCI function was isolated: its user took too long",
	    "User space has the function open, was told of the error, and did not reset it within "
	    "the time that the policy @ZPCI_POLICY@ gave it.",
	    "Find out why the virtual machine or program did not react; it has to close the "
	    "device. Then echo 1 > /sys/bus/pci/devices/@ZPCI_ADDRESS@/recover" } },
	{ ZPCI_OUTCOME_ISOLATED, ANY,
	  { "isolated", "5b7bae183a7442a59a386c6ea2e15c14", LOG_ERR,
	    "A PCI function was isolated",
	    "The function was given up, for a reason that this version of zrec does not know.",
	    "zrec policy status shows what is in force. Update zrec." } },
	{ ZPCI_OUTCOME_ABANDONED, ANY,
	  { "abandoned", "0d5db4ee221941b8afea3f4cb8c9533b", LOG_WARNING,
	    "The user of a PCI function closed it without a reset",
	    "User space had the function open, and closed it in the middle of the recovery. vfio "
	    "resets the function when it is closed, but not while it is being unbound.",
	    "See why the virtual machine or program ended. If another driver is to have the "
	    "function: echo 1 > /sys/bus/pci/devices/@ZPCI_ADDRESS@/recover" } },
	{ ZPCI_OUTCOME_IGNORED, ANY,
	  { "ignored", "8b1f4e60b45646268436ce30daf81800", LOG_INFO,
	    "An error that does not concern the work of a PCI function",
	    "Only the measurement of the function is concerned. The kernel does nothing, and the "
	    "function goes on.",
	    "Nothing. The counters of the function in /sys/kernel/debug/pci may be out of date." } },
	{ ZPCI_OUTCOME_DROPPED, ZPCI_DROP_UNKNOWN_FUNCTION,
	  { "dropped-unknown_function", "b4dc53c313694018a250c4d37cc7dc5b", LOG_NOTICE,
	    "An error of a PCI function that Linux does not have",
	    "Firmware reported an error of a function that is not configured here, or not any "
	    "more.",
	    "Nothing, if the function was taken away just now. Else compare with the I/O "
	    "configuration: ls /sys/bus/pci/slots" } },
	{ ZPCI_OUTCOME_DROPPED, ZPCI_DROP_REFRESH_FAILED,
	  { "dropped-refresh_failed", "0abc4f228a834ee99f3b3024727232ab", LOG_WARNING,
	    "An error of a PCI function was not handled",
	    "Firmware did not tell the handle of the function, so the kernel could not see "
	    "whether the error is still of today, and dropped it.",
	    "See whether the function works: lspci, and the messages of its driver. If not, power "
	    "it off and on: echo 0, then 1 > /sys/bus/pci/slots/@ZPCI_SLOT@/power" } },
	{ ZPCI_OUTCOME_DROPPED, ZPCI_DROP_STALE_HANDLE,
	  { "dropped-stale_handle", "fcc9196af695448ab009c2d456786493", LOG_INFO,
	    "An old error of a PCI function",
	    "The function was reset or configured anew after the error, so it does not concern it "
	    "any more.",
	    "Nothing." } },
	{ ZPCI_OUTCOME_DROPPED, ZPCI_DROP_NO_DEVICE,
	  { "dropped-no_device", "e0d4acf69d544a4f956da87ce8a1522c", LOG_WARNING,
	    "An error of a PCI function without a PCI device",
	    "The function is known, but Linux has no PCI device for it, so there was nothing to "
	    "recover.",
	    "If it is to be used, power it off and on: echo 0, then 1 > "
	    "/sys/bus/pci/slots/@ZPCI_SLOT@/power" } },
	{ ZPCI_OUTCOME_DROPPED, ZPCI_DROP_CHANNEL_OVERFLOW,
	  { "dropped-channel_overflow", "54e3b1df7ee949c7bd85a4cc717bcceb", LOG_ERR,
	    "Errors of PCI functions were lost",
	    "Firmware or the channel subsystem reported that error events were lost, of any "
	    "function and of an unknown number. A function that had one is blocked, and nobody "
	    "recovers it.",
	    "Look at each function that does not answer: zrec doctor lists them, dmesg has the "
	    "messages of their drivers. echo 1 > /sys/bus/pci/devices/ADDRESS/recover sets one up "
	    "again." } },
	{ ZPCI_OUTCOME_DROPPED, ANY,
	  { "dropped", "5b0800e9375244329c1ff1c852ba2c97", LOG_WARNING,
	    "An error of a PCI function was not handled",
	    "The kernel dropped the error, for a reason that this version of zrec does not know.",
	    "See whether the function works: lspci, and the messages of its driver. Update zrec." } },
	{ ANY, ANY,
	  { "unknown", "a5dad90b9e944647b958dc1446a8f13e", LOG_WARNING,
	    "A recovery with an outcome that zrec does not know",
	    "The kernel is newer than this version of zrec.",
	    "See what the kernel said: journalctl -k. Update zrec." } },
};

static const struct meaning events[] = {
	[MEANING_OPEN] =
	  { "open", "8a661152465242da96b00047bed77a81", LOG_WARNING,
	    "The recovery of a PCI function has been open for long",
	    "The function is blocked until the recovery ends. Most often the driver, or the "
	    "program that has the device open, does not come to an end.",
	    "zrec status shows the step that it is in, and who has the function. In user hands, "
	    "see what the virtual machine or program does; a driver that hangs is in the kernel's "
	    "stacks: echo w > /proc/sysrq-trigger" },
	[MEANING_POLICY_ENFORCED] =
	  { "policy-enforced", "27f0d026108843eca85769e49d967f99", LOG_NOTICE,
	    "A policy is in force",
	    "From now on the kernel asks the policy @ZPCI_POLICY@ in each recovery, and follows "
	    "it within the kernel's bounds.",
	    "Nothing. zrec policy status shows what it decides; zrec policy rollback goes back." },
	[MEANING_POLICY_SHADOW] =
	  { "policy-shadow", "05aa89a5a6ab4d0b81104f5caeeabbfc", LOG_INFO,
	    "A policy is asked in shadow",
	    "The policy @ZPCI_POLICY@ is asked in each recovery and its answers are recorded; "
	    "nobody follows them.",
	    "Nothing. zrec policy status shows where it would have decided otherwise." },
	[MEANING_POLICY_ENDED] =
	  { "policy-ended", "1685bdced4e042a582f824b29f3c816b", LOG_NOTICE,
	    "A policy has ended",
	    "The policy @ZPCI_POLICY@ was detached, or replaced by another one.",
	    "Nothing, if that was meant. zrec policy status shows what is in force now." },
	[MEANING_POLICY_EJECTED] =
	  { "policy-ejected", "9d130209b0d547f5a5c6f77457ed5f6c", LOG_ERR,
	    "The kernel has ejected a policy",
	    "The policy @ZPCI_POLICY@ went over its budget. The kernel does not ask it any more, "
	    "and decides by itself.",
	    "See what it decided: zrec history --policy @ZPCI_POLICY@. Mend it, try it with zrec "
	    "replay, put it into shadow first." },
	[MEANING_POLICY_KILLED] =
	  { "policy-killed", "a059b31927f244a5bbe5b0db0d798a00", LOG_WARNING,
	    "All policies were switched off",
	    "Somebody used the kernel's switch. The policy @ZPCI_POLICY@ is not asked any more, "
	    "and the kernel decides by itself.",
	    "Nothing, if that was meant. Else echo 1 > /sys/kernel/zpci_recovery/enabled, and "
	    "apply the policy again." },
	[MEANING_HELD_BACK] =
	  { "held-back", "749db9227ba24819ac4f99d370d7f47d", LOG_WARNING,
	    "Journal entries about PCI errors were held back",
	    "There were more at a time than zrec writes into the journal, or journald had no room "
	    "for them. Serious ones are held back last.",
	    "The history has every recovery: zrec history. zrec history stats --by function shows "
	    "which functions they are of." },
};

_Static_assert(ARRAY_SIZE(kinds) == MEANING_NR_KINDS, "a kind of PECs has no meaning");
_Static_assert(ARRAY_SIZE(events) == MEANING_NR_EVENTS, "an event has no meaning");

/* Index: LOG_EMERG to LOG_DEBUG */
static const char *const severities[] = {
	"emerg", "alert", "crit", "err", "warning", "notice", "info", "debug",
};

static bool row_is_for(size_t i, unsigned int outcome, unsigned int reason)
{
	return (recoveries[i].outcome == ANY || recoveries[i].outcome == outcome) &&
	       (recoveries[i].reason == ANY || recoveries[i].reason == reason);
}

const struct meaning *meaning_of(unsigned int outcome, unsigned int reason)
{
	size_t i = 0;

	/* The last one is for all */
	while (i < ARRAY_SIZE(recoveries) - 1 && !row_is_for(i, outcome, reason))
		i++;
	return &recoveries[i].m;
}

const struct meaning_pec *meaning_of_pec(unsigned int pec)
{
	size_t i = 0;

	while (i < ARRAY_SIZE(pecs) - 1 && pecs[i].pec != pec)
		i++;
	return &pecs[i];
}

const char *meaning_where(unsigned int kind)
{
	return kinds[kind < MEANING_NR_KINDS ? kind : MEANING_UNKNOWN].where;
}

const char *meaning_kind_name(unsigned int kind)
{
	return kinds[kind < MEANING_NR_KINDS ? kind : MEANING_UNKNOWN].name;
}

const struct meaning *meaning_of_event(enum meaning_event event)
{
	return &events[event];
}

bool meaning_has_function(unsigned int outcome, unsigned int reason)
{
	return outcome != ZPCI_OUTCOME_DROPPED || reason != ZPCI_DROP_CHANNEL_OVERFLOW;
}

const char *meaning_severity(int priority)
{
	return severities[priority & 7];
}

const struct meaning *meaning_row(size_t i)
{
	if (i < ARRAY_SIZE(recoveries))
		return &recoveries[i].m;
	i -= ARRAY_SIZE(recoveries);
	return i < ARRAY_SIZE(events) ? &events[i] : NULL;
}

const struct meaning_pec *meaning_pec_row(size_t i)
{
	return i < ARRAY_SIZE(pecs) ? &pecs[i] : NULL;
}

bool meaning_row_outcome(size_t i, unsigned int *outcome, unsigned int *reason)
{
	if (i >= ARRAY_SIZE(recoveries))
		return false;
	*outcome = recoveries[i].outcome;
	*reason = recoveries[i].reason;
	return true;
}
