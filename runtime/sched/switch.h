// runtime/sched/switch.h - from one context to another: by asm/switch.h, or by
// Boost.Context where that has nothing for the processor, or was not wanted
// (-Dswitch=boost).
//
// Boost's jump_fcontext saves the callee-saved registers on the stack that it
// leaves and passes the context and one word to who arrives: the word is where the
// leaver's context is to be stored, null if it is dead, and the arrival stores it
// there.
#pragma once

#include "asm/switch.h"

#if !defined(BURROW_SWITCH)
#include <boost/context/detail/fcontext.hpp>

#include "asm/jump.h"
#endif

namespace burrow::rt {

using gocontext = burrow_context;

// What runs on a new context; it returns the one to go on with when it is done.
using mainfn = const gocontext* (*)();

#if defined(BURROW_SWITCH)

// switchctx leaves the stack it is on, of which *from becomes the context, and goes
// on with *to; it returns when something goes on with *from.
[[gnu::always_inline]] inline void switchctx(gocontext* from,
                                             const gocontext* to) noexcept {
  burrow_switch(from, to);
}

// switchnew is newctx and switchctx to it, to run main; where contexts are Boost's, what
// initctx was given.
[[gnu::always_inline]] inline void switchnew(gocontext* from, gocontext*, char*,
                                             char* hi, mainfn main) noexcept {
  burrow_start(from, hi, main);
}

// enterctx goes on with *to, and leaves nothing behind.
[[noreturn]] inline void enterctx(const gocontext* to) noexcept {
  burrow_enter(to);
}

// newctx makes the context of a stack from lo up to hi, aligned to 16 bytes. On it
// will run what initctx was given.
inline void newctx(gocontext* c, char*, char* hi) noexcept {
  c->sp = hi;
  c->pc = reinterpret_cast<void*>(&burrow_begin);
  asm("stmxcsr %0" : "=m"(c->mxcsr));
  asm("fnstcw %0" : "=m"(c->fpcw));
}

// initctx comes before the first switch: main is what a new context runs. It
// returns the context to go on with when this one is done with.
inline void initctx(mainfn main) noexcept { burrow_main = main; }

// ontopctx calls fn(arg) on the stack of *c, below its frames, as if from there.
inline void ontopctx(gocontext* c, void (*fn)(void*), void* arg) noexcept {
  burrow_ontop(c, fn, arg);
}

#else

using boost::context::detail::jump_fcontext;
using boost::context::detail::make_fcontext;
using boost::context::detail::transfer_t;

// asm/ is given jump_fcontext, of which it knows no more than that.
inline void* jumper() noexcept {
  return reinterpret_cast<void*>(&jump_fcontext);
}

inline void arrivectx(burrow_transfer t) noexcept {
  if (t.word != nullptr) static_cast<gocontext*>(t.word)->sp = t.context;
}

inline void switchctx(gocontext* from, const gocontext* to) noexcept {
  arrivectx(burrow_jump(to->sp, from, jumper()));
}

[[noreturn]] inline void enterctx(const gocontext* to) noexcept {
  jump_fcontext(to->sp, nullptr);
  __builtin_unreachable();
}

inline void newctx(gocontext* c, char* lo, char* hi) noexcept {
  c->sp = make_fcontext(hi, static_cast<std::size_t>(hi - lo),
                        reinterpret_cast<void (*)(transfer_t)>(&burrow_base));
}

inline void switchnew(gocontext* from, gocontext* to, char* lo, char* hi,
                      mainfn) noexcept {
  newctx(to, lo, hi);
  switchctx(from, to);
}

void initctx(mainfn main) noexcept;
void ontopctx(gocontext* c, void (*fn)(void*), void* arg) noexcept;

#endif

}  // namespace burrow::rt
