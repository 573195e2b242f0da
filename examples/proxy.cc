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

#include <cctype>
#include <csignal>
#include <cstdio>
#include <span>
#include <string>

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

// Whether c, dialled by us, has come to l: it would dial again, and so on, until there
// are no descriptors.
bool toourselves(const conn& c, const listener& l) {
  const auto host = [](const burrow::net::address& a) {
    const std::string s = a;
    return s.substr(0, s.rfind(':'));
  };
  const burrow::net::address there = c.remote_address();
  return there == l.address() ||
         (there.port() == l.address().port() &&
          host(there) == host(c.local_address()));  // l takes them all
}

void serve(conn client, const listener& front, const std::string& target) {
  std::error_code ec;
  abrupt(client, true);  // until all has gone well
  auto [ctx, cancel] = burrow::with_timeout(burrow::background(), 10s);
  conn server = burrow::net::dial(ctx, "tcp", target, ec);
  cancel();
  if (ec) {
    std::fprintf(stderr, "proxy: %s: %s\n", target.c_str(),
                 ec.message().c_str());
    return;
  }
  if (toourselves(server, front)) {
    std::fprintf(stderr, "proxy: %s is this proxy itself\n", target.c_str());
    return;
  }
  abrupt(server, true);
  auto back = burrow::async([&] { return pass(client, server); });
  const bool there = pass(server, client);
  if (!back.get() || !there) return;
  abrupt(client, false);
  abrupt(server, false);
}

void serve_all(listener& l, const std::string& target) {
  examples::accept_all(l, "proxy", 50ms,
                       [&](conn c) { serve(std::move(c), l, target); });
}

int forever(const char* address, const std::string& target) {
  std::error_code ec;
  listener l = burrow::net::listen("tcp", address, ec);
  if (ec) {
    std::fprintf(stderr, "proxy: %s: %s\n", address, ec.message().c_str());
    return 1;
  }
  std::fprintf(stderr, "proxy: listening on %s\n",
               l.address().string().c_str());
  auto stop = burrow::make_chan<int>(1);
  burrow::signals::notify(stop, {SIGINT, SIGTERM});
  burrow::go([&l, stop] {
    stop.recv();
    burrow::signals::stop(stop);  // the next one ends the program
    l.close();
  });
  serve_all(l, target);
  return 0;
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
  listener front = burrow::net::listen("tcp", "127.0.0.1:0");
  auto shouted = burrow::async([&] { shout(target); });
  const std::string there = target.address();
  auto served = burrow::async([&] { serve_all(front, there); });
  {
    conn c = burrow::net::dial("tcp", front.address());
    const std::string text = "is anybody there?\ngood.\n";
    c.write(std::as_bytes(std::span(text)));
    c.close_write();
    burrow::net::buffered_reader r(c);
    while (auto line = r.read_line()) std::printf("%s\n", line->c_str());
  }
  shouted.get();
  front.close();
  served.get();
  return 0;
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
