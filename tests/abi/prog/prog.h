// tests/abi/prog/prog.h - what the scenarios of a freestanding test program share.
//
// A scenario is a function that returns when all is well; CHECK ends the program
// with what was wrong. The program names no system but through sys/.
#pragma once

#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstddef>
#include <cstdint>

#include "sys/os.h"
#include "sys/sig.h"

namespace sys = burrow::sys;

extern "C" {
std::uint32_t abi_keeps(void (*fn)(void*), void* arg);
void abi_trap(const std::uintptr_t* in, std::uintptr_t* out);
std::uintptr_t abi_spin(const std::atomic<std::uint32_t>* word);
void* abi_self();
std::uintptr_t abi_badload(std::uintptr_t at);
extern const unsigned char abi_trap_here[];
void abi_onpanic();  // what sigpanic's call comes to
}

void say(const char* text);
void number(long long v);
bool same(const char* a, const char* b);
[[noreturn]] void failed(const char* file, int line, const char* what,
                         long long value);

#define CHECK(x) ((x) ? void() : failed(__FILE__, __LINE__, #x, 0))
#define CHECKEQ(a, b)                                                        \
  do {                                                                       \
    const auto got = (a);                                                    \
    if (!(got == (b)))                                                       \
      failed(__FILE__, __LINE__, #a " == " #b, static_cast<long long>(got)); \
  } while (false)

// A thread with a stack and a block of its own, as newosproc makes one: signals
// blocked around it.
struct tester {
  void (*fn)(tester&) = nullptr;
  std::atomic<std::uint32_t> tid{0};
  std::uintptr_t block[64] = {};  // block[0]: its own address
  char* stack = nullptr;
  void* arg = nullptr;
  std::int64_t result = 0;  // newthread's
};
inline constexpr std::size_t kStack = std::size_t{128} << 10;
std::int64_t start(tester& t, void (*fn)(tester&), void* arg);
void join(tester& t);  // and gives the stack back

// The address of the caller's frame, which is on the current stack.
inline std::uintptr_t frameaddress() {
  return reinterpret_cast<std::uintptr_t>(__builtin_frame_address(0));
}

// Installs the handler with siginit and gives the thread an alternate stack.
void catching(void (*handler)(int, void*, void*), void (*injected)());
inline constexpr std::size_t kAltbytes = std::size_t{32} << 10;

struct scenario {
  const char* name;
  void (*fn)(int argc, char** argv);
};
extern const scenario kThreads[], kSignalcases[], kSleeps[], kPolls[], kExecs[];
extern const scenario kInjections[];
