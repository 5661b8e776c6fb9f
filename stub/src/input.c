/*
 * The process' standard input, where it is fed: a pipe whose both ends the stub keeps, filled from a ring. A byte stays
 * in the ring until the process has read it, so that whoever has the process next can be given what it has not read.
 * Offsets count from the first byte that was ever sent. At home the ring outlives the process' stays elsewhere; a
 * guest's begins where its home says.
 */
#include "stub.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define RING (256 * 1024)
#define MOST (64 * 1024) /* in one answer */

static int outlet = -1, inlet = -1;
static bool fresh;          /* nothing was put into this pipe yet */
static bool begun;          /* it is known where what is fed here begins */
static bool complete;       /* nothing comes after what has come */
static uint64_t begin;      /* the process has read what is before */
static uint64_t fed;        /* what is before is, or was, in the pipe */
static uint64_t end;        /* of what has come */
static uint8_t ring[RING];  /* from begin to end, each byte at its offset modulo RING */

static uint64_t least(uint64_t one, uint64_t other)
{
	return one < other ? one : other;
}

int input_open(void)
{
	int ends[2];

	if (pipe2(ends, O_CLOEXEC))
		return errno;
	/* Each end has an open file description of its own: the process still waits at its own. */
	fcntl(ends[1], F_SETFL, O_NONBLOCK);
	if (outlet >= 0)
		close(outlet);
	if (inlet >= 0)
		close(inlet);
	outlet = ends[0];
	inlet = ends[1];
	fresh = true;
	return 0;
}

int input_child(void)
{
	int source = outlet >= 0 ? outlet : open("/dev/null", O_RDONLY | O_CLOEXEC);

	return source < 0 || dup2(source, 0) < 0 ? -1 : 0;
}

void input_settle(void)
{
	int unread;

	if (phase != HERE || fresh || outlet < 0 || ioctl(outlet, FIONREAD, &unread))
		return;
	/* at home the next holder may have told of more already */
	if (fed - unread > begin)
		begin = fed - unread;
}

void input_serve(void)
{
	if (phase != HERE || inlet < 0)
		return;
	if (fresh)
		fed = begin;
	fresh = false;
	while (fed >= begin && fed < end) {
		ssize_t put = write(inlet, ring + fed % RING, least(end - fed, RING - fed % RING));

		if (put < 0 && errno == EINTR)
			continue;
		if (put <= 0)
			return;
		fed += put;
	}
	if (complete && fed >= end) {
		close(inlet);
		inlet = -1;
	}
}

int input_poll(struct pollfd *into)
{
	bool waits = phase == HERE && inlet >= 0 && fed >= begin && fed < end;

	*into = (struct pollfd){ waits ? inlet : -1, POLLOUT, 0 };
	return INPUT_POLLS;
}

int input_pipe(struct answer *a)
{
	int error = phase == EMPTY || phase == AWAY ? input_open() : 0;

	if (error)
		return error;
	if (outlet < 0)
		return ENOENT;
	a->fds[a->fd_count++] = outlet;
	return 0;
}

int input_in(struct request *q, struct answer *a)
{
	uint64_t offset = read_number(&q->in, 8);
	bool last = read_number(&q->in, 1);
	size_t length;
	const uint8_t *bytes = read_blob(&q->in, &length);

	if (!bytes || !read_end(&q->in) || offset + length < offset)
		return EINVAL;
	input_settle();
	if (length || last) {
		if (kind == GUEST && !begun)
			begin = fed = end = offset;
		begun = true;
		if (offset > end)
			return ERANGE;
		if (complete && offset + length > end)
			return EPIPE;
	}
	while (offset + length > end && end - begin < RING) {
		const uint8_t *next = bytes + (end - offset);
		size_t run = least(offset + length - end, least(RING - (end - begin), RING - end % RING));

		memcpy(ring + end % RING, next, run);
		end += run;
	}
	complete |= last && offset + length == end;
	input_serve();
	write_number(&a->out, begin, 8);
	write_number(&a->out, end, 8);
	write_number(&a->out, complete, 1);
	return 0;
}

int input_read(struct request *q, struct answer *a)
{
	uint64_t consumed = read_number(&q->in, 8);
	uint64_t from = read_number(&q->in, 8);

	if (!read_end(&q->in))
		return EINVAL;
	input_settle();
	if (consumed > end || from > end)
		return ERANGE;
	if (consumed > begin)
		begin = consumed;
	if (from < begin)
		from = begin;
	size_t length = least(least(end - from, RING - from % RING), MOST);
	write_number(&a->out, from, 8);
	write_number(&a->out, complete && from + length == end, 1);
	write_blob(&a->out, ring + from % RING, length);
	return 0;
}
