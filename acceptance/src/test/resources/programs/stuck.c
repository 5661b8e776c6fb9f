/* Counts, while a thread of it waits for ever for a child of vfork(2): such a thread cannot be stopped. */
#include <pthread.h>
#include <stdio.h>
#include <unistd.h>

static void *stuck(void *unused)
{
	if (vfork() == 0)
		for (;;)
			pause();
	return unused;
}

int main(void)
{
	pthread_t thread;

	pthread_create(&thread, NULL, stuck, NULL);
	for (int i = 1;; i++) {
		printf("%d\n", i);
		fflush(stdout);
		usleep(20000);
	}
}
