// burrow/detail/pool_slots.h - where a pool keeps its objects.
#pragma once

#include <cstddef>
#include <memory>

namespace burrow::detail {

// pool_slots keeps up to `keep` objects for each processor. Invariants and rejected
// designs: runtime/sync/pool.cc.
class pool_slots {
 public:
  // Errors  std::bad_alloc.
  pool_slots(std::size_t keep, void (*destroy)(void*) noexcept);
  ~pool_slots();
  pool_slots(const pool_slots&) = delete;
  pool_slots& operator=(const pool_slots&) = delete;

  // get takes an object, or returns null. put keeps one, or destroys it.
  //
  // Context  g or foreign thread. Neither blocks, but for what `destroy` does.
  void* get() noexcept;
  void put(void* object) noexcept;

 private:
  struct shelf;
  shelf& mine() noexcept;

  const std::size_t keep_;
  void (*const destroy_)(void*) noexcept;
  std::size_t mask_;  // shelves, a power of two, less one
  std::unique_ptr<shelf[]> shelves_;
  std::unique_ptr<void*[]> room_;  // of all shelves
};

}  // namespace burrow::detail
