// sys/linux/uring.h - a ring of io_uring: the kernel's structures and calls.
//
// The kernel and we share two rings of memory. We write entries (sqe) and move the
// submission ring's tail, the kernel its head; the completions (cqe) go the other
// way. Each index is written by one side only: release by who writes, acquire by
// who reads, and that orders what the entries hold.
//
// Any thread may use a ring. Submissions, the system call included, are made
// under `submitting`: so a submission that the kernel refuses can be taken back.
// Completions are taken under `reaping`, which is held for copying alone. Nobody
// waits for the kernel with either held.
//
// Rejected: liburing, which wants libc. IORING_SETUP_SINGLE_ISSUER, DEFER_TASKRUN
// and COOP_TASKRUN, which make completions cheaper: they come only when the
// thread that submitted enters the kernel, and here that may be one whose
// goroutine computes for long while others wait for its descriptors.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>

#include "sys/linux/syscall.h"

namespace burrow::sys {

// The kernel's struct io_uring_sqe.
struct sqe {
  std::uint8_t opcode = 0;
  std::uint8_t flags = 0;
  std::uint16_t ioprio = 0;
  std::int32_t fd = -1;
  std::uint64_t off = 0;
  std::uint64_t addr = 0;
  std::uint32_t len = 0;
  std::uint32_t opflags = 0;
  std::uint64_t userdata = 0;
  std::uint64_t unused[3] = {};
};
static_assert(sizeof(sqe) == 64);

// The kernel's struct io_uring_cqe.
struct cqe {
  std::uint64_t userdata;
  std::int32_t res;
  std::uint32_t flags;
};
static_assert(sizeof(cqe) == 16);

inline constexpr std::uint8_t kOpPollAdd = 6, kOpMsgRing = 40;
inline constexpr std::uint32_t kPollMulti = 1;  // sqe::len of a poll
inline constexpr std::uint32_t kCqeMore = 2;  // more of this request will come

// A mutex for threads that may block, as os.h's futex makes it. Word: 0 free, 1
// held, 2 held and perhaps waited for.
class futexmutex {
 public:
  void lock() noexcept;
  void unlock() noexcept;

 private:
  std::atomic<std::uint32_t> word_{0};
};

struct uring {
  int fd = -1;
  std::uint32_t waitflags = 0;  // of io_uring_enter, for who waits
  sqe* sqes = nullptr;
  std::atomic<std::uint32_t>* sqtail = nullptr;
  std::uint32_t sqmask = 0;
  const std::atomic<std::uint32_t>* sqflags = nullptr;
  const cqe* cqes = nullptr;
  std::atomic<std::uint32_t>* cqhead = nullptr;  // stored under reaping
  const std::atomic<std::uint32_t>* cqtail = nullptr;
  std::uint32_t cqmask = 0;
  char* ring = nullptr;  // what is mapped, and at sqes
  std::size_t ringbytes = 0;
  std::size_t sqebytes = 0;

  futexmutex submitting;
  futexmutex reaping;
};

// ringopen makes a ring, which is closed on exec.
// Errors  -ENOSYS, -EPERM no io_uring here; -EINVAL an old one; -ENOMEM.
std::int64_t ringopen(uring& r) noexcept;

// ringclose unmakes one that nobody uses.
void ringclose(uring& r) noexcept;

// ringsubmit hands one entry to the kernel. What becomes of it is a completion.
// Context  any thread; not for signal handlers.
// Errors   -EAGAIN, -ENOMEM, -EBUSY: the kernel has not taken it.
std::int64_t ringsubmit(uring& r, const sqe& e) noexcept;

// ringempty: there is nothing to take, in the ring or behind it.
bool ringempty(const uring& r) noexcept;

// ringtake moves up to n completions to out. Returns  how many.
// Context  any thread; not for signal handlers. Blocks for moments only.
std::size_t ringtake(uring& r, cqe* out, std::size_t n) noexcept;

// ringwait waits until there is a completion, for ns nanoseconds (0: not at all;
// < 0: for ever). A signal ends the wait.
void ringwait(const uring& r, std::int64_t ns) noexcept;

// ringcancel ends the request of that number, if there is one. Its last completion
// is still to come.
void ringcancel(const uring& r, std::uint64_t userdata) noexcept;

// ringpost adds a completion to the ring from outside.
// Context  any, signal handlers included.
// Errors   -EINVAL the kernel is older than 6.13.
std::int64_t ringpost(const uring& r, std::uint64_t userdata) noexcept;

}  // namespace burrow::sys
