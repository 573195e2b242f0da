// examples/kv/session.h - one connection: reads, runs what it has read, answers.
//
// All requests that one read brings are run, and their answers written together.
// A client that does not read its answers stops the session at its next write,
// which ends it when the client takes nothing for limits::write_timeout; until
// then there are 64 KB of answers, and one that may be larger, and no more requests
// are read. So a client must not send without end and read later.
//
// Rejected: a goroutine that writes beside the one that reads. It takes another
// stack, a queue and two switches for each answer.
#pragma once

#include <atomic>
#include <cstdint>

#include "burrow/net.h"
#include "burrow/time.h"
#include "examples/kv/commands.h"
#include "examples/kv/input.h"
#include "examples/kv/resp.h"

namespace kv {

class session {
 public:
  session(kv::server& s, burrow::net::conn c, std::uint64_t id);

  // run serves the client until one of both has had enough.
  void run();

  // hurry ends the session when it has answered what it has read; cut, at once.
  // Any goroutine may, while the session exists.
  void hurry() noexcept;
  void cut() noexcept;

  std::uint64_t commands() const noexcept {
    // relaxed: a figure to show, of no consequence.
    return commands_.load(std::memory_order_relaxed);
  }

 private:
  bool answer();
  bool flush();
  void tick();
  void linger();

  burrow::net::conn conn_;
  input in_;
  request_parser parser_;
  client client_;
  burrow::time_point now_{};
  burrow::time_point deadline_{};           // of writes
  std::atomic<std::uint64_t> commands_{0};  // written by run only
};

}  // namespace kv
