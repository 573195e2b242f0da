// tests/abi/core/main.cc - a run of burrow's own core: ms by newthread, goroutines
// that pass values, park and are woken, sleep, wait for a descriptor, and get a
// signal; and its end.
#include <cerrno>
#include <csignal>
#include <cstdint>

#include "burrow/chan.h"
#include "burrow/go.h"
#include "burrow/signals.h"
#include "burrow/time.h"
#include "runtime/netpoll/netpoll.h"
#include "sys/bsd/file.h"
#include "sys/io.h"
#include "sys/os.h"
#include "sys/sig.h"

namespace sys = burrow::sys;
namespace rt = burrow::rt;

[[noreturn]] void core_failed(const char* what);
void core_firstblock(char* sp);

#define STRING2(x) #x
#define STRING(x) STRING2(x)
#define CHECK(x) \
  ((x) ? void() : core_failed(__FILE__ ":" STRING(__LINE__) ": " #x))

namespace {

constexpr int kValues = 200;

// Values through a chain: each is a park and a wake-up of two goroutines.
void values() {
  constexpr int kStages = 4;
  auto first = burrow::make_chan<int>(), in = first;
  for (int i = 0; i < kStages; i++) {
    auto out = burrow::make_chan<int>(static_cast<std::size_t>(i % 2));
    burrow::go([in, out] {
      for (int k = 0; k < kValues; k++) out.send(*in.recv() + 1);
    });
    in = out;
  }
  burrow::go([first] {
    for (int k = 0; k < kValues; k++) first.send(k);
  });
  for (int k = 0; k < kValues; k++) CHECK(*in.recv() == k + kStages);
}

// Two goroutines that wait for each other without parking: two ms run at once.
void together() {
  std::atomic<int> here{0};
  auto done = burrow::make_chan<int>();
  for (int i = 0; i < 2; i++)
    burrow::go([&] {
      here.fetch_add(1);
      while (here.load() < 2) {
      }
      done.send(1);
    });
  done.recv();
  done.recv();
}

// All sleep: an m waits for the timer.
void naps() {
  const std::int64_t t0 = sys::nanotime();
  burrow::sleep_for(std::chrono::milliseconds(5));
  CHECK(sys::nanotime() - t0 >= 5'000'000);
}

// One goroutine waits for a pipe that another fills.
void pipes() {
  int ends[2];
  CHECK(sys::pipenowait(ends) == 0);
  rt::polldesc* pd = nullptr;
  CHECK(rt::netpollopen(ends[0], pd) == 0);
  const auto done = burrow::make_chan<int>();
  burrow::go([&] {
    char c = 0;
    for (int i = 0; i < 3; i++) {
      std::int64_t r;
      do {
        // What comes after this look sets it again.
        pd->readyat(rt::polldir::read).store(false);
        r = sys::read(ends[0], &c, 1);
        if (r == -EAGAIN)
          CHECK(rt::pollwait(pd, rt::polldir::read) == rt::pollresult::ready);
      } while (r == -EAGAIN);
      CHECK(r == 1 && c == 'a' + i);
    }
    done.send(1);
  });
  for (int i = 0; i < 3; i++) {
    burrow::sleep_for(std::chrono::milliseconds(2));
    const char c = static_cast<char>('a' + i);
    CHECK(sys::write(ends[1], &c, 1) == 1);
  }
  done.recv();
  rt::netpollevict(pd);
  rt::netpollclose(pd);
  CHECK(sys::close(ends[0]) == 0);
  CHECK(sys::close(ends[1]) == 0);
}

void signals() {
  auto c = burrow::make_chan<int>(1);
  burrow::signals::notify(c, {SIGUSR1});
  for (int i = 0; i < 3; i++) {
    CHECK(sys::kill(sys::getpid(), SIGUSR1) == 0);
    CHECK(*c.recv() == SIGUSR1);
  }
  burrow::signals::stop(c);
}

}  // namespace

extern "C" {
extern void (*__init_array_start[])();
extern void (*__init_array_end[])();

[[noreturn]] void core_start(const std::uintptr_t* sp) {
  core_firstblock(static_cast<char*>(__builtin_frame_address(0)));
  for (auto** fn = __init_array_start; fn != __init_array_end; fn++) (*fn)();
  // With an argument there is one m alone, and no thread for signals.
  const bool few = sp[0] > 1;
  burrow::options o;
  o.maxprocs = 2;
  burrow::run(
      [few] {
        values();
        if (!few) together();
        naps();
        pipes();
        if (!few) signals();
      },
      o);
  sys::write(1, "ok\n", 3);
  sys::exitprocess(0);
}
}
