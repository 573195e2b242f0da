// peer_epoll_httpd - examples/httpd without goroutines: what burrow itself costs it.
//
//   peer_epoll_httpd PORT
//
// All above the stream is the example's own code: the desks, the parser, the limits, the
// answers. Below it stands, in place of burrow, one thread that calls a connection's
// turn() when epoll says that something has come. A deadline is a time in the
// connection, looked at each second.
//
// One worker, as a thread that is none of burrow's has the first shelf of each pool. A
// handler that wants more of a body than is here waits for it with all others; no client
// of the benchmark sends one.
//
// Level-triggered, as peer_epoll is: epoll.cc says why.
//
// Rejected: a server of callbacks written for this. What it does not do would be taken
// for what burrow costs, as it is with peer_epoll's http.

#include <poll.h>
#include <unistd.h>

#include <cerrno>
#include <list>

#include "bench/peers/epoll/listen.h"
#include "examples/httpd/clock.h"
#include "examples/httpd/connection.h"

namespace {

constexpr int kBatch = 128;

class client final : public httpd::stream {
 public:
  client(int fd, const httpd::site& here, const httpd::limits& l)
      : fd_(fd),
        talk_(*this, here, l, count_),
        until_(httpd::coarse_now() + l.head) {}
  ~client() override { close(fd_); }

  // False: it has ended.
  bool turn() { return talk_.turn(); }
  bool late(burrow::time_point now) const { return now >= until_; }

  httpd::io read(const httpd::room_source& room, const httpd::patience& p,
                 std::size_t& n) override {
    if (until_ < p.earliest || until_ > p.latest) until_ = p.latest;
    const std::span<char> to = room();
    for (;;) {
      const ssize_t r = recv(fd_, to.data(), to.size(), 0);
      if (r == 0) return httpd::io::end;
      if (r > 0) {
        n = static_cast<std::size_t>(r);
        return httpd::io::ok;
      }
      if (!again(POLLIN)) return httpd::io::broken;
    }
  }
  httpd::io write(std::string_view from) override {
    while (!from.empty()) {
      const ssize_t r = send(fd_, from.data(), from.size(), MSG_NOSIGNAL);
      if (r >= 0) {
        from.remove_prefix(static_cast<std::size_t>(r));
      } else if (!again(POLLOUT)) {
        return httpd::io::broken;
      }
    }
    return httpd::io::ok;
  }
  httpd::io send_file(burrow::fd&, std::uint64_t, std::uint64_t) override {
    return httpd::io::broken;  // it serves no folder
  }
  void linger() override { shutdown(fd_, SHUT_WR); }
  bool stopping() const override { return false; }
  bool local() const override { return false; }

 private:
  // Whether the call that has failed may be tried again, now.
  bool again(short wanted) const {
    if (errno == EINTR) return true;
    if (errno != EAGAIN) return false;
    pollfd p{fd_, wanted, 0};
    return poll(&p, 1, -1) > 0 || errno == EINTR;
  }

  const int fd_;
  httpd::counters count_;
  httpd::connection talk_;
  burrow::time_point until_;  // it ends if nothing has come
};

class server {
 public:
  explicit server(int port) : listener_(peer::listenat(port)) {
    peer::watch(poll_, listener_, {.ptr = nullptr});
  }

  [[noreturn]] void run() {
    for (;;) {
      epoll_event ev[kBatch];
      const int n = epoll_wait(poll_, ev, kBatch, 1000);
      for (int i = 0; i < n; i++) {
        auto* const c = static_cast<entry*>(ev[i].data.ptr);
        if (c == nullptr) {
          begin();
        } else if (!c->talk.turn()) {
          all_.erase(c->at);
        }
      }
      sweep();
    }
  }

 private:
  struct entry {
    entry(int fd, const httpd::site& here, const httpd::limits& l)
        : talk(fd, here, l) {}
    client talk;
    std::list<entry>::iterator at;
  };

  void begin() {
    const int fd = peer::acceptfrom(listener_);
    if (fd < 0) return;
    entry& e = all_.emplace_front(fd, here_, limits_);
    e.at = all_.begin();
    peer::watch(poll_, fd, {.ptr = &e});
  }

  void sweep() {
    const burrow::time_point now = httpd::coarse_now();
    if (now < swept_ + std::chrono::seconds(1)) return;
    swept_ = now;
    all_.remove_if([now](const entry& e) { return e.talk.late(now); });
  }

  const int listener_;
  const int poll_ = peer::newepoll();
  const httpd::site here_;
  const httpd::limits limits_;
  std::list<entry> all_;
  burrow::time_point swept_{};
};

}  // namespace

int main(int argc, char** argv) {
  const int port = argc == 2 ? std::atoi(argv[1]) : 0;
  if (port < 1) {
    std::fputs("usage: peer_epoll_httpd PORT\n", stderr);
    return 2;
  }
  server(port).run();
}
