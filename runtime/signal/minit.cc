// runtime/signal/minit.cc - what a thread needs for signals: a stack of its own
// for handlers, and its mask.
//
// Every m has the mask that run's caller had, but for signals that must never be
// blocked (the table's kSigUnblock). A goroutine that changes the mask of the
// thread to which it is locked keeps it so: nobody touches it again. The thread
// of run gets its own mask and stack back at the end; one that ends with its
// goroutine keeps the goroutine's mask to the last.

#include "runtime/os/osproc.h"
#include "runtime/sched/mem.h"
#include "runtime/signal/ask.h"
#include "runtime/signal/signal.h"
#include "sys/os.h"
#include "sys/refused.h"

namespace burrow::rt {

namespace {

std::atomic<std::uint64_t> runmask{0};

std::uint64_t unblockable() noexcept {
  std::uint64_t set = 0;
  for (int sig = 1; sig <= sys::kSigmax; sig++)
    if ((sys::sigtab(sig).flags & (sys::kSigUnblock | sys::kSigReserved)) != 0)
      set |= sys::sigbit(sig);
  return set;
}

// The m's own stack for handlers, with a guard below. It is kept for ever, as
// the m is. Where there is no memory handlers run on the goroutine's.
sys::altstack makestack() noexcept {
  const std::size_t page = sys::pagesize();
  const std::size_t bytes = (sys::minaltstack() + page - 1) / page * page;
  auto* at = static_cast<char*>(memreserve(bytes + page));
  if (at == nullptr) return {};
  if (sys::sysguard(at, page, page, 1) < 0) sys::sysprotectnone(at, page);
  return {at + page, bytes};
}

}  // namespace

void sigrunmask(std::uint64_t callers) noexcept {
  runmask.store(callers & ~unblockable(), relaxed);
}

bool sigblockedinrun(std::uint64_t set) noexcept {
  return (runmask.load(relaxed) & set) != 0;
}

std::int64_t newthreadblocked(void (*fn)(void*), void* arg,
                              std::size_t stackbytes) noexcept {
  std::uint64_t mask;
  std::int64_t err = sys::sigmask_all(&mask);
  if (err < 0) return err;
  err = newosproc(fn, arg, stackbytes);
  sys::unmask(&mask);
  return err;
}

void sigfaultsonly(std::uint64_t but) noexcept {
  for (int sig = 1; sig <= sys::kSigmax; sig++) {
    const std::uint16_t flags = sys::sigtab(sig).flags;
    if ((flags & sys::kSigReserved) != 0 ||
        (flags & (sys::kSigUnblock | sys::kSigNotify)) == sys::kSigUnblock)
      but |= sys::sigbit(sig);
  }
  sys::sigprocmask(~but, nullptr);
}

void remask(m* mp) noexcept {
  const std::uint64_t mask = runmask.load(relaxed);
  if (mp->mask == mask) return;
  mp->mask = mask;
  sys::sigprocmask(mask, nullptr);
}

void minit(m* mp) noexcept {
  const std::int64_t tid = sys::gettid();
  mp->tid.store(tid, std::memory_order_seq_cst);  // freezestarting
  if (mp->gsignal.lo == nullptr) mp->gsignal = makestack();
  mp->oldaltstack = sys::getaltstack();
  // One that the program has made is kept if it is large enough.
  if (mp->oldaltstack.bytes < sys::minaltstack() && mp->gsignal.lo != nullptr)
    sys::setaltstack(mp->gsignal);
  mp->mask = runmask.load(relaxed);
  sys::sigprocmask(mp->mask, &mp->oldmask);
  freezestarting(tid);
}

void unminit(m* mp) noexcept {
  mp->tid.store(0, relaxed);
  sys::setaltstack(mp->oldaltstack);
  if (mp->ism0) sys::sigprocmask(mp->oldmask, nullptr);
}

}  // namespace burrow::rt
