#include "stub.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

struct connection {
	int fd; /* -1: free */
	bool greeted, subscribed;
	uint64_t active; /* when it last said something, in messages */
};

static struct connection connections[MAX_CONNECTIONS];
static struct connection *serving;
static int listener;
static uint64_t messages;
static uint8_t input[MAX_MESSAGE], output[MAX_MESSAGE];

void connections_listen(const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int length;

	for (int i = 0; i < MAX_CONNECTIONS; i++)
		connections[i].fd = -1;
	listener = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (listener < 0)
		fail("socket");
	/* Its name appears once it listens: who waits for it may connect at once. */
	bool abstract = *path == '@';
	length = snprintf(address.sun_path, sizeof address.sun_path, abstract ? "%s" : "%s.new", path);
	if (length >= (int)sizeof address.sun_path) {
		errno = ENAMETOOLONG;
		fail(path);
	}
	if (abstract) {
		*address.sun_path = 0;
		if (bind(listener, (struct sockaddr *)&address, offsetof(struct sockaddr_un, sun_path) + length) ||
		    listen(listener, 64))
			fail(path);
		return;
	}
	unlink(address.sun_path);
	mode_t mask = umask(0177);
	if (bind(listener, (struct sockaddr *)&address, sizeof address) || listen(listener, 64) ||
	    rename(address.sun_path, path))
		fail(path);
	umask(mask);
}

static void drop(struct connection *c)
{
	close(c->fd);
	c->fd = -1;
}

/* A free place; if there is none, that of the peer who has been silent for longest. */
static struct connection *place(void)
{
	struct connection *best = connections;

	for (struct connection *c = connections; c < connections + MAX_CONNECTIONS; c++) {
		if (c->fd < 0)
			return c;
		if (c->active < best->active)
			best = c;
	}
	drop(best);
	return best;
}

static void admit(void)
{
	struct ucred peer;
	socklen_t length = sizeof peer;
	int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

	if (fd < 0)
		return;
	/* Only who is outside of this PID namespace has no PID here; all that runs inside has one. */
	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &length) || peer.pid != 0) {
		close(fd);
		return;
	}
	*place() = (struct connection){ .fd = fd, .active = ++messages };
}

static bool send_whole(struct connection *c, const uint8_t *bytes, size_t length, const int *fds, int count)
{
	union {
		struct cmsghdr header;
		uint8_t room[CMSG_SPACE(sizeof(int) * MAX_FDS)];
	} control = { 0 };
	struct iovec vector = { (void *)bytes, length };
	struct msghdr message = { .msg_iov = &vector, .msg_iovlen = 1 };

	if (count) {
		message.msg_control = &control;
		message.msg_controllen = CMSG_SPACE(sizeof(int) * count);
		control.header.cmsg_level = SOL_SOCKET;
		control.header.cmsg_type = SCM_RIGHTS;
		control.header.cmsg_len = CMSG_LEN(sizeof(int) * count);
		memcpy(CMSG_DATA(&control.header), fds, sizeof(int) * count);
	}
	/* Who does not read what it asked for is dropped: it can ask again. */
	return sendmsg(c->fd, &message, MSG_NOSIGNAL | MSG_DONTWAIT) == (ssize_t)length;
}

static bool tell(struct connection *c, enum op event, uint32_t one, uint32_t two)
{
	uint8_t bytes[16];
	struct writer w = { bytes, 0, sizeof bytes, false };

	write_number(&w, 0, 4);
	write_number(&w, event, 2);
	write_number(&w, 0, 2);
	write_number(&w, one, 4);
	write_number(&w, two, 4);
	return send_whole(c, bytes, w.length, NULL, 0);
}

void connections_event(enum op event, uint32_t one, uint32_t two)
{
	for (struct connection *c = connections; c < connections + MAX_CONNECTIONS; c++)
		if (c->fd >= 0 && c->subscribed && !tell(c, event, one, two))
			drop(c);
}

bool connections_subscriber(void)
{
	for (struct connection *c = connections; c < connections + MAX_CONNECTIONS; c++)
		if (c->fd >= 0 && c->subscribed)
			return true;
	return false;
}

static void tell_serving(enum op event, uint32_t one, uint32_t two)
{
	if (serving->fd >= 0 && !tell(serving, event, one, two))
		drop(serving);
}

void connections_subscribed(void)
{
	serving->subscribed = true;
	process_tell(tell_serving);
}

static int receive(struct connection *c, struct request *q)
{
	union {
		struct cmsghdr header;
		uint8_t room[CMSG_SPACE(sizeof(int) * MAX_FDS)];
	} control;
	struct iovec vector = { input, sizeof input };
	struct msghdr message = { .msg_iov = &vector, .msg_iovlen = 1, .msg_control = &control,
				  .msg_controllen = sizeof control };
	ssize_t length = recvmsg(c->fd, &message, MSG_CMSG_CLOEXEC | MSG_DONTWAIT);

	if (length < 0)
		return errno == EAGAIN || errno == EINTR ? 0 : -1;
	for (struct cmsghdr *h = CMSG_FIRSTHDR(&message); h; h = CMSG_NXTHDR(&message, h)) {
		if (h->cmsg_level != SOL_SOCKET || h->cmsg_type != SCM_RIGHTS)
			continue;
		q->fd_count = (h->cmsg_len - CMSG_LEN(0)) / sizeof(int);
		memcpy(q->fds, CMSG_DATA(h), sizeof(int) * q->fd_count);
	}
	q->in = (struct reader){ input, length, false };
	return length == 0 || message.msg_flags & (MSG_TRUNC | MSG_CTRUNC) ? -1 : 1;
}

static int answer(struct connection *c, struct request *q)
{
	struct answer a = { .out = { output, 0, sizeof output, false }, .close_after = -1 };
	uint32_t number = read_number(&q->in, 4);
	enum op op = read_number(&q->in, 2);
	int error = -1;

	read_number(&q->in, 2);
	write_number(&a.out, number, 4);
	write_number(&a.out, op | OP_ANSWER, 2);
	write_number(&a.out, 0, 2);
	if (!q->in.bad && (c->greeted || op == OP_HELLO)) {
		serving = c;
		error = request_serve(op, q, &a);
	}
	if (error >= 0 && c->fd >= 0) {
		c->greeted = true;
		if (!error && a.out.bad)
			error = EMSGSIZE;
		if (error) {
			a.out.length = 8;
			a.fd_count = 0;
			output[6] = error;
			output[7] = error >> 8;
		}
		if (!send_whole(c, output, a.out.length, a.fds, a.fd_count))
			error = -1;
		else if (!error && op == OP_SUBSCRIBE)
			connections_subscribed();
	}
	if (a.close_after >= 0)
		close(a.close_after);
	return error;
}

static void serve(struct connection *c)
{
	struct request q = { .fd_count = 0 };
	int got = receive(c, &q);

	c->active = ++messages;
	if (got > 0 && answer(c, &q) < 0)
		got = -1;
	for (int i = 0; i < q.fd_count; i++)
		if (q.fds[i] >= 0)
			close(q.fds[i]);
	if (got < 0 && c->fd >= 0)
		drop(c);
}

int connections_poll(struct pollfd *into)
{
	into[0] = (struct pollfd){ listener, POLLIN, 0 };
	for (int i = 0; i < MAX_CONNECTIONS; i++)
		into[1 + i] = (struct pollfd){ connections[i].fd, POLLIN, 0 };
	return CONNECTION_POLLS;
}

void connections_serve(const struct pollfd *polled)
{
	for (int i = 0; i < MAX_CONNECTIONS; i++)
		if (polled[1 + i].revents && connections[i].fd == polled[1 + i].fd && connections[i].fd >= 0)
			serve(connections + i);
	/* Last, so that no descriptor that was polled is already another's. */
	if (polled[0].revents)
		admit();
}
