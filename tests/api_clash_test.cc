// tests/api_clash_test.cc - burrow beside POSIX in one namespace.
//
// A program that includes the headers below and says `using namespace burrow`
// can call every name of burrow and of POSIX unqualified. The calls here are
// all unqualified on purpose: it is overload resolution that is tested. Most of
// the test is that it compiles; the rest, that the right function was called.
#include <fcntl.h>
#include <semaphore.h>
#include <signal.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <thread>

#include "burrow/burrow.h"
// The POSIX headers must come first.
#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <chrono>
#include <memory>
#include <mutex>
#include <optional>
#include <shared_mutex>
#include <stdexcept>
#include <string>
#include <system_error>
#include <unordered_set>
#include <vector>

using namespace burrow;  // NOLINT: this is the test
using namespace std::chrono_literals;

namespace {

// in_run runs body as the main goroutine.
template <class F>
void in_run(F body) {
  EXPECT_EQ(run(body, options{.maxprocs = 2, .stack_size = 0}), 0);
}

TEST(Clash, ProgramAndGoroutines) {
  EXPECT_EQ(run([] { return 7; }), 7);
  in_run([] {
    EXPECT_EQ(maxprocs(), 2);
    EXPECT_GE(num_cpu(), 1);
    EXPECT_EQ(num_goroutine(), 1);
    EXPECT_NE(goid(), 0u);
    EXPECT_FALSE(debug::stack().empty());
    debug::dump_goroutines(-1);

    auto c = make_chan<int>();
    go([c](int v) { c.send(v); }, 1);
    go(
        go_options{.name = "named", .stack_size = 128 * 1024},
        [c](std::unique_ptr<int> v) { c.send(*v); }, std::make_unique<int>(2));
    EXPECT_EQ(c.recv().value() + c.recv().value(), 3);

    future<int> f = async([](int v) { return v; }, 3);
    f.wait();
    f.done().recv();
    EXPECT_EQ(f.get(), 3);
    EXPECT_THROW(f.get(), std::logic_error);

    bool left = false, cleaned = false;
    wait_group ending;
    ending.add(1);
    go([&] {
      defer done{[&] { ending.done(); }};
      defer clean{[&] { cleaned = true; }};
      goexit();
      left = true;
    });
    ending.wait();
    EXPECT_TRUE(cleaned);
    EXPECT_FALSE(left);

    lock_os_thread();
    yield();
    unlock_os_thread();

    local<int> mine{5};
    *mine += 1;
    EXPECT_EQ(*mine, 6);
    EXPECT_EQ(async([&] { return *mine; }).get(), 5);
  });
}

TEST(Clash, Channels) {
  chan<int> none;
  EXPECT_FALSE(none);
  EXPECT_EQ(none.len() + none.cap(), 0u);

  chan<int> c = make_chan<int>(2);
  send_chan<int> in = c;
  recv_chan<int> out = c;
  EXPECT_TRUE(in.try_send(1));
  EXPECT_TRUE(c.try_send(2));
  EXPECT_FALSE(c.try_send(3));
  EXPECT_EQ(c.len(), 2u);
  EXPECT_EQ(c.cap(), 2u);
  EXPECT_EQ(out.try_recv(), 1);
  in.close();
  int sum = 0;
  for (auto& v : out) sum += v;
  EXPECT_EQ(sum, 2);
  EXPECT_EQ(c.recv(), std::nullopt);
  EXPECT_THROW(c.close(), panic_error);
  EXPECT_TRUE(c == c && c != none);
  EXPECT_EQ((std::unordered_set<chan<int>>{c, c, none}.size()), 2u);

  auto signals_only = make_chan<unit>(1);
  signals_only.send({});

  auto moved = make_chan<std::unique_ptr<int>>(1);
  auto value = std::make_unique<int>(4);
  EXPECT_TRUE(moved.try_send(value));
  EXPECT_EQ(value, nullptr);
  value = std::make_unique<int>(5);
  EXPECT_FALSE(moved.try_send(value));
  EXPECT_NE(value, nullptr);
}

TEST(Clash, Select) {
  auto c = make_chan<int>(1);
  std::optional<int> got;
  int handled = 0;
  EXPECT_EQ(select(recv(c), otherwise()), 1u);
  EXPECT_EQ(select(recv(c), otherwise([&] { ++handled; })), 1u);
  EXPECT_EQ(select(send(c, 1)), 0u);
  EXPECT_EQ(select(send(c, 1), recv(c, got)), 1u);
  EXPECT_EQ(got, 1);
  EXPECT_EQ(select(send(c, 2, [&] { ++handled; })), 0u);
  EXPECT_EQ(select(recv(c, [&](std::optional<int> v) { handled += *v; })), 0u);
  EXPECT_EQ(handled, 4);

  std::vector<select_case> cases;
  cases.emplace_back(recv(c, [&] { ++handled; }));
  cases.emplace_back(send(c, 3));
  EXPECT_EQ(select(cases), 1u);
  EXPECT_EQ(select(cases), 0u);
  EXPECT_EQ(handled, 5);

  // select() with no case never returns: named, not called.
  [[maybe_unused]] std::size_t (*for_ever)() = select;
}

TEST(Clash, Synchronisation) {
  in_run([] {
    mutex m;
    { std::lock_guard<mutex> lock(m); }
    EXPECT_TRUE(m.try_lock());
    m.unlock();

    rw_mutex rw;
    { std::shared_lock<rw_mutex> lock(rw); }
    EXPECT_TRUE(rw.try_lock_shared());
    rw.unlock_shared();
    EXPECT_TRUE(rw.try_lock());
    rw.unlock();

    int calls = 0;
    once first;
    for (int i = 0; i < 2; ++i) first.call([&] { ++calls; });
    auto computed = once_value([&] { return ++calls; });
    EXPECT_EQ(computed() + computed(), 4);

    wait_group group;
    cond changed;
    bool ready = false;
    group.go([&] {
      std::unique_lock<mutex> lock(m);
      changed.wait(lock, [&] { return ready; });
    });
    {
      std::lock_guard<mutex> lock(m);
      ready = true;
    }
    changed.notify_one();
    changed.notify_all();
    group.wait();

    semaphore slots(2);
    slots.acquire(2);
    EXPECT_FALSE(slots.try_acquire(1));
    slots.release(1);
    EXPECT_EQ(slots.acquire(1, background()), std::error_code());

    error_group tasks;
    tasks.set_limit(2);
    tasks.go([] { throw panic_error("wrong"); });
    EXPECT_THROW(tasks.wait(), panic_error);

    auto [all, ctx] = error_group::with_context(background());
    all.go([] {});
    all.wait();
    EXPECT_EQ(ctx.err(), errc::canceled);
    EXPECT_EQ(ctx.err(), std::errc::operation_canceled);
  });
}

TEST(Clash, Time) {
  in_run([] {
    time_point start = std::chrono::steady_clock::now();
    sleep_for(1ms);
    sleep_until(start + 2ms);
    EXPECT_GE(after(1ms).recv().value(), start + 3ms);
    EXPECT_TRUE(tick(1ms).recv());
    EXPECT_FALSE(tick(0ms));

    timer once_only{1h};
    EXPECT_TRUE(once_only.reset(1ms));
    EXPECT_TRUE(once_only.c().recv());
    EXPECT_FALSE(once_only.stop());

    auto fired = make_chan<unit>();
    timer call = after_func(1ms, [fired] { fired.close(); });
    fired.recv();
    EXPECT_FALSE(call.stop());

    ticker again{1ms};
    again.c().recv();
    again.reset(2ms);
    again.c().recv();
    again.stop();
    EXPECT_THROW(ticker{0ms}, panic_error);
  });
}

TEST(Clash, Context) {
  in_run([] {
    context root = background();
    auto [a, cancel_a] = with_cancel(root);
    auto [b, cancel_b] = with_cancel_cause(a);
    auto [c, cancel_c] = with_timeout(b, 1h);
    auto [d, cancel_d] =
        with_deadline(c, std::chrono::steady_clock::now() + 1ms);
    context e = with_value(c, std::string("key"), 5);
    EXPECT_EQ(e.value<int>(std::string("key")), 5);
    EXPECT_TRUE(c.deadline());
    EXPECT_FALSE(b.deadline());

    d.done().recv();
    EXPECT_EQ(d.err(), errc::deadline_exceeded);
    cancel_cause_func copy = cancel_b;
    copy(make_error_code(errc::closed));
    e.done().recv();
    EXPECT_EQ(e.err(), errc::canceled);
    EXPECT_EQ(e.cause(), errc::closed);
    cancel_func other = cancel_c;
    other();
    cancel_d();
    cancel_a();
  });
}

// The same names as burrow's, or close to them, of POSIX.

TEST(Clash, PosixSelectSendRecv) {
  std::array<int, 2> ends{};
  ASSERT_EQ(socketpair(AF_UNIX, SOCK_STREAM, 0, ends.data()), 0);
  char byte = 'x';
  EXPECT_EQ(send(ends[0], &byte, 1, 0), 1);

  fd_set readable;
  FD_ZERO(&readable);
  FD_SET(ends[1], &readable);
  timeval limit{10, 0};
  EXPECT_EQ(select(ends[1] + 1, &readable, nullptr, nullptr, &limit), 1);

  byte = 0;
  EXPECT_EQ(recv(ends[1], &byte, 1, 0), 1);
  EXPECT_EQ(byte, 'x');
  EXPECT_EQ(shutdown(ends[0], SHUT_RDWR), 0);
  EXPECT_EQ(close(ends[0]) + close(ends[1]), 0);
}

TEST(Clash, PosixFilesProcessesAndTime) {
  int fds[2];
  ASSERT_EQ(pipe(fds), 0);
  EXPECT_EQ(fcntl(fds[0], F_SETFD, FD_CLOEXEC), 0);
  EXPECT_EQ(write(fds[1], "y", 1), 1);
  char byte = 0;
  EXPECT_EQ(read(fds[0], &byte, 1), 1);
  EXPECT_EQ(byte, 'y');
  const int copy = dup2(fds[0], fds[1]);
  EXPECT_EQ(copy, fds[1]);
  EXPECT_EQ(close(fds[0]) + close(fds[1]), 0);

  const pid_t child = fork();
  if (child == 0) _exit(3);
  int status = 0;
  EXPECT_EQ(waitpid(child, &status, 0), child);
  EXPECT_EQ(WEXITSTATUS(status), 3);
  EXPECT_EQ(kill(getpid(), 0), 0);
  EXPECT_EQ(wait(&status), -1);

  EXPECT_GT(time(nullptr), 0);
  timespec now{};
  EXPECT_EQ(clock_gettime(CLOCK_MONOTONIC, &now), 0);
  EXPECT_EQ(usleep(1) + static_cast<int>(sleep(0)), 0);
  EXPECT_EQ(alarm(0), 0u);
}

volatile sig_atomic_t signalled = 0;

TEST(Clash, PosixSignalsThreadsAndSemaphores) {
  auto* const old = signal(SIGUSR1, [](int) { signalled = 1; });
  EXPECT_EQ(raise(SIGUSR1), 0);
  EXPECT_EQ(signalled, 1);
  signal(SIGUSR1, old);
  sigset_t none;
  EXPECT_EQ(sigemptyset(&none), 0);

  sem_t available;
  ASSERT_EQ(sem_init(&available, 0, 0), 0);
  std::thread poster([&] {
    std::this_thread::yield();
    sem_post(&available);
  });
  EXPECT_EQ(sem_wait(&available), 0);
  poster.join();
  EXPECT_EQ(sem_destroy(&available), 0);
  EXPECT_GE(sched_yield(), 0);
}

}  // namespace
