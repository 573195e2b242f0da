// tests/progs/ownmalloc.cc - a program that brings its own malloc, and faults in
// libc: what it must not do is go on with libc's lock held.

#include <cstdio>
#include <cstdlib>

#include "burrow/burrow.h"
#include "burrow/detail/sanitizers.h"
#include "burrow/error.h"

#if defined(__GLIBC__) && !defined(BURROW_ASAN) && !defined(BURROW_TSAN)
extern "C" {
void* __libc_malloc(std::size_t n);
void* __libc_calloc(std::size_t n, std::size_t each);
void* __libc_realloc(void* p, std::size_t n);
void __libc_free(void* p);

void* malloc(std::size_t n) { return __libc_malloc(n); }
void* calloc(std::size_t n, std::size_t each) { return __libc_calloc(n, each); }
void* realloc(void* p, std::size_t n) { return __libc_realloc(p, n); }
void free(void* p) { __libc_free(p); }
}
#endif

int main() {
  return burrow::run([]() -> int {
    const char* const volatile bad = reinterpret_cast<const char*>(16);
    try {
      std::fputs(bad, stdout);
    } catch (const burrow::memory_fault&) {
      return 5;  // with the lock of stdout held
    }
    return 0;
  });
}
