// runtime/sync/local.cc - goroutine-local values.
//
// The vector hangs on the goroutine (rt::glocals). The scheduler calls
// destroylocals when a goroutine ends that has one; for a thread that burrow
// did not make a thread_local does.
#include "burrow/detail/local_slots.h"

#include <memory>
#include <mutex>
#include <utility>
#include <vector>

#include "runtime/sched/park.h"

namespace burrow {

namespace {

struct slot {
  void* value = nullptr;
  std::uint64_t generation = 0;
  std::uint64_t order = 0;  // the youngest is destroyed first
  void (*destroy)(void*) noexcept = nullptr;
};

struct locals {
  std::vector<slot> slots;
  std::uint64_t made = 0;
};

// The indices that no local object has, and the generations.
struct keyspace {
  std::mutex lock;
  std::vector<std::size_t> unused;
  std::size_t size = 0;
  std::uint64_t generation = 0;
};

// Never destroyed: local objects of static storage may come early and go late.
keyspace& keys() {
  static keyspace* k = new keyspace;
  return *k;
}

locals* mine() noexcept { return static_cast<locals*>(rt::glocals()); }

void destroyslot(slot s) noexcept {
  if (s.value != nullptr) s.destroy(s.value);
}

// takenewest empties the slot that was filled last.
slot takenewest(locals& l) noexcept {
  slot* newest = nullptr;
  for (slot& s : l.slots) {
    if (s.value == nullptr) continue;
    if (newest == nullptr || s.order > newest->order) newest = &s;
  }
  return newest != nullptr ? std::exchange(*newest, slot()) : slot();
}

// A foreign thread's end.
struct threadend {
  bool armed = false;
  ~threadend() {
    if (!armed) return;
    rt::destroylocals(rt::glocals());
    rt::glocals() = nullptr;
  }
};

// Not inlined: a thread_local's address must not be kept by code of goroutines.
[[gnu::noinline]] void armthreadend() {
  static thread_local threadend end;
  end.armed = true;
}

locals& makelocals() {
  auto fresh = std::make_unique<locals>();
  if (rt::gidof(rt::getg()) == 0) armthreadend();
  rt::glocals() = fresh.get();
  return *fresh.release();
}

}  // namespace

namespace detail {

localkey::localkey() {
  keyspace& k = keys();
  const std::lock_guard hold(k.lock);
  k.unused.reserve(k.size + 1);  // so that the destructor need not
  generation = ++k.generation;
  if (k.unused.empty()) {
    index = k.size++;
  } else {
    index = k.unused.back();
    k.unused.pop_back();
  }
}

localkey::~localkey() {
  keyspace& k = keys();
  const std::lock_guard hold(k.lock);
  k.unused.push_back(index);
}

void* findlocal(const localkey& key) noexcept {
  const locals* l = mine();
  if (l == nullptr || key.index >= l->slots.size()) return nullptr;
  const slot& s = l->slots[key.index];
  return s.generation == key.generation ? s.value : nullptr;
}

void addlocal(const localkey& key, void* value,
              void (*destroy)(void*) noexcept) {
  slot fresh{value, key.generation, 0, destroy};
  slot old;
  try {
    locals& l = mine() != nullptr ? *mine() : makelocals();
    if (key.index >= l.slots.size()) l.slots.resize(key.index + 1);
    fresh.order = ++l.made;
    old = std::exchange(l.slots[key.index], fresh);
  } catch (...) {
    destroyslot(fresh);
    throw;
  }
  destroyslot(old);  // may come back here
}

}  // namespace detail

// destroylocals runs the destructors one by one, as each may use locals again,
// and so make new values, which are destroyed in their turn.
void rt::destroylocals(void* p) noexcept {
  auto* l = static_cast<locals*>(p);
  if (l == nullptr) return;
  for (;;) {
    const slot s = takenewest(*l);
    if (s.value == nullptr) break;
    destroyslot(s);
  }
  delete l;
}

}  // namespace burrow
