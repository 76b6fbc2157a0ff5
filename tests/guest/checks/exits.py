# SPDX-License-Identifier: GPL-2.0
"""What the exit codes mean. The only place in the checkers that knows the numbers."""

DONE = 0
USAGE = 1               # the command line is wrong
CONDITION = 2           # what was asked about is so
NO_PERMISSION = 4
REFUSED = 6             # the policy, by zrec or by the kernel
FAILED = 7
FIXABLE = 8             # the user can change what is in the way

# What was asked for is not there, which the user can change
NO_SUCH_POLICY = 8
NOTHING_TO_ROLL_BACK = 8
NOTHING_TO_PROMOTE = 8
# What was asked for is so already
NOTHING_TO_DETACH = 0

KILLED = 128 + 9        # the shell's, of a command that a signal ended
BPFTOOL_FAILED = 255
