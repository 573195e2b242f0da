// tests/abi/tracee.h - the machine on which the program under test is run: its
// threads as they stop, their registers, its memory.
//
// Two machines: Linux's processes under ptrace (tracee.cc), and an emulated
// processor (emulated.cc). Both tell of stops as waitpid does: a stop before and
// behind each call, at each birth, new program and signal; and both make Linux's
// calls in a program's name, by their numbers.
//
// One program is run at a time: `tracees` is its machine, and what is below the class is
// said to it.
#pragma once

#include <sys/types.h>

#include <csignal>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "tests/abi/registers.h"

namespace abibed {

// What the tables do not allow. Ends the test.
struct violation : std::runtime_error {
  using std::runtime_error::runtime_error;
};

[[noreturn]] [[gnu::format(printf, 1, 2)]] void fail(const char* format, ...);

// A range of addresses.
struct range {
  std::uint64_t lo, hi;
};

class machine {
 public:
  machine() = default;
  machine(const machine&) = delete;
  machine& operator=(const machine&) = delete;
  virtual ~machine() = default;

  // start loads a program, which writes to outfd and has those of our descriptors
  // that an exec keeps; it stands before its first instruction. Returns its id.
  virtual pid_t start(const std::string& program,
                      const std::vector<std::string>& args, int outfd) = 0;
  // next takes one stop, or end, of any thread. False: there is none now.
  virtual bool next(pid_t& tid, int& status) = 0;
  // pause waits a little, if nothing goes on meanwhile.
  virtual void pause() = 0;
  // waitstop waits for a thread's next stop. False: it is no more.
  virtual bool waitstop(pid_t tid, int& status) = 0;
  virtual bool isstopped(pid_t tid) = 0;
  // resume lets a thread go on to its next stop.
  virtual void resume(pid_t tid) = 0;
  // What came with an event's stop: the new thread. With a signal's: its siginfo.
  virtual pid_t child(pid_t tid) = 0;
  virtual siginfo_t signal(pid_t tid) = 0;

  virtual registers getregs(pid_t tid) = 0;
  virtual void setregs(pid_t tid, const registers& r) = 0;
  // Memory of a process, as the process itself may use it: false where it may not.
  virtual bool readmem(pid_t pid, std::uint64_t at, void* to,
                       std::size_t n) = 0;
  virtual bool writemem(pid_t pid, std::uint64_t at, const void* from,
                        std::size_t n) = 0;

  // linuxcall makes the stopped thread, which must not be in a call, make a Linux
  // call; its registers are as before then.
  virtual std::int64_t linuxcall(pid_t tid, bool wide, std::int64_t nr,
                                 std::vector<std::uint64_t> args) = 0;
  // makecall lets a thread at a call's entry make a Linux call instead, to the
  // stop behind it, where callvalue is its result.
  virtual void makecall(pid_t tid, const registers& entry, bool wide,
                        std::int64_t nr, std::vector<std::uint64_t> args) = 0;
  virtual std::int64_t callvalue(pid_t tid) = 0;
  // skipcall takes a thread from a call's entry to behind it, no call being made.
  // False: it is no more, as status says.
  virtual bool skipcall(pid_t tid, const registers& entry, int& status) = 0;

  // poke stops a thread by a signal, SIGUSR1, whatever it does.
  virtual void poke(pid_t pid, pid_t tid) = 0;
  virtual void kill(pid_t pid) = 0;
  // end kills all and forgets them; those of `more` it may not know.
  virtual void end(const std::vector<pid_t>& more) = 0;

  virtual cpu processor(pid_t pid) = 0;
  virtual std::string program(pid_t pid) = 0;  // a file to read
  virtual range stack(pid_t pid) = 0;          // the first thread's
  // makeroom sees to it that a program that has just been loaded has no memory of
  // its own in that range.
  virtual void makeroom(pid_t tid, const range& where) = 0;
  // A descriptor of the program's as one of ours; < 0: it has none.
  virtual int duplicate(pid_t pid, int fd) = 0;
  virtual std::size_t descriptors(pid_t pid) = 0;  // how many it has
  // From now on indirect branches may land on landing pads only.
  virtual void wantlandings(pid_t) {}
};

std::unique_ptr<machine> ptraced();
std::unique_ptr<machine> emulated();  // null: built without the emulator

extern machine* tracees;

inline registers getregs(pid_t tid) { return tracees->getregs(tid); }
inline void setregs(pid_t tid, const registers& r) { tracees->setregs(tid, r); }
inline void resume(pid_t tid) { tracees->resume(tid); }
inline bool readmem(pid_t pid, std::uint64_t at, void* to, std::size_t n) {
  return tracees->readmem(pid, at, to, n);
}
inline bool writemem(pid_t pid, std::uint64_t at, const void* from,
                     std::size_t n) {
  return tracees->writemem(pid, at, from, n);
}
inline std::int64_t linuxcall(pid_t tid, bool wide, std::int64_t nr,
                              std::vector<std::uint64_t> args) {
  return tracees->linuxcall(tid, wide, nr, std::move(args));
}

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

}  // namespace abibed
