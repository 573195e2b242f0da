// echo - a TCP server that sends back what it gets.
//
//   echo 127.0.0.1:7000        serve until Ctrl-C, then wait for the connections
//   echo                       serve and try it out

#include <csignal>
#include <cstdio>
#include <span>
#include <string>

#include "burrow/burrow.h"
#include "examples/accept.h"

namespace {

using burrow::net::conn;
using burrow::net::listener;

// echo sends back all that comes, until the peer has nothing more to say.
void echo(conn c) {
  // So small that a connection's stack is one page: with 16 KiB it is two, and
  // with a thousand connections that is 8 % of the time.
  std::byte room[2 << 10];
  std::error_code ec;
  while (std::size_t n = c.read(room, ec)) {
    c.write({room, n}, ec);
    if (ec) return;
  }
}

void serve(listener& l) {
  examples::accept_all(l, "echo", std::chrono::milliseconds(10), echo);
}

std::string ask(const burrow::net::address& server, const std::string& text) {
  conn c = burrow::net::dial("tcp", server.string());
  c.write(std::as_bytes(std::span(text)));
  c.close_write();
  burrow::net::buffered_reader r(c);
  return r.read_exact(text.size());
}

int tryout() {
  listener l = burrow::net::listen("tcp", "127.0.0.1:0");
  auto served = burrow::async([&l] { serve(l); });
  for (const char* text : {"Hello, echo.", "And again."})
    std::printf("%s\n", ask(l.address(), text).c_str());
  l.close();
  served.get();
  return 0;
}

int forever(const char* address) {
  listener l = burrow::net::listen("tcp", address);
  std::fprintf(stderr, "echo: listening on %s\n", l.address().string().c_str());
  auto stop = burrow::make_chan<int>(1);
  burrow::signals::notify(stop, {SIGINT, SIGTERM});
  burrow::go([&l, stop] {
    stop.recv();
    l.close();
  });
  serve(l);
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  return burrow::run([=] { return argc > 1 ? forever(argv[1]) : tryout(); });
}
