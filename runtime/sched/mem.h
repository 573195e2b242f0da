// runtime/sched/mem.h - the scheduler's own memory, straight from the kernel.
//
// Memory that one thread gives back, another may be given at the same address.
// The kernel orders the two, and TSan, which does not see these system calls, is
// told so: or what the old owner did would race with what the new one does.
#pragma once

#include <cstddef>
#include <new>

#include "runtime/sched/sanitize.h"
#include "sys/os.h"

namespace burrow::rt {

// memreserve is sysreserve: zeroed memory; null if there is none.
inline void* memreserve(std::size_t bytes) noexcept {
  void* at = sys::sysreserve(bytes);
  sanitizer_reserved();
  return at;
}

// memfree unmaps what memreserve gave.
inline void memfree(void* at, std::size_t bytes) noexcept {
  sanitizer_freeing();
  sys::sysfree(at, bytes);
}

// scratch is room for `cap` trivial Ts, for those who must not touch the heap.
// Where there is no memory for them, nothing can be pushed.
template <class T>
class scratch {
 public:
  explicit scratch(std::size_t cap) noexcept
      : at_(static_cast<T*>(memreserve(cap * sizeof(T) + 1))), cap_(cap) {}
  ~scratch() {
    if (at_ != nullptr) memfree(at_, cap_ * sizeof(T) + 1);
  }
  scratch(const scratch&) = delete;
  scratch& operator=(const scratch&) = delete;

  explicit operator bool() const noexcept { return at_ != nullptr; }
  bool push(const T& x) noexcept {
    if (at_ == nullptr || n_ == cap_) return false;
    ::new (static_cast<void*>(at_ + n_++)) T(x);
    return true;
  }
  void resize(std::size_t n) noexcept { n_ = n; }  // what is new is zero
  std::size_t size() const noexcept { return n_; }
  bool empty() const noexcept { return n_ == 0; }
  T& operator[](std::size_t i) noexcept { return at_[i]; }
  T* begin() noexcept { return at_; }
  T* end() noexcept { return at_ + n_; }

 private:
  T* at_;
  std::size_t cap_;
  std::size_t n_ = 0;
};

}  // namespace burrow::rt
