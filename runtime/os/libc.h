// runtime/os/libc.h - what the runtime asks of a C library and its loader, where
// those of one system are not those of another.
//
// libc_OS.cc has it for one system. What is a system call of that system is in sys/;
// what POSIX has is called where it is needed.
#pragma once

#include <cstddef>
#include <cstdint>

namespace burrow::rt {

// threadstack stores the bounds of the calling thread's stack as the C library knows
// them; both null: it does not.
//
// Context  an ordinary thread. May read a file.
void threadstack(void** lo, void** hi) noexcept;

// What the loader has put into memory: the program or a shared library.
struct loadedobject {
  const char* name;          // a path; "" or a bare name for the program
  bool program;              // not a library
  std::uintptr_t bias;       // where address 0 of the file would be
  std::uintptr_t low, high;  // its memory; where that is scattered, its code
  std::size_t tlsbytes;  // of its thread-local storage, if a thread has room
};

// eachobject calls fn for each object, the program first, until fn returns false.
//
// Context  not a signal handler: the loader's lock is taken.
void eachobject(bool (*fn)(const loadedobject&, void* arg), void* arg) noexcept;

// objectat finds the object at pc and stores its name ("": the program) and bias,
// without a lock. False: there is none, or this C library has no such way.
//
// Context  any.
bool objectat(std::uintptr_t pc, const char** name,
              std::uintptr_t* bias) noexcept;

// loadedmodules returns a number that changes when a shared library is loaded or
// unloaded.
std::uint64_t loadedmodules() noexcept;

// programpath stores the program's path, as far as it is known and fits, and
// returns by which name the file can be opened, even when it was replaced if the
// system has such a name.
const char* programpath(char* path, std::size_t bytes) noexcept;

// newsocket and newpipe: all are closed on exec. A socket does not block.
// Returns  the descriptor, or 0. Errors  -1 and errno.
int newsocket(int family, int type) noexcept;
int newpipe(int* ends, bool blocks) noexcept;

// socketfamily returns AF_..., or -1.
int socketfamily(int fd) noexcept;

// takepending takes back a signal that this thread has just raised and has blocked.
void takepending(int sig) noexcept;

// widenpipe asks for room in a pipe. It may stay as it is.
void widenpipe(int fd, int bytes) noexcept;

// keepalive makes a TCP connection ask its silent peer, every `seconds`, so many
// times; as far as the system lets a socket choose.
void keepalive(int fd, int seconds, int times) noexcept;

}  // namespace burrow::rt
