/* File calls, timed. calls KIND ARGUMENTS...: prints one number, or two for what is done twice (cold, warm). */
#define _GNU_SOURCE
#include <dirent.h>
#include <err.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define BLOCK (1 << 20)
#define SMALL 4096

static char block[BLOCK];

static double now(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec + t.tv_nsec / 1e9;
}

static int opened(const char *path, int flags)
{
	int fd = open(path, flags, 0644);
	if (fd < 0)
		err(1, "%s", path);
	return fd;
}

/* MiB/s */
static void sequential(const char *path, int megabytes, int writes)
{
	int fd = opened(path, writes ? O_CREAT | O_WRONLY | O_TRUNC : O_RDONLY);
	double begin = now();
	for (int i = 0; i < megabytes; i++)
		if ((writes ? write(fd, block, BLOCK) : read(fd, block, BLOCK)) != BLOCK)
			err(1, "%s", path);
	close(fd);
	printf("%f\n", megabytes / (now() - begin));
}

struct worker {
	pthread_t thread;
	const char *path;
	int writes, calls, megabytes;
	unsigned seed;
};

static void *random_calls(void *argument)
{
	struct worker *w = argument;
	char small[SMALL];
	memset(small, 'x', SMALL);
	int fd = opened(w->path, w->writes ? O_WRONLY : O_RDONLY);
	for (int i = 0; i < w->calls; i++) {
		off_t at = (off_t)(rand_r(&w->seed) % (w->megabytes * 256)) * SMALL;
		if ((w->writes ? pwrite(fd, small, SMALL, at) : pread(fd, small, SMALL, at)) != SMALL)
			err(1, "%s", w->path);
	}
	close(fd);
	return NULL;
}

/* calls/s of all threads together */
static void randomly(const char *path, int megabytes, int writes, int threads, int calls)
{
	struct worker workers[16];
	double begin = now();
	for (int i = 0; i < threads; i++) {
		workers[i] = (struct worker){ .path = path, .writes = writes, .calls = calls / threads,
			.megabytes = megabytes, .seed = i + 1 };
		pthread_create(&workers[i].thread, NULL, random_calls, &workers[i]);
	}
	for (int i = 0; i < threads; i++)
		pthread_join(workers[i].thread, NULL);
	printf("%f\n", calls / (now() - begin));
}

/* microseconds for each file 0..count-1 of the directory */
static void each(const char *directory, int count, int opens)
{
	char path[4096];
	struct stat st;
	for (int pass = 0; pass < 2; pass++) {
		double begin = now();
		for (int i = 0; i < count; i++) {
			snprintf(path, sizeof path, "%s/%d", directory, i);
			if (opens) {
				int fd = opened(path, O_RDONLY);
				if (read(fd, block, SMALL) < 0)
					err(1, "%s", path);
				close(fd);
			} else if (stat(path, &st))
				err(1, "%s", path);
		}
		printf("%f\n", (now() - begin) * 1e6 / count);
	}
}

/* milliseconds */
static void list(const char *directory)
{
	for (int pass = 0; pass < 2; pass++) {
		double begin = now();
		DIR *d = opendir(directory);
		if (!d)
			err(1, "%s", directory);
		while (readdir(d))
			;
		closedir(d);
		printf("%f\n", (now() - begin) * 1e3);
	}
}

static void make(const char *directory, int count)
{
	char path[4096];
	if (mkdir(directory, 0755))
		err(1, "%s", directory);
	for (int i = 0; i < count; i++) {
		snprintf(path, sizeof path, "%s/%d", directory, i);
		int fd = opened(path, O_CREAT | O_WRONLY);
		if (write(fd, block, SMALL) != SMALL)
			err(1, "%s", path);
		close(fd);
	}
}

/* milliseconds of a command, twice */
static void command(char **argv)
{
	for (int pass = 0; pass < 2; pass++) {
		int status;
		double begin = now();
		pid_t child = fork();
		if (child == 0) {
			int null = open("/dev/null", O_RDWR);
			dup2(null, 0);
			dup2(null, 1);
			execvp(argv[0], argv);
			err(127, "%s", argv[0]);
		}
		if (waitpid(child, &status, 0) < 0 || status)
			errx(1, "%s ended with %d", argv[0], status);
		printf("%f\n", (now() - begin) * 1e3);
	}
}

int main(int argc, char **argv)
{
	const char *kind = argc > 2 ? argv[1] : "";
	if (!strcmp(kind, "write") && argc == 4)
		sequential(argv[2], atoi(argv[3]), 1);
	else if (!strcmp(kind, "read") && argc == 4)
		sequential(argv[2], atoi(argv[3]), 0);
	else if (!strcmp(kind, "random") && argc == 7)
		randomly(argv[2], atoi(argv[3]), *argv[4] == 'w', atoi(argv[5]), atoi(argv[6]));
	else if (!strcmp(kind, "stat") && argc == 4)
		each(argv[2], atoi(argv[3]), 0);
	else if (!strcmp(kind, "open") && argc == 4)
		each(argv[2], atoi(argv[3]), 1);
	else if (!strcmp(kind, "list") && argc == 3)
		list(argv[2]);
	else if (!strcmp(kind, "make") && argc == 4)
		make(argv[2], atoi(argv[3]));
	else if (!strcmp(kind, "time"))
		command(argv + 2);
	else
		errx(2, "calls write|read|random|stat|open|list|make|time ...");
	return 0;
}
