// examples/kv/input.h - the bytes that have come and are not done with.
//
// One block of memory: read puts bytes at its end, the parser takes them from its
// front. It grows with what really came, never with what a peer has announced, and
// goes back to its first size when all is done with.
//
// Rejected: std::vector. It clears what read is about to overwrite, and moves a
// large block by copying where realloc moves its pages.
#pragma once

#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <new>
#include <span>
#include <string_view>

namespace kv {

class input {
 public:
  static constexpr std::size_t kFirst = std::size_t{16} << 10;
  static constexpr std::size_t kKept = 4 * kFirst;  // the most that idles

  input() { resize(kFirst); }

  std::string_view pending() const noexcept {
    return {data_.get() + at_, end_ - at_};
  }

  // consume is done with the first n bytes of pending().
  void consume(std::size_t n) noexcept { at_ += n; }

  // room is where to read to; never empty. What pending() returned is invalid.
  std::span<std::byte> room() {
    if (at_ == end_) {
      at_ = end_ = 0;
      if (size_ > kKept) resize(kFirst);
    }
    if (size_ - end_ < size_ / 4) make_room();
    return std::as_writable_bytes(std::span(data_.get() + end_, size_ - end_));
  }

  // filled says that n bytes of room() hold something now.
  void filled(std::size_t n) noexcept { end_ += n; }

 private:
  struct release {
    void operator()(char* p) const noexcept { std::free(p); }
  };

  // Moving costs no more than what has been consumed since the last time.
  void make_room() {
    if (at_ >= size_ / 2) {
      std::memmove(data_.get(), data_.get() + at_, end_ - at_);
      end_ -= at_;
      at_ = 0;
    } else {
      resize(2 * size_);
    }
  }

  void resize(std::size_t n) {
    void* p = std::realloc(data_.get(), n);
    if (p == nullptr) throw std::bad_alloc();
    (void)data_.release();
    data_.reset(static_cast<char*>(p));
    size_ = n;
  }

  std::unique_ptr<char[], release> data_;
  std::size_t size_ = 0, at_ = 0, end_ = 0;
};

}  // namespace kv
