// runtime/sched/gogo.cc - the context switch on Boost.Context's fcontext.
//
// jump_fcontext saves the callee-saved registers on the stack it leaves and
// passes the leaver's context and one word to the one that arrives. The word is
// the leaver's g, null if it is dead: the arrival stores the context there.
//
// Exception state: libstdc++ and libc++abi keep the stack of caught exceptions
// and the uncaught count in a per-thread structure { void*, unsigned }, whose
// address each m looks up once. Moving both words at each switch costs under
// 1 ns; asking for the address each time, 12 ns.
//
// Rejected: boost::context::fiber. It allocates its control block on the stack,
// and whether it saves exception state differs between Boost versions.
//
// Sanitizers: this file alone tells ASan, TSan and valgrind of stacks.

#include "runtime/sched/gogo.h"

#include <cxxabi.h>

#include <boost/context/detail/fcontext.hpp>
#include <cerrno>

#include "asm/jump.h"
#include "runtime/os/osproc.h"
#include "runtime/sched/goroutine.h"
#include "runtime/sched/sanitize.h"
#include "runtime/sched/stack.h"
#include "runtime/sched/tls.h"

namespace burrow::rt {

namespace {

using boost::context::detail::fcontext_t;
using boost::context::detail::jump_fcontext;
using boost::context::detail::make_fcontext;
using boost::context::detail::ontop_fcontext;
using boost::context::detail::transfer_t;

// The part of __cxa_eh_globals that the Itanium C++ ABI fixes.
struct ehglobals {
  void* caught;
  unsigned uncaught;
};

// asm/ is given jump_fcontext, of which it knows no more than that.
inline void* jumper() noexcept {
  return reinterpret_cast<void*>(&jump_fcontext);
}

inline void saveenv(m* mp, g* from) noexcept {
  auto* eh = static_cast<ehglobals*>(mp->ehglobals);
  from->ehcaught = eh->caught;
  from->ehuncaught = eh->uncaught;
  from->err = *mp->errnop;
}

inline void loadenv(m* mp, g* to) noexcept {
  auto* eh = static_cast<ehglobals*>(mp->ehglobals);
  eh->caught = to->ehcaught;
  eh->uncaught = to->ehuncaught;
  *mp->errnop = to->err;
  mp->curg = to;
}

// finishswitch is the arrival's first act. Returns the m it arrived on.
inline m* finishswitch(burrow_transfer t) noexcept {
  m* mp = getm();
  if (t.word != nullptr) static_cast<g*>(t.word)->ctx = t.context;
  sanitizer_arrived(mp, mp->curg);
  if (spinlock* l = mp->post.unlock; l != nullptr) {
    mp->post.unlock = nullptr;
    l->unlock();
  }
  if (mp->post.fn != nullptr) [[unlikely]] {
    auto* fn = mp->post.fn;
    mp->post.fn = nullptr;
    fn(mp, mp->post.arg);
  }
  return mp;
}

// Where a started g begins, called by the base of its stack (burrow_base).
burrow_transfer entry(burrow_transfer t) {
  return {goroutinemain(finishswitch(t)), jumper()};
}

// leavedead is what is to be done before the last switch away from curg.
inline void leavedead(m* mp, g* to) noexcept {
  if (to->ctx == nullptr) startctx(mp, to);
  sanitizer_switchdead(mp, mp->curg, to);
  loadenv(mp, to);
}

}  // namespace

m* gogo(m* mp, g* from, g* to) noexcept {
  if (to->ctx == nullptr) startctx(mp, to);
  saveenv(mp, from);
  loadenv(mp, to);
  sanitizer_switch(from, to);
  return finishswitch(burrow_jump(to->ctx, from, jumper()));
}

void gogodead(m* mp, g* to) noexcept {
  leavedead(mp, to);
  jump_fcontext(to->ctx, nullptr);
  __builtin_unreachable();
}

void* gogoend(m* mp, g* to) noexcept {
  // A sanitizer takes the stack for the next one's from here on.
  if (kSanitized) gogodead(mp, to);
  leavedead(mp, to);
  return to->ctx;
}

void startctx(m* mp, g* gp) noexcept {
  gp->stack = stackalloc(mp, gp->stackpages);
  char* base = gp->stack.hi - stackcolour(gp->stack);
  gp->ctx = make_fcontext(base, static_cast<std::size_t>(base - gp->stack.lo),
                          reinterpret_cast<void (*)(transfer_t)>(&burrow_base));
  sanitizer_newstack(gp);
}

void initgogo() noexcept { burrow_entry = entry; }

void initg0(m* mp) noexcept {
  void* lo = nullptr;
  void* hi = nullptr;
  osthread_stack(&lo, &hi);
  mp->g0.stack = {static_cast<char*>(lo), static_cast<char*>(hi)};
  mp->ehglobals = abi::__cxa_get_globals();
  mp->errnop = &errno;
  mp->curg = &mp->g0;
  sanitizer_thread(&mp->g0);
}

void forgetctx(g* gp) noexcept {
  gp->ctx = nullptr;
  sanitizer_abandon(gp);
}

namespace {

// A saved context: at most so many bytes at its address, and what burrow_jump
// has below its caller's frame. Any Boost's record fits.
#if defined(__aarch64__)
constexpr std::size_t kRecord = 176;
#else
constexpr std::size_t kRecord = 80;
#endif

using recordword [[gnu::may_alias]] = std::uintptr_t;

// Word by word, for ASan knows of that memory what an earlier frame there was.
__attribute__((no_sanitize_address)) void copyrecord(
    void* to, const void* from) noexcept {
  auto* t = static_cast<volatile recordword*>(to);
  auto* f = static_cast<const volatile recordword*>(from);
  for (std::size_t i = 0; i < kRecord / sizeof(recordword); i++) t[i] = f[i];
}

struct ontopcall {
  void (*fn)(void*);
  void* arg;
  g* from;
  g* on;
};

// Runs on the parked g's stack, called as if by its own jump_fcontext. It is
// never come back to: so ASan shall not put guards into its frame.
__attribute__((no_sanitize_address)) transfer_t ontopentry(transfer_t t) {
  auto* c = static_cast<ontopcall*>(t.data);
  sanitizer_arrived(getm(), c->on);
  c->fn(c->arg);
  sanitizer_switch(c->on, c->from);
  return jump_fcontext(t.fctx, nullptr);
}

}  // namespace

void ontop(g* from, g* gp, void (*fn)(void*), void* arg) noexcept {
  ontopcall c{fn, arg, from, gp};
  // The call goes over the saved context: put it back, and nothing is left of
  // the call. All of it belongs to burrow_jump: nobody else writes there.
  alignas(recordword) unsigned char record[kRecord];
  copyrecord(record, gp->ctx);
  sanitizer_switch(from, gp);
  ontop_fcontext(gp->ctx, &c, ontopentry);
  sanitizer_arrived(getm(), from);
  copyrecord(gp->ctx, record);
}

}  // namespace burrow::rt
