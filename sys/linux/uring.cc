// sys/linux/uring.cc - making a ring, and the calls on it.

#include "sys/linux/uring.h"

#include <cerrno>

#include "sys/os.h"

namespace burrow::sys {

namespace {

constexpr std::uint32_t kSqEntries = 64, kCqEntries = 4096;

// io_uring_setup
constexpr std::uint32_t kSetupCqsize = 8, kSetupClamp = 16;
constexpr std::uint32_t kSetupNoSqarray = 1 << 16;
constexpr std::uint32_t kFeatSingleMmap = 1, kFeatNodrop = 2;
constexpr std::uint32_t kFeatExtArg = 1 << 8, kFeatNoIowait = 1 << 17;
// io_uring_enter
constexpr std::uint32_t kGetevents = 1, kExtArg = 8, kNoIowait = 1 << 7;
// io_uring_register
constexpr std::uint32_t kSyncCancel = 24, kSendMsgRing = 31;
constexpr std::uint32_t kCqOverflow = 2;  // in *sqflags

struct sqoffsets {
  std::uint32_t head, tail, ringmask, ringentries, flags, dropped, array, resv1;
  std::uint64_t useraddr;
};
struct cqoffsets {
  std::uint32_t head, tail, ringmask, ringentries, overflow, cqes, flags, resv1;
  std::uint64_t useraddr;
};
struct params {
  std::uint32_t sqentries, cqentries, flags, sqthreadcpu, sqthreadidle;
  std::uint32_t features, wqfd, resv[3];
  sqoffsets sq;
  cqoffsets cq;
};
static_assert(sizeof(params) == 120);

struct waitarg {
  std::uint64_t sigmask;
  std::uint32_t sigmasksize;
  std::uint32_t minwait;
  std::uint64_t until;  // the address of a timespec, or 0
};
static_assert(sizeof(waitarg) == 24);

struct cancelarg {
  std::uint64_t addr;
  std::int32_t fd;
  std::uint32_t flags;
  timespec timeout;
  std::uint8_t opcode, pad[7];
  std::uint64_t pad2[3];
};
static_assert(sizeof(cancelarg) == 64);

// Null: no memory.
char* mapring(std::int64_t fd, std::size_t bytes, std::uint64_t at) noexcept {
  constexpr int kReadWrite = 3, kSharedPopulate = 1 | 0x8000;
  return static_cast<char*>(
      mapped(syscall(nr::mmap, nullptr, bytes, kReadWrite, kSharedPopulate, fd,
                     at / kMmapUnit)));
}

template <typename T>
T* in(char* ring, std::uint32_t offset) noexcept {
  return reinterpret_cast<T*>(ring + offset);
}

bool mapall(uring& r, std::int64_t fd, const params& p) noexcept {
  constexpr std::uint64_t kRings = 0, kSqes = 0x10000000;
  const std::size_t bytes = p.cq.cqes + p.cqentries * sizeof(cqe);
  char* ring = mapring(fd, bytes, kRings);
  if (ring == nullptr) return false;
  const std::size_t sqebytes = p.sqentries * sizeof(sqe);
  char* entries = mapring(fd, sqebytes, kSqes);
  if (entries == nullptr) {
    syscall(nr::munmap, ring, bytes);
    return false;
  }
  using word = std::atomic<std::uint32_t>;
  r.sqes = in<sqe>(entries, 0);
  r.sqtail = in<word>(ring, p.sq.tail);
  r.sqmask = *in<std::uint32_t>(ring, p.sq.ringmask);
  r.sqflags = in<word>(ring, p.sq.flags);
  r.cqes = in<cqe>(ring, p.cq.cqes);
  r.cqhead = in<word>(ring, p.cq.head);
  r.cqtail = in<word>(ring, p.cq.tail);
  r.cqmask = *in<std::uint32_t>(ring, p.cq.ringmask);
  r.ring = ring;
  r.ringbytes = bytes;
  r.sqebytes = sqebytes;
  return true;
}

}  // namespace

void futexmutex::lock() noexcept {
  std::uint32_t was = 0;
  if (word_.compare_exchange_strong(was, 1, std::memory_order_acquire,
                                    std::memory_order_relaxed))
    return;
  while (word_.exchange(2, std::memory_order_acquire) != 0)
    futexsleep(&word_, 2, -1);
}

void futexmutex::unlock() noexcept {
  if (word_.exchange(0, std::memory_order_release) == 2) futexwakeup(&word_, 1);
}

std::int64_t ringopen(uring& r) noexcept {
  params p{};
  p.flags = kSetupCqsize | kSetupClamp | kSetupNoSqarray;
  p.cqentries = kCqEntries;
  const std::int64_t fd = syscall(nr::io_uring_setup, kSqEntries, &p);
  if (fd < 0) return fd;
  constexpr std::uint32_t kNeeded = kFeatSingleMmap | kFeatNodrop | kFeatExtArg;
  std::int64_t err = (p.features & kNeeded) == kNeeded ? 0 : -EINVAL;
  if (err == 0 && !mapall(r, fd, p)) err = -ENOMEM;
  if (err < 0) {
    syscall(nr::close, fd);
    return err;
  }
  r.fd = static_cast<int>(fd);
  r.waitflags = kGetevents | kExtArg;
  // Who sleeps here does not wait for a disk.
  if ((p.features & kFeatNoIowait) != 0) r.waitflags |= kNoIowait;
  return 0;
}

void ringclose(uring& r) noexcept {
  syscall(nr::munmap, r.ring, r.ringbytes);
  syscall(nr::munmap, r.sqes, r.sqebytes);
  syscall(nr::close, r.fd);
  r.fd = -1;
}

std::int64_t ringsubmit(uring& r, const sqe& e) noexcept {
  r.submitting.lock();
  const std::uint32_t at = r.sqtail->load(std::memory_order_relaxed);
  r.sqes[at & r.sqmask] = e;
  r.sqtail->store(at + 1, std::memory_order_release);
  std::int64_t n;
  do {
    n = syscall(nr::io_uring_enter, r.fd, 1, 0, 0, nullptr, 0);
  } while (n == -EINTR);
  // Nothing taken: the kernel's head is where it was, and so is our tail again.
  if (n != 1) r.sqtail->store(at, std::memory_order_release);
  r.submitting.unlock();
  if (n == 0) return -EAGAIN;
  return n < 0 ? n : 0;
}

bool ringempty(const uring& r) noexcept {
  return r.cqhead->load(std::memory_order_relaxed) ==
             r.cqtail->load(std::memory_order_relaxed) &&
         (r.sqflags->load(std::memory_order_relaxed) & kCqOverflow) == 0;
}

std::size_t ringtake(uring& r, cqe* out, std::size_t n) noexcept {
  r.reaping.lock();
  std::uint32_t head = r.cqhead->load(std::memory_order_relaxed);
  // acquire: the entries before the tail, whole.
  const std::uint32_t tail = r.cqtail->load(std::memory_order_acquire);
  std::size_t k = 0;
  for (; k < n && head != tail; k++, head++) out[k] = r.cqes[head & r.cqmask];
  // release: the kernel may write there only after we have read.
  if (k > 0) r.cqhead->store(head, std::memory_order_release);
  r.reaping.unlock();
  return k;
}

void ringwait(const uring& r, std::int64_t ns) noexcept {
  const timespec t{ns / kSecond, ns % kSecond};
  const waitarg arg{0, 0, 0, ns < 0 ? 0 : reg(&t)};
  syscall(nr::io_uring_enter, r.fd, 0, ns == 0 ? 0 : 1, r.waitflags, &arg,
          sizeof arg);
}

void ringcancel(const uring& r, std::uint64_t userdata) noexcept {
  cancelarg arg{};
  arg.addr = userdata;
  arg.fd = -1;
  arg.timeout = {-1, -1};  // none
  std::int64_t err;
  do {
    err = syscall(nr::io_uring_register, r.fd, kSyncCancel, &arg, 1);
  } while (err == -EINTR || err == -EAGAIN || err == -ENOMEM);
}

std::int64_t ringpost(const uring& r, std::uint64_t userdata) noexcept {
  sqe e;
  e.opcode = kOpMsgRing;
  e.fd = r.fd;
  e.off = userdata;
  constexpr int kNoRing = -1;
  return syscall(nr::io_uring_register, kNoRing, kSendMsgRing, &e, 1);
}

}  // namespace burrow::sys
