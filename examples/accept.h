// examples/accept.h - taking connections, in the examples that are servers.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <system_error>
#include <utility>

#include "burrow/burrow.h"

namespace examples {

// accept_all calls handle(conn) in a goroutine for each connection, until l is
// closed and all those have ended. A failed accept, for want of descriptors perhaps,
// is said and tried again after the pause: some will be closed.
template <typename F>
void accept_all(burrow::net::listener& l, const char* program,
                std::chrono::milliseconds pause, const F& handle) {
  burrow::wait_group connections;
  for (;;) {
    std::error_code ec;
    burrow::net::conn c = l.accept(ec);
    if (ec == burrow::errc::closed) break;
    if (ec) {
      std::fprintf(stderr, "%s: accept: %s\n", program, ec.message().c_str());
      burrow::sleep_for(pause);
      continue;
    }
    connections.go(
        [c = std::move(c), &handle]() mutable { handle(std::move(c)); });
  }
  connections.wait();
}

// backoff is how long an acceptor waits when it cannot: each time twice as long,
// as long as it lasts; it says so once.
class backoff {
 public:
  explicit backoff(const char* program) noexcept : program_(program) {}

  std::chrono::milliseconds failed(const std::error_code& ec) {
    using namespace std::chrono_literals;
    if (pause_ == 0ms)
      std::fprintf(stderr, "%s: accept: %s\n", program_, ec.message().c_str());
    return pause_ = std::clamp(2 * pause_, 5ms, 500ms);
  }
  void over() noexcept { pause_ = {}; }

 private:
  const char* program_;
  std::chrono::milliseconds pause_{0};
};

}  // namespace examples
