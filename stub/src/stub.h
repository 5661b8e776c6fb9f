/* The stub: PID 1 of home and guest pods. One thread, one poll loop, no memory without a bound. */
#ifndef TOMTE_STUB_H
#define TOMTE_STUB_H

#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define PROTOCOL_VERSION 1
#define PROTOCOL_MAGIC 0x53544d54u /* "TMTS" */
#define MAX_MESSAGE (160 * 1024)
#define MAX_FDS 16
#define MAX_CONNECTIONS 16
#define MAX_NAME 255
#define MAX_KEY 64

enum kind { HOME, GUEST };
enum phase { EMPTY, HELD, HERE, AWAY, EXITED, ENDING };

enum op {
	OP_HELLO = 1, OP_STATE, OP_START, OP_GO, OP_FDS, OP_REGISTER, OP_COMPARE_AND_SET, OP_ADOPT, OP_FORGET,
	OP_EXIT, OP_ACKNOWLEDGE_EXIT, OP_SUBSCRIBE, OP_KEEP, OP_TAKE, OP_DROP, OP_LIST, OP_NOTE, OP_NOTE_GET,
	OP_NOTES, OP_OUT, OP_OUT_AT, OP_CONSUME, OP_RESET, OP_FINISH, OP_END, OP_ROOT, OP_INPUT_PIPE, OP_INPUT,
	OP_INPUT_READ,
	OP_ANSWER = 0x8000, EVENT_EXIT = 0xC001, EVENT_TERMINATE = 0xC002
};

/* wire.c: messages are hostile until read whole; a reader that ran short stays bad. */
struct reader {
	const uint8_t *at;
	size_t left;
	bool bad;
};
struct writer {
	uint8_t *bytes;
	size_t length, room;
	bool bad;
};
struct request {
	struct reader in;
	int fds[MAX_FDS]; /* -1 once taken */
	int fd_count;
};
struct answer {
	struct writer out;
	int fds[MAX_FDS]; /* borrowed, but for those to close */
	int fd_count;
	int close_after; /* a descriptor made for this answer only, or -1 */
};

uint64_t read_number(struct reader *r, int bytes);
const uint8_t *read_blob(struct reader *r, size_t *length);   /* counted by 4 bytes */
const uint8_t *read_string(struct reader *r, size_t *length); /* counted by 2 bytes */
bool read_key(struct reader *r, char key[MAX_KEY + 1]);
bool read_end(const struct reader *r); /* all of it read, and nothing was missing */
void write_number(struct writer *w, uint64_t value, int bytes);
void write_blob(struct writer *w, const void *bytes, size_t length);
void write_string(struct writer *w, const void *bytes, size_t length);

/* main.c */
extern enum kind kind;
/* An ordinary pod's: its command is its own, or its image's, and it does not depend on an agent's being there. */
extern bool ordinary;
extern char **own_command; /* NULL: the agent says what it is */
void fail(const char *what) __attribute__((noreturn));

/* connections.c */
void connections_listen(const char *path);
int connections_poll(struct pollfd *into);
void connections_serve(const struct pollfd *polled);
void connections_event(enum op event, uint32_t one, uint32_t two);
bool connections_subscriber(void); /* whether somebody hears events */
void connections_subscribed(void); /* tells the subscriber being served what it missed */
#define CONNECTION_POLLS (MAX_CONNECTIONS + 1)

/* requests.c: the answer's error, 0 if none; -1: the peer breaks the protocol */
int request_serve(enum op op, struct request *q, struct answer *a);

/* process.c */
extern enum phase phase;
extern int terminations;
int process_start(struct request *q, struct answer *a);
int process_root(struct answer *a);
int process_go(void);
int process_adopt(pid_t pid);
int process_forget(void);
int process_acknowledge(pid_t pid);
int process_finish(int status);
int process_end(void);
void process_reap(void);
void process_terminate(int signal, bool inside);
void process_expect(void); /* an ordinary pod's agent is to come within some seconds */
void process_alarm(void);  /* it had the time */
void process_state(struct writer *w);
void process_exit(struct writer *w);
void process_tell(void (*tell)(enum op, uint32_t, uint32_t));
int process_end_code(void);

/* streams.c */
#define STREAM_POLLS 4
void streams_open(void);
int streams_child(void); /* puts the write ends on 1 and 2 */
int streams_poll(struct pollfd *into);
void streams_serve(void);
bool streams_waiting(void); /* a full disk: try again later, there is nothing to poll for */
bool streams_flushed(void);
int streams_reset(void);
int streams_descriptors(struct answer *a);
int streams_out(struct request *q, struct answer *a);
int streams_out_at(struct request *q, struct answer *a);
int streams_consume(struct request *q, struct answer *a);

/* input.c */
#define INPUT_POLLS 1
int input_open(void);  /* a new pipe, for a process that comes */
int input_child(void); /* puts its end, or else /dev/null, on 0 */
void input_settle(void); /* takes note of what the process has read; before it leaves */
void input_serve(void);
int input_poll(struct pollfd *into);
int input_pipe(struct answer *a);
int input_in(struct request *q, struct answer *a);
int input_read(struct request *q, struct answer *a);

/* register.c */
uint64_t register_epoch(void); /* 0: not set */
void register_close(void);     /* it is not set, and never will be */
void register_get(struct writer *w);
int register_swap(struct request *q, struct answer *a);

/* keep.c, notes.c */
int keep_put(struct request *q);
int keep_take(struct request *q, struct answer *a);
int keep_drop(struct request *q);
void keep_list(struct writer *w);
int notes_put(struct request *q);
int notes_get(struct request *q, struct answer *a);
void notes_list(struct writer *w);

/* limits.c */
void limits_raise(void); /* the stub's own */
int limits_child(void); /* the process gets what the stub was given */

/* seccomp.c */
int seccomp_child(void);

#endif
