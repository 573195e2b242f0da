// burrow/detail/local_slots.h - where goroutine-local values are kept.
//
// Every goroutine that uses one has a vector of slots. A local object has an
// index into it, unique among those that exist, and a generation, unique for
// ever: the index is used again when the object is gone, and a slot of an older
// generation is then a stranger's value, to be destroyed.
#pragma once

#include <cstddef>
#include <cstdint>

namespace burrow::detail {

// localkey is the name of a local object's slot.
class localkey {
 public:
  localkey();
  localkey(const localkey&) = delete;
  localkey& operator=(const localkey&) = delete;
  ~localkey();

  std::size_t index;
  std::uint64_t generation;
};

// findlocal returns the calling goroutine's value for the key, or null.
//
// Context  g or foreign thread.
void* findlocal(const localkey& key) noexcept;

// addlocal gives the calling goroutine a value, which it had not; destroys it
// if it cannot.
//
// Context  g or foreign thread. Destroys a stranger's value, which may block.
// Errors   std::bad_alloc.
void addlocal(const localkey& key, void* value,
              void (*destroy)(void*) noexcept);

}  // namespace burrow::detail
