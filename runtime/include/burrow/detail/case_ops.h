// burrow/detail/case_ops.h - the erased form of a case, for select_case.
//
// A case that is small and moves without throwing lives in the select_case, any
// other on the heap.
#pragma once

#include <cstddef>
#include <memory>
#include <new>
#include <type_traits>
#include <utility>

#include "burrow/detail/select_inl.h"

namespace burrow::detail {

struct caseops {
  void (*fill)(void* obj, scase& k) noexcept;
  void (*finish)(void* obj, bool success);
  void* (*relocate)(void* mem, void* obj) noexcept;  // returns the new obj
  void (*destroy)(void* obj) noexcept;
  bool isdefault;
};

inline constexpr std::size_t kInlineSize = 64;
inline constexpr std::size_t kInlineAlign = alignof(std::max_align_t);
template <class K>
inline constexpr bool erased_inline =
    (sizeof(K) <= kInlineSize) && (alignof(K) <= kInlineAlign) &&
    (std::is_nothrow_move_constructible_v<K>);

template <class K>
inline constexpr caseops caseops_of = {
    [](void* obj, scase& k) noexcept { static_cast<K*>(obj)->fill(k); },
    [](void* obj, bool success) { static_cast<K*>(obj)->finish(success); },
    [](void* mem, void* obj) noexcept -> void* {
      if constexpr (erased_inline<K>) {
        K* from = static_cast<K*>(obj);
        K* to = ::new (mem) K(std::move(*from));
        std::destroy_at(from);
        return to;
      } else {
        return static_cast<void>(mem), obj;
      }
    },
    [](void* obj) noexcept {
      if constexpr (erased_inline<K>) {
        std::destroy_at(static_cast<K*>(obj));
      } else {
        delete static_cast<K*>(obj);
      }
    },
    K::kDefault,
};

// case_access is how the library looks into a select_case.
struct case_access;

}  // namespace burrow::detail
