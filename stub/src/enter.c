/*
 * Runs a program inside of a pod as if the pod's own user had the capabilities of root there: for criu, which must
 * share the pod's namespaces, but neither its root nor a low PID. Nothing of it needs to be mounted in the pod.
 * See usage(); ../../criu/README.md has the commands that use it.
 */
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define MAX 256
#define OWN 700 /* where our own descriptors begin, so that those asked for never collide with them */

struct wish {
	int theirs, mine;
	int held; /* 0: not taken yet */
};

static struct wish wishes[MAX];
static int wish_count, cgroups[MAX], cgroup_count;
static int from = -1, program = -1, mount_fd = -1;
static long pod, real_user = -1, real_group = -1, last_pid;
static bool session;

static void fail(const char *what)
{
	dprintf(2, "enter: %s: %s\n", what, strerror(errno));
	_exit(125);
}

static void usage(void)
{
	fprintf(stderr,
		"usage: enter --pid STUB [options] -- PROGRAM [argument]...\n"
		"  --mnt-fd N      the mount namespace to join, an open descriptor (default: the stub's)\n"
		"  --mnt PATH      the same, by its path\n"
		"  --cgroup DIR    move into this cgroup first; may be repeated\n"
		"  --ruid UID, --rgid GID   the real user and group; the effective ones stay root's\n"
		"  --last-pid N    the program's PID in the pod is the next free one after this\n"
		"  --setsid        a session of its own, to outlive the caller\n"
		"  --from PID      descriptors are taken from that process instead of being inherited\n"
		"  --fd N[:M]      give descriptor N to the program, as M; may be repeated\n"
		"  --open M:PATH   open PATH, outside of the pod, and give it to the program as M; may be repeated\n"
		"The program is opened outside of the pod and must be static. The exit code is its own, 128 and the signal\n"
		"that killed it, or 125 if it could not be started.\n");
	exit(125);
}

/* Out of the way of all numbers that are asked for. */
static int away(int fd, const char *what)
{
	int moved = fd < 0 ? -1 : fcntl(fd, F_DUPFD_CLOEXEC, OWN);

	if (moved < 0)
		fail(what);
	return moved;
}

static long number(const char *text)
{
	char *end;
	long value = strtol(text, &end, 10);

	if (*text == 0 || *end != 0 || value < 0)
		usage();
	return value;
}

static int open_path(const char *format, const char *name, int flags)
{
	char path[4200];

	if (snprintf(path, sizeof path, format, name) >= (int)sizeof path) {
		errno = ENAMETOOLONG;
		fail(name);
	}
	int fd = open(path, flags | O_CLOEXEC);
	int moved = away(fd, path);
	close(fd);
	return moved;
}

static struct wish *wish(int theirs, int mine)
{
	struct wish *w = wishes + wish_count++;

	if (wish_count == MAX || mine < 3 || mine >= OWN)
		usage();
	w->theirs = theirs;
	w->mine = mine;
	return w;
}

static void wish_descriptor(char *text)
{
	char *colon = strchr(text, ':');

	if (colon)
		*colon = 0;
	wish(number(text), number(colon ? colon + 1 : text));
}

static void wish_path(char *text)
{
	char *colon = strchr(text, ':');

	if (!colon)
		usage();
	*colon = 0;
	wish(-1, number(text))->held = open_path("%s", colon + 1, O_RDONLY);
}

static void options(int argc, char **argv)
{
	int i = 1;

	for (; i < argc && strcmp(argv[i], "--"); i++) {
		char *name = argv[i];

		if (!strcmp(name, "--setsid")) {
			session = true;
			continue;
		}
		if (i + 1 >= argc)
			usage();
		char *value = argv[++i];
		if (!strcmp(name, "--pid"))
			pod = number(value);
		else if (!strcmp(name, "--mnt-fd"))
			mount_fd = number(value);
		else if (!strcmp(name, "--mnt"))
			mount_fd = open_path("%s", value, O_RDONLY);
		else if (!strcmp(name, "--cgroup") && cgroup_count < MAX)
			cgroups[cgroup_count++] = open_path("%s/cgroup.procs", value, O_WRONLY);
		else if (!strcmp(name, "--ruid"))
			real_user = number(value);
		else if (!strcmp(name, "--rgid"))
			real_group = number(value);
		else if (!strcmp(name, "--last-pid"))
			last_pid = number(value);
		else if (!strcmp(name, "--from"))
			from = number(value);
		else if (!strcmp(name, "--fd"))
			wish_descriptor(value);
		else if (!strcmp(name, "--open"))
			wish_path(value);
		else
			usage();
	}
	if (pod <= 1 || i + 1 >= argc)
		usage();
	program = open_path("%s", argv[i + 1], O_PATH);
}

static void take_descriptors(void)
{
	int donor = from > 0 ? syscall(SYS_pidfd_open, from, 0) : -1;

	if (from > 0 && donor < 0)
		fail("the process to take descriptors from");
	for (struct wish *w = wishes; w < wishes + wish_count; w++) {
		if (w->held)
			continue;
		int fd = from > 0 ? syscall(SYS_pidfd_getfd, donor, w->theirs, 0) : w->theirs;

		w->held = away(fd, "a descriptor to pass on");
		if (from > 0)
			close(fd);
	}
	if (mount_fd >= 0 && mount_fd < OWN && from > 0)
		mount_fd = away(syscall(SYS_pidfd_getfd, donor, mount_fd, 0), "the mount namespace");
	if (donor >= 0)
		close(donor);
}

/*
 * criu must not have a PID that the tree needs. The pod's /proc/sys is read-only, so this uses the host's; what is
 * written there concerns the writer's PID namespace, so a child must write it, and be gone before the next is made.
 */
static void choose_pids(void)
{
	int fd = open_path("%s", "/proc/sys/kernel/ns_last_pid", O_WRONLY);
	int status;
	pid_t child = fork();

	if (child == 0) {
		char text[32];
		int length = snprintf(text, sizeof text, "%ld", last_pid);
		_exit(write(fd, text, length) == length ? 0 : errno);
	}
	if (child < 0 || waitpid(child, &status, 0) != child)
		fail("fork");
	errno = WIFEXITED(status) ? WEXITSTATUS(status) : EIO;
	if (errno)
		fail("ns_last_pid");
	close(fd);
}

static void join(int fd, int type, const char *what)
{
	if (setns(fd, type))
		fail(what);
	close(fd);
}

static void run(char **argv)
{
	if (setns(mount_fd, CLONE_NEWNS))
		fail("the mount namespace");
	close_range(3, OWN - 1, 0);
	for (struct wish *w = wishes; w < wishes + wish_count; w++)
		if (dup2(w->held, w->mine) < 0)
			fail("a descriptor to pass on");
	/* prlimit(2) of the tree asks for its own user where there is no CAP_SYS_RESOURCE */
	if (setgroups(0, NULL) || (real_group >= 0 && setresgid(real_group, 0, 0)) ||
	    (real_user >= 0 && setresuid(real_user, 0, 0)))
		fail("the real user");
	close_range(OWN, program - 1, 0);
	close_range(program + 1, ~0u, 0);
	syscall(SYS_execveat, program, "", argv, environ, AT_EMPTY_PATH);
	fail(argv[0]);
}

int main(int argc, char **argv)
{
	char name[32];
	int status;

	options(argc, argv);
	take_descriptors();
	snprintf(name, sizeof name, "%ld", pod);
	int pids = open_path("/proc/%s/ns/pid", name, O_RDONLY);
	int net = open_path("/proc/%s/ns/net", name, O_RDONLY);
	int uts = open_path("/proc/%s/ns/uts", name, O_RDONLY);
	int ipc = open_path("/proc/%s/ns/ipc", name, O_RDONLY);
	int cgroup = open_path("/proc/%s/ns/cgroup", name, O_RDONLY);
	if (mount_fd < 0)
		mount_fd = open_path("/proc/%s/ns/mnt", name, O_RDONLY);
	else if (mount_fd < OWN)
		mount_fd = away(mount_fd, "the mount namespace");
	if (session)
		setsid();
	for (int i = 0; i < cgroup_count; i++)
		if (write(cgroups[i], "0", 1) != 1)
			fail("a cgroup");

	join(cgroup, CLONE_NEWCGROUP, "the cgroup namespace");
	join(net, CLONE_NEWNET, "the network namespace");
	join(uts, CLONE_NEWUTS, "the UTS namespace");
	join(ipc, CLONE_NEWIPC, "the IPC namespace");
	join(pids, CLONE_NEWPID, "the PID namespace");
	if (last_pid)
		choose_pids();
	pid_t child = fork();
	if (child == 0) {
		int i = 1;

		while (strcmp(argv[i], "--"))
			i++;
		run(argv + i + 1);
	}
	if (child < 0)
		fail("fork");
	close_range(3, ~0u, 0);
	while (waitpid(child, &status, 0) != child)
		if (errno != EINTR)
			fail("wait");
	return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}
