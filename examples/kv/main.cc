// kv - a server that speaks the protocol of Redis, with a goroutine a connection.
//
//   kv 127.0.0.1:6379       serve until Ctrl-C, SIGTERM or SHUTDOWN
//   kv                      serve and try it out
//
// redis-cli and redis-benchmark are its clients; commands.cc says which commands
// there are. The table is in memory only.
//
//   main     the command line, signals
//   server   takes connections       commands  what there is, by name
//   session  one connection          strings, keys, admin: what they do
//   input, resp, reply: the bytes    store     the table

#include <csignal>
#include <cstdio>
#include <system_error>
#include <utility>

#include "burrow/burrow.h"
#include "examples/kv/server.h"
#include "examples/kv/tryout.h"

namespace {

int forever(const char* address) {
  std::error_code ec;
  burrow::net::listener l = burrow::net::listen("tcp", address, ec);
  if (ec) {
    std::fprintf(stderr, "kv: cannot listen on %s: %s\n", address,
                 ec.message().c_str());
    return 1;
  }
  std::fprintf(stderr, "kv: listening on %s\n", l.address().string().c_str());
  kv::server s(std::move(l));
  auto signal = burrow::make_chan<int>(1);
  burrow::signals::notify(signal, {SIGINT, SIGTERM});
  burrow::wait_group stopper;
  stopper.go([&s, signal] {
    signal.recv();
    s.stop();
  });
  s.serve();
  burrow::signals::stop(signal);
  signal.close();
  stopper.wait();
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc > 2) {
    std::fprintf(stderr, "usage: %s [ADDRESS]\n", argv[0]);
    return 2;
  }
  return burrow::run(
      [=] { return argc > 1 ? forever(argv[1]) : kv::tryout(); });
}
