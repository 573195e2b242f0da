// runtime/os/osproc_pthread.cc - newosproc by pthread_create.
//
// For C libraries whose thread control block we cannot make, and for
// ThreadSanitizer. pthread_create hands the creator's signal mask down; all
// signals are blocked around it all the same, so that no handler of the program
// runs on a thread that is only half made, as with the raw backend.
#include <pthread.h>

#include <cerrno>
#include <new>

#include "runtime/os/libc.h"
#include "runtime/os/osproc_backend.h"
#include "sys/os.h"
#include "sys/refused.h"

namespace burrow::rt {

namespace {

struct start {
  void (*fn)(void*);
  void* arg;
  std::uint64_t mask;
};

void* threadmain(void* p) noexcept {
  const start s = *static_cast<start*>(p);
  delete static_cast<start*>(p);
  sys::unmask(&s.mask);
  s.fn(s.arg);
  return nullptr;
}

// addtls is called for each loaded object and sums up its thread-local storage.
bool addtls(const loadedobject& object, void* sum) {
  *static_cast<std::size_t*>(sum) += object.tlsbytes;
  return true;
}

// prepare fills attr, which its caller destroys. A guard page is the default.
int prepare(pthread_attr_t* attr, std::size_t stackbytes) noexcept {
  const std::size_t page = sys::pagesize();
  // The C library may take the thread-local storage, a sanitizer's is large, and
  // its own record from what we ask for.
  stackbytes += page;
  eachobject(addtls, &stackbytes);
  stackbytes = (stackbytes + page - 1) / page * page;
  if (int err = pthread_attr_setdetachstate(attr, PTHREAD_CREATE_DETACHED))
    return err;
  return pthread_attr_setstacksize(attr, stackbytes);
}

}  // namespace

std::int64_t pthreadnewosproc(void (*fn)(void*), void* arg,
                              std::size_t stackbytes) noexcept {
  auto* s = new (std::nothrow) start{fn, arg, 0};
  if (s == nullptr) return -ENOMEM;
  pthread_attr_t attr;
  int err = pthread_attr_init(&attr);
  if (err == 0) {
    err = prepare(&attr, stackbytes);
    if (err == 0) {
      std::uint64_t mask;
      err = static_cast<int>(-sys::sigmask_all(&mask));
      if (err == 0) {
        s->mask = mask;
        pthread_t thread;
        err = pthread_create(&thread, &attr, threadmain, s);
        sys::unmask(&mask);
      }
    }
    pthread_attr_destroy(&attr);
  }
  if (err != 0) delete s;
  return -err;
}

}  // namespace burrow::rt
