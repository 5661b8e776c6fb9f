/*
 * The process' stdout and stderr: pipes whose both ends the stub keeps, so that neither a reader's nor a writer's
 * death ends them. A home stub copies them to its own stdout and stderr, and adds what the process writes while
 * away. A guest stub only holds them: an agent reads by tee(2), and says what has arrived at home.
 */
#include "stub.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define QUEUE (256 * 1024)

static struct stream {
	int read_end, write_end;
	uint64_t consumed; /* from the pipe, since it was made */
	uint64_t epoch, reached; /* of what came from away */
	uint8_t queue[QUEUE]; /* a ring of what is to be written */
	size_t head, length;
	bool file;    /* a file of ours never waits, and takes any number of bytes */
	bool broken;  /* nobody reads us any more */
	bool waiting; /* no space left: try again later */
} streams[2];

static void open_pipe(struct stream *s)
{
	int ends[2];

	if (pipe2(ends, O_CLOEXEC))
		fail("pipe");
	/* Each end has an open file description of its own: the process' end still waits when the pipe is full. */
	fcntl(ends[0], F_SETFL, O_NONBLOCK);
	s->read_end = ends[0];
	s->write_end = ends[1];
	s->consumed = 0;
}

void streams_open(void)
{
	for (int i = 0; i < 2; i++) {
		struct stat st;

		open_pipe(streams + i);
		streams[i].file = fstat(1 + i, &st) == 0 && S_ISREG(st.st_mode);
	}
}

int streams_child(void)
{
	return dup2(streams[0].write_end, 1) < 0 || dup2(streams[1].write_end, 2) < 0 ? -1 : 0;
}

/* Moves what fits from the pipe to the queue. True: the pipe is empty. */
static bool fill(struct stream *s)
{
	for (;;) {
		size_t tail = (s->head + s->length) % QUEUE;
		size_t room = tail < s->head ? s->head - tail : QUEUE - tail;

		if (s->length == QUEUE)
			return false;
		ssize_t got = read(s->read_end, s->queue + tail, room);
		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return true;
		s->consumed += got;
		if (!s->broken)
			s->length += got;
	}
}

/* Writes what the reader takes now. Without O_NONBLOCK, which others may share: poll, and one PIPE_BUF at a time. */
static void flush(struct stream *s, int fd)
{
	s->waiting = false;
	while (s->length) {
		struct pollfd ready = { fd, POLLOUT, 0 };
		size_t most = s->file ? QUEUE : 4096;
		size_t run = s->head + s->length > QUEUE ? QUEUE - s->head : s->length;

		if (poll(&ready, 1, 0) <= 0)
			return;
		ssize_t put = write(fd, s->queue + s->head, run < most ? run : most);
		if (put < 0 && errno == EINTR)
			continue;
		if (put < 0 && errno == EAGAIN)
			return;
		if (put < 0 && (errno == ENOSPC || errno == EDQUOT)) {
			s->waiting = true;
			return;
		}
		if (put < 0) {
			s->broken = true;
			s->length = 0;
			return;
		}
		s->head = (s->head + put) % QUEUE;
		s->length -= put;
	}
}

int streams_poll(struct pollfd *into)
{
	for (int i = 0; i < 2; i++) {
		struct stream *s = streams + i;

		into[2 * i] = (struct pollfd){ kind == HOME && s->length < QUEUE ? s->read_end : -1, POLLIN, 0 };
		into[2 * i + 1] = (struct pollfd){ s->length && !s->waiting ? 1 + i : -1, POLLOUT, 0 };
	}
	return STREAM_POLLS;
}

void streams_serve(void)
{
	for (int i = 0; kind == HOME && i < 2; i++) {
		fill(streams + i);
		flush(streams + i, 1 + i);
	}
}

bool streams_waiting(void)
{
	return streams[0].waiting || streams[1].waiting;
}

bool streams_flushed(void)
{
	bool done = true;

	for (int i = 0; kind == HOME && i < 2; i++) {
		bool empty = fill(streams + i);

		flush(streams + i, 1 + i);
		done &= empty && !streams[i].length;
	}
	return done;
}

int streams_reset(void)
{
	if (phase != EMPTY && phase != AWAY)
		return EBUSY;
	for (int i = 0; kind == HOME && i < 2; i++)
		if (!fill(streams + i))
			return EAGAIN;
	for (int i = 0; i < 2; i++) {
		close(streams[i].read_end);
		close(streams[i].write_end);
		open_pipe(streams + i);
	}
	return 0;
}

int streams_descriptors(struct answer *a)
{
	for (int i = 0; i < 2; i++) {
		write_number(&a->out, streams[i].consumed, 8);
		a->fds[a->fd_count++] = streams[i].read_end;
		a->fds[a->fd_count++] = streams[i].write_end;
	}
	return 0;
}

static struct stream *read_stream(struct reader *in)
{
	uint64_t number = read_number(in, 1);

	return number == 1 || number == 2 ? streams + number - 1 : NULL;
}

static void enqueue(struct stream *s, const uint8_t *bytes, size_t length)
{
	size_t tail = (s->head + s->length) % QUEUE;
	size_t first = length < QUEUE - tail ? length : QUEUE - tail;

	if (s->broken)
		return;
	memcpy(s->queue + tail, bytes, first);
	memcpy(s->queue, bytes + first, length - first);
	s->length += length;
}

int streams_out(struct request *q, struct answer *a)
{
	struct stream *s = read_stream(&q->in);
	uint64_t epoch = read_number(&q->in, 8);
	uint64_t offset = read_number(&q->in, 8);
	size_t length;
	const uint8_t *bytes = read_blob(&q->in, &length);

	if (!s || !bytes || !read_end(&q->in) || offset + length < offset)
		return EINVAL;
	if (epoch != register_epoch() || epoch < s->epoch || epoch == 0)
		return ESTALE;
	if (epoch > s->epoch) {
		s->epoch = epoch;
		s->reached = 0;
	}
	if (offset > s->reached)
		return ERANGE;
	/* What it wrote here comes before what it wrote there. */
	if (fill(s) && offset + length > s->reached) {
		size_t known = s->reached - offset;
		size_t fits = length - known;

		if (fits > QUEUE - s->length)
			fits = QUEUE - s->length;
		enqueue(s, bytes + known, fits);
		s->reached += fits;
	}
	write_number(&a->out, s->reached, 8);
	return 0;
}

int streams_out_at(struct request *q, struct answer *a)
{
	struct stream *s = read_stream(&q->in);
	uint64_t epoch = read_number(&q->in, 8);

	if (!s || !read_end(&q->in))
		return EINVAL;
	if (epoch < s->epoch)
		return ESTALE;
	write_number(&a->out, epoch == s->epoch ? s->reached : 0, 8);
	return 0;
}

int streams_consume(struct request *q, struct answer *a)
{
	struct stream *s = read_stream(&q->in);
	uint64_t upto = read_number(&q->in, 8);
	uint8_t bin[4096];

	if (!s || !read_end(&q->in))
		return EINVAL;
	while (s->consumed < upto) {
		uint64_t left = upto - s->consumed;
		ssize_t got = read(s->read_end, bin, left < sizeof bin ? left : sizeof bin);

		if (got <= 0)
			break;
		s->consumed += got;
	}
	write_number(&a->out, s->consumed, 8);
	return 0;
}
