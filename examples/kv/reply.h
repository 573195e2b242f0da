// examples/kv/reply.h - answers of the Redis protocol (RESP2), gathered.
#pragma once

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace kv {

class reply {
 public:
  // More than this is not gathered: one request for many large values.
  static constexpr std::size_t kMost = std::size_t{1} << 30;
  static constexpr std::size_t kKept = std::size_t{64} << 10;

  void simple(std::string_view s) { put('+', s); }
  void ok() { raw("+OK\r\n"); }

  // error takes the text with its code ("ERR ..."). A line end in it, which would
  // be the protocol's, becomes a space.
  void error(std::string_view s) {
    out_ += '-';
    const std::size_t at = out_.size();
    out_ += s;
    const auto eol = [](char c) { return c == '\r' || c == '\n'; };
    std::replace_if(out_.begin() + static_cast<std::ptrdiff_t>(at), out_.end(),
                    eol, ' ');
    raw("\r\n");
  }

  void integer(std::int64_t n) { number(':', n); }
  void array(std::size_t n) { number('*', static_cast<std::int64_t>(n)); }
  void null() { raw("$-1\r\n"); }

  void bulk(std::string_view s) {
    if (out_.size() + s.size() > kMost) {
      overflow_ = true;
      return;
    }
    number('$', static_cast<std::int64_t>(s.size()));
    out_ += s;
    raw("\r\n");
  }

  void raw(std::string_view s) { out_ += s; }

  std::string_view pending() const noexcept { return out_; }
  bool overflow() const noexcept { return overflow_; }

  // clear forgets what has been sent.
  void clear() {
    out_.clear();
    if (out_.capacity() > 2 * kKept) out_.shrink_to_fit();
  }

 private:
  void put(char kind, std::string_view s) {
    out_ += kind;
    out_ += s;
    raw("\r\n");
  }

  void number(char kind, std::int64_t n) {
    char text[24];
    text[0] = kind;
    char* end = std::to_chars(text + 1, text + sizeof text - 2, n).ptr;
    *end++ = '\r';
    *end++ = '\n';
    out_.append(text, static_cast<std::size_t>(end - text));
  }

  std::string out_;
  bool overflow_ = false;
};

}  // namespace kv
