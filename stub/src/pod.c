/*
 * Makes a pod of a fleet: new namespaces as a container runtime makes them, the pod's files, and the stub as PID 1,
 * without privilege. Runs as root, outlives who starts it, and ends with the stub. See usage().
 */
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <limits.h>
#include <linux/capability.h>
#include <linux/mount.h>
#include <linux/sched.h>
#include <net/if.h>
#include <sched.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <unistd.h>

#define MAX 64
#define DEV_FLAGS (MS_NOSUID | MS_NODEV)

enum { ROOT = 1, DIRECTORY, NAME, TOOLS, KIND, USER, GROUP, OPTIONS };

static const char *cgroups[MAX], *hidden[MAX];
static int cgroup_count, hidden_count;

static void fail(const char *what)
{
	dprintf(2, "tomte pod: %s: %s\n", what, strerror(errno));
	_exit(125);
}

static void usage(void)
{
	dprintf(2, "usage: pod ROOT DIRECTORY NAME TOOLS home|guest UID GID [--cgroup DIR]... [--hide PATH]...\n"
		   "  ROOT       what is its /; a guest's is read-only\n"
		   "  DIRECTORY  its own, with root/ to mount at and ctl/ for the stub's socket; gets the stub's PID as pid\n"
		   "  NAME       its host name\n"
		   "  --cgroup   that the stub is to be in\n"
		   "  --hide     a directory of ROOT that it sees empty, if it is there\n");
	_exit(125);
}

static long number(const char *text)
{
	char *end;
	long value = strtol(text, &end, 10);

	if (*text == 0 || *end != 0 || value < 0 || value > INT_MAX)
		usage();
	return value;
}

static void options(int argc, char **argv)
{
	if (argc < OPTIONS || (argc - OPTIONS) % 2 || (strcmp(argv[KIND], "home") && strcmp(argv[KIND], "guest")))
		usage();
	number(argv[USER]);
	number(argv[GROUP]);
	for (int i = OPTIONS; i < argc; i += 2) {
		if (!strcmp(argv[i], "--cgroup") && cgroup_count < MAX)
			cgroups[cgroup_count++] = argv[i + 1];
		else if (!strcmp(argv[i], "--hide") && hidden_count < MAX)
			hidden[hidden_count++] = argv[i + 1];
		else
			usage();
	}
}

static const char *in(char made[PATH_MAX], const char *directory, const char *name)
{
	if (snprintf(made, PATH_MAX, "%s/%s", directory, name) >= PATH_MAX) {
		errno = ENAMETOOLONG;
		fail(name);
	}
	return made;
}

/* --- its files: the working directory is its root ---------------------------------------------------------------- */

static void mount_fresh(const char *type, const char *name, const char *at, unsigned long flags, const char *how)
{
	if (mount(name, at, type, flags, how))
		fail(at);
}

static void bind_to(const char *from, const char *at)
{
	if (mount(from, at, NULL, MS_BIND, NULL))
		fail(from);
}

/* What else it is mounted with stays. */
static void make_read_only(const char *at)
{
	struct mount_attr attributes = { .attr_set = MOUNT_ATTR_RDONLY };

	if (syscall(SYS_mount_setattr, AT_FDCWD, at, 0, &attributes, sizeof attributes))
		fail(at);
}

static void make_directory(const char *at, mode_t mode)
{
	if (mkdir(at, mode))
		fail(at);
}

static void make_link(const char *to, const char *at)
{
	if (symlink(to, at))
		fail(at);
}

static void make_device(const char *at, int major, int minor)
{
	if (mknod(at, S_IFCHR | 0666, makedev(major, minor)))
		fail(at);
}

static void hide(const char *directory)
{
	struct stat found;
	char at[PATH_MAX];
	bool open_to_all = !strcmp(directory, "/tmp");

	in(at, ".", directory);
	/* only what is there needs hiding */
	if (stat(at, &found) || !S_ISDIR(found.st_mode))
		return;
	mount_fresh("tmpfs", "hidden", at, DEV_FLAGS, open_to_all ? "mode=1777,size=256m" : "mode=755,size=256m");
}

static void devices(void)
{
	mount_fresh("tmpfs", "dev", "dev", MS_NOSUID, "mode=755,size=16m");
	make_device("dev/null", 1, 3);
	make_device("dev/zero", 1, 5);
	make_device("dev/full", 1, 7);
	make_device("dev/random", 1, 8);
	make_device("dev/urandom", 1, 9);
	make_device("dev/tty", 5, 0);
	make_link("/proc/self/fd", "dev/fd");
	make_link("fd/0", "dev/stdin");
	make_link("fd/1", "dev/stdout");
	make_link("fd/2", "dev/stderr");
	make_directory("dev/pts", 0755);
	mount_fresh("devpts", "devpts", "dev/pts", 0, "newinstance,ptmxmode=0666,mode=0620,gid=5");
	make_link("pts/ptmx", "dev/ptmx");
	make_directory("dev/shm", 01777);
	mount_fresh("tmpfs", "shm", "dev/shm", DEV_FLAGS, "mode=1777,size=256m");
}

static void files(char **argv)
{
	char path[PATH_MAX];

	/* nothing that is mounted here is seen outside, or the other way round */
	if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL))
		fail("private mounts");
	bind_to(argv[ROOT], in(path, argv[DIRECTORY], "root"));
	if (chdir(path))
		fail(path);
	for (int i = 0; i < hidden_count; i++)
		hide(hidden[i]);
	mount_fresh("proc", "proc", "proc", DEV_FLAGS | MS_NOEXEC, NULL);
	bind_to("proc/sys", "proc/sys");
	make_read_only("proc/sys");
	devices();

	make_directory("dev/.tomte", 0711);
	make_directory("dev/.tomte/tools", 0755);
	make_directory("dev/.tomte/ctl", 0711);
	bind_to(argv[TOOLS], "dev/.tomte/tools");
	make_read_only("dev/.tomte/tools");
	bind_to(in(path, argv[DIRECTORY], "ctl"), "dev/.tomte/ctl");
	/* a guest's files are its home's, in a namespace nested in this one: nothing here is for it to write */
	if (strcmp(argv[KIND], "home"))
		make_read_only(".");
}

static void enter_root(void)
{
	if (syscall(SYS_pivot_root, ".", ".") || umount2(".", MNT_DETACH) || chdir("/"))
		fail("the new root");
}

/* --- what else it has ------------------------------------------------------------------------------------------- */

/* The old /proc still tells the PID that the agent knows us by. */
static void tell_pid(const char *directory)
{
	char pid[32], fresh[PATH_MAX], path[PATH_MAX];
	ssize_t length = readlink("/proc/self", pid, sizeof pid - 1);

	if (length < 0)
		fail("/proc/self");
	pid[length++] = '\n';
	int fd = open(in(fresh, directory, "pid.new"), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	if (fd < 0 || write(fd, pid, length) != length || close(fd) || rename(fresh, in(path, directory, "pid")))
		fail(fresh);
}

static void loopback_up(void)
{
	struct ifreq lo = { .ifr_name = "lo", .ifr_flags = IFF_UP };
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (fd < 0 || ioctl(fd, SIOCSIFFLAGS, &lo) || close(fd))
		fail("the loopback device");
}

/* The user, and no capability, now or ever. */
static void drop_privilege(uid_t user, gid_t group)
{
	struct __user_cap_header_struct header = { _LINUX_CAPABILITY_VERSION_3, 0 };
	struct __user_cap_data_struct none[2] = { 0 };

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
		fail("no new privileges");
	if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0))
		fail("ambient capabilities");
	for (int cap = 0; prctl(PR_CAPBSET_READ, cap, 0, 0, 0) >= 0; cap++)
		if (prctl(PR_CAPBSET_DROP, cap, 0, 0, 0))
			fail("the bounding set");
	if (setgroups(0, NULL) || setresgid(group, group, group) || setresuid(user, user, user))
		fail("the user");
	if (syscall(SYS_capset, &header, none))
		fail("capabilities");
}

/* PID 1 of the pod. Ends if whoever moves it into its cgroups does. */
static void become_stub(char **argv, int moved)
{
	char *const stub[] = { "/dev/.tomte/tools/stub", argv[KIND], "/dev/.tomte/ctl/stub.sock", NULL };
	char *const environment[] = { "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", NULL };
	mode_t mask = umask(0);
	char byte;

	if (sethostname(argv[NAME], strlen(argv[NAME])))
		fail("the host name");
	loopback_up();
	files(argv);
	umask(mask);
	tell_pid(argv[DIRECTORY]);
	enter_root();
	if (read(moved, &byte, 1) != 1)
		_exit(125);
	drop_privilege(number(argv[USER]), number(argv[GROUP]));
	execve(stub[0], stub, environment);
	fail(stub[0]);
}

static void move_into(const char *cgroup, pid_t pid)
{
	char path[PATH_MAX];
	int fd = open(in(path, cgroup, "cgroup.procs"), O_WRONLY | O_CLOEXEC);

	if (fd < 0 || dprintf(fd, "%d", pid) < 0)
		fail(path);
	close(fd);
}

int main(int argc, char **argv)
{
	int ends[2], status;

	options(argc, argv);
	setsid();
	if (pipe2(ends, O_CLOEXEC))
		fail("pipe");
	struct clone_args how = {
		.flags = CLONE_NEWPID | CLONE_NEWNS | CLONE_NEWNET | CLONE_NEWUTS | CLONE_NEWIPC,
		.exit_signal = SIGCHLD,
	};
	pid_t made = syscall(SYS_clone3, &how, sizeof how);
	if (made < 0)
		fail("new namespaces");
	if (made == 0) {
		close(ends[1]);
		become_stub(argv, ends[0]);
	}
	/* takes the kernel longer than its files take. Kernels kill what is born into a cgroup that was ever killed */
	for (int i = 0; i < cgroup_count; i++)
		move_into(cgroups[i], made);
	if (write(ends[1], "", 1) != 1)
		fail("pipe");
	close_range(3, ~0u, 0);
	while (waitpid(made, &status, 0) != made)
		if (errno != EINTR)
			fail("wait");
	return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}
