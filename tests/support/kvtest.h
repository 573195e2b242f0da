// tests/support/kvtest.h - what the tests of the kv example share.
#pragma once

#include <gtest/gtest.h>

#include <chrono>
#include <span>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include "burrow/burrow.h"
#include "examples/kv/server.h"

namespace burrow::testsupport {

// served is a server on a free port, in this process, while it exists.
class served {
 public:
  explicit served(kv::limits bounds = {})
      : server_(net::listen("tcp", "127.0.0.1:0"), bounds),
        where_(server_.address()) {
    wg_.go([this] { server_.serve(); });
  }
  ~served() {
    server_.stop();
    wg_.wait();
  }
  kv::server& operator*() { return server_; }
  kv::server* operator->() { return &server_; }
  const std::string& where() const { return where_; }

 private:
  kv::server server_;
  std::string where_;
  wait_group wg_;
};

inline void put(net::conn& c, std::string_view text) {
  c.write(std::as_bytes(std::span(text)));
}

// rest_of reads to the end; a connection that is reset has ended.
inline std::string rest_of(net::conn& c) {
  std::string all;
  std::vector<std::byte> room(1 << 16);
  std::error_code ec;
  while (const std::size_t n = c.read(room, ec))
    all.append(reinterpret_cast<const char*>(room.data()), n);
  return all;
}

// answers is all that a server says to one connection that sends text and then
// ends its side.
inline std::string answers(const std::string& where, std::string_view text) {
  net::conn c = net::dial("tcp", where);
  wait_group wg;
  wg.go([&] {
    std::error_code ec;  // the server may have had enough
    c.write(std::as_bytes(std::span(text)), ec);
    if (!ec) c.close_write(ec);
  });
  std::string all = rest_of(c);
  wg.wait();
  return all;
}

// request is words as the array of bulk strings that clients send.
inline std::string request(const std::vector<std::string>& words) {
  std::string r = "*" + std::to_string(words.size()) + "\r\n";
  for (const std::string& w : words)
    r += "$" + std::to_string(w.size()) + "\r\n" + w + "\r\n";
  return r;
}

}  // namespace burrow::testsupport
