// examples/httpd/writer.cc - see writer.h.

#include "examples/httpd/writer.h"

#include <cstring>

namespace httpd {

writer::writer(stream& to)
    : to_(to), room_(std::make_unique_for_overwrite<char[]>(kRoom)) {}

void writer::put(std::string_view text) {
  if (text.empty()) return;  // which may be nowhere
  if (text.size() > free() && !flush()) return;
  if (text.size() > kRoom) {
    ok_ = to_.write(text) == io::ok;
    sent_ += text.size();
    return;
  }
  std::memcpy(room_.get() + used_, text.data(), text.size());
  used_ += text.size();
}

bool writer::flush() {
  if (used_ != 0 && ok_) {
    ok_ = to_.write({room_.get(), used_}) == io::ok;
    sent_ += used_;
  }
  used_ = 0;
  return ok_;
}

void writer::send_file(burrow::fd& file, std::uint64_t offset,
                       std::uint64_t n) {
  if (!flush()) return;
  ok_ = to_.send_file(file, offset, n) == io::ok;
  sent_ += n;
}

}  // namespace httpd
