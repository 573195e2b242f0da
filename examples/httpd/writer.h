// examples/httpd/writer.h - what goes out on one connection.
//
// Small pieces are gathered, so that the answers to requests that came together
// leave together, from the desk that its request is at. After an error all is dropped,
// and ok() is false.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "examples/httpd/desk.h"
#include "examples/httpd/stream.h"

namespace httpd {

class writer {
 public:
  writer(stream& to, const desk_pointer& d) : to_(to), desk_(d) {}

  // put adds texts, one after the other, flush sends all. Both may block.
  template <typename... Text>
  void put(const Text&... texts) {
    if ((view(texts).size() + ...) > free())
      return (put_some(view(texts)), ...);
    (append(view(texts)), ...);
  }
  bool flush();

  // send_file flushes, and sends n bytes of a file.
  void send_file(burrow::fd& file, std::uint64_t offset, std::uint64_t n);

  bool ok() const noexcept { return ok_; }
  std::size_t free() const noexcept { return kRoom - used_; }
  std::uint64_t sent() const noexcept { return sent_; }

 private:
  static constexpr std::size_t kRoom = sizeof(desk::out);

  // A literal's size is known when this is compiled.
  template <std::size_t N>
  static constexpr std::string_view view(const char (&literal)[N]) {
    return {literal, N - 1};
  }
  static constexpr std::string_view view(std::string_view text) { return text; }

  // append is for what fits.
  void append(std::string_view text) noexcept {
    text.copy(desk_->out + used_, text.size());
    used_ += text.size();
  }
  void put_some(std::string_view text);

  stream& to_;
  const desk_pointer& desk_;
  std::size_t used_ = 0;
  std::uint64_t sent_ = 0;
  bool ok_ = true;
};

}  // namespace httpd
