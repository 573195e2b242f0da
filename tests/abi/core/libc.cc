// tests/abi/core/libc.cc - as much of a C library and of a C++ one as the runtime's
// core asks for. An exception ends the program: nothing here is to throw one.
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <new>

#include "sys/bsd/syscall.h"
#include "sys/os.h"

namespace sys = burrow::sys;

[[noreturn]] void core_failed(const char* what) {
  sys::write(2, "FAILED ", 7);
  sys::write(2, what, strlen(what));
  sys::write(2, "\n", 1);
  sys::exitprocess(1);
}

// ---- Memory: cut from large pieces, never given back ----

void core_lock(std::atomic<std::uint32_t>& word) {
  while (word.exchange(1, std::memory_order_acquire) != 0) sys::osyield();
}
void core_unlock(std::atomic<std::uint32_t>& word) {
  word.store(0, std::memory_order_release);
}

static void* cut(std::size_t bytes, std::size_t align) {
  static constinit std::atomic<std::uint32_t> lock{0};
  static constinit std::uintptr_t at = 0, end = 0;
  constexpr std::size_t kPiece = std::size_t{1} << 20;
  core_lock(lock);
  at = (at + align - 1) & ~(align - 1);
  if (at + bytes > end) {
    const std::size_t piece = bytes + align > kPiece ? bytes + align : kPiece;
    at = reinterpret_cast<std::uintptr_t>(sys::sysreserve(piece));
    end = at + piece;
    at = (at + align - 1) & ~(align - 1);
  }
  void* const got = reinterpret_cast<void*>(at);
  at += bytes;
  core_unlock(lock);
  return got;
}

extern "C" {

void* malloc(std::size_t n) noexcept { return cut(n, 16); }
void* aligned_alloc(std::size_t align, std::size_t n) noexcept {
  return cut(n, align);
}
void free(void*) noexcept {}

void* memcpy(void* to, const void* from, std::size_t n) noexcept {
  void* const start = to;
  asm volatile("rep movsb" : "+D"(to), "+S"(from), "+c"(n)::"memory");
  return start;
}
void* memmove(void* to, const void* from, std::size_t n) noexcept {
  auto* const t = static_cast<char*>(to);
  const auto* const f = static_cast<const char*>(from);
  if (t <= f || t >= f + n) return memcpy(to, from, n);
  while (n-- > 0) const_cast<volatile char*>(t)[n] = f[n];
  return to;
}
void* memset(void* to, int c, std::size_t n) noexcept {
  void* const start = to;
  asm volatile("rep stosb" : "+D"(to), "+c"(n) : "a"(c) : "memory");
  return start;
}
int memcmp(const void* a, const void* b, std::size_t n) noexcept {
  const auto* x = static_cast<const volatile unsigned char*>(a);
  const auto* y = static_cast<const volatile unsigned char*>(b);
  for (std::size_t i = 0; i < n; i++)
    if (x[i] != y[i]) return x[i] - y[i];
  return 0;
}
std::size_t strlen(const char* s) noexcept {
  std::size_t n = 0;
  while (const_cast<const volatile char*>(s)[n] != 0) n++;
  return n;
}
int strcmp(const char* a, const char* b) noexcept {
  const std::size_t n = strlen(a), m = strlen(b);
  return memcmp(a, b, (n < m ? n : m) + 1);
}
const void* core_memchr(const void*, int, std::size_t) asm("memchr");
const void* core_memchr(const void* at, int c, std::size_t n) {
  const auto* x = static_cast<const volatile unsigned char*>(at);
  for (std::size_t i = 0; i < n; i++)
    if (x[i] == static_cast<unsigned char>(c))
      return static_cast<const unsigned char*>(at) + i;
  return nullptr;
}
double ceil(double x) noexcept {
  const auto whole = static_cast<double>(static_cast<long>(x));
  return whole < x ? whole + 1 : whole;
}

void _exit(int code) { sys::exitprocess(code); }
char* getenv(const char*) noexcept { return nullptr; }
int pthread_atfork(void (*)(), void (*)(), void (*)()) noexcept { return 0; }
char __libc_single_threaded = 0;
thread_local int core_errno;
int* __errno_location() noexcept { return &core_errno; }

// ---- What compilers call for C++ ----

void* __dso_handle = nullptr;
int __cxa_atexit(void (*)(void*), void*, void*) noexcept { return 0; }
int __cxa_thread_atexit(void (*)(void*), void*, void*) noexcept { return 0; }
[[noreturn]] void __cxa_pure_virtual() { core_failed("pure virtual call"); }
int __cxa_guard_acquire(std::uint64_t* guard) noexcept {
  auto* const bytes = reinterpret_cast<std::atomic<std::uint8_t>*>(guard);
  for (;;) {
    if (bytes[0].load() != 0) return 0;
    if (bytes[1].exchange(1) == 0) return 1;
    sys::osyield();
  }
}
void __cxa_guard_release(std::uint64_t* guard) noexcept {
  reinterpret_cast<std::atomic<std::uint8_t>*>(guard)->store(1);
}
void __cxa_guard_abort(std::uint64_t*) noexcept { core_failed("guard"); }
void* __cxa_get_globals() noexcept {
  static thread_local void* globals[2];
  return globals;
}
void* __cxa_allocate_exception(std::size_t n) noexcept { return malloc(n); }
void __cxa_free_exception(void*) noexcept {}
[[noreturn]] void __cxa_throw(void*, void*, void (*)(void*)) {
  core_failed("an exception is thrown");
}
[[noreturn]] void __cxa_rethrow() { core_failed("rethrow"); }
void* __cxa_begin_catch(void*) noexcept { core_failed("catch"); }
void __cxa_end_catch() noexcept {}
[[noreturn]] void _Unwind_Resume(void*) { core_failed("unwinding"); }
int _Unwind_RaiseException(void*) { core_failed("unwinding"); }
int __gxx_personality_v0() { core_failed("unwinding"); }

}  // extern "C"

void* operator new(std::size_t n) { return cut(n, 16); }
void* operator new[](std::size_t n) { return cut(n, 16); }
void* operator new(std::size_t n, const std::nothrow_t&) noexcept {
  return cut(n, 16);
}
void* operator new[](std::size_t n, std::align_val_t align,
                     const std::nothrow_t&) noexcept {
  return cut(n, static_cast<std::size_t>(align));
}
void operator delete(void*) noexcept {}
void operator delete[](void*) noexcept {}
void operator delete(void*, std::size_t) noexcept {}

namespace std {

const nothrow_t nothrow{};
void terminate() noexcept { core_failed("terminate"); }
void __throw_bad_alloc() { core_failed("bad_alloc"); }
void __throw_length_error(const char* what) { core_failed(what); }
void __throw_system_error(int) { core_failed("system_error"); }
void __throw_bad_array_new_length() { core_failed("bad_array_new_length"); }
void __throw_out_of_range_fmt(const char* what, ...) { core_failed(what); }

chrono::steady_clock::time_point chrono::steady_clock::now() noexcept {
  return time_point(duration(sys::nanotime()));
}

}  // namespace std
