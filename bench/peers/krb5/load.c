/*
 * A crowd of clients for a Kerberos KDC, by libkrb5: each asks again as soon as it is answered.
 *
 *   load ticket PORT KEYTAB CLIENTS COUNT    user-to-user tickets of alice for bob, over UDP. The requests are encoded
 *                                            beforehand and the answers only recognized, so that clients cost little.
 *   load login PORT KEYTAB CLIENTS COUNT     logins of alice, the whole of libkrb5's client, with every round trip
 *
 * The realm's settings are those of KRB5_CONFIG. Says "ready" when only the KDC's work is left, begins when it is sent a line, and
 * then prints one JSON object: seconds, p50 and p99 in microseconds, and by which pre-authentication (RFC 4120 §7.5.2) alice
 * logged in.
 *
 *   cc -O3 -o load load.c -lkrb5 -lk5crypto -lpthread
 */
#include <arpa/inet.h>
#include <krb5.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { MAX_CLIENTS = 64, MAX_REPLY = 65536, TGS_REP = 0x6d /* [APPLICATION 13] */ };

struct request {
    unsigned char *bytes;
    size_t length;
};

struct client {
    krb5_context context;
    krb5_principal alice, bob;
    krb5_keytab keytab;
    krb5_ccache cache;
    krb5_creds bobs;
    struct request *requests;
    double *latencies;
    pthread_t thread;
};

static int tickets, port, requests_each;
static const char *keytab_name;
static char preauthentication[16] = "none";
static struct client clients[MAX_CLIENTS];
static pthread_barrier_t prepared, begun;

static void check(struct client *c, krb5_error_code code, const char *what) {
    if (code == 0) return;
    fprintf(stderr, "%s: %s\n", what, krb5_get_error_message(c->context, code));
    exit(1);
}

static double wall_clock(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void log_in(struct client *c, krb5_principal who, krb5_ccache cache, krb5_creds *credentials) {
    krb5_get_init_creds_opt *options;
    check(c, krb5_get_init_creds_opt_alloc(c->context, &options), "options");
    if (cache) check(c, krb5_get_init_creds_opt_set_out_ccache(c->context, options, cache), "cache");
    memset(credentials, 0, sizeof *credentials);
    check(c, krb5_get_init_creds_keytab(c->context, credentials, who, c->keytab, 0, NULL, options), "login");
    krb5_get_init_creds_opt_free(c->context, options);
}

/* libkrb5 notes in the cache how it pre-authenticated. */
static void note_preauthentication(struct client *c, krb5_principal tgs) {
    krb5_data type;
    if (krb5_cc_get_config(c->context, c->cache, tgs, "pa_type", &type) != 0) return;
    snprintf(preauthentication, sizeof preauthentication, "%.*s", (int)type.length, type.data);
    krb5_free_data_contents(c->context, &type);
}

/* One request for a ticket under the key of bob's session: his own ticket goes with it (RFC 4120 §3.3.3, ENC-TKT-IN-SKEY). */
static struct request encode(struct client *c) {
    krb5_data none = {0}, out = {0}, realm = {0};
    krb5_creds wanted = {0};
    krb5_tkt_creds_context exchange;
    unsigned int flags;
    wanted.client = c->alice;
    wanted.server = c->bob;
    wanted.second_ticket = c->bobs.ticket;
    check(c, krb5_tkt_creds_init(c->context, c->cache, &wanted, KRB5_GC_USER_USER | KRB5_GC_NO_STORE, &exchange), "request");
    check(c, krb5_tkt_creds_step(c->context, exchange, &none, &out, &realm, &flags), "request");
    struct request request = {malloc(out.length), out.length};
    memcpy(request.bytes, out.data, out.length);
    krb5_free_data_contents(c->context, &out);
    krb5_free_data_contents(c->context, &realm);
    krb5_tkt_creds_free(c->context, exchange);
    return request;
}

/* That a ticket opens under the key of bob's session, which is what makes it one for a user and not for a service. */
static void prove(struct client *c) {
    krb5_creds wanted = {0}, *had;
    krb5_ticket *ticket;
    wanted.client = c->alice;
    wanted.server = c->bob;
    wanted.second_ticket = c->bobs.ticket;
    check(c, krb5_get_credentials(c->context, KRB5_GC_USER_USER | KRB5_GC_NO_STORE, c->cache, &wanted, &had), "ticket");
    check(c, krb5_decode_ticket(&had->ticket, &ticket), "ticket");
    krb5_data plaintext = {0, ticket->enc_part.ciphertext.length, malloc(ticket->enc_part.ciphertext.length)};
    check(c, krb5_c_decrypt(c->context, &c->bobs.keyblock, KRB5_KEYUSAGE_KDC_REP_TICKET, NULL, &ticket->enc_part, &plaintext),
          "a ticket that is not under the key of bob's session");
    free(plaintext.data);
    krb5_free_ticket(c->context, ticket);
    krb5_free_creds(c->context, had);
}

static int dial(void) {
    struct sockaddr_in kdc = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    struct timeval patience = {2, 0};
    int fd = socket(AF_INET, SOCK_DGRAM, 0);
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    if (connect(fd, (struct sockaddr *)&kdc, sizeof kdc)) {
        perror("connect");
        exit(1);
    }
    return fd;
}

static void exchange(int fd, const struct request *request) {
    unsigned char reply[MAX_REPLY];
    if (send(fd, request->bytes, request->length, 0) != (ssize_t)request->length ||
        recv(fd, reply, sizeof reply, 0) <= 0 || reply[0] != TGS_REP) {
        fprintf(stderr, "no ticket came\n");
        exit(1);
    }
}

static void *run(void *argument) {
    struct client *c = argument;
    int first = c == clients, fd = -1;
    krb5_creds credentials;
    check(c, krb5_init_context(&c->context), "context");
    check(c, krb5_parse_name(c->context, "alice", &c->alice), "name");
    check(c, krb5_parse_name(c->context, "bob", &c->bob), "name");
    check(c, krb5_kt_resolve(c->context, keytab_name, &c->keytab), "keytab");
    check(c, krb5_cc_new_unique(c->context, "MEMORY", NULL, &c->cache), "cache");
    check(c, krb5_cc_initialize(c->context, c->cache, c->alice), "cache");
    log_in(c, c->alice, c->cache, &credentials);
    if (first) note_preauthentication(c, credentials.server);
    krb5_free_cred_contents(c->context, &credentials);
    if (tickets) {
        log_in(c, c->bob, NULL, &c->bobs);
        if (first) prove(c);
        c->requests = calloc((size_t)requests_each, sizeof *c->requests);
        for (int i = 0; i < requests_each; i++) c->requests[i] = encode(c);
        fd = dial();
    }
    pthread_barrier_wait(&prepared);
    pthread_barrier_wait(&begun);
    for (int i = 0; i < requests_each; i++) {
        double from = wall_clock();
        if (tickets) {
            exchange(fd, &c->requests[i]);
        } else {
            log_in(c, c->alice, NULL, &credentials);
            krb5_free_cred_contents(c->context, &credentials);
        }
        c->latencies[i] = wall_clock() - from;
    }
    return NULL;
}

static int by_length(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

int main(int count, char **arguments) {
    if (count != 6) return fprintf(stderr, "usage: load ticket|login PORT KEYTAB CLIENTS COUNT\n"), 2;
    int crowd = atoi(arguments[4]);
    tickets = strcmp(arguments[1], "ticket") == 0;
    port = atoi(arguments[2]);
    keytab_name = arguments[3];
    if (crowd < 1 || crowd > MAX_CLIENTS) return 2;
    requests_each = atoi(arguments[5]) / crowd;
    size_t total = (size_t)(requests_each * crowd);
    double *latencies = calloc(total, sizeof *latencies);
    pthread_barrier_init(&prepared, NULL, (unsigned)crowd + 1);
    pthread_barrier_init(&begun, NULL, (unsigned)crowd + 1);
    for (int i = 0; i < crowd; i++) {
        clients[i].latencies = latencies + i * requests_each;
        pthread_create(&clients[i].thread, NULL, run, &clients[i]);
    }
    pthread_barrier_wait(&prepared);
    puts("ready");
    fflush(stdout);
    if (getchar() == EOF) return 1;
    double from = wall_clock();
    pthread_barrier_wait(&begun);
    for (int i = 0; i < crowd; i++) pthread_join(clients[i].thread, NULL);
    double seconds = wall_clock() - from;
    qsort(latencies, total, sizeof *latencies, by_length);
    printf("{\"seconds\":%.6f,\"p50\":%.1f,\"p99\":%.1f,\"preauthentication\":\"%s\"}\n", seconds,
           latencies[total / 2] * 1e6, latencies[total * 99 / 100] * 1e6, preauthentication);
    return 0;
}
