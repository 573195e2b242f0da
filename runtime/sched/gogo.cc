// runtime/sched/gogo.cc - a goroutine's first context, its last, and visits to it.
//
// Sanitizers: this file and gogo.h alone tell ASan, TSan and valgrind of switches.
//
// Rejected: to run a visitor (ontop) on a stack of its own, with the visited one's
// registers. Unwinders ask where their own stack is.

#include "runtime/sched/gogo.h"

#include <cerrno>

#include "runtime/os/osproc.h"
#include "runtime/sched/goroutine.h"
#include "runtime/sched/stack.h"

// LLVM's library has it, and its header does not say so.
namespace __cxxabiv1 {
struct __cxa_eh_globals;
extern "C" __cxa_eh_globals* __cxa_get_globals() noexcept;
}  // namespace __cxxabiv1

namespace burrow::rt {

namespace {

// What a started g begins with, at the base of its stack.
const gocontext* basemain() { return goroutinemain(finishswitch()); }

// leavedead is what is to be done before the last switch away from curg. Always
// inlined: TSan would take its return for one of a function of `to`'s, whose record
// of calls loses one with each goroutine that ends.
[[gnu::always_inline]] inline void leavedead(m* mp, g* to) noexcept {
  if (to->ctx.sp == nullptr) startctx(mp, to);
  sanitizer_switchdead(mp, mp->curg, to);
  loadenv(mp->ehglobals, mp->errnop, to);
  mp->curg = to;
}

}  // namespace

void finishcall(m* mp) noexcept {
  auto* fn = mp->post.fn;
  mp->post.fn = nullptr;
  fn(mp, mp->post.arg);
}

void gogodead(m* mp, g* to) noexcept {
  leavedead(mp, to);
  enterctx(&to->ctx);
}

const gocontext* gogoend(m* mp, g* to) noexcept {
  // A sanitizer takes the stack for the next one's from here on.
  if (kSanitized) gogodead(mp, to);
  leavedead(mp, to);
  return &to->ctx;
}

void startctx(m* mp, g* gp) noexcept {
  gp->stack = stackalloc(mp->pp.load(relaxed), gp->stackpages);
  gp->ehcaught = nullptr;
  gp->ehuncaught = 0;
  gp->err = 0;
  newctx(&gp->ctx, gp->stack.lo, gp->stack.hi - stackcolour(gp->stack));
  sanitizer_newstack(gp);
}

void initgogo() noexcept { initctx(basemain); }

void initg0(m* mp) noexcept {
  void* lo = nullptr;
  void* hi = nullptr;
  osthread_stack(&lo, &hi);
  mp->g0.stack = {static_cast<char*>(lo), static_cast<char*>(hi)};
  mp->ehglobals = reinterpret_cast<ehglobals*>(__cxxabiv1::__cxa_get_globals());
  mp->errnop = &errno;
  mp->curg = &mp->g0;
  sanitizer_thread(&mp->g0);
}

void forgetctx(g* gp) noexcept {
  gp->ctx.sp = nullptr;
  sanitizer_abandon(gp);
}

namespace {

struct visit {
  void (*fn)(void*);
  void* arg;
  g* from;
  g* on;
};

// Runs on the parked g's stack. ASan shall not put guards into its frame, nor TSan
// note its return, which is on another's record than its call.
__attribute__((no_sanitize_address, no_sanitize_thread)) void onstack(
    void* arg) {
  auto* v = static_cast<visit*>(arg);
  sanitizer_arrived(getm(), v->on);
  v->fn(v->arg);
  sanitizer_switch(v->on, v->from);
}

}  // namespace

void ontop(g* from, g* gp, void (*fn)(void*), void* arg) noexcept {
  visit v{fn, arg, from, gp};
  sanitizer_switch(from, gp);
  ontopctx(&gp->ctx, onstack, &v);
  sanitizer_arrived(getm(), from);
}

}  // namespace burrow::rt
