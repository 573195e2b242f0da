// tests/abi/prog/polls.cc - the poller: each edge once, and who breaks a wait; and
// waits for one descriptor without it.
#include "sys/bsd/file.h"
#include "sys/io.h"
#include "sys/poller.h"
#include "tests/abi/prog/prog.h"

namespace {

constexpr std::int64_t kMs = 1'000'000;
sys::pollready out[sys::kPollBatch];

void edges(int, char**) {
  sys::poller p;
  CHECKEQ(sys::pollopen(p, sys::pollkind::uring), -ENOSYS);
  CHECKEQ(sys::pollopen(p, sys::pollkind::standard), 0);
  int ends[2];
  CHECKEQ(sys::pipenowait(ends), 0);
  CHECKEQ(sys::read(ends[0], out, 1), -EAGAIN);
  constexpr std::uintptr_t kTag =
      sizeof(void*) == 8 ? static_cast<std::uintptr_t>(0x123456789abcULL)
                         : 0x81234567;
  CHECKEQ(sys::polladd(p, ends[1], 9), 0);
  CHECKEQ(sys::pollwait(p, out, 0), 1);  // writable at once
  CHECK(out[0].tag == 9 && out[0].what == sys::kPollWrite);
  CHECKEQ(sys::polldel(p, ends[1], 9), 0);
  CHECKEQ(sys::polladd(p, ends[0], kTag), 0);
  CHECKEQ(sys::pollwait(p, out, 0), 0);
  const std::int64_t t0 = sys::nanotime();
  CHECKEQ(sys::pollwait(p, out, 3 * kMs), 0);
  CHECK(sys::nanotime() - t0 >= 3 * kMs);
  CHECKEQ(sys::write(ends[1], "x", 1), 1);
  CHECKEQ(sys::pollwait(p, out, -1), 1);
  CHECK(out[0].tag == kTag && out[0].what == sys::kPollRead);
  CHECKEQ(sys::pollwait(p, out, 0), 0);  // an edge is told once
  CHECKEQ(sys::write(ends[1], "y", 1), 1);
  CHECKEQ(sys::pollwait(p, out, -1), 1);
  CHECKEQ(sys::close(ends[1]), 0);
  CHECK(sys::pollwait(p, out, -1) >= 1);  // the end, of either direction
  CHECK((out[0].what & sys::kPollEnd) != 0);
  CHECKEQ(sys::polldel(p, ends[0], kTag), 0);
  CHECK(sys::polldel(p, ends[0], kTag) < 0);
  CHECK(sys::polladd(p, 99, 1) < 0);
  CHECKEQ(sys::close(ends[0]), 0);
}

sys::poller shared;

void broken(int, char**) {
  CHECKEQ(sys::pollopen(shared, sys::pollkind::standard), 0);
  sys::pollbreak(shared);  // the next wait
  CHECKEQ(sys::pollwait(shared, out, -1), 0);
  CHECKEQ(sys::pollwait(shared, out, 0), 0);
  tester t;  // the present one
  CHECK(start(
            t,
            [](tester&) {
              sys::usleep(10'000);
              sys::pollbreak(shared);
            },
            nullptr) > 0);
  CHECKEQ(sys::pollwait(shared, out, -1), 0);
  join(t);
  for (int i = 0; i < 300; i++) sys::pollbreak(shared);
  CHECKEQ(sys::pollwait(shared, out, -1), 0);
  sys::pollbreak(shared);
  CHECKEQ(sys::pollwait(shared, out, -1), 0);
}

int bell;

// It is ready; the time is over; somebody rings, before the wait or during it.
void alone(int, char**) {
  int ends[2];
  CHECKEQ(sys::pipenowait(ends), 0);
  bell = static_cast<int>(sys::wakeopen());
  CHECK(bell >= 0);
  CHECKEQ(sys::readiness(ends[0], ends[1]), std::uint32_t{sys::kPollWrite});
  CHECKEQ(sys::waitone(ends[1], true, bell, -1), 1);
  const int bells[] = {bell, -1};
  for (const int wakefd : bells) {
    const std::int64_t t0 = sys::nanotime();
    CHECKEQ(sys::waitone(ends[0], false, wakefd, 3 * kMs), 0);
    CHECK(sys::nanotime() - t0 >= 3 * kMs);
  }
  for (int i = 0; i < 3; i++) sys::wakeone(bell);
  CHECKEQ(sys::waitone(ends[0], false, bell, -1), 0);
  // That one has taken all three.
  const std::int64_t t1 = sys::nanotime();
  CHECKEQ(sys::waitone(ends[0], false, bell, 3 * kMs), 0);
  CHECK(sys::nanotime() - t1 >= 3 * kMs);
  tester t;
  CHECK(start(
            t,
            [](tester&) {
              sys::usleep(10'000);
              sys::wakeone(bell);
            },
            nullptr) > 0);
  CHECKEQ(sys::waitone(ends[0], false, bell, -1), 0);
  join(t);
  CHECKEQ(sys::write(ends[1], "x", 1), 1);
  CHECKEQ(sys::waitone(ends[0], false, bell, -1), 1);
  CHECKEQ(sys::readiness(ends[0], ends[1]),
          std::uint32_t{sys::kPollRead | sys::kPollWrite});
  CHECKEQ(sys::close(bell), 0);
  CHECKEQ(sys::close(ends[0]), 0);
  CHECK(sys::waitone(ends[1], true, -1, -1) == 1);  // an error counts
  CHECKEQ(sys::close(ends[1]), 0);
}

}  // namespace

const scenario kPolls[] = {
    {"edges", edges},
    {"broken", broken},
    {"alone", alone},
    {nullptr, nullptr},
};
