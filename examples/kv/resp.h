// examples/kv/resp.h - requests of the Redis protocol (RESP2).
//
//   kv::request_parser p;
//   while (p.parse(pending) == kv::request_parser::status::complete) {
//     use(p.argv());                       // views into pending
//     pending.remove_prefix(p.size());
//   }
//
// A request is an array of bulk strings ("*2\r\n$4\r\necho\r\n$2\r\nhi\r\n") or a
// line of words, which may be quoted ("echo hi\r\n"). The parser keeps its place:
// a request that comes in pieces is looked at once, not once for each piece. What
// it accepts and what it says of the rest is as Redis 7 has it, but for the number
// of arguments, which is bounded.
//
// Rejected: hiredis, whose reader is for replies and copies each string.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace kv {

using args = std::span<const std::string_view>;

class request_parser {
 public:
  static constexpr std::int64_t kMaxArgs = 1 << 20;
  static constexpr std::int64_t kMaxBulk = std::int64_t{512} << 20;  // bytes
  static constexpr std::size_t kMaxLine = std::size_t{64} << 10;     // bytes

  enum class status { incomplete, complete, bad };

  // parse looks for one request at the front of in. After `incomplete` it wants the
  // same bytes and more, which may stand elsewhere. After `complete`, argv() is
  // the request (empty: there was none, only an empty line) and size() its length;
  // the next call begins anew. After `bad`, error() says why, and that is the end.
  status parse(std::string_view in);

  args argv() const noexcept { return argv_; }  // until the next parse
  std::size_t size() const noexcept { return at_; }
  std::string_view error() const noexcept { return error_; }

 private:
  struct piece {
    std::size_t at, size;
  };
  static constexpr std::int64_t kUnknown = -1;

  void restart();
  status fail(std::string text);
  status line(std::string_view in, char end, const char* toobig,
              std::string_view& out);
  status count(std::string_view in);
  status bulk(std::string_view in);
  status words(std::string_view in);
  bool split(std::string_view text);

  bool done_ = true;
  std::size_t at_ = 0;            // what is before is understood
  std::size_t scanned_ = 0;       // no end of the line at at_ before here
  std::int64_t left_ = kUnknown;  // strings to come
  std::int64_t bulk_ = kUnknown;  // length of the one at at_
  std::vector<piece> pieces_;
  std::vector<std::string_view> argv_;
  std::string unquoted_;  // the words of a line
  std::string error_;
};

}  // namespace kv
