/* Holds argv[1] MiB of memory that differs page by page, says so, and touches a page every millisecond. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <time.h>

int main(int argc, char **argv) {
    size_t size = (size_t)atol(argc > 1 ? argv[1] : "16") << 20;
    uint64_t *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED) {
        perror("mmap");
        return 1;
    }
    for (size_t i = 0; i < size / 8; i++) memory[i] = i * 0x9e3779b97f4a7c15u;
    puts("ready");
    fflush(stdout);
    struct timespec pause = {0, 1000000};
    for (size_t page = 0;; page = (page + 1) % (size / 4096)) {
        memory[page * 512]++;
        nanosleep(&pause, NULL);
    }
}
