/*
 * Begins a program in a guest pod as the home's stub would at home, but holds it before its first line: run by enter,
 * whose privilege the program does not get. The words are criu's: 'w' when the program's process is there and waits,
 * then 'y' from whoever has frozen it. See usage().
 */
#include "stub.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <linux/sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum { TREE, TALK, IN, OUT, ERR, PID, USER, GROUP, NUMBERS };

static long numbers[NUMBERS];

static void give_up(const char *what, int code)
{
	dprintf(2, "tomte: %s: %s\n", what, strerror(errno));
	_exit(code);
}

static void usage(void)
{
	fprintf(stderr, "usage: begin TREE-FD TALK-FD IN-FD OUT-FD ERR-FD PID UID GID DIRECTORY PROGRAM [argument]...\n"
			"with the program's environment; TREE-FD is its cgroup, TALK-FD a socket, PID what it shall have;\n"
			"IN-FD is 0 where it has no standard input\n");
	_exit(125);
}

/* As a pod's stub: the user, and no capability, now or ever. */
static int drop_privilege(void)
{
	struct __user_cap_header_struct header = { _LINUX_CAPABILITY_VERSION_3, 0 };
	struct __user_cap_data_struct none[2] = { 0 };

	for (int cap = 0; prctl(PR_CAPBSET_READ, cap, 0, 0, 0) >= 0; cap++)
		if (prctl(PR_CAPBSET_DROP, cap, 0, 0, 0))
			return -1;
	if (setgroups(0, NULL) || setresgid(numbers[GROUP], numbers[GROUP], numbers[GROUP]) ||
	    setresuid(numbers[USER], numbers[USER], numbers[USER]))
		return -1;
	return syscall(SYS_capset, &header, none);
}

static void child(int wait, char **argv)
{
	sigset_t none;
	char byte;

	setsid();
	/* the next descriptors may be in the way of 0 to 3 */
	int moved = fcntl(wait, F_DUPFD_CLOEXEC, 100);
	int in = numbers[IN] ? numbers[IN] : open("/dev/null", O_RDONLY);
	if (moved < 0 || in < 0 || dup2(numbers[OUT], 1) < 0 || dup2(numbers[ERR], 2) < 0 || dup2(in, 0) < 0 ||
	    dup2(moved, 3) < 0)
		_exit(126);
	fcntl(3, F_SETFD, FD_CLOEXEC);
	close_range(4, ~0u, 0);
	for (int s = 1; s < NSIG; s++)
		signal(s, SIG_DFL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	if (drop_privilege())
		give_up("privilege", 126);

	/* frozen here; whoever dies before it is decided ends it */
	if (read(3, &byte, 1) != 1)
		_exit(126);
	close(3);
	if (chdir(argv[0]))
		give_up(argv[0], 126);
	if (seccomp_child())
		give_up("seccomp", 126);
	execvp(argv[1], argv + 1);
	give_up(argv[1], errno == ENOENT ? 127 : 126);
}

int main(int argc, char **argv)
{
	int ends[2];
	char byte = 'w', *end;

	if (argc < 1 + NUMBERS + 2)
		usage();
	for (int i = 0; i < NUMBERS; i++) {
		numbers[i] = strtol(argv[1 + i], &end, 10);
		if (*end || numbers[i] < 0)
			usage();
	}
	if (pipe2(ends, O_CLOEXEC))
		give_up("pipe", 125);
	pid_t pid = numbers[PID];
	struct clone_args how = {
		.flags = CLONE_INTO_CGROUP,
		.exit_signal = SIGCHLD,
		.cgroup = numbers[TREE],
		.set_tid = (uintptr_t)&pid,
		.set_tid_size = 1,
	};
	pid_t made = syscall(SYS_clone3, &how, sizeof how);
	if (made < 0)
		give_up("clone", 125);
	if (made == 0) {
		close(ends[1]);
		child(ends[0], argv + 1 + NUMBERS);
	}
	close(ends[0]);
	/* it is frozen when the answer comes, and goes on when it is let run */
	if (send(numbers[TALK], &byte, 1, MSG_NOSIGNAL) != 1 || recv(numbers[TALK], &byte, 1, 0) != 1 || byte != 'y') {
		kill(made, SIGKILL);
		give_up("nobody has taken it", 125);
	}
	return write(ends[1], "", 1) == 1 ? 0 : 125;
}
