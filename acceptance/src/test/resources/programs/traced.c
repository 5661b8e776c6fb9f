/* Counts, while its child is traced by it: PTRACE_TRACEME. */
#include <stdio.h>
#include <sys/ptrace.h>
#include <unistd.h>

int main(void)
{
	if (fork() == 0) {
		ptrace(PTRACE_TRACEME, 0, NULL, NULL);
		for (;;)
			pause();
	}
	for (int i = 1;; i++) {
		printf("%d\n", i);
		fflush(stdout);
		usleep(20000);
	}
}
