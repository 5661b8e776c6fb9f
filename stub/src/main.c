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
		else
			process_terminate(info.ssi_signo, info.ssi_pid != 0);
	}
	if (child)
		process_reap();
}

static void loop(int signals)
{
	struct pollfd polled[1 + CONNECTION_POLLS + STREAM_POLLS];

	while (phase != ENDING || !streams_flushed()) {
		int count = 0;

		polled[count++] = (struct pollfd){ signals, POLLIN, 0 };
		count += connections_poll(polled + 1);
		count += streams_poll(polled + count);
		if (poll(polled, count, streams_waiting() ? 1000 : -1) < 0 && errno != EINTR)
			fail("poll");
		streams_serve();
		if (polled[0].revents)
			signals_serve(signals);
		connections_serve(polled + 1);
	}
}

int main(int argc, char **argv)
{
	if (argc != 3 || (strcmp(argv[1], "home") && strcmp(argv[1], "guest"))) {
		fprintf(stderr, "usage: stub home|guest SOCKET\n");
		return 125;
	}
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

	int signals = signals_open();
	streams_open();
	connections_listen(argv[2]);
	loop(signals);
	return process_end_code();
}
