/*
 * A load generator for request-reply protocols over TCP, one thread, epoll.
 *
 *   load [-http] [-rate N] HOST PORT CONNECTIONS IN_FLIGHT SECONDS REQUEST [REQUEST ...]
 *
 * Each connection keeps IN_FLIGHT requests under way. REQUESTs are texts with \n \r \\ \xHH escapes, or @FILE for the
 * bytes of a file. With one REQUEST the reply is learned on a connection of its own first, and every later reply has to
 * be the same bytes; with several they are sent in turn, and a reply is a line. One JSON object is printed: messages,
 * seconds, rate, the generator's own CPU share (near 1 it is the bottleneck) and latencies.
 *
 * With -http a reply is an HTTP response with status 200 and a Content-Length; its bytes may differ. With -rate N
 * requests fall due N times a second, one in flight a connection, and a latency counts from when its request was due,
 * sent or not: a server that stalls can't hide the requests that it kept from being sent. The generator then polls, and
 * its CPU share says nothing.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define MAX_REQUESTS 64
#define BUFFER (256 * 1024)
#define BUCKETS 4096

typedef struct {
  int fd;
  int in_flight;
  int next;             /* which request comes next */
  size_t reply_at;      /* bytes of the present reply that have come */
  uint64_t sent_at;     /* when the oldest batch under way was sent, ns */
  char *out;
  size_t out_from, out_to;
  char head[8192];      /* of the present HTTP response */
  size_t head_to, body_left;
} Conn;

static int is_http;
static double due_rate;

static char *requests[MAX_REQUESTS];
static size_t lengths[MAX_REQUESTS];
static int request_count;
static char *expected;
static size_t expected_length;
static size_t out_capacity;
static uint64_t histogram[BUCKETS];
static uint64_t messages, wrong, broken;

static uint64_t now_ns(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (uint64_t)t.tv_sec * 1000000000ull + (uint64_t)t.tv_nsec;
}

static double cpu_seconds(void) {
  struct rusage u;
  getrusage(RUSAGE_SELF, &u);
  return (double)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) +
         (double)(u.ru_utime.tv_usec + u.ru_stime.tv_usec) / 1e6;
}

static void fail(const char *what) {
  fprintf(stderr, "load: %s: %s\n", what, strerror(errno));
  exit(3);
}

/* Buckets of about 1.5 %: 64 to each doubling, from 1 microsecond. */
static int bucket_of(uint64_t ns) {
  uint64_t us16 = ns / 62;  /* sixteenths of a microsecond, nearly */
  int shift = 0;
  while ((us16 >> shift) >= 128) shift++;
  int b = shift * 64 + (int)(us16 >> shift);
  return b < BUCKETS ? b : BUCKETS - 1;
}

static double bucket_us(int b) {
  int shift = b < 128 ? 0 : (b - 64) / 64;
  return (double)((uint64_t)(b - shift * 64) << shift) * 0.062;
}

static double percentile(double p) {
  uint64_t total = 0, sum = 0;
  for (int i = 0; i < BUCKETS; i++) total += histogram[i];
  for (int i = 0; i < BUCKETS; i++) {
    sum += histogram[i];
    if (total > 0 && (double)sum >= p * (double)total) return bucket_us(i);
  }
  return 0;
}

static void add_request(const char *text) {
  char *bytes;
  size_t n = 0;
  if (text[0] == '@') {
    FILE *f = fopen(text + 1, "rb");
    if (!f) fail(text + 1);
    bytes = malloc(1 << 20);
    n = fread(bytes, 1, 1 << 20, f);
    fclose(f);
  } else {
    bytes = malloc(strlen(text) + 1);
    for (const char *p = text; *p; p++) {
      if (*p == '\\' && p[1] == 'n') { bytes[n++] = '\n'; p++; }
      else if (*p == '\\' && p[1] == 'r') { bytes[n++] = '\r'; p++; }
      else if (*p == '\\' && p[1] == '\\') { bytes[n++] = '\\'; p++; }
      else if (*p == '\\' && p[1] == 'x' && p[2] && p[3]) {
        char hex[3] = {p[2], p[3], 0};
        bytes[n++] = (char)strtol(hex, NULL, 16);
        p += 3;
      } else bytes[n++] = *p;
    }
  }
  requests[request_count] = bytes;
  lengths[request_count++] = n;
}

static int dial(const char *host, const char *port) {
  struct addrinfo hints = {.ai_socktype = SOCK_STREAM}, *found;
  if (getaddrinfo(host, port, &hints, &found) != 0) fail("getaddrinfo");
  int fd = socket(found->ai_family, SOCK_STREAM, 0);
  if (fd < 0 || connect(fd, found->ai_addr, found->ai_addrlen) != 0) fail("connect");
  freeaddrinfo(found);
  int one = 1;
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
  return fd;
}

/* Sends the one request and takes as its reply all that comes until 200 ms are quiet. */
static void learn(const char *host, const char *port) {
  int fd = dial(host, port);
  if (write(fd, requests[0], lengths[0]) != (ssize_t)lengths[0]) fail("write");
  struct timeval quiet = {3, 0};
  expected = malloc(1 << 20);
  for (;;) {
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &quiet, sizeof quiet);
    ssize_t n = read(fd, expected + expected_length, (1 << 20) - expected_length);
    if (n <= 0) break;
    expected_length += (size_t)n;
    quiet = (struct timeval){0, 200000};
  }
  close(fd);
  if (expected_length == 0) { fprintf(stderr, "load: no reply to learn\n"); exit(4); }
}

static int flush_out(Conn *c, int ep) {
  while (c->out_from < c->out_to) {
    ssize_t n = write(c->fd, c->out + c->out_from, c->out_to - c->out_from);
    if (n < 0) {
      if (errno != EAGAIN) return -1;
      struct epoll_event e = {.events = EPOLLIN | EPOLLOUT, .data.ptr = c};
      epoll_ctl(ep, EPOLL_CTL_MOD, c->fd, &e);
      return 0;
    }
    c->out_from += (size_t)n;
  }
  c->out_from = c->out_to = 0;
  return 0;
}

static int fill(Conn *c, int ep, int in_flight) {
  if (c->out_to > 0) return 0;
  while (c->in_flight < in_flight && c->out_to + lengths[c->next] <= out_capacity) {
    memcpy(c->out + c->out_to, requests[c->next], lengths[c->next]);
    c->out_to += lengths[c->next];
    c->next = (c->next + 1) % request_count;
    c->in_flight++;
  }
  return flush_out(c, ep);
}

/* Counts the HTTP responses that have come to their end. */
static int take_http(Conn *c, const char *bytes, size_t n) {
  int count = 0;
  for (size_t i = 0; i < n;) {
    if (c->body_left > 0) {
      size_t part = n - i < c->body_left ? n - i : c->body_left;
      i += part;
      if ((c->body_left -= part) == 0) count++;
      continue;
    }
    if (c->head_to + 1 == sizeof c->head) { wrong++; c->head_to = 0; }
    c->head[c->head_to++] = bytes[i++];
    if (c->head_to < 4 || memcmp(c->head + c->head_to - 4, "\r\n\r\n", 4) != 0) continue;
    c->head[c->head_to] = 0;
    const char *length = strcasestr(c->head, "\r\ncontent-length:");
    if (strncmp(c->head, "HTTP/1.1 200", 12) != 0 || !length) wrong++;
    c->body_left = length ? strtoull(length + 17, NULL, 10) : 0;
    c->head_to = 0;
    if (c->body_left == 0) count++;
  }
  return count;
}

/* Counts the replies in what has come. */
static int take(Conn *c, const char *bytes, size_t n) {
  int count = 0;
  if (is_http) return take_http(c, bytes, n);
  if (expected == NULL) {
    for (const char *p = bytes, *end = bytes + n; (p = memchr(p, '\n', (size_t)(end - p))); p++) count++;
    return count;
  }
  while (n > 0) {
    size_t part = expected_length - c->reply_at;
    if (part > n) part = n;
    if (memcmp(expected + c->reply_at, bytes, part) != 0) wrong++;
    c->reply_at += part;
    bytes += part;
    n -= part;
    if (c->reply_at == expected_length) { c->reply_at = 0; count++; }
  }
  return count;
}

/* Sends what is due on connections that wait for nothing; each counts from when it was due. */
static uint64_t send_due(Conn *conns, int connections, int ep, uint64_t begin, uint64_t now, uint64_t sent) {
  static int next;
  for (int tried = 0; tried < connections; next = (next + 1) % connections) {
    uint64_t due = begin + (uint64_t)((double)sent * 1e9 / due_rate);
    if (due > now) break;
    Conn *c = &conns[next];
    if (c->fd < 0 || c->in_flight > 0) { tried++; continue; }
    tried = 0;
    c->sent_at = due;
    if (fill(c, ep, 1) != 0) broken++;
    sent++;
  }
  return sent;
}

int main(int argc, char **argv) {
  for (; argc > 1 && argv[1][0] == '-'; argc--, argv++) {
    if (strcmp(argv[1], "-http") == 0) is_http = 1;
    else if (strcmp(argv[1], "-rate") == 0 && argc > 2) {
      due_rate = atof(argv[2]);
      argc--, argv++;
    }
  }
  if (argc < 7) {
    fprintf(stderr, "usage: load [-http] [-rate N] HOST PORT CONNECTIONS IN_FLIGHT SECONDS REQUEST [REQUEST ...]\n");
    return 2;
  }
  signal(SIGPIPE, SIG_IGN);
  int connections = atoi(argv[3]), in_flight = atoi(argv[4]);
  double seconds = atof(argv[5]);
  for (int i = 6; i < argc && request_count < MAX_REQUESTS; i++) add_request(argv[i]);
  for (int i = 0; i < request_count; i++) {
    out_capacity += lengths[i] * (size_t)in_flight;
  }
  if (request_count == 1 && !is_http) learn(argv[1], argv[2]);
  int ep = epoll_create1(0);
  Conn *conns = calloc((size_t)connections, sizeof(Conn));
  for (int i = 0; i < connections; i++) {
    Conn *c = &conns[i];
    c->fd = dial(argv[1], argv[2]);
    fcntl(c->fd, F_SETFL, O_NONBLOCK);
    c->out = malloc(out_capacity);
    c->next = i % request_count;
    struct epoll_event e = {.events = EPOLLIN, .data.ptr = c};
    epoll_ctl(ep, EPOLL_CTL_ADD, c->fd, &e);
  }
  char *in = malloc(BUFFER);
  double cpu = cpu_seconds();
  uint64_t begin = now_ns(), end = begin + (uint64_t)(seconds * 1e9), now = begin;
  for (int i = 0; i < connections; i++) {
    conns[i].sent_at = begin;
    if (due_rate == 0) fill(&conns[i], ep, in_flight);
  }
  uint64_t sent = 0;
  struct epoll_event events[256];
  while (now < end) {
    int n = epoll_wait(ep, events, 256, due_rate > 0 ? 0 : 100);
    now = now_ns();
    if (due_rate > 0) sent = send_due(conns, connections, ep, begin, now, sent);
    for (int i = 0; i < n; i++) {
      Conn *c = events[i].data.ptr;
      if (events[i].events & EPOLLOUT) {
        struct epoll_event e = {.events = EPOLLIN, .data.ptr = c};
        epoll_ctl(ep, EPOLL_CTL_MOD, c->fd, &e);
        flush_out(c, ep);
      }
      if (!(events[i].events & (EPOLLIN | EPOLLHUP | EPOLLERR))) continue;
      ssize_t got = read(c->fd, in, BUFFER);
      if (got < 0 && errno == EAGAIN) continue;
      if (got <= 0) {
        broken++;
        epoll_ctl(ep, EPOLL_CTL_DEL, c->fd, NULL);
        close(c->fd);
        c->fd = -1;
        continue;
      }
      int count = take(c, in, (size_t)got);
      c->in_flight -= count;
      messages += (uint64_t)count;
      if (count > 0) {
        histogram[bucket_of(now - c->sent_at)] += (uint64_t)count;
        c->sent_at = now;
        if (due_rate == 0 && fill(c, ep, in_flight) != 0) broken++;
      }
    }
  }
  double elapsed = (double)(now - begin) / 1e9;
  cpu = cpu_seconds() - cpu;
  printf("{\"messages\":%llu,\"seconds\":%.3f,\"rate\":%.0f,\"cpu\":%.2f,\"p50us\":%.0f,\"p99us\":%.0f,"
         "\"wrong\":%llu,\"broken\":%llu,\"replyBytes\":%zu}\n",
         (unsigned long long)messages, elapsed, (double)messages / elapsed, cpu / elapsed, percentile(0.5),
         percentile(0.99), (unsigned long long)wrong, (unsigned long long)broken, expected_length);
  return wrong + broken > 0 ? 1 : 0;
}
