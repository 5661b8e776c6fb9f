/* Who holds the process. Whoever wins a compare-and-set here has the process: nothing else decides. */
#include "stub.h"

#include <errno.h>
#include <string.h>

struct state {
	uint8_t incarnation[MAX_NAME], holder[MAX_NAME];
	size_t incarnation_length, holder_length;
	uint64_t epoch;
};

static struct state now; /* epoch 0: not set */
static bool closed;

uint64_t register_epoch(void)
{
	return now.epoch;
}

void register_close(void)
{
	now.epoch = 0;
	closed = true;
}

static void write_state(struct writer *w)
{
	write_string(w, now.incarnation, now.incarnation_length);
	write_number(w, now.epoch, 8);
	write_string(w, now.holder, now.holder_length);
}

void register_get(struct writer *w)
{
	write_number(w, now.epoch != 0, 1);
	if (now.epoch)
		write_state(w);
}

static bool read_name(struct reader *in, uint8_t name[MAX_NAME], size_t *length)
{
	const uint8_t *bytes = read_string(in, length);

	if (!bytes || *length > MAX_NAME)
		return false;
	memcpy(name, bytes, *length);
	return true;
}

static bool read_state(struct reader *in, struct state *s)
{
	if (!read_name(in, s->incarnation, &s->incarnation_length))
		return false;
	s->epoch = read_number(in, 8);
	return read_name(in, s->holder, &s->holder_length) && s->epoch != 0;
}

static bool same(const uint8_t *a, size_t a_length, const uint8_t *b, size_t b_length)
{
	return a_length == b_length && !memcmp(a, b, a_length);
}

static bool same_incarnation(const struct state *a, const struct state *b)
{
	return same(a->incarnation, a->incarnation_length, b->incarnation, b->incarnation_length);
}

int register_swap(struct request *q, struct answer *a)
{
	struct state expected = { 0 }, next;
	bool expects = read_number(&q->in, 1) != 0;

	if ((expects && !read_state(&q->in, &expected)) || !read_state(&q->in, &next) || !read_end(&q->in))
		return EINVAL;
	if (next.epoch != expected.epoch + 1 || (expects && !same_incarnation(&expected, &next)))
		return EINVAL;

	if (closed)
		return EPERM;
	bool swap = expected.epoch == now.epoch &&
		    (!expects || (same_incarnation(&expected, &now) &&
				  same(expected.holder, expected.holder_length, now.holder, now.holder_length)));
	if (swap)
		now = next;
	if (!now.epoch) /* something is expected where nothing is */
		return ENOENT;
	write_number(&a->out, swap, 1);
	write_state(&a->out);
	return 0;
}
