#include "stub.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <unistd.h>

enum kind kind;
bool ordinary;
char **own_command;

void fail(const char *what)
{
	fprintf(stderr, "tomte stub: %s: %s\n", what, strerror(errno));
	exit(125);
}

static int signals_open(void)
{
	sigset_t mine;

	sigemptyset(&mine);
	sigaddset(&mine, SIGCHLD);
	sigaddset(&mine, SIGTERM);
	sigaddset(&mine, SIGINT);
	sigaddset(&mine, SIGHUP);
	sigaddset(&mine, SIGQUIT);
	sigaddset(&mine, SIGUSR1);
	sigaddset(&mine, SIGUSR2);
	sigaddset(&mine, SIGWINCH);
	sigaddset(&mine, SIGALRM);
	sigprocmask(SIG_BLOCK, &mine, NULL);
	signal(SIGPIPE, SIG_IGN);

	int fd = signalfd(-1, &mine, SFD_CLOEXEC | SFD_NONBLOCK);
	if (fd < 0)
		fail("signalfd");
	return fd;
}

static void signals_serve(int fd)
{
	struct signalfd_siginfo info;
	bool child = false;

	while (read(fd, &info, sizeof info) == sizeof info) {
		if (info.ssi_signo == SIGCHLD)
			child = true;
		else if (info.ssi_signo == SIGALRM)
			process_alarm();
		else
			process_terminate(info.ssi_signo, info.ssi_pid != 0);
	}
	if (child)
		process_reap();
}

static void loop(int signals)
{
	struct pollfd polled[1 + CONNECTION_POLLS + STREAM_POLLS + INPUT_POLLS];

	while (phase != ENDING || !streams_flushed()) {
		int count = 0;

		polled[count++] = (struct pollfd){ signals, POLLIN, 0 };
		count += connections_poll(polled + 1);
		count += streams_poll(polled + count);
		count += input_poll(polled + count);
		if (poll(polled, count, streams_waiting() ? 1000 : -1) < 0 && errno != EINTR)
			fail("poll");
		streams_serve();
		if (polled[0].revents)
			signals_serve(signals);
		connections_serve(polled + 1);
		input_serve();
	}
}

/* For clusters that cannot mount an image: an init container puts it into a volume. */
static int install(const char *directory)
{
	char path[4096], bytes[65536];
	ssize_t length = 0;

	snprintf(path, sizeof path, "%s/stub", directory);
	int in = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
	int out = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0755);
	if (in < 0 || out < 0)
		fail(path);
	while ((length = read(in, bytes, sizeof bytes)) > 0)
		if (write(out, bytes, length) != length)
			fail(path);
	if (length < 0 || close(out))
		fail(path);
	return 0;
}

static int usage(void)
{
	fprintf(stderr, "usage: stub home|guest SOCKET\n"
			"       stub home SOCKET -- COMMAND [ARGUMENT]...     an ordinary pod's\n"
			"       stub home SOCKET --image [ARGUMENT]...        likewise; the command is its image's, and the\n"
			"                                                     agent says what that is\n"
			"       stub install DIRECTORY\n"
			"SOCKET is a path, or, with an @ before it, a name of the network namespace.\n");
	return 125;
}

int main(int argc, char **argv)
{
	if (argc == 3 && !strcmp(argv[1], "install"))
		return install(argv[2]);
	bool own = argc > 4 && !strcmp(argv[3], "--");
	ordinary = argc > 3 && !strcmp(argv[1], "home") && (own || !strcmp(argv[3], "--image"));
	if (argc < 3 || (argc > 3 && !ordinary) || (strcmp(argv[1], "home") && strcmp(argv[1], "guest")))
		return usage();
	if (own)
		own_command = argv + 4;
	/* It ends by killing all that it sees: that must be a pod. */
	if (getpid() != 1) {
		fprintf(stderr, "tomte stub: must be the first process of a PID namespace\n");
		return 125;
	}
	kind = strcmp(argv[1], "guest") ? HOME : GUEST;
	prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
	/* No descriptor of ours may become a standard stream by accident. */
	for (int fd = open("/dev/null", O_RDWR); fd >= 0 && fd <= 2; fd = open("/dev/null", O_RDWR))
		;
	close_range(3, ~0u, 0);
	limits_raise();

	int signals = signals_open();
	streams_open();
	connections_listen(argv[2]);
	if (ordinary)
		process_expect();
	loop(signals);
	return process_end_code();
}
