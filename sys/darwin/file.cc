// sys/darwin/file.cc - descriptors that do not block and are closed on exec.
#include "sys/bsd/file.h"

#include "sys/bsd/syscall.h"
#include "sys/io.h"

namespace burrow::sys {

std::int64_t accept(int fd, void* peer, std::uint32_t* len) noexcept {
  const std::int64_t got = syscall(kernel::kAccept, fd, peer, len);
  return got < 0 ? got : setflags(static_cast<int>(got));
}

// The ends come back in the two results.
std::int64_t pipenowait(int* ends) noexcept {
  const callresult r = syscallresult(kernel::kPipe);
  if (r.failed) return -static_cast<std::int64_t>(r.value);
  ends[0] = static_cast<int>(r.value);
  ends[1] = static_cast<int>(r.second);
  return setpipe(ends);
}

}  // namespace burrow::sys
