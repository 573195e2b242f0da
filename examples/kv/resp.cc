// examples/kv/resp.cc - see resp.h.

#include "examples/kv/resp.h"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <optional>
#include <utility>

#include "examples/kv/number.h"

namespace kv {

namespace {

using status = request_parser::status;

// After a request of very many arguments their room is given back.
constexpr std::size_t kKeptArgs = 1024;

bool space(char c) noexcept {
  return std::isspace(static_cast<unsigned char>(c)) != 0;
}

// An unquoted word may have a quote in it, but not begin with one; after a closing
// quote the word must end. word appends the word at s[i] to out and moves i behind
// it; false: a quote is not closed, or something follows it.
class word {
 public:
  word(std::string_view s, std::size_t& i, std::string& out) noexcept
      : s_(s), i_(i), out_(out) {}

  bool read() {
    for (; i_ < s_.size() && !space(s_[i_]) && s_[i_] != '\0'; ++i_) {
      const char c = s_[i_];
      if (c == '"' || c == '\'') {
        ++i_;
        return (c == '"' ? double_quoted() : single_quoted()) && ends();
      }
      out_ += c;
    }
    return true;
  }

 private:
  bool ends() {
    ++i_;
    return i_ >= s_.size() || space(s_[i_]);
  }

  bool single_quoted() {
    for (; i_ < s_.size(); ++i_) {
      if (s_[i_] == '\'') return true;
      if (s_.substr(i_).starts_with("\\'")) ++i_;
      out_ += s_[i_];
    }
    return false;
  }

  bool double_quoted() {
    for (; i_ < s_.size(); ++i_) {
      if (s_[i_] == '"') return true;
      if (s_[i_] == '\\' && i_ + 1 < s_.size()) {
        ++i_;
        out_ += escaped();
      } else {
        out_ += s_[i_];
      }
    }
    return false;
  }

  char escaped() {
    if (s_[i_] == 'x' && i_ + 2 < s_.size()) {
      unsigned char byte = 0;
      const char* const hex = s_.data() + i_ + 1;
      if (std::from_chars(hex, hex + 2, byte, 16).ptr == hex + 2) {
        i_ += 2;
        return static_cast<char>(byte);
      }
    }
    constexpr std::string_view names = "nrtba", means = "\n\r\t\b\a";
    const std::size_t n = names.find(s_[i_]);
    return n == names.npos ? s_[i_] : means[n];
  }

  const std::string_view s_;
  std::size_t& i_;
  std::string& out_;
};

}  // namespace

void request_parser::restart() {
  done_ = false;
  at_ = scanned_ = 0;
  left_ = bulk_ = kUnknown;
  pieces_.clear();
  argv_.clear();
  if (pieces_.capacity() > kKeptArgs) {
    pieces_.shrink_to_fit();
    argv_.shrink_to_fit();
  }
}

status request_parser::fail(std::string text) {
  error_ = std::move(text);
  return status::bad;
}

// line returns in out what stands from at_ to `end`, which is at in[scanned_] then.
status request_parser::line(std::string_view in, char end, const char* toobig,
                            std::string_view& out) {
  const std::size_t from = std::max(at_, scanned_);
  const std::string_view seen = in.substr(0, at_ + kMaxLine + 1);
  scanned_ = std::min(seen.find(end, from), seen.size());
  if (scanned_ < seen.size()) {
    out = in.substr(at_, scanned_ - at_);
    return status::complete;
  }
  return seen.size() - at_ > kMaxLine ? fail(toobig) : status::incomplete;
}

// count reads "*3\r\n".
status request_parser::count(std::string_view in) {
  std::string_view head;
  const status s = line(in, '\r', "too big mbulk count string", head);
  if (s != status::complete) return s;
  if (in.size() - scanned_ < 2) return status::incomplete;  // its \n
  const std::optional<std::int64_t> n = integer(head.substr(1));
  if (!n || *n > kMaxArgs) return fail("invalid multibulk length");
  left_ = std::max(*n, std::int64_t{0});
  at_ = scanned_ + 2;
  return status::complete;
}

// bulk reads "$3\r\nabc\r\n".
status request_parser::bulk(std::string_view in) {
  if (bulk_ == kUnknown) {
    std::string_view head;
    const status s = line(in, '\r', "too big bulk count string", head);
    if (s != status::complete) return s;
    if (in.size() - scanned_ < 2) return status::incomplete;
    // head may be empty: then it is its \r that is not a '$'.
    if (in[at_] != '$') {
      const char c = in[at_] == '\r' || in[at_] == '\n' ? ' ' : in[at_];
      return fail(std::string("expected '$', got '") + c + "'");
    }
    const std::optional<std::int64_t> n = integer(head.substr(1));
    if (!n || *n < 0 || *n > kMaxBulk) return fail("invalid bulk length");
    bulk_ = *n;
    at_ = scanned_ + 2;
  }
  const auto size = static_cast<std::size_t>(bulk_);
  if (in.size() - at_ < size + 2) return status::incomplete;
  pieces_.push_back({at_, size});
  at_ += size + 2;
  bulk_ = kUnknown;
  --left_;
  return status::complete;
}

// words reads a line.
status request_parser::words(std::string_view in) {
  std::string_view text;
  const status s = line(in, '\n', "too big inline request", text);
  if (s != status::complete) return s;
  at_ = scanned_ + 1;
  if (text.ends_with('\r')) text.remove_suffix(1);
  if (!split(text)) return fail("unbalanced quotes in request");
  for (const piece& p : pieces_)
    argv_.push_back(std::string_view(unquoted_).substr(p.at, p.size));
  done_ = true;
  return status::complete;
}

bool request_parser::split(std::string_view text) {
  unquoted_.clear();
  for (std::size_t i = 0;;) {
    while (i < text.size() && space(text[i])) ++i;
    if (i >= text.size() || text[i] == '\0') return true;
    const std::size_t at = unquoted_.size();
    if (!word(text, i, unquoted_).read()) return false;
    pieces_.push_back({at, unquoted_.size() - at});
  }
}

status request_parser::parse(std::string_view in) {
  if (done_) restart();
  if (in.empty()) return status::incomplete;
  if (left_ == kUnknown) {
    const status s = in[0] == '*' ? count(in) : words(in);
    if (s != status::complete || done_) return s;
  }
  while (left_ > 0)
    if (const status s = bulk(in); s != status::complete) return s;
  for (const piece& p : pieces_) argv_.push_back(in.substr(p.at, p.size));
  done_ = true;
  return status::complete;
}

}  // namespace kv
