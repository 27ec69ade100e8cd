/*
 * What the machine allows a channel: bytes sealed with ChaCha20-Poly1305 by OpenSSL and sent over loopback, with nothing
 * around it. Two processes, one connection, no handshake: the key is fixed.
 *
 *   limit BYTES_IN_A_RECORD BYTES
 *
 * Prints one JSON object: seconds from the first record to the receiver's word that it has opened the last, and the
 * seconds of processor time of each side.
 *
 *   cc -O3 -o limit limit.c -lcrypto
 */
#ifdef __linux__
#define _GNU_SOURCE
#include <sched.h>
#endif
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <openssl/evp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { LENGTH = 4, TAG = 16, READ = 1 << 20, FILL = 7 };

static const unsigned char KEY[32] = {1, 2, 3};

static void fail(const char *what) {
    perror(what);
    exit(1);
}

static double wall_clock(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static double processor_time(void) {
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* The record's number, as in Noise's nonce for ChaChaPoly: 32 bits of zeros, then 64 bits, little-endian. */
static void nonce_of(uint64_t number, unsigned char nonce[12]) {
    memset(nonce, 0, 4);
    for (int i = 0; i < 8; i++) nonce[4 + i] = (unsigned char)(number >> (8 * i));
}

static void write_all(int fd, const unsigned char *bytes, size_t count) {
    while (count > 0) {
        ssize_t written = write(fd, bytes, count);
        if (written <= 0) fail("write");
        bytes += written;
        count -= (size_t)written;
    }
}

static double send_records(int fd, size_t size, long records) {
    unsigned char *plaintext = malloc(size), *record = malloc(LENGTH + size + TAG), nonce[12];
    EVP_CIPHER_CTX *cipher = EVP_CIPHER_CTX_new();
    uint32_t length = htonl((uint32_t)(size + TAG));
    int count;
    if (!plaintext || !record || !cipher) fail("memory");
    memset(plaintext, FILL, size);
    memcpy(record, &length, LENGTH);
    EVP_EncryptInit_ex(cipher, EVP_chacha20_poly1305(), NULL, KEY, NULL);
    double before = processor_time();
    for (long number = 0; number < records; number++) {
        nonce_of((uint64_t)number, nonce);
        EVP_EncryptInit_ex(cipher, NULL, NULL, NULL, nonce);
        EVP_EncryptUpdate(cipher, record + LENGTH, &count, plaintext, (int)size);
        EVP_EncryptFinal_ex(cipher, record + LENGTH + count, &count);
        EVP_CIPHER_CTX_ctrl(cipher, EVP_CTRL_AEAD_GET_TAG, TAG, record + LENGTH + size);
        write_all(fd, record, LENGTH + size + TAG);
    }
    return processor_time() - before;
}

static void open_record(EVP_CIPHER_CTX *cipher, uint64_t number, unsigned char *record, size_t size, unsigned char *out) {
    unsigned char nonce[12];
    int count, last;
    nonce_of(number, nonce);
    EVP_DecryptInit_ex(cipher, NULL, NULL, NULL, nonce);
    EVP_CIPHER_CTX_ctrl(cipher, EVP_CTRL_AEAD_SET_TAG, TAG, record + size);
    EVP_DecryptUpdate(cipher, out, &count, record, (int)size);
    if (EVP_DecryptFinal_ex(cipher, out + count, &last) != 1) fail("a record that does not open");
    if (out[0] != FILL || out[size - 1] != FILL) fail("other bytes than were sent");
}

static double receive_records(int fd, size_t size, long records) {
    size_t capacity = READ + LENGTH + size + TAG, from = 0, to = 0;
    unsigned char *held = malloc(capacity), *plaintext = malloc(size);
    EVP_CIPHER_CTX *cipher = EVP_CIPHER_CTX_new();
    if (!held || !plaintext || !cipher) fail("memory");
    EVP_DecryptInit_ex(cipher, EVP_chacha20_poly1305(), NULL, KEY, NULL);
    double before = processor_time();
    for (long number = 0; number < records; number++) {
        while (to - from < LENGTH + size + TAG) {
            if (from > 0 && capacity - to < READ) {
                memmove(held, held + from, to - from);
                to -= from;
                from = 0;
            }
            ssize_t count = read(fd, held + to, READ);
            if (count <= 0) fail("read");
            to += (size_t)count;
        }
        uint32_t length;
        memcpy(&length, held + from, LENGTH);
        if (ntohl(length) != size + TAG) fail("a record of another length");
        open_record(cipher, (uint64_t)number, held + from + LENGTH, size, plaintext);
        from += LENGTH + size + TAG;
        if (from == to) from = to = 0;
    }
    return processor_time() - before;
}

/* A processor of its own, as alice and bob have one: where there is only one, nothing changes. */
static void pin(int processor) {
#ifdef __linux__
    cpu_set_t set;
    CPU_ZERO(&set);
    CPU_SET(processor, &set);
    sched_setaffinity(0, sizeof set, &set);
#else
    (void)processor;
#endif
}

int main(int count, char **arguments) {
    if (count != 3) return fprintf(stderr, "usage: limit BYTES_IN_A_RECORD BYTES\n"), 2;
    size_t size = strtoul(arguments[1], NULL, 10);
    long records = atol(arguments[2]) / (long)size;
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t address_size = sizeof address;
    int listener = socket(AF_INET, SOCK_STREAM, 0), at_once = 1;
    if (bind(listener, (struct sockaddr *)&address, sizeof address) || listen(listener, 1)) fail("listen");
    getsockname(listener, (struct sockaddr *)&address, &address_size);
    pid_t receiver = fork();
    pin(receiver == 0);
    if (receiver == 0) {
        int fd = accept(listener, NULL, NULL);
        double used = receive_records(fd, size, records);
        if (write(fd, &used, sizeof used) != sizeof used) fail("write");
        return 0;
    }
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    if (connect(fd, (struct sockaddr *)&address, sizeof address)) fail("connect");
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &at_once, sizeof at_once);
    double before = wall_clock(), sender_used = send_records(fd, size, records), receiver_used;
    if (recv(fd, &receiver_used, sizeof receiver_used, MSG_WAITALL) != sizeof receiver_used) fail("the receiver's word");
    double seconds = wall_clock() - before;
    waitpid(receiver, NULL, 0);
    printf("{\"seconds\":%.6f,\"sender\":%.6f,\"receiver\":%.6f}\n", seconds, sender_used, receiver_used);
    return 0;
}
