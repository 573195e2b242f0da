// runtime/sched/tls.cc - the runtime's thread_locals.

#include "runtime/sched/tls.h"

#include "burrow/detail/threadpointer.h"
#include "runtime/sched/runtime2.h"

namespace burrow::rt {

namespace {

__attribute__((tls_model("initial-exec"))) constinit thread_local m* tlsm =
    nullptr;

constinit const std::uint32_t noyield = 0;

}  // namespace

std::ptrdiff_t tlsmoffset;

// Runs before the static constructors of users' code, which may call getm.
__attribute__((constructor(101))) static void inittls() {
  tlsmoffset = reinterpret_cast<char*>(&tlsm) -
               static_cast<char*>(detail::threadpointer());
}

constinit thread_local const std::uint32_t* tlsyield = &noyield;

__attribute__((noinline)) void setm(m* mp) noexcept {
  tlsm = mp;
  tlsyield = mp != nullptr ? &mp->yield : &noyield;
}

}  // namespace burrow::rt
