// runtime/io/descriptor.h - an open file that goroutines share.
//
// How one waits for it (ioway):
//   polled    ours, and O_NONBLOCK: pipes. The netpoller watches it.
//   socket    the same, read by recv and written by send: the system checks less
//             than for read and write, 3 % of what a short message costs.
//   nowait    somebody gave it to us: it is watched, too, but its flags, which
//             other processes may share, stay as they are; each call says itself
//             that it shall not block.
//   blocking  a regular file, a terminal: the call blocks the thread, between
//             entersyscall and exitsyscall.
//
// One goroutine at a time reads, and one writes; the others queue up, so that a
// write of many pieces is not torn. close wakes whoever waits, in the netpoller
// or in these queues, once. The number is given back to the system when the last
// who uses it has left: until then it cannot be another file's.
//
// State, all under `lock`: users counts the operations on their way, and one more
// until close; the last one gives the number back. The memory goes with the
// number or with the owner's handle, whichever comes later.
//
// A goroutine that never comes back, for its run has ended, gives up its turn and
// its use all the same (lostcall, park.h): a descriptor may outlive a run.
//
// Rejected: Go's fdMutex, all of this in one word changed by compare-and-swap. It
// needs a semaphore beside it for who waits.
#pragma once

#include <cstddef>
#include <cstdint>

#include "burrow/fd.h"
#include "runtime/netpoll/netpoll.h"
#include "runtime/sched/park.h"

namespace burrow::rt {

enum class ioway : std::uint8_t { polled, socket, nowait, blocking };

// One cache line: with thousands of connections each line is a miss.
struct alignas(kCacheLine) descriptor {
  int fd = -1;  // immutable
  ioway way = ioway::blocking;
  bool stream = false;     // a short read has taken all there was
  polldesc* pd = nullptr;  // null: blocking

  spinlock lock;
  bool closing = false;
  bool handle = true;
  bool held[2] = {};  // somebody has the turn; by polldir
  std::uint32_t users = 1;
  waitq queues[2];  // who wants it
};
static_assert(sizeof(descriptor) == kCacheLine);

// Results are >= 0, -errno, or one of these.
inline constexpr std::int64_t kIoClosed = -100'001;
inline constexpr std::int64_t kIoDeadline = -100'002;

// descopen makes a descriptor of fd, which it owns from then on. way is what is
// wanted: a file that is always ready becomes blocking. Throws std::bad_alloc, and
// std::system_error where the system can watch no more; fd is still the caller's
// then.
descriptor* descopen(int fd, ioway way, bool stream);

// descgiven is descopen for a descriptor of which nothing is known. What cannot be
// watched, for whatever reason, becomes blocking.
descriptor* descgiven(int fd);

// descclose makes every operation, now and later, fail with kIoClosed; false: it
// has been done before. descrelease does, too, but the number stays open, and is
// returned; no operation may be on its way. descfree is the end of the handle.
bool descclose(descriptor* d) noexcept;
int descrelease(descriptor* d) noexcept;
void descfree(descriptor* d) noexcept;

// descread reads up to n bytes; 0: the end. descwrite writes all of them, unless
// there is an error: then *done says how many it has written.
//
// Context  g or foreign thread. Blocks.
std::int64_t descread(descriptor* d, void* to, std::size_t n);
std::int64_t descwrite(descriptor* d, const void* from, std::size_t n,
                       std::size_t* done);

// descreadlater waits until there is something to read; it looks, where an event may be
// an old one, but not where one comes while it waits. Then it asks room where to put it,
// and reads, with 0 if that is empty. What room throws passes; nothing has been read
// then.
//
// Context  g or foreign thread. Blocks.
std::int64_t descreadlater(descriptor* d, detail::room_ref room);

// turn is the right to read, or to write; false: closed. While it lasts, the
// number stays open.
//
// Context  g or foreign thread. Blocks.
class turn : lostcall {
 public:
  turn(descriptor* d, polldir dir) noexcept;
  ~turn();
  turn(const turn&) = delete;
  turn& operator=(const turn&) = delete;

  explicit operator bool() const noexcept { return mine_; }

 private:
  static void lost(lostcall* c) noexcept;
  void queueup() noexcept;
  void pass() noexcept;

  descriptor* d_;
  polldir dir_;
  bool mine_ = false;
  lostcall** list_;  // of the goroutine; it stays where it is
  sudog* queued_ = nullptr;
};

// descready waits until there is something to try; d->pd is not null, and the turn
// is the caller's. Returns 0, kIoClosed, kIoDeadline.
std::int64_t descready(descriptor* d, polldir dir);

// descdo runs op until it says something else than -EAGAIN, waiting in between;
// for accept, connect, datagrams. op is called with the descriptor's number, with
// the turn of dir.
std::int64_t descdo(descriptor* d, polldir dir,
                    std::int64_t (*op)(int fd, void* arg), void* arg);

// descdeadline: when in ns, 0: none. Returns 0, kIoClosed, or -EOPNOTSUPP.
std::int64_t descdeadline(descriptor* d, polldir dir, std::int64_t when);

}  // namespace burrow::rt
