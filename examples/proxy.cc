// proxy - passes TCP connections on to another address, and back.
//
//   proxy 127.0.0.1:8000 127.0.0.1:80    serve until Ctrl-C, then wait for the
//                                        connections; once more ends at once
//   proxy                                serve and try it out
//
// Each direction is a copy of its own (by splice: the bytes stay in the system). Its
// end is passed on as a half close; a reset as a reset, of both. Who does not read
// stops who sends: nothing piles up here.

#include <sys/socket.h>

#include <atomic>
#include <cctype>
#include <csignal>
#include <cstdio>
#include <span>
#include <string>
#include <utility>

#include "burrow/burrow.h"
#include "examples/accept.h"

namespace {

using namespace std::chrono_literals;
using burrow::net::conn;
using burrow::net::listener;

// abrupt says whether the end of c is a reset.
void abrupt(conn& c, bool yes) {
  const linger how{yes ? 1 : 0, 0};
  ::setsockopt(c.get(), SOL_SOCKET, SO_LINGER, &how, sizeof how);
}

// pass copies until `from` has nothing more to say; false: one of the two is gone,
// and then both are.
bool pass(conn& to, conn& from) {
  std::error_code ec, ignored;
  burrow::copy(to, from, ec);
  if (!ec) {
    to.close_write(ignored);  // its reader may have left: no loss
    return true;
  }
  to.close(ignored);
  from.close(ignored);
  return false;
}

std::string host(const burrow::net::address& a) {
  const std::string s = a;
  return s.substr(0, s.rfind(':'));
}

// Whether c, dialled by us, has come to l: each connection would make another.
bool toourselves(const conn& c, const listener& l) {
  const burrow::net::address here = l.address(), there = c.remote_address();
  if (there == here) return true;
  if (there.port() != here.port()) return false;
  if (host(here) != "0.0.0.0" && host(here) != "[::]") return false;
  const std::string from = host(c.local_address());
  return from == host(there) || from.starts_with("127.");
}

class proxy {
 public:
  proxy(listener front, std::string target)
      : front_(std::move(front)), target_(std::move(target)) {}

  // run serves until it is stopped, and then until all connections have ended; false:
  // the target was the proxy itself.
  bool run() {
    examples::accept_all(front_, "proxy", 50ms,
                         [this](conn c) { serve(std::move(c)); });
    return !itself_;
  }
  void stop() { front_.close(); }
  std::string address() const { return front_.address(); }

 private:
  void serve(conn client) {
    std::error_code ec;
    abrupt(client, true);  // until all has gone well
    auto [ctx, cancel] = burrow::with_timeout(burrow::background(), 10s);
    conn server = burrow::net::dial(ctx, "tcp", target_, ec);
    cancel();
    if (itself_) return;
    if (ec) {
      std::fprintf(stderr, "proxy: %s: %s\n", target_.c_str(),
                   ec.message().c_str());
      return;
    }
    if (toourselves(server, front_)) return reject();
    abrupt(server, true);
    auto back = burrow::async([&] { return pass(client, server); });
    const bool there = pass(server, client);
    if (!back.get() || !there) return;
    abrupt(client, false);
    abrupt(server, false);
  }

  void reject() {
    if (itself_.exchange(true)) return;
    std::fprintf(stderr, "proxy: %s is this proxy itself\n", target_.c_str());
    std::error_code ec;
    front_.close(ec);
  }

  listener front_;
  const std::string target_;
  std::atomic<bool> itself_{false};
};

int forever(const char* address, const std::string& target) {
  std::error_code ec;
  listener l = burrow::net::listen("tcp", address, ec);
  if (ec) {
    std::fprintf(stderr, "proxy: %s: %s\n", address, ec.message().c_str());
    return 1;
  }
  proxy p(std::move(l), target);
  std::fprintf(stderr, "proxy: listening on %s\n", p.address().c_str());
  auto stop = burrow::make_chan<int>(1);
  burrow::signals::notify(stop, {SIGINT, SIGTERM});
  burrow::go([&p, stop] {
    stop.recv();
    burrow::signals::stop(stop);  // the next one ends the program
    p.stop();
  });
  return p.run() ? 0 : 1;
}

// shout answers one connection in capitals, when it has heard all.
void shout(listener& l) {
  conn c = l.accept();
  burrow::net::buffered_reader r(c);
  while (auto line = r.read_line()) {
    for (char& letter : *line)
      letter =
          static_cast<char>(std::toupper(static_cast<unsigned char>(letter)));
    *line += '\n';
    c.write(std::as_bytes(std::span(*line)));
  }
}

int tryout() {
  listener target = burrow::net::listen("tcp", "127.0.0.1:0");
  proxy front(burrow::net::listen("tcp", "127.0.0.1:0"), target.address());
  auto shouted = burrow::async([&] { shout(target); });
  auto served = burrow::async([&] { return front.run(); });
  {
    conn c = burrow::net::dial("tcp", front.address());
    const std::string text = "is anybody there?\ngood.\n";
    c.write(std::as_bytes(std::span(text)));
    c.close_write();
    burrow::net::buffered_reader r(c);
    while (auto line = r.read_line()) std::printf("%s\n", line->c_str());
  }
  shouted.get();
  front.stop();
  return served.get() ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 1 && argc != 3) {
    std::fprintf(stderr, "usage: %s [LISTEN TARGET]\n", argv[0]);
    return 2;
  }
  return burrow::run(
      [=] { return argc == 3 ? forever(argv[1], argv[2]) : tryout(); });
}
