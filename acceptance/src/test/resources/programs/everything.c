// Threads, timers, a pending signal, an unlinked open file, MAP_SHARED and MAP_PRIVATE mappings, a FIFO, a memfd.
// Prints 1, 2, 3 ... until SIGTERM; then everything must hold what it must hold.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/io_uring.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#define CHECK(condition) \
    do { \
        if (!(condition)) { \
            fprintf(stderr, "line %d: %s (%s)\n", __LINE__, #condition, strerror(errno)); \
            _exit(3); \
        } \
    } while (0)
#define SIZE (64 * 1024)
#define THREADS 3

static volatile sig_atomic_t stopping;
static volatile sig_atomic_t alarms;
static long counts[THREADS];
static long total;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static void on_term(int signal) { (void)signal, stopping = 1; }
static void on_alarm(int signal) { (void)signal, alarms++; }

static void *count(void *argument) {
    long *own = argument;
    while (!stopping) {
        pthread_mutex_lock(&lock);
        total++;
        pthread_mutex_unlock(&lock);
        ++*own;
        usleep(1000);
    }
    return NULL;
}

int main(int argc, char **argv) {
    CHECK(argc == 2);
    char path[4096];
    setvbuf(stdout, NULL, _IOLBF, 0);

    struct io_uring_params params = {0};
    CHECK(syscall(SYS_io_uring_setup, 1, &params) == -1 && errno == ENOSYS);

    // a signal that is pending for the whole time
    sigset_t pending;
    sigemptyset(&pending);
    sigaddset(&pending, SIGUSR1);
    CHECK(sigprocmask(SIG_BLOCK, &pending, NULL) == 0);
    CHECK(kill(getpid(), SIGUSR1) == 0);

    // threads take no signals, so that the main thread's sleep ends by them
    pthread_t threads[THREADS];
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    for (int i = 0; i < THREADS; i++) CHECK(pthread_create(&threads[i], NULL, count, &counts[i]) == 0);
    pthread_sigmask(SIG_SETMASK, &before, NULL);

    signal(SIGTERM, on_term);
    signal(SIGALRM, on_alarm);
    struct itimerval often = {{0, 20000}, {0, 20000}};
    CHECK(setitimer(ITIMER_REAL, &often, NULL) == 0);
    int timer = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
    struct itimerspec periodic = {{0, 15000000}, {0, 15000000}};
    CHECK(timer >= 0 && timerfd_settime(timer, 0, &periodic, NULL) == 0);

    snprintf(path, sizeof path, "%s.unlinked", argv[1]);
    int unlinked = open(path, O_RDWR | O_CREAT | O_TRUNC, 0600);
    CHECK(unlinked >= 0 && unlink(path) == 0);

    snprintf(path, sizeof path, "%s.shared", argv[1]);
    int shared_fd = open(path, O_RDWR | O_CREAT | O_TRUNC, 0600);
    CHECK(shared_fd >= 0 && ftruncate(shared_fd, SIZE) == 0);
    long *shared = mmap(NULL, SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, shared_fd, 0);
    CHECK(shared != MAP_FAILED);
    long *private = mmap(NULL, SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE, shared_fd, 0);
    CHECK(private != MAP_FAILED);
    private[1] = 4711;

    int memfd = memfd_create("tomte", MFD_CLOEXEC);
    CHECK(memfd >= 0 && ftruncate(memfd, SIZE) == 0);
    long *memory = mmap(NULL, SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, memfd, 0);
    CHECK(memory != MAP_FAILED);

    snprintf(path, sizeof path, "%s.fifo", argv[1]);
    unlink(path);
    CHECK(mkfifo(path, 0600) == 0);
    int fifo = open(path, O_RDWR | O_NONBLOCK);
    CHECK(fifo >= 0);

    long number = 0, expirations = 0;
    while (!stopping) {
        number++;
        printf("%ld\n", number);
        CHECK(pwrite(unlinked, &number, sizeof number, 0) == sizeof number);
        shared[0] = number;
        private[0] = number;
        memory[0] = number;
        // one number is always on its way through the FIFO
        CHECK(write(fifo, &number, sizeof number) == sizeof number);
        if (number > 1) {
            long previous;
            CHECK(read(fifo, &previous, sizeof previous) == sizeof previous && previous == number - 1);
        }
        unsigned long long expired;
        if (read(timer, &expired, sizeof expired) == sizeof expired) expirations += (long)expired;
        struct timespec moment = {0, 10000000};
        nanosleep(&moment, NULL);
    }
    for (int i = 0; i < THREADS; i++) pthread_join(threads[i], NULL);

    long sum = 0, read_back = 0;
    for (int i = 0; i < THREADS; i++) sum += counts[i];
    CHECK(sum == total && sum > 0);
    CHECK(pread(unlinked, &read_back, sizeof read_back, 0) == sizeof read_back && read_back == number);
    CHECK(shared[0] == number && memory[0] == number && private[0] == number && private[1] == 4711);
    CHECK(pread(shared_fd, &read_back, sizeof read_back, 0) == sizeof read_back && read_back == number);
    CHECK(pread(memfd, &read_back, sizeof read_back, 0) == sizeof read_back && read_back == number);
    CHECK(alarms > 0 && expirations > 0);
    CHECK(sigpending(&pending) == 0 && sigismember(&pending, SIGUSR1) == 1);
    unlink(path);
    printf("OK %ld\n", number);
    return 0;
}
