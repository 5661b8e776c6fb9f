/*
 * What the process may not do. io_uring cannot be moved: it is answered as a kernel without it would. The stub has
 * the same user as the process, which could by these calls take its descriptors, its processor time or its life;
 * all else is refused by its not being dumpable. Other ABIs would be a way around.
 */
#include "stub.h"

#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

#define X32 0x40000000
#define LOAD(field) BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, field))
#define LOAD_HIGH(field) BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, field) + 4)
#define EQUAL(value, yes, no) BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, value, yes, no)
#define AT_LEAST(value, yes, no) BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, value, yes, no)
#define ANSWER(error) BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | (error))
#define ALLOW BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)

int seccomp_child(void)
{
	struct sock_filter filter[] = {
		LOAD(arch),
		EQUAL(AUDIT_ARCH_X86_64, 1, 0),
		ANSWER(ENOSYS),
		LOAD(nr),
		AT_LEAST(X32, 0, 1),
		ANSWER(ENOSYS),
		AT_LEAST(SYS_io_uring_setup, 0, 2),
		AT_LEAST(SYS_io_uring_register + 1, 1, 0),
		ANSWER(ENOSYS),
		EQUAL(SYS_prlimit64, 7, 0),
		EQUAL(SYS_sched_setparam, 11, 0),
		EQUAL(SYS_sched_setscheduler, 10, 0),
		EQUAL(SYS_sched_setaffinity, 9, 0),
		EQUAL(SYS_sched_setattr, 8, 0),
		EQUAL(SYS_setpriority, 9, 0),
		EQUAL(SYS_ioprio_set, 8, 0),
		ALLOW,
		/* prlimit64: only reading is harmless */
		LOAD(args[2]),
		EQUAL(0, 0, 3),
		LOAD_HIGH(args[2]),
		EQUAL(0, 0, 1),
		ALLOW,
		/* the process is named by the first argument */
		LOAD(args[0]),
		BPF_STMT(BPF_JMP | BPF_JA, 1),
		/* or by the second: 1 is the stub, or its group */
		LOAD(args[1]),
		EQUAL(1, 0, 1),
		ANSWER(EPERM),
		ALLOW,
	};
	struct sock_fprog program = { sizeof filter / sizeof *filter, filter };

	return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) ?: prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program);
}
