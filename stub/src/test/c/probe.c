/* Tries what a process must not be able to do to its stub, and prints what came of it, a line each. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

static void say(const char *what, long result)
{
	printf("%s %s\n", what, result < 0 ? strerrorname_np(errno) : "done");
}

static void descriptors(void)
{
	DIR *d = opendir("/proc/self/fd");
	int others = 0;

	for (struct dirent *e; (e = readdir(d));)
		others += e->d_name[0] != '.' && atoi(e->d_name) > 2 && atoi(e->d_name) != dirfd(d);
	printf("descriptors %d\n", others);
	closedir(d);
}

static void speak(const char *path)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	char byte;
	int s = socket(AF_UNIX, SOCK_SEQPACKET, 0);

	strncpy(a.sun_path, path, sizeof a.sun_path - 1);
	if (connect(s, (struct sockaddr *)&a, sizeof a))
		say("connect", -1);
	else
		printf("connect %s\n", recv(s, &byte, 1, 0) == 0 ? "closed" : "heard");
}

int main(int argc, char **argv)
{
	struct rlimit none = { 0, 0 };
	struct sched_param normal = { 0 };
	cpu_set_t cpus;
	sigset_t blocked;

	descriptors();
	sigprocmask(SIG_BLOCK, NULL, &blocked);
	printf("blocked %d\n", sigismember(&blocked, SIGCHLD) + sigismember(&blocked, SIGTERM));
	printf("session %d\n", getsid(0) == getpid());
	if (argc > 1)
		speak(argv[1]);
	CPU_ZERO(&cpus);
	CPU_SET(0, &cpus);
	say("io_uring", syscall(SYS_io_uring_setup, 1, NULL));
	say("prlimit", prlimit(1, RLIMIT_NOFILE, &none, NULL));
	say("prlimit-read", prlimit(1, RLIMIT_NOFILE, NULL, &none));
	say("prlimit-self", prlimit(0, RLIMIT_CORE, &none, NULL));
	say("affinity", sched_setaffinity(1, sizeof cpus, &cpus));
	say("scheduler", sched_setscheduler(1, SCHED_OTHER, &normal));
	say("priority", setpriority(PRIO_PROCESS, 1, 19));
	say("priority-self", setpriority(PRIO_PROCESS, 0, 1));
	say("ptrace", ptrace(PTRACE_SEIZE, 1, NULL, NULL));
	say("memory", open("/proc/1/mem", O_RDWR));
	say("root", open("/proc/1/root", O_PATH | O_DIRECTORY) < 0 ? -1 : open("/proc/1/root/", O_RDONLY));
	say("x32", syscall(0x40000000 | SYS_getpid));
	kill(1, SIGKILL);
	fflush(stdout);
	return 7;
}
