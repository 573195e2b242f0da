// runtime/net/buffered.cc - reading lines and blocks.

#include <algorithm>
#include <cstring>

#include "burrow/net.h"

namespace burrow::net {

buffered_reader::buffered_reader(fd& from, std::size_t size)
    : from_(&from),
      room_(new std::byte[std::max<std::size_t>(size, 16)]),
      size_(std::max<std::size_t>(size, 16)) {}

bool buffered_reader::fill() {
  at_ = 0;
  end_ = 0;  // should read throw
  end_ = from_->read({room_.get(), size_});
  return end_ > 0;
}

std::optional<std::string> buffered_reader::read_until(char c) {
  std::string text;
  for (;;) {
    if (at_ == end_ && !fill()) {
      if (text.empty()) return std::nullopt;
      return text;
    }
    const std::byte* from = room_.get() + at_;
    const auto* hit =
        static_cast<const std::byte*>(std::memchr(from, c, end_ - at_));
    const std::size_t n =
        hit != nullptr ? static_cast<std::size_t>(hit - from) + 1 : end_ - at_;
    if (n > limit_ - std::min(limit_, text.size()))
      throw std::system_error(std::make_error_code(std::errc::value_too_large),
                              "buffered_reader: no end in sight");
    text.append(reinterpret_cast<const char*>(from), n);
    at_ += n;
    if (hit != nullptr) return text;
  }
}

std::optional<std::string> buffered_reader::read_line() {
  std::optional<std::string> line = read_until('\n');
  if (!line || !line->ends_with('\n')) return line;
  line->pop_back();
  if (line->ends_with('\r')) line->pop_back();
  return line;
}

std::size_t buffered_reader::read(std::span<std::byte> to) {
  if (to.empty()) return 0;
  if (at_ == end_) {
    // Large reads need no copy.
    if (to.size() >= size_) return from_->read(to);
    if (!fill()) return 0;
  }
  const std::size_t n = std::min(to.size(), end_ - at_);
  std::memcpy(to.data(), room_.get() + at_, n);
  at_ += n;
  return n;
}

std::string buffered_reader::read_exact(std::size_t n) {
  std::string text;
  while (text.size() < n) {
    // Not all at once: n may be a lie of the peer's.
    const std::size_t had = text.size();
    const std::size_t more =
        std::min(n - had, std::max<std::size_t>(had, std::size_t{64} << 10));
    text.resize(had + more);
    const std::size_t got =
        read(std::as_writable_bytes(std::span(text).subspan(had)));
    text.resize(had + got);
    if (got == 0)
      throw std::system_error(std::make_error_code(std::errc::io_error),
                              "buffered_reader: the stream has ended");
  }
  return text;
}

}  // namespace burrow::net
