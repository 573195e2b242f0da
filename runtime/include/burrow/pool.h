// burrow/pool.h - objects that wait for their next use.
#pragma once

#include <cstddef>
#include <memory>

#include "burrow/detail/pool_slots.h"

namespace burrow {

// pool keeps objects that are in nobody's use for whoever needs one next, as Go's
// sync.Pool. The one that was given back last on a processor is had first there,
// for it is still in that processor's cache: thousands of goroutines that each need a
// buffer for a moment share a few warm ones.
//
//   using block = std::array<std::byte, 16 << 10>;
//   burrow::pool<block> blocks;
//   {
//     auto b = blocks.get();
//     n = c.read(*b);
//   }  // b is given back
//
// An object comes as it was left, and a new one as `new T` makes it: an array of bytes
// is not cleared. Any goroutine or thread may get and give back, not only on the
// processor, or in the run, where it got the object. The pool must outlive what was
// taken from it.
//
// Unlike Go's it has no garbage collector to empty it: it keeps `keep` objects at most
// for each processor that the thread may use which makes the pool (their number rounded
// up to a power of two, 64 at most), and destroys what comes back beyond.
template <class T>
class pool {
 public:
  // give_back is what a pointer has for a deleter.
  struct give_back {
    pool* home = nullptr;
    void operator()(T* t) const noexcept { home->slots_.put(t); }
  };
  // Owns an object, and gives it back at its end.
  using pointer = std::unique_ptr<T, give_back>;

  // pool is empty.
  //
  // Errors  std::bad_alloc.
  explicit pool(std::size_t keep = 64)
      : slots_(keep, [](void* t) noexcept { delete static_cast<T*>(t); }) {}
  pool(const pool&) = delete;
  pool& operator=(const pool&) = delete;

  // get takes an object that is kept, or makes one. It does not block.
  //
  // Errors  those of `new T`.
  [[nodiscard]] pointer get() {
    auto* t = static_cast<T*>(slots_.get());
    return pointer(t != nullptr ? t : new T, give_back{this});
  }

 private:
  detail::pool_slots slots_;
};

}  // namespace burrow
