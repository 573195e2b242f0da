// tests/osproc_test.cc - ordinary C++ on newosproc's threads, one promise a test.
//
// The same tests hold for both backends (build option osproc). No scheduler: a
// thread is run to its end by the small class below.
#include "runtime/os/osproc.h"

#include <gtest/gtest.h>
#include <netdb.h>
#include <pthread.h>
#include <sched.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>
#include <unwind.h>

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <clocale>
#include <csetjmp>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <exception>
#include <fstream>
#include <functional>
#include <memory>
#include <mutex>
#include <sstream>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "sys/os.h"

namespace rt = burrow::rt;
namespace sys = burrow::sys;

namespace {

#if defined(__has_feature)
#define HAS_SANITIZER(name) __has_feature(name)
#else
#define HAS_SANITIZER(name) 0
#endif
#if defined(__SANITIZE_THREAD__) || HAS_SANITIZER(thread_sanitizer)
constexpr bool kTsan = true;
#else
constexpr bool kTsan = false;
#endif
#if defined(__SANITIZE_ADDRESS__) || HAS_SANITIZER(address_sanitizer)
constexpr bool kSanitizer = true;
#else
constexpr bool kSanitizer = kTsan;
#endif

constexpr std::size_t kStack = 256 * 1024;

// An osthread of the tests: runs f, can be joined.
class thread {
 public:
  explicit thread(std::function<void()> f, std::size_t stackbytes = kStack)
      : state_(std::make_shared<state>()) {
    state_->f = std::move(f);
    auto* arg = new std::shared_ptr<state>(state_);
    const std::int64_t err = rt::newosproc(main, arg, stackbytes);
    if (err == 0) return;
    delete arg;
    throw std::runtime_error("newosproc: " + std::to_string(err));
  }
  ~thread() { join(); }
  thread(thread&&) = default;
  thread(const thread&) = delete;

  // join waits until f has returned.
  void join() {
    if (state_ == nullptr) return;
    while (state_->done.load(std::memory_order_acquire) == 0)
      sys::futexsleep(&state_->done, 0, -1);
  }

  // joinall waits until the kernel has forgotten the thread.
  void joinall() {
    join();
    while (sys::tgkill(state_->tid, 0) != -ESRCH) sys::osyield();
  }

 private:
  struct state {
    std::function<void()> f;
    std::int64_t tid = 0;
    std::atomic<std::uint32_t> done{0};
  };

  static void main(void* arg) {
    std::unique_ptr<std::shared_ptr<state>> own(
        static_cast<std::shared_ptr<state>*>(arg));
    state& s = **own;
    s.tid = sys::gettid();
    s.f();
    s.f = nullptr;
    s.done.store(1, std::memory_order_release);
    sys::futexwakeup(&s.done, 1);
  }

  std::shared_ptr<state> state_;
};

void run(std::function<void()> f) { thread(std::move(f)).joinall(); }

// runall runs f(0) ... f(n - 1), each on a thread of its own, at once.
void runall(int n, const std::function<void(int)>& f) {
  std::vector<thread> threads;
  for (int i = 0; i < n; i++) threads.emplace_back([&f, i] { f(i); });
  for (thread& t : threads) t.joinall();
}

// ---- libc and libstdc++ ----

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

TEST(Osproc, RobustMutexOutlivesItsOwner) {  // [ROBUST]
  pthread_mutexattr_t attr;
  pthread_mutexattr_init(&attr);
  pthread_mutexattr_setrobust(&attr, PTHREAD_MUTEX_ROBUST);
  pthread_mutex_t first, second;
  pthread_mutex_init(&first, &attr);
  pthread_mutex_init(&second, &attr);
  run([&] {
    EXPECT_EQ(pthread_mutex_lock(&first), 0);
    EXPECT_EQ(pthread_mutex_lock(&second), 0);
    EXPECT_EQ(pthread_mutex_unlock(&second), 0);
  });
  EXPECT_EQ(pthread_mutex_lock(&first), EOWNERDEAD);
  EXPECT_EQ(pthread_mutex_consistent(&first), 0);
  EXPECT_EQ(pthread_mutex_unlock(&first), 0);
  EXPECT_EQ(pthread_mutex_lock(&second), 0);
  EXPECT_EQ(pthread_mutex_unlock(&second), 0);
  pthread_mutex_destroy(&first);
  pthread_mutex_destroy(&second);
  pthread_mutexattr_destroy(&attr);
}

TEST(Osproc, TheThreadKnowsThatItIsNotAlone) {  // [MULTI]
  if (rt::osproc_backend() != rt::osbackend::raw)
    GTEST_SKIP() << "libc's own business";
  run([] {
    std::int32_t multiplethreads;  // what few, rare paths of libc look at
    asm volatile("movl %%fs:0x18, %0" : "=r"(multiplethreads));
    EXPECT_EQ(multiplethreads, 1);
  });
}

struct guards {
  std::uintptr_t stack, pointer;
};

guards readguards() {
  guards g;
  asm volatile("movq %%fs:0x28, %0\n\tmovq %%fs:0x30, %1"
               : "=r"(g.stack), "=r"(g.pointer));
  return g;
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

struct counted {
  counted() { alive++; }
  ~counted() {
    alive--;
    text.clear();
  }
  std::string text = "a text too long for the small string optimisation";
  static std::atomic<int> alive;
};
std::atomic<int> counted::alive{0};

thread_local int plain = 42;
thread_local counted object;

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
        const std::string s = std::to_string(::getpid());
        bool right = s == std::to_string(sys::getpid()) &&
                     sys::threadcount() == 1 && std::isdigit(s[0]) != 0;
        if (!kTsan)  // it allows no threads here
          std::thread([&right] { right = right && plain == 42; }).join();
        pid_t grandchild = ::fork();
        if (grandchild == 0) ::_exit(8);
        int status = 0;
        ::waitpid(grandchild, &status, 0);
        ::_exit(right && WEXITSTATUS(status) == 8 ? 7 : 1);
      }
      int status = 0;
      ASSERT_EQ(::waitpid(child, &status, 0), child);
      EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 7) << status;
    });
}

TEST(Osproc, PthreadSelfAndSignalsToIt) {  // [TID]
  static std::atomic<int> got{0};
  got = 0;
  struct sigaction action {
  }, old;
  action.sa_handler = [](int) { got++; };
  ASSERT_EQ(::sigaction(SIGUSR2, &action, &old), 0);
  run([] {
    EXPECT_TRUE(pthread_equal(pthread_self(), pthread_self()));
    EXPECT_EQ(pthread_kill(pthread_self(), SIGUSR2), 0);
    EXPECT_EQ(got, 1);
    EXPECT_EQ(::raise(SIGUSR2), 0);
    EXPECT_EQ(got, 2);
  });
  ::sigaction(SIGUSR2, &old, nullptr);
}

// ---- Signals ----

sigset_t maskhere() {
  sigset_t mask;
  pthread_sigmask(SIG_SETMASK, nullptr, &mask);
  return mask;
}

bool samemask(const sigset_t& a, const sigset_t& b) {
  for (int sig = 1; sig <= SIGRTMAX; sig++)
    if (sigismember(&a, sig) != sigismember(&b, sig)) return false;
  return true;
}

TEST(Osproc, SignalMaskIsTheCreators) {
  const sigset_t before = maskhere();
  sigset_t some = before;
  sigaddset(&some, SIGUSR1);
  sigaddset(&some, SIGRTMIN);
  sigdelset(&some, SIGUSR2);
  for (const sigset_t& mask : {before, some}) {
    pthread_sigmask(SIG_SETMASK, &mask, nullptr);
    run([&mask] { EXPECT_TRUE(samemask(maskhere(), mask)); });
    EXPECT_TRUE(samemask(maskhere(), mask));
  }
  rt::newosproc_fail_after = 0;
  EXPECT_EQ(rt::newosproc([](void*) {}, nullptr, kStack), -EAGAIN);
  rt::newosproc_fail_after = -1;
  EXPECT_TRUE(samemask(maskhere(), some));
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

thread_local int handled = 0;

// A handler that uses what a half-made thread does not have.
void busyhandler(int) {
  const int saved = errno;
  handled++;
  errno = saved + (std::isalpha('x') != 0 ? 0 : 1);
}

TEST(Osproc, SignalsDuringCreationAndEnd) {
  struct sigaction action {
  }, old;
  action.sa_handler = busyhandler;
  action.sa_flags = SA_RESTART;
  ASSERT_EQ(::sigaction(SIGUSR1, &action, &old), 0);
  std::atomic<bool> stop{false};
  sigset_t usr1, before;
  sigemptyset(&usr1);
  sigaddset(&usr1, SIGUSR1);
  pthread_sigmask(SIG_BLOCK, &usr1, &before);
  std::thread sender([&stop] {
    while (!stop) {
      ::kill(::getpid(), SIGUSR1);  // to any thread that does not block it
      sys::usleep(20);
    }
  });
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  std::atomic<int> wrong{0};
  for (int i = 0; i < 100; i++)
    runall(2, [&wrong](int) {
      errno = 5;
      object.text = "z";
      sys::osyield();
      if (errno != 5) wrong++;
    });
  stop = true;
  sender.join();
  ::sigaction(SIGUSR1, &old, nullptr);
  EXPECT_EQ(wrong, 0);
}

// ---- Stacks ----

bool within(const void* at, const void* lo, const void* hi) {
  return std::less_equal<>()(lo, at) && std::less<>()(at, hi);
}

void expectonstack(std::size_t least) {
  void *lo = nullptr, *hi = nullptr;
  rt::osthread_stack(&lo, &hi);
  const int here = 0;
  EXPECT_TRUE(within(__builtin_frame_address(0), lo, hi));
  if (!kSanitizer) {  // a sanitizer may keep variables elsewhere
    EXPECT_TRUE(within(&here, lo, hi));
  }
  EXPECT_GE(static_cast<std::size_t>(static_cast<char*>(hi) -
                                     static_cast<char*>(lo)) +
                sys::pagesize(),
            least);
}

TEST(Osproc, StackBounds) {
  expectonstack(kStack);
  std::thread([] { expectonstack(kStack); }).join();
  for (std::size_t bytes : {kStack, std::size_t{1} << 20, kStack + 1})
    thread([bytes] { expectonstack(bytes); }, bytes).joinall();
}

TEST(Osproc, TheWholeStackCanBeUsed) {
  run([] {
    void *lo, *hi;
    rt::osthread_stack(&lo, &hi);
    auto* const at = static_cast<volatile char*>(lo);
    const char old = *at;
    *at = 1;
    *at = old;
  });
}

TEST(Osproc, PthreadGetattrNpTellsTheTruth) {  // [STACK]
  run([] {
    void *lo, *hi;
    rt::osthread_stack(&lo, &hi);
    pthread_attr_t attr;
    ASSERT_EQ(pthread_getattr_np(pthread_self(), &attr), 0);
    void* at = nullptr;
    std::size_t bytes = 0;
    EXPECT_EQ(pthread_attr_getstack(&attr, &at, &bytes), 0);
    EXPECT_EQ(at, lo);
    EXPECT_EQ(static_cast<char*>(at) + bytes, hi);
    pthread_attr_destroy(&attr);
  });
}

TEST(Osproc, ASmallStackIsRoundedUp) {
  for (std::size_t bytes : {0, 1, 4097})
    thread([] { expectonstack(64 * 1024); }, bytes).joinall();
}

TEST(Osproc, AnAbsurdStackIsRefused) {
  EXPECT_LT(rt::newosproc([](void*) {}, nullptr, std::size_t{1} << 60), 0);
  EXPECT_LT(rt::newosproc([](void*) {}, nullptr, ~std::size_t{0}), 0);
}

_Unwind_Reason_Code countframe(_Unwind_Context*, void* n) {
  ++*static_cast<int*>(n);
  return _URC_NO_REASON;
}

TEST(Osproc, UnwindingEndsAtTheStart) {
  run([] {
    int frames = 0;
    EXPECT_EQ(_Unwind_Backtrace(countframe, &frames), _URC_END_OF_STACK);
    EXPECT_GT(frames, 2);
    EXPECT_LT(frames, 60);
  });
}

class OsprocDeathTest : public ::testing::Test {
 protected:
  // Each death is that of a program started anew: one that forked with other
  // threads' locks held would prove nothing.
  void SetUp() override {
    ::testing::FLAGS_gtest_death_test_style = "threadsafe";
  }
};

TEST_F(OsprocDeathTest, GuardPageBelowTheStack) {
  EXPECT_DEATH(run([] {
                 void *lo, *hi;
                 rt::osthread_stack(&lo, &hi);
                 static_cast<volatile char*>(lo)[-1] = 1;
               }),
               "");
}

TEST_F(OsprocDeathTest, AnExceptionThatLeavesTheThreadEndsTheProcess) {
  EXPECT_DEATH(run([] { throw std::runtime_error("nobody catches this"); }),
               "nobody catches this");
}

TEST_F(OsprocDeathTest, TheFirstDecisionLeavesNoThreadBehind) {
  EXPECT_EXIT(
      {
        const int before = sys::threadcount();
        const rt::osbackend backend = rt::osproc_backend();
        const bool same = sys::threadcount() == before &&
                          rt::osproc_backend() == backend &&
                          *rt::osproc_why() == 0;
        std::_Exit(same ? 4 : 1);
      },
      ::testing::ExitedWithCode(4), "");
}

TEST_F(OsprocDeathTest, TheFirstThreadsMayBeMadeByManyAtOnce) {
  EXPECT_EXIT(
      {
        std::atomic<int> n{0};
        std::vector<std::thread> threads;
        for (int i = 0; i < 8; i++)
          threads.emplace_back([&n] { run([&n] { n++; }); });
        for (std::thread& t : threads) t.join();
        std::_Exit(n == 8 ? 4 : 1);
      },
      ::testing::ExitedWithCode(4), "");
}

thread_local void* onlyhere = nullptr;
std::atomic<std::uint32_t> owning{0};

void ownforever(void* memory) {
  onlyhere = memory;
  owning = 1;
  for (static std::atomic<std::uint32_t> never{0};;)
    sys::futexsleep(&never, 0, -1);
}

// Ends the program beside a thread that alone knows of some memory. The memory
// comes from here: a leak detector trusts what such a thread allocates itself.
[[noreturn]] void exitbesideowners() {
  for (int i = 0; i < 8; i++) {  // one may be found by chance
    owning = 0;
    if (rt::newosproc(ownforever, new char[1000], kStack) != 0) std::exit(1);
    while (owning == 0) sys::osyield();
  }
  std::exit(4);  // a leak detector that finds something changes the code
}

TEST_F(OsprocDeathTest, WhatOnlyALivingThreadOwnsIsNoLeak) {
  EXPECT_EXIT(exitbesideowners(), ::testing::ExitedWithCode(4), "");
}

// ---- The end of threads, and too many of them ----

struct usage {
  long rsskib = 0, vmkib = 0, mappings = 0;
};

usage measure() {
  usage u;
  std::string word;
  for (std::ifstream status("/proc/self/status"); status >> word;) {
    if (word == "VmSize:") status >> u.vmkib;
    if (word == "VmRSS:") status >> u.rsskib;
  }
  std::string line;
  for (std::ifstream maps("/proc/self/maps"); std::getline(maps, line);)
    u.mappings++;
  return u;
}

TEST(Osproc, TenThousandThreadsInTurnDoNotGrowMemory) {  // [REUSE]
  const auto use = [] {
    run([] {
      object.text = std::string(500, 'r');
      std::vector<std::unique_ptr<std::string>> some;
      for (std::size_t i = 0; i < 50; i++)
        some.push_back(std::make_unique<std::string>(i * 10 + 30, 's'));
    });
  };
  for (int i = 0; i < 200; i++) use();
  const usage before = measure();
  for (int i = 0; i < 10'000; i++) use();
  const usage after = measure();
  EXPECT_LT(after.mappings - before.mappings, 100);
  if (kSanitizer) return;  // what has been freed is kept by intention
  EXPECT_LT(after.rsskib - before.rsskib, 2 * 1024);
  EXPECT_LT(after.vmkib - before.vmkib, 200 * 1024);
}

TEST(Osproc, StacksOfManyEndedThreadsAreGivenBack) {
  const auto filled = [](int) {
    char deep[128 * 1024];
    std::memset(deep, 1, sizeof deep);
    asm volatile("" : : "r"(deep) : "memory");
  };
  // All alive at once, so that each has a stack of its own.
  const auto wave = [&filled] {
    std::atomic<std::uint32_t> here{0};
    runall(200, [&](int self) {
      filled(self);
      if (++here == 200) sys::futexwakeup(&here, 200);
      for (std::uint32_t n; (n = here.load()) != 200;)
        sys::futexsleep(&here, n, -1);
    });
    run([] {});  // reclaims
  };
  wave();
  const usage before = measure();
  wave();
  const usage after = measure();
  if (kSanitizer) return;
  EXPECT_LT(after.rsskib - before.rsskib, 4 * 1024);
  EXPECT_LT(after.vmkib - before.vmkib, 200 * 1024);
}

TEST(Osproc, InjectedFailure) {
  rt::newosproc_fail_after = 2;
  std::atomic<std::uint32_t> n{0};
  const auto count = [](void* p) {
    static_cast<std::atomic<std::uint32_t>*>(p)->fetch_add(1);
    sys::futexwakeup(static_cast<std::atomic<std::uint32_t>*>(p), 1);
  };
  EXPECT_EQ(rt::newosproc(count, &n, kStack), 0);
  EXPECT_EQ(rt::newosproc(count, &n, kStack), 0);
  EXPECT_EQ(rt::newosproc(count, &n, kStack), -EAGAIN);
  EXPECT_EQ(rt::newosproc(count, &n, kStack), -EAGAIN);
  rt::newosproc_fail_after = -1;
  EXPECT_EQ(rt::newosproc(count, &n, kStack), 0);
  for (std::uint32_t now; (now = n.load()) != 3;) sys::futexsleep(&n, now, -1);
}

// In a child, which drops the right to exceed its limits. Its first threads are
// made with no room for any, its last ones after that.
int limitedchild() {
  const sigset_t before = maskhere();
  run([] {});
  if (::geteuid() == 0 && (::setgid(65534) != 0 || ::setuid(65534) != 0))
    return 2;
  rlimit limit;
  if (::getrlimit(RLIMIT_NPROC, &limit) != 0) return 3;
  const rlimit none{0, limit.rlim_max};
  if (::setrlimit(RLIMIT_NPROC, &none) != 0) return 4;
  for (int i = 0; i < 100; i++) {
    const std::int64_t err = rt::newosproc([](void*) {}, nullptr, kStack);
    if (err != -EAGAIN) return 5;
  }
  if (!samemask(maskhere(), before)) return 6;
  if (::setrlimit(RLIMIT_NPROC, &limit) != 0) return 7;
  int n = 0;
  run([&n] { n = 1; });
  return n == 1 ? 0 : 8;
}

TEST(Osproc, EagainAtTheLimitOnThreads) {
  run([] {});
  const pid_t child = ::fork();
  if (child == 0) ::_exit(limitedchild());
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  ASSERT_TRUE(WIFEXITED(status));
  EXPECT_EQ(WEXITSTATUS(status), 0);
}

}  // namespace
