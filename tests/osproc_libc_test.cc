// tests/osproc_libc_test.cc - ordinary C++ on newosproc's threads.
//
// One promise of the libraries a test, marked as in runtime/os/glibc_tcb.cc; both
// backends (build option osproc) keep it. No scheduler: a thread runs to its end.
#include <gtest/gtest.h>
#include <netdb.h>
#include <pthread.h>
#include <sched.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cctype>
#include <cerrno>
#include <clocale>
#include <csetjmp>
#include <cstdio>
#include <exception>
#include <fstream>
#include <memory>
#include <mutex>
#include <sstream>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "runtime/os/osproc.h"
#include "runtime/os/tcbhead.h"
#include "sys/os.h"
#include "tests/support/osthread.h"

namespace rt = burrow::rt;
namespace sys = burrow::sys;
using namespace ostest;

namespace {

TEST(Osproc, MallocStormFrom64Threads) {  // [MULTI] [TLS]
  std::mutex lock;
  std::vector<std::string> shared(64, std::string(100, 'x'));
  std::atomic<int> wrong{0};
  runall(64, [&](int self) {
    unsigned random = static_cast<unsigned>(self) * 2654435761u + 1;
    std::vector<std::string> mine(16);
    for (int i = 0; i < 1500; i++) {
      random = random * 1664525 + 1013904223;
      std::string& s = mine[random >> 28];
      if (s.find_first_not_of(s.empty() ? 'x' : s[0]) != s.npos) wrong++;
      s = std::string((random >> 10) % 3000, static_cast<char>('a' + i % 26));
      if (i % 8 != 0) continue;
      const std::lock_guard hold(lock);  // freed by another thread than its own
      std::swap(s, shared[(random >> 20) % 64]);
    }
  });
  EXPECT_EQ(wrong, 0);
}

TEST(Osproc, ErrnoIsTheThreadsOwn) {  // [TLS]
  std::atomic<int> wrong{0};
  for (int round = 0; round < 2; round++)  // on used memory the second time
    runall(16, [&wrong](int self) {
      if (errno != 0) wrong++;
      for (int i = 0; i < 100; i++) {
        errno = 1000 + self;
        sys::osyield();
        if (errno != 1000 + self) wrong++;
      }
    });
  EXPECT_EQ(wrong, 0);
}

TEST(Osproc, CharacterTables) {  // [CTYPE]
  run([] {
    EXPECT_TRUE(std::isalpha('b'));
    EXPECT_FALSE(std::isalpha('1'));
    EXPECT_EQ(std::toupper('q'), 'Q');
    EXPECT_EQ(std::tolower('Q'), 'q');
    EXPECT_EQ(std::stod("1.5"), 1.5);
  });
}

TEST(Osproc, ALocaleOfItsOwnEndsWithTheThread) {  // [REUSE]
  for (int i = 0; i < 20; i++)
    run([] {
      EXPECT_EQ(::uselocale(nullptr), LC_GLOBAL_LOCALE);
      const locale_t own = ::newlocale(LC_ALL_MASK, "C", nullptr);
      ASSERT_NE(own, nullptr);
      ::uselocale(own);
      EXPECT_TRUE(std::isupper('A'));
      // Freed though the thread has it still: no later thread may look at it.
      thread([own] { ::freelocale(own); }).joinall();
    });
}

TEST(Osproc, RecursiveMutexKnowsItsOwner) {  // [TID]
  pthread_mutexattr_t attr;
  pthread_mutexattr_init(&attr);
  pthread_mutexattr_settype(&attr, PTHREAD_MUTEX_RECURSIVE);
  pthread_mutex_t mutex;
  pthread_mutex_init(&mutex, &attr);
  run([&mutex] {
    EXPECT_EQ(pthread_mutex_lock(&mutex), 0);
    EXPECT_EQ(pthread_mutex_lock(&mutex), 0);
    run([&mutex] { EXPECT_EQ(pthread_mutex_trylock(&mutex), EBUSY); });
    if (!kTsan)  // it reports this misuse
      run([&mutex] { EXPECT_EQ(pthread_mutex_unlock(&mutex), EPERM); });
    EXPECT_EQ(pthread_mutex_unlock(&mutex), 0);
    run([&mutex] { EXPECT_EQ(pthread_mutex_trylock(&mutex), EBUSY); });
    EXPECT_EQ(pthread_mutex_unlock(&mutex), 0);
  });
  EXPECT_EQ(pthread_mutex_trylock(&mutex), 0);
  pthread_mutex_unlock(&mutex);
  pthread_mutex_destroy(&mutex);
  pthread_mutexattr_destroy(&attr);
}

struct robustmutex {
  pthread_mutex_t it;
  operator pthread_mutex_t*() { return &it; }
  robustmutex() {
    pthread_mutexattr_t attr;
    pthread_mutexattr_init(&attr);
    pthread_mutexattr_setrobust(&attr, PTHREAD_MUTEX_ROBUST);
    pthread_mutex_init(&it, &attr);
    pthread_mutexattr_destroy(&attr);
  }
  ~robustmutex() { pthread_mutex_destroy(&it); }
};

TEST(Osproc, RobustMutexOutlivesItsOwner) {  // [ROBUST]
  void* head;
  std::size_t bytes;
  if (sys::robustlist_get(&head, &bytes) == -ENOSYS)
    GTEST_SKIP() << "an emulator: the kernel has no lists of robust mutexes";
  robustmutex first, second;
  run([&] {
    EXPECT_EQ(pthread_mutex_lock(first), 0);
    EXPECT_EQ(pthread_mutex_lock(second), 0);
    EXPECT_EQ(pthread_mutex_unlock(second), 0);
  });
  EXPECT_EQ(pthread_mutex_lock(first), EOWNERDEAD);
  EXPECT_EQ(pthread_mutex_consistent(first), 0);
  EXPECT_EQ(pthread_mutex_unlock(first), 0);
  EXPECT_EQ(pthread_mutex_lock(second), 0);
  EXPECT_EQ(pthread_mutex_unlock(second), 0);
}

TEST(Osproc, RobustMutexExcludes) {  // [ROBUST] by any kernel
  robustmutex mutex;
  int n = 0;
  runall(8, [&](int) {
    for (int i = 0; i < 1000; i++) {
      n += 1 + pthread_mutex_lock(mutex);
      pthread_mutex_unlock(mutex);
    }
  });
  EXPECT_EQ(n, 8000);
}

TEST(Osproc, TheThreadKnowsThatItIsNotAlone) {  // [MULTI]
  if (rt::osproc_backend() != rt::osbackend::raw)
    GTEST_SKIP() << "libc's own business";
  run([] {
    const auto* self = reinterpret_cast<const rt::tcbhead*>(::pthread_self());
    EXPECT_EQ(self->multiple_threads, 1);  // few, rare paths of libc look at it
  });
}

struct guards {
  std::uintptr_t stack, pointer;
};

guards readguards() {
#if defined(__aarch64__)
  return {1, 1};  // all threads have the same
#else
  const auto* self = reinterpret_cast<const rt::tcbhead*>(::pthread_self());
  return {self->stack_guard, self->pointer_guard};
#endif
}

TEST(Osproc, GuardsAreTheProcesss) {  // [GUARD]
  const guards here = readguards();
  EXPECT_NE(here.pointer, 0u);
  run([here] {
    EXPECT_EQ(readguards().stack, here.stack);
    EXPECT_EQ(readguards().pointer, here.pointer);
    std::jmp_buf env;  // holds mangled pointers
    volatile int n = 0;
    if (setjmp(env) < 3) {
      n = n + 1;
      std::longjmp(env, n);
    }
    EXPECT_EQ(n, 3);
  });
}

TEST(Osproc, Exceptions) {
  std::exception_ptr travelling;
  run([&travelling] {
    try {
      try {
        std::string().at(1);
        FAIL();
      } catch (const std::out_of_range&) {
        EXPECT_EQ(std::uncaught_exceptions(), 0);
        std::throw_with_nested(std::runtime_error("outer"));
      }
    } catch (const std::runtime_error& e) {
      EXPECT_STREQ(e.what(), "outer");
      EXPECT_THROW(std::rethrow_if_nested(e), std::out_of_range);
      travelling = std::current_exception();
    }
  });
  run([&travelling] {
    EXPECT_THROW(std::rethrow_exception(travelling), std::runtime_error);
  });
  travelling = nullptr;
}

TEST(Osproc, ExceptionsFromManyThreadsAtOnce) {
  std::atomic<int> caught{0};
  runall(16, [&caught](int self) {
    for (int i = 0; i < 50; i++) try {
        throw std::to_string(self);
      } catch (const std::string& s) {
        if (s == std::to_string(self)) caught++;
      }
  });
  EXPECT_EQ(caught, 16 * 50);
}

TEST(Osproc, ThreadLocalsAreMadeAndDestroyed) {  // [TLS] [EXIT]
  counted::alive = 0;
  std::atomic<int> wrong{0};
  for (int round = 0; round < 3; round++)  // on used memory the second time
    runall(8, [&wrong](int self) {
      if (plain != 42) wrong++;
      plain = self;
      if (object.text.substr(0, 6) != "a text") wrong++;
      object.text = std::string(1000, 'y');
      if (counted::alive < 1) wrong++;
      sys::osyield();
      if (plain != self) wrong++;
    });
  EXPECT_EQ(wrong, 0);
  EXPECT_EQ(counted::alive, 0);
}

pthread_key_t firstkey, secondkey;
std::atomic<int> keysdestroyed{0};

void destroysecond(void* v) { keysdestroyed += *static_cast<int*>(v); }

void destroyfirst(void* v) {
  static int ten = 10;
  destroysecond(v);
  pthread_setspecific(secondkey, &ten);  // wants to be destroyed as well
}

TEST(Osproc, PthreadKeysAreDestroyed) {  // [EXIT]
  // Many keys, so that the last lies outside of a thread's first block of them.
  std::vector<pthread_key_t> between(40);
  keysdestroyed = 0;
  ASSERT_EQ(pthread_key_create(&firstkey, destroyfirst), 0);
  for (pthread_key_t& k : between)
    ASSERT_EQ(pthread_key_create(&k, nullptr), 0);
  ASSERT_EQ(pthread_key_create(&secondkey, destroysecond), 0);
  for (int i = 0; i < 3; i++)
    run([&between] {
      static int one = 1;
      EXPECT_EQ(pthread_getspecific(firstkey), nullptr);
      EXPECT_EQ(pthread_getspecific(between[5]), nullptr);
      EXPECT_EQ(pthread_getspecific(secondkey), nullptr);
      EXPECT_EQ(pthread_setspecific(firstkey, &one), 0);
      EXPECT_EQ(pthread_setspecific(between[5], &one), 0);
    });
  EXPECT_EQ(keysdestroyed, 33);
  pthread_key_delete(firstkey);
  for (pthread_key_t k : between) pthread_key_delete(k);
  pthread_key_delete(secondkey);
}

TEST(Osproc, AnObjectMadeByAKeysDestructorIsDestroyed) {  // [EXIT]
  if (rt::osproc_backend() != rt::osbackend::raw)
    GTEST_SKIP() << "libc's own threads leave it";
  counted::alive = 0;
  ASSERT_EQ(pthread_key_create(&firstkey, [](void*) { object.text = "late"; }),
            0);
  for (int i = 0; i < 3; i++)
    run([] { EXPECT_EQ(pthread_setspecific(firstkey, &firstkey), 0); });
  EXPECT_EQ(counted::alive, 0);
  pthread_key_delete(firstkey);
}

TEST(Osproc, Iostream) {
  std::ofstream null("/dev/null");
  std::atomic<int> wrong{0};
  std::mutex lock;
  runall(16, [&](int self) {
    std::ostringstream out;
    out << "thread " << self << ' ' << 1.25 << ' ' << std::hex << 255;
    if (out.str() != "thread " + std::to_string(self) + " 1.25 ff") wrong++;
    int number = 0;
    std::istringstream("17") >> number;
    if (number != 17) wrong++;
    const std::lock_guard hold(lock);
    null << out.str() << std::endl;
  });
  EXPECT_EQ(wrong, 0);
}

TEST(Osproc, StdioLinesDoNotMix) {  // [MULTI]
  std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::tmpfile(),
                                                       std::fclose);
  ASSERT_NE(file, nullptr);
  runall(8, [&file](int self) {
    for (int i = 0; i < 200; i++)
      std::fprintf(file.get(), "%d %s\n", self, "0123456789012345678901234567");
  });
  std::rewind(file.get());
  char line[100];
  int lines = 0;
  while (std::fgets(line, sizeof line, file.get()) != nullptr) {
    EXPECT_STREQ(line + 1, " 0123456789012345678901234567\n");
    lines++;
  }
  EXPECT_EQ(lines, 8 * 200);
}

TEST(Osproc, GetaddrinfoOfLocalhost) {  // [RESOLV]
  std::atomic<int> right{0};
  runall(8, [&right](int) {
    addrinfo hints{};
    hints.ai_socktype = SOCK_STREAM;
    addrinfo* found = nullptr;
    if (::getaddrinfo("localhost", "80", &hints, &found) != 0) return;
    if (found != nullptr) right++;
    ::freeaddrinfo(found);
  });
  EXPECT_EQ(right, 8);
}

extern "C" void* __res_state();

TEST(Osproc, ResolverStateIsTheThreadsOwn) {  // [RESOLV]
  void* const here = __res_state();
  run([here] {
    void* const there = __res_state();
    EXPECT_NE(there, here);
    run([there] { EXPECT_NE(__res_state(), there); });
  });
}

TEST(Osproc, NestedStdThread) {
  run([] {
    int n = 0;
    std::thread([&n] { thread([&n] { n = 5; }).joinall(); }).join();
    EXPECT_EQ(n, 5);
  });
}

TEST(Osproc, SchedGetcpuFollowsTheThread) {  // [RSEQ]
  cpu_set_t all;
  ASSERT_EQ(::sched_getaffinity(0, sizeof all, &all), 0);
  run([&all] {
    for (int cpu = 0; cpu < CPU_SETSIZE; cpu++) {
      if (!CPU_ISSET(cpu, &all)) continue;
      cpu_set_t one;
      CPU_ZERO(&one);
      CPU_SET(cpu, &one);
      ASSERT_EQ(::sched_setaffinity(0, sizeof one, &one), 0);
      EXPECT_EQ(::sched_getcpu(), cpu);
    }
  });
}

TEST(Osproc, ForkFromTheThread) {  // [LIST]
  for (int i = 0; i < 3; i++)
    run([] {
      const pid_t child = ::fork();
      if (child == 0) {
        bool right = ::getpid() == sys::getpid();
        right &= std::isdigit(std::to_string(::getpid())[0]) != 0;
        right &= emulated() || sys::threadcount() == 1;
        if (!kTsan)  // it allows no threads here
          std::thread([&right] { right = right && plain == 42; }).join();
        if (::fork() == 0) ::_exit(8);
        int status = 0;
        ::wait(&status);
        ::_exit(right && WEXITSTATUS(status) == 8 ? 7 : 1);
      }
      int status = 0;
      ASSERT_EQ(::waitpid(child, &status, 0), child);
      EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 7) << status;
    });
}

}  // namespace
