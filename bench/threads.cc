// bench/threads.cc - rows: OS threads, by the runtime's newosproc and by
// pthread_create.
//
// One operation makes a thread and waits until it has run. Both are detached
// and have stacks of the same size; the end of the thread is not waited for.
//
// The only rows that look under the public headers.
#include <pthread.h>

#include <semaphore>

#include "bench/bench.h"
#include "runtime/os/osproc.h"

namespace bench {
namespace {

constexpr std::size_t kStackBytes = 64 * 1024;

std::binary_semaphore has_run(0);

void new_osproc(state& st) {
  burrow::rt::osproc_backend();
  st.reset_timer();
  for (std::int64_t i = 0; i < st.n(); ++i) {
    auto made = burrow::rt::newosproc([](void*) { has_run.release(); }, nullptr,
                                      kStackBytes);
    if (made < 0) fail("NewOSProc: error " + std::to_string(-made));
    has_run.acquire();
  }
}

void* pthread_main(void*) {
  has_run.release();
  return nullptr;
}

void pthread_create_row(state& st) {
  pthread_attr_t attr;
  pthread_attr_init(&attr);
  pthread_attr_setstacksize(&attr, kStackBytes);
  pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
  for (std::int64_t i = 0; i < st.n(); ++i) {
    pthread_t thread;
    int error = pthread_create(&thread, &attr, pthread_main, nullptr);
    if (error != 0) fail("PthreadCreate: error " + std::to_string(error));
    has_run.acquire();
  }
  pthread_attr_destroy(&attr);
}

}  // namespace

void add_thread_rows(std::vector<row>& rows) {
  rows.push_back({"NewOSProc", "make a thread with newosproc, until it runs",
                  new_osproc, kPlain});
  rows.push_back({"PthreadCreate",
                  "make a thread with pthread_create, until it runs",
                  pthread_create_row, kPlain});
}

}  // namespace bench
