// examples/httpd/writer.cc - see writer.h.

#include "examples/httpd/writer.h"

namespace httpd {

// What does not fit goes alone.
void writer::put_some(std::string_view text) {
  if (text.size() > free() && !flush()) return;
  if (text.size() > kRoom) {
    ok_ = to_.write(text) == io::ok;
    sent_ += text.size();
    return;
  }
  append(text);
}

bool writer::flush() {
  if (used_ != 0 && ok_) {
    ok_ = to_.write({desk_->out, used_}) == io::ok;
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
