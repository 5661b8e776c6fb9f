#include "stub.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum phase phase = EMPTY;
int terminations;

static pid_t root;
static int go = -1;
static bool exited; /* an exit that nobody has acknowledged */
static pid_t exit_pid;
static int exit_status, end_status;
static int last_signal, last_inside;
static bool alone; /* no agent came: it runs as if there were none */

/* An agent that starts again is back sooner. */
#define AGENT_SECONDS 10
/* So often one that is there is waited for before a start. */
#define AGENT_CHANCES 3

/* Deaths that were nobody's business then: an adoption that comes late may ask for them. */
static struct {
	pid_t pid;
	int status;
} deaths[64];
static unsigned death_count;

static void end(int status);

static void record_exit(pid_t pid, int status)
{
	if (alone) {
		end(status);
		return;
	}
	phase = EXITED;
	exited = true;
	exit_pid = pid;
	exit_status = status;
	connections_event(EVENT_EXIT, pid, status);
	process_expect();
}

void process_reap(void)
{
	int status;

	for (pid_t pid; (pid = waitpid(-1, &status, WNOHANG)) > 0;) {
		if (pid == root && (phase == HELD || phase == HERE)) {
			record_exit(pid, status);
			continue;
		}
		deaths[death_count % 64].pid = pid;
		deaths[death_count++ % 64].status = status;
	}
}

/* ---- start ---- */

struct program {
	char *directory;
	char **argv, **environment;
	bool fed; /* its standard input is what an agent sends */
	char *bytes; /* all of the above points into this, or is an allocation */
};

static char *text(struct reader *in, char **room)
{
	size_t length;
	const uint8_t *bytes = read_blob(in, &length);
	char *made = *room;

	if (!bytes || memchr(bytes, 0, length)) {
		in->bad = true;
		return NULL;
	}
	memcpy(made, bytes, length);
	made[length] = 0;
	*room += length + 1; /* its count was longer than its NUL */
	return made;
}

static char **texts(struct reader *in, char **room)
{
	size_t count = read_number(in, 2);

	if (in->bad || count > in->left / 4) {
		in->bad = true;
		return NULL;
	}
	char **list = calloc(count + 1, sizeof *list);
	for (size_t i = 0; list && i < count; i++)
		list[i] = text(in, room);
	return list;
}

static void program_free(struct program *p)
{
	free(p->argv);
	free(p->environment);
	free(p->bytes);
}

static int program_read(struct reader *in, struct program *p)
{
	char *room = p->bytes = malloc(in->left + 1);

	if (!room)
		return ENOMEM;
	p->directory = text(in, &room);
	p->argv = texts(in, &room);
	p->environment = in->bad ? NULL : texts(in, &room);
	if (!in->bad && (!p->argv || !p->environment))
		return ENOMEM;
	if (!in->bad && in->left) /* said only where it is wanted */
		p->fed = read_number(in, 1);
	if (!read_end(in) || !p->argv[0])
		return EINVAL;
	if (ordinary && !p->environment[0]) { /* the pod's own, which nobody needs to be told */
		free(p->environment);
		p->environment = NULL;
	}
	return 0;
}

static void give_up(const char *what, int code)
{
	dprintf(2, "tomte: %s: %s\n", what, strerror(errno));
	_exit(code);
}

static void child(const struct program *p, int wait)
{
	sigset_t none;
	char byte;

	setsid();
	if (input_child() < 0 || streams_child() < 0 || dup2(wait, 3) < 0)
		_exit(126);
	fcntl(3, F_SETFD, FD_CLOEXEC);
	close_range(4, ~0u, 0);
	for (int s = 1; s < NSIG; s++)
		signal(s, SIG_DFL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);

	/* The agent places us in our cgroup now, before there is anything that could fork. */
	if (read(3, &byte, 1) != 1)
		_exit(126);
	close(3);
	if (chdir(p->directory))
		give_up(p->directory, 126);
	if (limits_child())
		give_up("limits", 126);
	if (seccomp_child())
		give_up("seccomp", 126);
	if (p->environment)
		environ = p->environment;
	execvp(p->argv[0], p->argv);
	give_up(p->argv[0], errno == ENOENT ? 127 : 126);
}

/* An answer names the process by a descriptor too, by which the peer finds it in its own PID namespace. */
static int name_process(pid_t pid, struct answer *a)
{
	int pidfd = syscall(SYS_pidfd_open, pid, 0);

	if (pidfd < 0)
		return errno;
	write_number(&a->out, pid, 4);
	a->fds[a->fd_count++] = a->close_after = pidfd;
	return 0;
}

/* Forks the process, which waits for process_go. */
static int hold(const struct program *p)
{
	int ends[2];

	if (pipe2(ends, O_CLOEXEC))
		return errno;
	pid_t pid = fork();
	if (pid == 0)
		child(p, ends[0]);
	int error = errno;
	close(ends[0]);
	if (pid < 0) {
		close(ends[1]);
		return error;
	}
	root = pid;
	go = ends[1];
	return 0;
}

int process_start(struct request *q, struct answer *a)
{
	struct program p = { 0 };

	if (kind != HOME)
		return EPERM;
	if (phase != EMPTY)
		return EBUSY;
	int error = program_read(&q->in, &p) ?: p.fed ? input_open() : 0;
	if (!error)
		error = hold(&p);
	program_free(&p);
	if (error)
		return error;
	error = name_process(root, a);
	if (error) { /* the end of its pipe ends it; it was never the process */
		close(go);
		root = 0;
		return error;
	}
	phase = HELD;
	return 0;
}

int process_go(void)
{
	if (phase == EMPTY)
		return ESRCH;
	if (phase != HELD)
		return 0;
	if (write(go, "", 1) != 1)
		return errno;
	close(go);
	phase = HERE;
	return 0;
}

int process_root(struct answer *a)
{
	return phase == HELD || phase == HERE ? name_process(root, a) : ESRCH;
}

/* ---- coming and leaving ---- */

int process_adopt(pid_t pid)
{
	if (pid <= 1)
		return EINVAL;
	if (phase == ENDING)
		return EBUSY;
	if (phase == HELD || phase == HERE)
		return pid == root ? 0 : EBUSY;
	if (phase == EXITED)
		return pid == exit_pid ? 0 : EBUSY;
	if (kill(pid, 0) == 0 || errno == EPERM) {
		root = pid;
		phase = HERE;
		return 0;
	}
	for (unsigned i = death_count; i-- && death_count - i <= 64;) {
		if (deaths[i % 64].pid != pid)
			continue;
		deaths[i % 64].pid = 0;
		root = pid;
		record_exit(pid, deaths[i % 64].status);
		return 0;
	}
	return ESRCH;
}

int process_forget(void)
{
	process_reap(); /* an exit before this request is an exit */
	if (phase == AWAY)
		return 0;
	if (phase == HELD)
		return EBUSY;
	input_settle();
	/* what has begun elsewhere is never to be started here */
	if (phase != HERE && (phase != EMPTY || kind != HOME))
		return ESRCH;
	phase = AWAY;
	return 0;
}

static void end(int status)
{
	phase = ENDING;
	end_status = status;
	kill(-1, SIGKILL); /* the process has ended: what it left behind ends with its pod */
}

int process_acknowledge(pid_t pid)
{
	if (phase != EXITED)
		return 0;
	if (pid != exit_pid)
		return ESRCH;
	exited = false;
	phase = AWAY;
	if (kind == HOME)
		end(exit_status);
	return 0;
}

int process_finish(int status)
{
	if (phase == ENDING)
		return 0;
	if (phase == HELD || phase == HERE || phase == EXITED)
		return EBUSY;
	end(status);
	return 0;
}

int process_end(void)
{
	end(0);
	return 0;
}

/* ---- without an agent ---- */

void process_expect(void)
{
	if (ordinary)
		alarm(AGENT_SECONDS);
}

/* From now on nobody can take it for one that moves: no agent has seen to it that all of it is in its cgroup. */
static void be_alone(void)
{
	alone = true;
	register_close();
}

static void start_alone(void)
{
	struct program p = { .directory = (char *)".", .argv = own_command };
	static bool said;

	if (!own_command) {
		if (!said)
			fprintf(stderr, "tomte stub: waits for the node's agent, to be told what the image's command is\n");
		said = true;
		process_expect();
		return;
	}
	be_alone();
	if (hold(&p))
		fail("fork");
	phase = HELD;
	process_go();
}

void process_alarm(void)
{
	static int chances;

	if (phase != EMPTY && phase != HELD && phase != EXITED)
		return;
	if (connections_subscriber() && (phase == EXITED || ++chances < AGENT_CHANCES)) {
		process_expect();
		return;
	}
	if (phase == EMPTY) {
		start_alone();
	} else if (phase == HELD) {
		be_alone();
		process_go();
	} else {
		end(exit_status); /* the pod's own status says what an agent needs to know */
	}
}

void process_terminate(int signal, bool inside)
{
	if (inside && kind == GUEST) /* the guest's own doing: no reason to leave */
		return;
	if (ordinary && !connections_subscriber() && phase != AWAY) {
		if (phase == EMPTY)
			end(signal);
		else
			kill(root, signal);
		return;
	}
	terminations++;
	last_signal = signal;
	last_inside = inside;
	connections_event(EVENT_TERMINATE, signal, inside);
}

void process_tell(void (*tell)(enum op, uint32_t, uint32_t))
{
	if (exited)
		tell(EVENT_EXIT, exit_pid, exit_status);
	if (terminations)
		tell(EVENT_TERMINATE, last_signal, last_inside);
}

void process_exit(struct writer *w)
{
	write_number(w, exited, 1);
	write_number(w, exited ? exit_pid : 0, 4);
	write_number(w, exited ? exit_status : 0, 4);
}

void process_state(struct writer *w)
{
	write_number(w, phase, 1);
	write_number(w, root, 4);
	process_exit(w);
	write_number(w, terminations, 4);
}

int process_end_code(void)
{
	return WIFSIGNALED(end_status) ? 128 + WTERMSIG(end_status) : WEXITSTATUS(end_status);
}
