// tests/abi/bases.cc - thread pointers, and how a program is told that it cannot be
// run here.
#include <asm/ldt.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "tests/abi/kernel.h"

namespace abibed {

// arm64: the program's own register, or the one that it can only read. amd64: the
// base of fs or gs. 32-bit ones: a segment that starts there, in
// gs. Where the processor can read the base itself Linux wants it said twice.
void kernel::setbase(thread& t, registers& r, std::uint64_t base, bool fs) {
  if (r.isarm) {
    (fs ? r.arm.tpidr : r.arm.tpidrro) = base;
    return;
  }
  if (t.proc->wide) {
    (fs ? r.fs_base : r.gs_base) = base;
    return;
  }
  constexpr unsigned kEntry = 12;  // the first of three, on this kernel
  constexpr int kSetThreadArea = 26;
  user_desc d{};
  d.entry_number = kEntry;
  d.base_addr = static_cast<unsigned>(base);
  d.limit = 0xfffff;
  d.seg_32bit = 1;
  d.limit_in_pages = 1;
  d.useable = 1;
  if (ptrace(static_cast<__ptrace_request>(kSetThreadArea), t.lid, kEntry, &d) <
      0)
    fail("bed: no segment for a thread pointer: %s", strerror(errno));
  r.gs = kEntry << 3 | 3;
  r.gs_base = base;
}

}  // namespace abibed
