// runtime/net/buffered.cc - reading lines and blocks.

#include <algorithm>
#include <cstring>

#include "burrow/net.h"

namespace burrow::net {

namespace {

void fail(std::errc why, const char* what, std::error_code* ec) {
  const std::error_code code = std::make_error_code(why);
  if (ec == nullptr)
    throw std::system_error(code, std::string("buffered_reader: ") + what);
  *ec = code;
}

std::error_code* cleared(std::error_code& ec) noexcept {
  ec.clear();
  return &ec;
}

}  // namespace

buffered_reader::buffered_reader(fd& from, std::size_t size)
    : from_(&from),
      room_(new std::byte[std::max<std::size_t>(size, 16)]),
      size_(std::max<std::size_t>(size, 16)) {}

std::size_t buffered_reader::ask(std::span<std::byte> to, std::error_code* ec) {
  return ec == nullptr ? from_->read(to) : from_->read(to, *ec);
}

// False: the end, or an error.
bool buffered_reader::fill(std::error_code* ec) {
  at_ = 0;
  end_ = 0;  // should ask throw
  end_ = ask({room_.get(), size_}, ec);
  return end_ > 0;
}

std::optional<std::string> buffered_reader::until(char c, std::error_code* ec) {
  std::string text;
  for (;;) {
    if (at_ == end_ && !fill(ec)) {
      if (text.empty()) return std::nullopt;
      return text;
    }
    const std::byte* from = room_.get() + at_;
    const auto* hit =
        static_cast<const std::byte*>(std::memchr(from, c, end_ - at_));
    const std::size_t n =
        hit != nullptr ? static_cast<std::size_t>(hit - from) + 1 : end_ - at_;
    if (n > limit_ - std::min(limit_, text.size())) {
      fail(std::errc::value_too_large, "no end in sight", ec);
      return text;
    }
    text.append(reinterpret_cast<const char*>(from), n);
    at_ += n;
    if (hit != nullptr) return text;
  }
}

std::optional<std::string> buffered_reader::line(std::error_code* ec) {
  std::optional<std::string> line = until('\n', ec);
  if (!line || !line->ends_with('\n')) return line;
  line->pop_back();
  if (line->ends_with('\r')) line->pop_back();
  return line;
}

std::size_t buffered_reader::some(std::span<std::byte> to,
                                  std::error_code* ec) {
  if (to.empty()) return 0;
  if (at_ == end_) {
    // Large reads need no copy.
    if (to.size() >= size_) return ask(to, ec);
    if (!fill(ec)) return 0;
  }
  const std::size_t n = std::min(to.size(), end_ - at_);
  std::memcpy(to.data(), room_.get() + at_, n);
  at_ += n;
  return n;
}

std::string buffered_reader::exactly(std::size_t n, std::error_code* ec) {
  std::string text;
  while (text.size() < n) {
    // Not all at once: n may be a lie of the peer's.
    const std::size_t had = text.size();
    const std::size_t more =
        std::min(n - had, std::max<std::size_t>(had, std::size_t{64} << 10));
    text.resize(had + more);
    const std::size_t got =
        some(std::as_writable_bytes(std::span(text).subspan(had)), ec);
    text.resize(had + got);
    if (got != 0) continue;
    if (ec == nullptr || !*ec)
      fail(std::errc::io_error, "the stream has ended", ec);
    break;
  }
  return text;
}

std::optional<std::string> buffered_reader::read_until(char c) {
  return until(c, nullptr);
}

std::optional<std::string> buffered_reader::read_until(char c,
                                                       std::error_code& ec) {
  return until(c, cleared(ec));
}

std::optional<std::string> buffered_reader::read_line() {
  return line(nullptr);
}

std::optional<std::string> buffered_reader::read_line(std::error_code& ec) {
  return line(cleared(ec));
}

std::size_t buffered_reader::read(std::span<std::byte> to) {
  return some(to, nullptr);
}

std::size_t buffered_reader::read(std::span<std::byte> to,
                                  std::error_code& ec) {
  return some(to, cleared(ec));
}

std::string buffered_reader::read_exact(std::size_t n) {
  return exactly(n, nullptr);
}

std::string buffered_reader::read_exact(std::size_t n, std::error_code& ec) {
  return exactly(n, cleared(ec));
}

}  // namespace burrow::net
