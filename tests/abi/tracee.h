// tests/abi/tracee.h - a stopped thread of the program under test: its registers
// and its memory.
#pragma once

#include <sys/types.h>
#include <sys/user.h>

#include <cstddef>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <vector>

namespace abibed {

// What the tables do not allow. Ends the test.
struct violation : std::runtime_error {
  using std::runtime_error::runtime_error;
};

[[noreturn]] [[gnu::format(printf, 1, 2)]] void fail(const char* format, ...);

using registers = user_regs_struct;

registers getregs(pid_t tid);
bool isstopped(pid_t tid);
void setregs(pid_t tid, const registers& r);

// Memory of a process, as the process itself may use it: false where it may not.
bool readmem(pid_t pid, std::uint64_t at, void* to, std::size_t n);
bool writemem(pid_t pid, std::uint64_t at, const void* from, std::size_t n);

template <typename T>
bool get(pid_t pid, std::uint64_t at, T& to) {
  return readmem(pid, at, &to, sizeof to);
}
template <typename T>
bool put(pid_t pid, std::uint64_t at, const T& from) {
  return writemem(pid, at, &from, sizeof from);
}

// A little-endian number of `bytes` bytes in a buffer.
std::uint64_t peek(const std::vector<unsigned char>& b, std::size_t at,
                   std::size_t bytes);
void poke(std::vector<unsigned char>& b, std::size_t at, std::size_t bytes,
          std::uint64_t value);

// linuxcall makes the stopped thread, which must not be in a call, make a Linux
// call; its registers are as before then.
std::int64_t linuxcall(pid_t tid, bool wide, std::int64_t nr,
                       std::vector<std::uint64_t> args);

// execagain makes a program that has just been loaded, and has not begun, load
// itself once more, with the same arguments. It stands where it stood then.
void execagain(pid_t tid, bool wide);

// resume lets a thread go on to its next stop.
void resume(pid_t tid);

// waitstop waits for a thread's next stop. False: it is no more.
bool waitstop(pid_t tid, int& status);

// A mapping of the process that /proc calls `name`.
struct range {
  std::uint64_t lo, hi;
};
range mapping(pid_t pid, const std::string& name);

// Whether the process has memory in that range.
bool occupied(pid_t pid, const range& where);

}  // namespace abibed
