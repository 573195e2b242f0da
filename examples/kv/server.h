// examples/kv/server.h - takes connections, and ends them when it is to stop.
//
//   kv::server s(burrow::net::listen("tcp", "127.0.0.1:6379"));
//   burrow::go([&] { stop.recv(); s.stop(); });
//   s.serve();
#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <list>

#include "burrow/chan.h"
#include "burrow/net.h"
#include "burrow/sync.h"
#include "examples/kv/session.h"
#include "examples/kv/store.h"

namespace kv {

struct limits {
  std::size_t clients = 10'000;  // more are told so, and closed
  std::chrono::milliseconds write_timeout{30'000};
  std::chrono::milliseconds grace{5'000};  // for answers when stopping
};

class server {
 public:
  explicit server(burrow::net::listener l, limits bounds = {});

  // serve returns when stop has been called and all connections have ended.
  void serve();

  // stop: no new connections; those that are there get the answers to what has
  // been read of them. Any goroutine, any number of times.
  void stop();

  store& db() noexcept { return db_; }
  const limits& bounds() const noexcept { return bounds_; }
  burrow::net::address address() const { return listener_.address(); }

  struct figures {
    std::size_t clients;
    std::uint64_t connections, commands;
    std::int64_t uptime;  // seconds
  };
  figures stats();

 private:
  void accept_all();
  void attend(burrow::net::conn c);
  void sweep();
  void cut_all();

  burrow::net::listener listener_;
  const limits bounds_;
  const burrow::time_point started_ = std::chrono::steady_clock::now();
  store db_;
  burrow::chan<burrow::unit> stopped_ = burrow::make_chan<burrow::unit>();
  burrow::wait_group sessions_ended_;

  burrow::mutex lock_;
  std::list<session*> sessions_;   // lock_
  bool stopping_ = false;          // lock_
  std::uint64_t connections_ = 0;  // lock_
  std::uint64_t commands_ = 0;     // lock_; of sessions that have ended
};

}  // namespace kv
