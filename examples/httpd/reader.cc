// examples/httpd/reader.cc - see reader.h.

#include "examples/httpd/reader.h"

#include <cstring>

#include "examples/httpd/clock.h"

namespace httpd {

reader::step reader::parse() {
  if (parsed_ == end_) return step::more;
  std::size_t taken = 0;
  char* body = room() + parsed_;
  const parser::event e =
      desk_->parse.feed(room() + parsed_, end_ - parsed_, taken, body);
  parsed_ += taken;
  if (e == parser::event::bad) {
    status_ = desk_->parse.status();
    return step::bad;
  }
  if (parsed_ - begin_ > kMaxHead) {
    status_ = 431;
    return step::bad;
  }
  if (e == parser::event::more) return step::more;
  // The body needs the room that those before have left.
  if (e == parser::event::head && begin_ != 0) move_down();
  head_end_ = parsed_;
  since_ = {};
  body_done_ = e == parser::event::end;
  body_begun_ = false;
  body_bytes_ = 0;
  first_ = false;
  if (head().content_length > limits_.body) {
    status_ = 413;
    return step::bad;
  }
  return step::ready;
}

// A connection may rest before its next request, but not before its first.
patience reader::for_head() noexcept {
  const burrow::time_point now = coarse_now();
  if (idle() && !first_)
    return {now + limits_.idle * 3 / 4, now + limits_.idle, true};
  if (since_ == burrow::time_point{}) since_ = now;
  const burrow::time_point until = since_ + limits_.head;
  return {until, until, idle()};
}

void reader::move_down() noexcept {
  std::memmove(room(), room() + begin_, end_ - begin_);
  desk_->parse.moved(begin_);
  parsed_ -= begin_;
  end_ -= begin_;
  begin_ = 0;
}

// The desk is kept if a part of a head lies on it.
std::span<char> reader::desk_for_head() {
  if (idle()) {
    desk_ = take_desk();
  } else if (begin_ != 0) {
    move_down();
  }
  return {room() + end_, kRoom - end_};
}

io reader::fill() {
  if (idle()) desk_.reset();
  std::size_t n = 0;
  const io r = from_.read([this] { return desk_for_head(); }, for_head(), n);
  end_ += n;
  return r;
}

patience reader::for_body() noexcept {
  const burrow::time_point now = coarse_now();
  if (since_ == burrow::time_point{}) since_ = now;
  const burrow::time_point until =
      since_ + limits_.body_grace +
      std::chrono::milliseconds(body_bytes_ * 1000 / limits_.body_rate);
  // A sender that is far ahead may not rest for ever on what it has earned.
  const burrow::time_point latest = std::min(until, now + limits_.idle);
  return {latest - limits_.body_grace / 4, latest};
}

io reader::fill_body() {
  parsed_ = end_ = head_end_;
  std::size_t n = 0;
  const io r = from_.read(
      [this] { return std::span(room() + end_, kRoom - end_); }, for_body(), n);
  end_ += n;
  return r;
}

io reader::body(std::span<const char>& piece) {
  piece = {};
  body_begun_ = true;
  while (!body_done_) {
    if (parsed_ == end_)
      if (const io r = fill_body(); r != io::ok) {
        if (r == io::timeout) status_ = 408;
        return io::broken;
      }
    char* const begin = room() + parsed_;
    char* end = begin;
    std::size_t taken = 0;
    const parser::event e =
        desk_->parse.feed(begin, end_ - parsed_, taken, end);
    parsed_ += taken;
    const auto n = static_cast<std::size_t>(end - begin);
    body_bytes_ += n;
    if (e == parser::event::bad || body_bytes_ > limits_.body) {
      status_ = e == parser::event::bad ? desk_->parse.status() : 413;
      return io::broken;
    }
    body_done_ = e == parser::event::end;
    if (n != 0) {
      piece = {begin, n};
      break;
    }
  }
  return io::ok;
}

void reader::next() noexcept {
  begin_ = parsed_;
  if (begin_ == end_) begin_ = parsed_ = end_ = 0;
  since_ = {};  // that was of the body
  desk_->parse.next();
}

}  // namespace httpd
