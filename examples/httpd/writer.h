// examples/httpd/writer.h - what goes out on one connection.
//
// Small pieces are gathered, so that the answers to requests that came together
// leave together. After an error all is dropped, and ok() is false.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>

#include "examples/httpd/stream.h"

namespace httpd {

class writer {
 public:
  explicit writer(stream& to);

  // put adds text, flush sends all. Both may block.
  void put(std::string_view text);
  bool flush();

  // send_file flushes, and sends n bytes of a file.
  void send_file(burrow::fd& file, std::uint64_t offset, std::uint64_t n);

  bool ok() const noexcept { return ok_; }
  std::size_t free() const noexcept { return kRoom - used_; }
  std::uint64_t sent() const noexcept { return sent_; }

 private:
  static constexpr std::size_t kRoom = 4 << 10;

  stream& to_;
  std::unique_ptr<char[]> room_;
  std::size_t used_ = 0;
  std::uint64_t sent_ = 0;
  bool ok_ = true;
};

}  // namespace httpd
