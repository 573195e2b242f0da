// tests/abi/prog/main.cc - picks the scenario that the first argument names.
#include "tests/abi/prog/prog.h"

namespace {

std::size_t length(const char* s) {
  std::size_t n = 0;
  while (s[n] != 0) n++;
  return n;
}

}  // namespace

bool same(const char* a, const char* b) {
  while (*a != 0 && *a == *b) a++, b++;
  return *a == *b;
}

void number(long long v) {
  char digits[24];
  std::size_t i = sizeof digits;
  digits[--i] = 0;
  unsigned long long u = v < 0 ? 0 - static_cast<unsigned long long>(v)
                               : static_cast<unsigned long long>(v);
  do digits[--i] = static_cast<char>('0' + static_cast<unsigned>(u % 10));
  while ((u /= 10) != 0);
  if (v < 0) digits[--i] = '-';
  say(digits + i);
}

// What compilers call unasked.
extern "C" {
void* memcpy(void* to, const void* from, std::size_t n) {
  auto* t = static_cast<char*>(to);
  const auto* f = static_cast<const char*>(from);
  for (std::size_t i = 0; i < n; i++) const_cast<volatile char*>(t)[i] = f[i];
  return to;
}
void* memset(void* to, int c, std::size_t n) {
  for (std::size_t i = 0; i < n; i++)
    static_cast<volatile char*>(to)[i] = static_cast<char>(c);
  return to;
}
}

#ifdef __i386__
extern "C" {
unsigned long long __udivmoddi4(unsigned long long a, unsigned long long b,
                                unsigned long long* rest) {
  unsigned long long q = 0, r = 0;
  for (int i = 63; i >= 0; i--) {
    r = r << 1 | (a >> i & 1);
    if (r >= b) {
      r -= b;
      q |= 1ULL << i;
    }
  }
  if (rest != nullptr) *rest = r;
  return q;
}
unsigned long long __udivdi3(unsigned long long a, unsigned long long b) {
  return __udivmoddi4(a, b, nullptr);
}
unsigned long long __umoddi3(unsigned long long a, unsigned long long b) {
  unsigned long long r;
  __udivmoddi4(a, b, &r);
  return r;
}
long long __divdi3(long long a, long long b) {
  const auto q = static_cast<long long>(
      __udivdi3(static_cast<unsigned long long>(a < 0 ? -a : a),
                static_cast<unsigned long long>(b < 0 ? -b : b)));
  return (a < 0) != (b < 0) ? -q : q;
}
long long __moddi3(long long a, long long b) { return a - __divdi3(a, b) * b; }
}
#endif

void say(const char* text) { sys::write(1, text, length(text)); }

void failed(const char* file, int line, const char* what, long long value) {
  say("FAILED ");
  say(file);
  say(":");
  number(line);
  say(": ");
  say(what);
  say(", is ");
  number(value);
  say("\n");
  sys::exitprocess(1);
}

extern "C" void abi_main(std::uintptr_t* sp) {
  const auto argc = static_cast<int>(sp[0]);
  auto** const argv = reinterpret_cast<char**>(sp + 1);
  const char* const wanted = argc > 1 ? argv[1] : "";
  const scenario* const sets[] = {kThreads, kSignalcases, kSleeps,
                                  kPolls,   kExecs,       kInjections};
  for (const scenario* set : sets)
    for (; set->name != nullptr; set++)
      if (same(set->name, wanted)) {
        set->fn(argc, argv);
        say("ok\n");
        sys::exitprocess(0);
      }
  say("no such scenario\n");
  sys::exitprocess(2);
}
