// tests/abi/core/threads.cc - threads for the runtime where there is no C library:
// runtime/os/osproc.h on sys::newthread, and thread-local storage.
//
//   block, 16-byte aligned     the program's thread-local variables, at their end
//   self                       address of `self`: the thread pointer points here
//   bounds                     of the thread's stack
//
// Darwin has no thread-local storage in static programs: there the compiler asks for
// each variable's address (emulated TLS), which is at the same distance below the
// thread pointer in each thread.
//
// Stacks and blocks are kept for ever: the runtime keeps its threads, too.
#include <elf.h>

#include <cstring>

#include "runtime/os/osproc.h"
#include "sys/bsd/syscall.h"
#include "sys/os.h"

[[noreturn]] void core_failed(const char* what);
extern "C" const Elf64_Ehdr __ehdr_start;  // by the linker

namespace {

struct control {
  control* self;
  char *lo, *hi;  // of the stack
};

#ifdef __APPLE__
constexpr std::size_t kEmulated = 1024;

// Bytes for the variables; those before them say which have their first value.
std::size_t blockbytes() { return 2 * kEmulated; }
void fillblock(char*) {}
#else
// The program's thread-local variables.
const Elf64_Phdr& tls() {
  const auto* const file = reinterpret_cast<const char*>(&__ehdr_start);
  const auto* h =
      reinterpret_cast<const Elf64_Phdr*>(file + __ehdr_start.e_phoff);
  while (h->p_type != PT_TLS) h++;
  return *h;
}

std::size_t blockbytes() {
  return (tls().p_memsz + tls().p_align - 1) & ~(tls().p_align - 1);
}

void fillblock(char* block) {
  memcpy(block, reinterpret_cast<const void*>(tls().p_vaddr), tls().p_filesz);
}
#endif

// Makes a block that ends below `top`. Returns  its thread pointer.
control* makeblock(char* top, char* lo, char* hi) {
  const auto at = (reinterpret_cast<std::uintptr_t>(top) - sizeof(control)) &
                  ~std::uintptr_t{63};
  auto* const c = reinterpret_cast<control*>(at);
  fillblock(reinterpret_cast<char*>(at - blockbytes()));
  *c = {c, lo, hi};
  return c;
}

control* self() {
  control* c;
#ifdef __APPLE__
  asm("movq %%gs:0, %0" : "=r"(c));
#else
  asm("movq %%fs:0, %0" : "=r"(c));
#endif
  return c;
}

struct start {
  std::atomic<std::uint32_t> tid{0};
  void (*fn)(void*) = nullptr;
  void* arg = nullptr;
};

}  // namespace

#ifdef __APPLE__
// What the compiler makes of a thread-local variable.
struct emulated {
  std::size_t bytes, align;
  std::atomic<std::uintptr_t> place;  // ours: where it ends, below the pointer
  const void* first;                  // its first value; null: zero
};

extern "C" void* __emutls_get_address(emulated* v) {
  static constinit std::atomic<std::uintptr_t> used{0};
  std::uintptr_t place = v->place.load();
  if (place == 0) {
    const std::uintptr_t mine = used.fetch_add(64) + 64;
    place = v->place.compare_exchange_strong(place, mine) ? mine : place;
  }
  if (place > kEmulated || v->bytes > 64) core_failed("thread-local storage");
  char* const at = reinterpret_cast<char*>(self()) - place;
  if (char& made = at[-static_cast<std::ptrdiff_t>(kEmulated)]; made == 0) {
    made = 1;
    if (v->first != nullptr) memcpy(at, v->first, v->bytes);
  }
  return at;
}
#endif

// The first thread's block; lo is as low as its stack may grow.
void core_firstblock(char* sp) {
  static char room[16384];
  constexpr std::size_t kStack = std::size_t{256} << 10;
  control* const c = makeblock(room + sizeof room, sp - kStack, sp);
#ifdef __APPLE__
  constexpr std::uint32_t kSetbase = (3U << 24) + 3;
  burrow::sys::syscall(kSetbase, c);
#else
  burrow::sys::syscall(burrow::sys::kernel::kSettcb, c);
#endif
}

namespace burrow::rt {

std::atomic<int> newosproc_fail_after{-1};

osbackend osproc_backend() noexcept { return osbackend::raw; }
const char* osproc_why() noexcept { return ""; }

std::int64_t newosproc(void (*fn)(void*), void* arg,
                       std::size_t stackbytes) noexcept {
  constexpr std::size_t kBlock = 16384;
  const std::size_t bytes = stackbytes + kBlock;
  auto* const lo = static_cast<char*>(sys::sysreserve(bytes));
  if (lo == nullptr) return -ENOMEM;
  char* const hi = lo + stackbytes;
  control* const c = makeblock(lo + bytes, lo, hi);
  auto* const s = new (hi) start;
  s->fn = fn;
  s->arg = arg;
  std::uint64_t mask;
  sys::sigmask_all(&mask);
  const std::int64_t r = sys::newthread(
      hi, c, &s->tid,
      [](void* p) {
        auto* const made = static_cast<start*>(p);
        made->fn(made->arg);
      },
      s);
  sys::sigmask_restore(&mask);
  if (r < 0) sys::sysfree(lo, bytes);
  return r < 0 ? r : 0;
}

void osthread_stack(void** lo, void** hi) noexcept {
  *lo = self()->lo;
  *hi = self()->hi;
}

void osthread_runson(char*, char*) noexcept {}

}  // namespace burrow::rt
