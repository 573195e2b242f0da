// net_client - the load of the network rows: N connections, one message on its
// way on each, one thread.
//
//   net_client [OPTION...] PORT CONNECTIONS
//
// A connection sends its next message as soon as the answer to the last one is
// complete, so no queue builds up and the server sets the pace. All answers are
// checked. It prints one line of JSON; latency is from before the send until
// the answer has been read.
//
// What makes it light: edge-triggered epoll (no event is looked at twice), one
// read and one write a message, a histogram that stays in the cache. Its own
// share is in the result (client_busy): near 1 it is the client that is measured,
// not the server.
//
// --spin is for a client with a processor of its own: it never sleeps, so the
// server does not pay for waking it. Without, a server that is slower than the
// client wakes it for nearly each message, and one that is a little faster never
// does: a few percent become twenty. The client is busy, then, when a look at its
// connections finds something.
//
// Rejected: a thread for each processor. The server then shares its processor
// with a client thread, and the scheduler's choices are what is measured.

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdarg>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <string>
#include <string_view>
#include <vector>

#include "bench/net/histogram.h"
#include "bench/net/reply.h"

namespace {

constexpr std::int64_t kSecond = 1'000'000'000;
constexpr std::size_t kRoom = 64 << 10;  // the longest message or answer

[[noreturn, gnu::format(printf, 1, 2)]] void fail(const char* format, ...) {
  va_list args;
  va_start(args, format);
  std::fputs("net_client: ", stderr);
  std::vfprintf(stderr, format, args);
  std::fputc('\n', stderr);
  va_end(args);
  std::exit(1);
}

std::int64_t clockns(clockid_t clock) {
  timespec t;
  if (clock_gettime(clock, &t) != 0) fail("the server has ended");
  return t.tv_sec * kSecond + t.tv_nsec;
}

struct options {
  int port = 0, connections = 0, pid = 0;
  double warmup = 0.3, seconds = 1;
  std::size_t size = 64;
  std::string path;  // of HTTP; empty: echo
  bool spin = false;
};

struct connection {
  int fd = -1;
  std::size_t got = 0;  // of the answer
  std::int64_t sent = 0;
  std::uint64_t answers = 0;  // in the measured time
};

class load {
 public:
  explicit load(const options& o) : o_(o), conns_(o.connections), room_(kRoom) {
    message_ = o.path.empty()
                   ? std::string(o.size, 'x')
                   : "GET " + o.path + " HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n";
    for (std::size_t i = 0; i < message_.size() && o.path.empty(); i++)
      message_[i] = static_cast<char>('a' + i % 26);
    epoll_ = epoll_create1(EPOLL_CLOEXEC);
    if (epoll_ < 0) fail("epoll_create1: %s", std::strerror(errno));
    if (o.pid != 0 && clock_getcpuclockid(o.pid, &server_) != 0)
      fail("there is no process %d", o.pid);
    for (std::size_t i = 0; i < conns_.size(); i++) open(i);
  }

  void run() {
    now_ = clockns(CLOCK_MONOTONIC);
    const std::int64_t begin =
        now_ + static_cast<std::int64_t>(o_.warmup * 1e9);
    for (connection& c : conns_) send(c);
    while (now_ < begin) turn();
    latency_ = {};
    for (connection& c : conns_) c.answers = 0;
    started_ = times();
    const std::int64_t end = now_ + static_cast<std::int64_t>(o_.seconds * 1e9);
    while (now_ < end) turn();
    ended_ = times();
  }

  void report() const {
    const double wall = static_cast<double>(ended_.wall - started_.wall);
    // Who spins is busy with what is not idle; the processor is its own.
    const double self =
        o_.spin ? wall - static_cast<double>(ended_.idle - started_.idle)
                : static_cast<double>(ended_.self - started_.self);
    const double server = static_cast<double>(ended_.server - started_.server);
    const double n = static_cast<double>(latency_.count());
    if (n == 0) fail("no message was answered");
    const auto unserved =
        std::count_if(conns_.begin(), conns_.end(),
                      [](const connection& c) { return c.answers == 0; });
    const auto us = [this](double q) {
      return static_cast<double>(latency_.quantile(q)) / 1e3;
    };
    std::printf(
        "{\"messages\": %.0f, \"seconds\": %.6f, \"messages_per_s\": %.1f, "
        "\"p50_us\": %.2f, \"p90_us\": %.2f, \"p99_us\": %.2f, "
        "\"p999_us\": %.2f, \"max_us\": %.2f, \"client_us\": %.4f, "
        "\"client_busy\": %.4f, \"server_us\": %.4f, \"server_busy\": %.4f, "
        "\"unserved\": %td}\n",
        n, wall / 1e9, n / wall * 1e9, us(.5), us(.9), us(.99), us(.999),
        static_cast<double>(latency_.max()) / 1e3, self / n / 1e3, self / wall,
        server / n / 1e3, server / wall, unserved);
  }

 private:
  struct usage {
    std::int64_t wall, self, server;  // ns; the last two of processor time
    std::int64_t idle;                // of wall, spent looking for nothing
  };
  usage times() const {
    return {clockns(CLOCK_MONOTONIC), clockns(CLOCK_PROCESS_CPUTIME_ID),
            o_.pid != 0 ? clockns(server_) : 0, idle_};
  }

  // A server that is starting gets five seconds.
  void open(std::size_t i) {
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(static_cast<std::uint16_t>(o_.port));
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    for (int tries = 0;; tries++) {
      const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
      if (fd < 0) fail("socket: %s", std::strerror(errno));
      conns_[i].fd = fd;
      if (connect(fd, reinterpret_cast<sockaddr*>(&to), sizeof to) == 0) break;
      if (tries == 1000) fail("connect: %s", std::strerror(errno));
      ::close(fd);
      usleep(5000);
    }
    const int one = 1;
    setsockopt(conns_[i].fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    epoll_event ev{};
    ev.events = EPOLLIN | EPOLLET;
    ev.data.u64 = i;
    if (epoll_ctl(epoll_, EPOLL_CTL_ADD, conns_[i].fd, &ev) != 0)
      fail("epoll_ctl: %s", std::strerror(errno));
  }

  // The connections block: a message is small, and goes into an empty buffer.
  void send(connection& c) {
    c.got = 0;
    c.sent = now_;
    const auto size = static_cast<ssize_t>(message_.size());
    if (::send(c.fd, message_.data(), message_.size(), MSG_NOSIGNAL) != size)
      fail("send: %s", std::strerror(errno));
  }

  // turn takes what has come, for one time.
  void turn() {
    epoll_event ev[256];
    const std::int64_t until = now_ + 10 * kSecond;
    int n = epoll_wait(epoll_, ev, 256, o_.spin ? 0 : 10'000);
    while (n == 0 && o_.spin && now_ < until) {
      const std::int64_t before = now_;
      n = epoll_wait(epoll_, ev, 256, 0);
      now_ = clockns(CLOCK_MONOTONIC);
      if (n == 0) idle_ += now_ - before;
    }
    if (n == 0) fail("nothing came for 10 s");
    now_ = clockns(CLOCK_MONOTONIC);
    for (int i = 0; i < n; i++) receive(conns_[ev[i].data.u64]);
  }

  void receive(connection& c) {
    // An answer that comes in pieces is kept in pieces: that is rare.
    char* to = c.got == 0 ? room_.data() : piece(c).data() + c.got;
    const ssize_t r = recv(c.fd, to, kRoom - c.got, MSG_DONTWAIT);
    if (r < 0 && (errno == EAGAIN || errno == EINTR)) return;
    if (r < 0) fail("recv: %s", std::strerror(errno));
    if (r == 0) fail("the server has closed a connection");
    c.got += static_cast<std::size_t>(r);
    const char* all = to + r - c.got;
    if (!complete({all, c.got})) {
      std::vector<char>& kept = piece(c);
      if (kept.empty()) kept.resize(kRoom);
      if (all != kept.data()) std::memcpy(kept.data(), all, c.got);
      return;
    }
    now_ = clockns(CLOCK_MONOTONIC);
    latency_.add(now_ - c.sent);
    c.answers++;
    send(c);
  }

  bool complete(std::string_view got) const {
    if (!o_.path.empty()) {
      const long length = bench::net::httplength(got);
      if (length < 0) fail("not a 200 with a length");
      if (length > static_cast<long>(kRoom)) fail("a long response");
      if (length == 0 || static_cast<long>(got.size()) < length) return false;
      if (static_cast<long>(got.size()) > length) fail("more than a response");
      return true;
    }
    if (got != std::string_view(message_).substr(0, got.size()))
      fail("not what was sent came back");
    return got.size() == message_.size();
  }

  std::vector<char>& piece(const connection& c) {
    if (pieces_.empty()) pieces_.resize(conns_.size());
    return pieces_[static_cast<std::size_t>(&c - conns_.data())];
  }

  const options o_;
  int epoll_ = -1;
  clockid_t server_{};
  std::string message_;
  std::vector<connection> conns_;
  std::vector<char> room_;
  std::vector<std::vector<char>> pieces_;
  std::int64_t now_ = 0, idle_ = 0;
  bench::net::histogram latency_;
  usage started_{}, ended_{};
};

[[noreturn]] void usage() {
  std::fputs(
      "usage: net_client [OPTION...] PORT CONNECTIONS\n"
      "  --size BYTES     of a message (64)\n"
      "  --http PATH      GET requests instead of messages that come back\n"
      "  --warmup SECONDS (0.3)   --seconds SECONDS (1)\n"
      "  --spin yes|no    never sleep (no)\n"
      "  --pid PID        the server: its processor time is measured, too\n",
      stderr);
  std::exit(2);
}

options parse(int argc, char** argv) {
  options o;
  int at = 1;
  for (; at + 1 < argc && argv[at][0] == '-'; at += 2) {
    const std::string_view name = argv[at];
    const char* value = argv[at + 1];
    if (name == "--size") {
      o.size = std::strtoul(value, nullptr, 10);
    } else if (name == "--http") {
      o.path = value;
    } else if (name == "--warmup") {
      o.warmup = std::strtod(value, nullptr);
    } else if (name == "--seconds") {
      o.seconds = std::strtod(value, nullptr);
    } else if (name == "--spin") {
      o.spin = std::string_view(value) == "yes";
    } else if (name == "--pid") {
      o.pid = std::atoi(value);
    } else {
      usage();
    }
  }
  if (argc - at != 2) usage();
  o.port = std::atoi(argv[at]);
  o.connections = std::atoi(argv[at + 1]);
  if (o.port < 1 || o.port > 65535 || o.connections < 1 || o.size < 1 ||
      o.size > kRoom || o.warmup < 0 || o.seconds <= 0)
    usage();
  return o;
}

}  // namespace

int main(int argc, char** argv) {
  load l(parse(argc, argv));
  l.run();
  l.report();
}
