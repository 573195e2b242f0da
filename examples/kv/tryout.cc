// examples/kv/tryout.cc - see tryout.h.

#include "examples/kv/tryout.h"

#include <cstdio>
#include <span>
#include <string>
#include <string_view>

#include "burrow/burrow.h"
#include "examples/kv/server.h"

namespace kv {

namespace {

using burrow::net::conn;

void send(conn& c, std::string_view text) {
  c.write(std::as_bytes(std::span(text)));
}

// One goroutine of many that count with the same key.
void count(const std::string& where) {
  conn c = burrow::net::dial("tcp", where);
  burrow::net::buffered_reader answers(c);
  for (int i = 0; i < 100; ++i) {
    send(c, "INCR visits\r\n");
    answers.read_line();
  }
}

}  // namespace

int tryout() {
  server s(burrow::net::listen("tcp", "127.0.0.1:0"));
  const std::string where = s.address();
  burrow::wait_group served;
  served.go([&s] { s.serve(); });

  burrow::wait_group counters;
  for (int i = 0; i < 10; ++i) counters.go([&where] { count(where); });
  counters.wait();

  conn c = burrow::net::dial("tcp", where);
  burrow::net::buffered_reader answers(c);
  const std::string_view requests[] = {
      "GET visits\r\n",   "SET greeting \"Hello, kv.\" EX 100\r\n",
      "GET greeting\r\n", "TTL greeting\r\n",
      "FROB\r\n",
  };
  for (const std::string_view r : requests) send(c, r);  // all at once
  send(c, "QUIT\r\n");
  while (const auto line = answers.read_line())
    std::printf("%s\n", line->c_str());
  s.stop();
  served.wait();
  return 0;
}

}  // namespace kv
