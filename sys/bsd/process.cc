// sys/bsd/process.cc - processes, and what these kernels do not have.
#include <cerrno>

#include "sys/bsd/syscall.h"
#include "sys/exec.h"
#include "sys/os.h"
#include "sys/sig.h"

namespace burrow::sys {

std::int64_t getpid() noexcept { return syscall(kernel::kGetpid); }

std::int64_t kill(std::int64_t pid, int sig) noexcept {
  constexpr int kPosix = 1;  // Darwin's third argument
  return syscall(kernel::kill(), pid, sig, kPosix);
}

void exitprocess(int code) noexcept {
  for (;;) syscall(kernel::kExit, code);
}

// Nothing kills the child when its parent's thread ends: the child itself must
// see that it has another parent. What it is used for asks within milliseconds.
std::int64_t forkraw() noexcept {
  const callresult r = syscallresult(kernel::kFork);
  if (r.failed) return -static_cast<std::int64_t>(r.value);
  return kernel::inchild(r.value, r.second)
             ? 0
             : static_cast<std::int64_t>(r.value);
}

std::int64_t reap(std::int64_t pid, int* status) noexcept {
  constexpr int kNohang = 1;
  const std::int64_t r =
      syscall(kernel::wait4(), pid, status, kNohang, nullptr);
  return r > 0 ? 1 : r;
}

int ncpu() noexcept {
  constexpr int kName[2] = {6, 3};  // hw.ncpu
  std::int32_t n = 0;
  std::size_t bytes = sizeof n;
  syscall(kernel::kSysctl, kName, 2, &n, &bytes, nullptr, 0);
  return n > 0 ? n : 1;
}

// ---- Not on these systems ----

std::int64_t cpuquota(const char*, const char*) noexcept { return 0; }
std::int64_t cpuquota() noexcept { return 0; }
int threadcount() noexcept { return -ENOSYS; }
std::int64_t cputime(std::int64_t) noexcept { return -ENOSYS; }
std::int64_t threadtime(std::int64_t) noexcept { return -ENOSYS; }
std::int64_t pidfdkill(int, int) noexcept { return -ENOSYS; }
std::int64_t rseqregister(void*, std::uint32_t, std::uint32_t) noexcept {
  return -ENOSYS;
}
std::int64_t robustlist_get(void**, std::size_t*) noexcept { return -ENOSYS; }
std::int64_t robustlist_set(void*, std::size_t) noexcept { return -ENOSYS; }

}  // namespace burrow::sys
