// examples/httpd/reader.h - what comes in on one connection, request by request.
//
// One room for all that is read: the head of a request stays at its beginning
// while the body passes through what is left of it. So a connection takes the
// same memory whatever it is sent: that of a desk, and while it rests none.
//
//    0        begin                      parsed      end            kRoom
//    | done   | head of the request ...  | unparsed  | free         |
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "examples/httpd/bounds.h"
#include "examples/httpd/desk.h"
#include "examples/httpd/stream.h"

namespace httpd {

class reader {
 public:
  // Takes a desk, and gives it back.
  reader(stream& from, const limits& l, desk_pointer& d)
      : from_(from), limits_(l), desk_(d) {}

  enum class step : std::uint8_t { more, ready, bad };

  // parse looks for a head in what has been read. bad: status() says what to
  // answer. It does not block.
  step parse();

  // fill reads more of a head. Blocks. What was written has been sent.
  io fill();

  // Nothing of a next request is here.
  bool idle() const noexcept { return begin_ == end_; }

  // head is of a request that is ready.
  const request& head() const noexcept { return desk_->parse.head(); }
  int status() const noexcept { return status_; }

  // body returns the next piece of the body, empty at its end; it lasts until the
  // next call. What is wrong with it is io::broken, and a status() of 0 if the
  // connection is at fault. Blocks.
  io body(std::span<const char>& piece);
  bool body_done() const noexcept { return body_done_; }
  bool body_begun() const noexcept { return body_begun_; }
  // The next call of body() has to read, and may wait.
  bool body_waits() const noexcept { return !body_done_ && parsed_ == end_; }

  // next forgets the request. Its body has been read.
  void next() noexcept;

 private:
  static constexpr std::size_t kRoom = sizeof(desk::in);

  char* room() const noexcept { return desk_->in; }
  void move_down() noexcept;
  std::span<char> desk_for_head();
  patience for_head() noexcept;
  patience for_body() noexcept;
  io fill_body();

  stream& from_;
  const limits& limits_;
  desk_pointer& desk_;  // none: all that was read is done with
  std::size_t begin_ = 0, parsed_ = 0, end_ = 0;
  std::size_t head_end_ = 0;
  std::uint64_t body_bytes_ = 0;
  burrow::time_point since_{};  // of this head, or this body; {}: not begun
  int status_ = 0;
  bool first_ = true;
  bool body_begun_ = false;
  bool body_done_ = true;
};

}  // namespace httpd
