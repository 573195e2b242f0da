// runtime/sched/waitobject.cc - what goroutines wait for, and who holds it.
#include "runtime/sched/waitobject.h"

#include <cstddef>
#include <type_traits>

#include "burrow/detail/hchan.h"
#include "burrow/detail/mutex.h"
#include "burrow/detail/rw_mutex.h"
#include "burrow/detail/wait_group.h"

namespace burrow::rt {

// lockview looks into the objects of burrow/sync.h.
struct lockview {
  template <class T>
  static const T* around(const spinlock* l) noexcept {
    static_assert(std::is_standard_layout_v<T>);
    return reinterpret_cast<const T*>(reinterpret_cast<const char*>(l) -
                                      offsetof(T, lock_));
  }

  static holding of(const mutex* mu) noexcept {
    const bool locked = mu->locked_.load(std::memory_order_relaxed) != 0;
    return {true, locked ? reinterpret_cast<address>(mu->mark_.get()) : 0};
  }

  // A thread without a p may be changing held_: then either answer is right.
  BURROW_READS_ANYTHING static holding of(const rw_mutex* rw) noexcept {
    if (!rw->held_) return {};
    return {true, reinterpret_cast<address>(rw->mark_.get())};
  }
};

waitkind waitkindof(waitreason why) noexcept {
  switch (why) {
    case waitreason::mutex_lock:
      return waitkind::mutex;
    case waitreason::rwmutex_lock:
    case waitreason::rwmutex_rlock:
      return waitkind::rwmutex;
    case waitreason::wait_group:
      return waitkind::waitgroup;
    case waitreason::chan_receive:
    case waitreason::chan_send:
    case waitreason::select:
      return waitkind::channel;
    default:
      return waitkind::none;
  }
}

const char* waitkindname(waitkind k) noexcept {
  constexpr const char* kNames[] = {"nothing", "mutex", "rw_mutex",
                                    "wait group", "channel"};
  return kNames[static_cast<int>(k)];
}

address objectat(waitkind k, const spinlock* lock) noexcept {
  const void* at = lock;
  if (k == waitkind::channel)
    at = static_cast<const detail::biasedlock*>(lock);  // as hchan begins
  if (k == waitkind::mutex) at = lockview::around<mutex>(lock);
  if (k == waitkind::rwmutex) at = lockview::around<rw_mutex>(lock);
  if (k == waitkind::waitgroup) at = lockview::around<wait_group>(lock);
  return reinterpret_cast<address>(at);
}

holding holderof(waitkind k, address obj) noexcept {
  if (k == waitkind::mutex)
    return lockview::of(reinterpret_cast<const mutex*>(obj));
  if (k == waitkind::rwmutex)
    return lockview::of(reinterpret_cast<const rw_mutex*>(obj));
  return {};
}

}  // namespace burrow::rt
