/* Works on all of argv[1] threads for ever, and says how far it is: 8 bytes for each in the file argv[2]. */
#include <fcntl.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

static void *work(void *counter) {
    volatile uint64_t *done = counter;
    uint64_t x = 1;
    for (;; (*done)++)
        for (int i = 0; i < 1000; i++) {
            x = x * 6364136223846793005u + 1442695040888963407u;
            __asm__ volatile("" : "+r"(x));
        }
}

int main(int argc, char **argv) {
    int threads = argc > 2 ? atoi(argv[1]) : 0, file = argc > 2 ? open(argv[2], O_RDWR | O_CREAT, 0644) : -1;
    if (threads < 1 || file < 0 || ftruncate(file, 4096)) {
        perror("work THREADS FILE");
        return 1;
    }
    uint64_t *done = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    pthread_t thread;
    for (int i = 1; i < threads; i++) pthread_create(&thread, NULL, work, done + i);
    work(done);
}
