#include "stub.h"

#include <errno.h>

static int hello(struct request *q, struct answer *a)
{
	uint32_t magic = read_number(&q->in, 4);

	read_number(&q->in, 2); /* the peer's version: it decides whether it can speak ours */
	if (magic != PROTOCOL_MAGIC || q->in.bad)
		return -1;
	write_number(&a->out, PROTOCOL_VERSION, 2);
	write_number(&a->out, kind, 1);
	return 0;
}

static int only(enum kind allowed)
{
	return kind == allowed ? 0 : EPERM;
}

int request_serve(enum op op, struct request *q, struct answer *a)
{
	struct reader *in = &q->in;
	struct writer *out = &a->out;
	uint32_t number;

	switch (op) {
	case OP_HELLO: /* later versions may say more */
		return hello(q, a);
	case OP_START:
		return process_start(q, a);
	case OP_COMPARE_AND_SET:
		return only(HOME) ?: register_swap(q, a);
	case OP_OUT:
		return only(HOME) ?: streams_out(q, a);
	case OP_OUT_AT:
		return only(HOME) ?: streams_out_at(q, a);
	case OP_CONSUME:
		return only(GUEST) ?: streams_consume(q, a);
	case OP_INPUT:
		return input_in(q, a);
	case OP_INPUT_READ:
		return only(HOME) ?: input_read(q, a);
	case OP_KEEP:
		return keep_put(q);
	case OP_TAKE:
		return keep_take(q, a);
	case OP_DROP:
		return keep_drop(q);
	case OP_NOTE:
		return notes_put(q);
	case OP_NOTE_GET:
		return notes_get(q, a);
	case OP_ADOPT:
		number = read_number(in, 4);
		return read_end(in) ? process_adopt(number) : EINVAL;
	case OP_ACKNOWLEDGE_EXIT:
		number = read_number(in, 4);
		return read_end(in) ? process_acknowledge(number) : EINVAL;
	case OP_FINISH:
		number = read_number(in, 4);
		return only(HOME) ?: read_end(in) ? process_finish(number) : EINVAL;
	default:
		break;
	}
	/* What follows has no arguments. */
	if (!read_end(in))
		return EINVAL;
	switch (op) {
	case OP_STATE:
		process_state(out);
		return 0;
	case OP_GO:
		return process_go();
	case OP_FDS:
		return streams_descriptors(a);
	case OP_INPUT_PIPE:
		return input_pipe(a);
	case OP_REGISTER:
		register_get(out);
		return only(HOME);
	case OP_FORGET:
		return process_forget();
	case OP_EXIT:
		process_exit(out);
		return 0;
	case OP_SUBSCRIBE: /* done once the answer is out */
		return 0;
	case OP_LIST:
		keep_list(out);
		return 0;
	case OP_NOTES:
		notes_list(out);
		return 0;
	case OP_RESET:
		return streams_reset();
	case OP_END:
		return only(GUEST) ?: process_end();
	case OP_ROOT:
		return process_root(a);
	default:
		return ENOSYS;
	}
}
