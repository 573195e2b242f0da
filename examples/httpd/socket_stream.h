// examples/httpd/socket_stream.h - a stream over a socket, with its deadlines.
//
// How a server stops: it sets `stopping`, then poke()s every connection, which
// makes the read that waits, or the next one, time out. A connection looks at
// `stopping` after it has set its deadline, and whenever it times out too early:
// between requests it ends, else it sets its deadline anew and goes on. A poke that
// comes before a deadline is set is overwritten, but then `stopping` is seen: the
// descriptor's lock orders both.
#pragma once

#include <atomic>

#include "burrow/net.h"
#include "examples/httpd/bounds.h"
#include "examples/httpd/stream.h"

namespace httpd {

class socket_stream final : public stream {
 public:
  socket_stream(burrow::net::conn& c, const limits& l,
                const std::atomic<bool>& stopping)
      : conn_(c), limits_(l), stopping_(stopping) {}

  io read(const room_source& room, const patience& p, std::size_t& n) override;
  io write(std::string_view from) override;
  io send_file(burrow::fd& file, std::uint64_t offset,
               std::uint64_t n) override;
  void linger() override;
  bool stopping() const override {
    return stopping_.load(std::memory_order_relaxed);
  }
  bool local() const override;

  // Context  any goroutine, while the connection lives.
  static void poke(burrow::net::conn& c) noexcept;

 private:
  bool arm(void (burrow::fd::*set)(burrow::time_point, std::error_code&),
           burrow::time_point when);
  bool arm_write();
  io last_words(const room_source& room, std::size_t& n);

  burrow::net::conn& conn_;
  const limits& limits_;
  const std::atomic<bool>& stopping_;
  burrow::time_point read_until_{}, write_until_{};
};

}  // namespace httpd
