// runtime/sched/switch_boost.cc - what of Boost's contexts is not a jump. Empty
// where asm/ has a switch of our own.

#include "runtime/sched/switch.h"

#if !defined(BURROW_SWITCH)

#include <cstddef>
#include <cstdint>

namespace burrow::rt {

namespace {

using boost::context::detail::ontop_fcontext;

const gocontext* (*ctxmain)();

burrow_transfer entry(burrow_transfer t) {
  arrivectx(t);
  return {ctxmain()->sp, jumper()};
}

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
};

// Called as if by the context's own jump_fcontext. It is never come back to: so
// ASan shall not put guards into its frame.
__attribute__((no_sanitize_address)) transfer_t ontopentry(transfer_t t) {
  auto* c = static_cast<ontopcall*>(t.data);
  c->fn(c->arg);
  return jump_fcontext(t.fctx, nullptr);
}

}  // namespace

void initctx(const gocontext* (*main)()) noexcept {
  ctxmain = main;
  burrow_entry = entry;
}

void ontopctx(gocontext* c, void (*fn)(void*), void* arg) noexcept {
  ontopcall call{fn, arg};
  // The call goes over the saved context: put it back, and nothing is left of
  // the call. All of it belongs to burrow_jump: nobody else writes there.
  alignas(recordword) unsigned char record[kRecord];
  copyrecord(record, c->sp);
  ontop_fcontext(c->sp, &call, ontopentry);
  copyrecord(c->sp, record);
}

}  // namespace burrow::rt

#endif
