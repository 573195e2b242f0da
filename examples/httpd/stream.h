// examples/httpd/stream.h - what a connection reads from and writes to.
//
// The layers above know no socket: socket_stream is one of these, and the fuzzer
// has another in memory.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string_view>

#include "burrow/fd.h"

namespace httpd {

enum class io : std::uint8_t {
  ok,
  end,      // the peer says no more
  timeout,  // the deadline has passed
  broken,   // the connection is gone
};

// patience is how long a read may take: a deadline set already that lies between
// these two is left as it is, as setting one costs more than it is worth.
struct patience {
  burrow::time_point earliest, latest;
  bool idle = false;  // between requests: a server that stops ends it here
};

using room_source = std::function<std::span<char>()>;

class stream {
 public:
  stream() = default;
  stream(const stream&) = delete;
  stream& operator=(const stream&) = delete;
  virtual ~stream() = default;

  // read waits for the first byte, and asks then where to put what there is, so that
  // who waits for long needs no room. Sets n, which is > 0 if the result is ok.
  virtual io read(const room_source& room, const patience& p,
                  std::size_t& n) = 0;

  // write writes all of it.
  virtual io write(std::string_view from) = 0;

  // send_file sends n bytes of a regular file from offset on. io::broken if the
  // file has become shorter.
  virtual io send_file(burrow::fd& file, std::uint64_t offset,
                       std::uint64_t n) = 0;

  // linger ends our side, and waits a little for the peer to end its: a close
  // while the peer still writes would take our last answer from it.
  virtual void linger() = 0;

  // The server stops: this request is the connection's last.
  virtual bool stopping() const = 0;

  // The peer is on this machine.
  virtual bool local() const = 0;
};

}  // namespace httpd
