// runtime/os/osproc_raw.cc - newosproc by clone.
//
// A thread's memory is one mapping, low to high:
//
//     guard page | stack, grows down | static TLS and TCB | osthread
//                ^ lo                ^ hi
//
// Life of an osthread, and who may touch it:
//   1 its creator takes it from the free list (freelock) or maps a new one,
//     prepares it, and calls clone;
//   2 it belongs to its thread, which at its end pushes it on the dead list;
//   3 the thread is still on that stack then. The kernel clears the tid word when
//     it no longer is: a later creator moves such osthreads to the free list.
//
// Memory is never unmapped: the heap caches of dead threads are in it ([REUSE] in
// glibc_tcb.cc). The stacks of those that lie idle are given back.
//
// Rejected: one thread that joins and frees the others. It would be a thread
// more in programs that never end any.
#include <pthread.h>

#include <cctype>
#include <cerrno>
#include <cstdlib>
#include <mutex>

#include "runtime/os/glibc_tcb.h"
#include "runtime/os/osproc_backend.h"
#include "sys/os.h"
#include "sys/refused.h"

// In programs with a leak detector, which looks for pointers on the stacks and in
// the thread-local storage of the threads that it knows; null in others.
extern "C" [[gnu::weak]] void __lsan_register_root_region(const void* at,
                                                          std::size_t bytes);

namespace burrow::rt {

struct osthread {
  // Immutable
  char* lo;  // the stack
  char* hi;
  void* tcb;
  // Owner only (see above)
  osthread* next;
  void (*fn)(void*);
  void* arg;
  std::uint64_t mask;  // for the thread
  tcbmemory memory;
};

namespace {

constexpr std::size_t kAlign = 64;
constexpr std::size_t kRecord = 64;  // for the osthread
static_assert(sizeof(osthread) <= kRecord);
constexpr int kWarm = 16;  // so many free stacks keep their memory

constinit std::mutex freelock;
constinit osthread* freelist = nullptr;  // freelock
constinit int nfree = 0;                 // freelock
constinit std::atomic<osthread*> deadlist{nullptr};

constinit thread_local osthread* current = nullptr;

std::size_t roundpage(std::size_t n) noexcept {
  const std::size_t page = sys::pagesize();
  return (n + page - 1) / page * page;
}

std::size_t stackof(const osthread* t) noexcept {
  return static_cast<std::size_t>(t->hi - t->lo);
}

void pushdead(osthread* t) noexcept {
  t->next = deadlist.load(std::memory_order_relaxed);
  // Release, so that reap, which acquires, sees next.
  while (!deadlist.compare_exchange_weak(t->next, t, std::memory_order_release,
                                         std::memory_order_relaxed)) {
  }
}

// Context  freelock held.
void pushfree(osthread* t) noexcept {
  t->next = freelist;
  freelist = t;
  if (++nfree > kWarm)
    sys::sysunused(t->lo, stackof(t) & ~(sys::pagesize() - 1));
}

// reap moves dead threads' osthreads to the free list. Those whose threads are
// still on their way out stay where they are.
//
// Context  freelock held.
void reap() noexcept {
  osthread* t = deadlist.exchange(nullptr, std::memory_order_acquire);
  while (t != nullptr) {
    osthread* const next = t->next;
    // Acquire: the kernel clears the word after the thread's last access.
    if (tcbtid(t->tcb)->load(std::memory_order_acquire) == 0)
      pushfree(t);
    else
      pushdead(t);
    t = next;
  }
}

// takefree returns a free osthread whose stack is large enough but not more
// than twice as large, or nullptr.
osthread* takefree(std::size_t stackbytes) noexcept {
  const std::lock_guard lock(freelock);
  reap();
  for (osthread** p = &freelist; *p != nullptr; p = &(*p)->next) {
    osthread* const t = *p;
    if (stackof(t) < stackbytes || stackof(t) / 2 > stackbytes) continue;
    *p = t->next;
    nfree--;
    return t;
  }
  return nullptr;
}

osthread* mapnew(std::size_t stackbytes) noexcept {
  // How much tcbplace takes does not depend on where: try it at an address
  // as aligned as the real one.
  char* const anywhere = reinterpret_cast<char*>(~(~std::uintptr_t{0} >> 1));
  char* bottom;
  tcbplace(anywhere - kRecord, &bottom);
  const std::size_t page = sys::pagesize();
  const auto above = static_cast<std::size_t>(anywhere - bottom);
  const std::size_t bytes = page + roundpage(stackbytes + above + kAlign);
  auto* const map = static_cast<char*>(sys::sysreserve(bytes));
  if (map == nullptr) return nullptr;
  if (sys::sysprotectnone(map, page) < 0) {
    sys::sysfree(map, bytes);
    return nullptr;
  }
  auto* const t = reinterpret_cast<osthread*>(map + bytes - kRecord);
  t->tcb = tcbplace(reinterpret_cast<char*>(t), &bottom);
  t->lo = map + page;
  t->hi = bottom - reinterpret_cast<std::uintptr_t>(bottom) % kAlign;
  t->memory = tcbmemory::fresh;
  if (__lsan_register_root_region != nullptr)
    __lsan_register_root_region(t->lo, bytes - page);
  return t;
}

void giveback(osthread* t) noexcept {
  const std::lock_guard lock(freelock);
  pushfree(t);
}

// threadmain is the first function on the thread, with every signal blocked,
// and the last: when it returns, clone's assembly ends the thread.
void threadmain(void* arg) noexcept {
  auto* const t = static_cast<osthread*>(arg);
  tcbenter(t->tcb);
  current = t;
  sys::unmask(&t->mask);
  t->fn(t->arg);
  tcbleave();
  // A handler must not find the stack in other hands.
  std::uint64_t ignored;
  if (const std::int64_t r = sys::sigmask_all(&ignored); r < 0)
    sys::refused("sigprocmask", r);
  pushdead(t);
}

// start runs fn(arg) on t. Owner of t: the caller; afterwards the thread, or the
// free list if there is none.
//
// Returns  the thread's id. Errors  as newosproc.
std::int64_t start(osthread* t, void (*fn)(void*), void* arg) noexcept {
  if (!tcbprepare(t->tcb, t->memory)) {
    giveback(t);
    return -ENOMEM;
  }
  tcbsetstack(t->tcb, t->lo, t->hi);
  t->memory = tcbmemory::used;
  t->fn = fn;
  t->arg = arg;
  std::uint64_t mask;
  if (const std::int64_t r = sys::sigmask_all(&mask); r < 0) {
    giveback(t);
    return r;
  }
  t->mask = mask;
  const std::int64_t tid =
      sys::newthread(t->hi, tcbpointer(t->tcb), tcbtid(t->tcb), threadmain, t);
  sys::unmask(&mask);
  if (tid < 0) giveback(t);
  return tid;
}

// ---- The first thread ----

constinit thread_local int threadlocal = 42;

struct firstthread {
  void* tcb;
  const int* creatorerrno;
  std::atomic<std::uint32_t> done{0};
  const char* why = nullptr;
};

const char* checkfirst(const firstthread& f) noexcept {
  if (reinterpret_cast<void*>(pthread_self()) != f.tcb)
    return "a raw thread's pthread_self is wrong";
  if (tcbtid(f.tcb)->load(std::memory_order_relaxed) != sys::gettid())
    return "a raw thread's tid is wrong";
  if (&errno == f.creatorerrno || threadlocal != 42)
    return "a raw thread's variables are wrong";
  if (std::isalpha('b') == 0)
    return "a raw thread's character tables are wrong";
  void* const p = std::malloc(100);
  std::free(p);
  if (p == nullptr) return "a raw thread has no heap";
  try {
    throw 7;
  } catch (int n) {
    if (n != 7) return "a raw thread's exceptions are wrong";
  }
  return nullptr;
}

void firstmain(void* arg) {
  auto& f = *static_cast<firstthread*>(arg);
  f.why = checkfirst(f);
  f.done.store(1, std::memory_order_release);
  sys::futexwakeup(&f.done, 1);
}

}  // namespace

const char* rawprobe() noexcept {
  if (const char* why = tcbprobe()) return why;
  osthread* const t = mapnew(kMinStack);
  if (t == nullptr) return "no memory for a raw thread";
  firstthread f;
  f.tcb = t->tcb;
  f.creatorerrno = &errno;
  const std::int64_t tid = start(t, firstmain, &f);
  if (tid < 0) return "a raw thread could not be made";
  while (f.done.load(std::memory_order_acquire) == 0)
    sys::futexsleep(&f.done, 0, -1);
  while (sys::tgkill(tid, 0) >= 0) sys::osyield();
  return f.why;
}

// Not inlined: a caller that changes threads would keep a stale address.
[[gnu::noinline]] osthread* rawself() noexcept { return current; }

void rawstack(const osthread* t, void** lo, void** hi) noexcept {
  *lo = t->lo;
  *hi = t->hi;
}

void osthread_runson(char* lo, char* hi) noexcept {
  if (const osthread* t = rawself()) tcbsetstack(t->tcb, lo, hi);
}

std::int64_t rawnewosproc(void (*fn)(void*), void* arg,
                          std::size_t stackbytes) noexcept {
  osthread* t = takefree(stackbytes);
  if (t == nullptr) t = mapnew(stackbytes);
  if (t == nullptr) return -ENOMEM;
  const std::int64_t tid = start(t, fn, arg);
  return tid < 0 ? tid : 0;
}

}  // namespace burrow::rt
