// sys/os.h - what the runtime asks of an operating system; it names none.
//
// Each folder beside this file implements it for one system, freestanding: raw
// system calls, no libc call, no errno, no exceptions, no thread-local storage.
// A result is >= 0 or -errno; the numbers are those of <cerrno>. Unless a
// comment says otherwise, a function may be called in any context, signal
// handlers included, and does not block. Times are nanoseconds of the monotonic
// clock, sizes are bytes.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>

namespace burrow::sys {

// ---- Time ----

// nanotime returns the monotonic clock; safe before any initialisation.
std::int64_t nanotime() noexcept;

// coarsetime returns what nanotime has returned some ms ago, at a fifth of its price
// where the system has such a clock.
std::int64_t coarsetime() noexcept;

// usleep puts the thread to sleep for at least us microseconds. A signal ends
// the sleep early.
//
// Context  any thread that may block.
void usleep(std::uint32_t us) noexcept;

// ---- Waiting and waking ----

// futexsleep sleeps while *addr == val, for ns nanoseconds at most (ns < 0: for
// ever). It may return early for no reason: callers loop.
//
// Context  any thread that may block.
// Returns  0 woken. Errors  -EAGAIN *addr was not val, -ETIMEDOUT, -EINTR.
std::int64_t futexsleep(std::atomic<std::uint32_t>* addr, std::uint32_t val,
                        std::int64_t ns) noexcept;

// futexwakeup wakes at most n threads that sleep on addr.
// Returns  the number woken, if that is known. addr may be unmapped by now: -EFAULT,
//          harmless.
std::int64_t futexwakeup(std::atomic<std::uint32_t>* addr,
                         std::uint32_t n) noexcept;

// procyield tells the processor n times that this is a spin loop.
inline void procyield(std::uint32_t n) noexcept {
  while (n-- > 0) {
#if defined(__x86_64__) || defined(__i386__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    asm volatile("isb");  // some ns; `yield` is a nop on most
#endif
  }
}

// cputicks reads the processor's counter of time, which costs some 8 ns. It counts
// at a rate of its own, and not the same on every processor: for short distances on
// one thread, where a wrong one does no harm. ticks16us is some 16 us of it, 8 to 24.
#if defined(__x86_64__) || defined(__i386__)
inline std::uint64_t cputicks() noexcept { return __builtin_ia32_rdtsc(); }
inline std::uint64_t ticks16us() noexcept { return 40'000; }
#elif defined(__aarch64__)
inline std::uint64_t cputicks() noexcept {
  std::uint64_t t;
  asm volatile("mrs %0, cntvct_el0" : "=r"(t));
  return t;
}
inline std::uint64_t ticks16us() noexcept {
  std::uint64_t hz;
  asm("mrs %0, cntfrq_el0" : "=r"(hz));
  return hz >> 16;
}
#endif

// osyield lets another thread run on this processor.
void osyield() noexcept;

// ---- Memory ----

// sysreserve maps fresh zeroed memory that costs nothing until it is touched,
// never in huge pages: one touched word must not cost two megabytes.
// Returns  its address, page-aligned, or nullptr.
void* sysreserve(std::size_t bytes) noexcept;

// sysfree unmaps what sysreserve mapped.
std::int64_t sysfree(void* at, std::size_t bytes) noexcept;

// sysguard makes n pieces of memory, of `bytes` each and `stride` apart, fault on
// any access, without splitting the mapping: any number of guards fits. What they
// held is lost.
// Errors  -EINVAL the system has no such guards, and there is none of the n; use
//         sysprotectnone. -ENOMEM no memory for page tables; some are there.
std::int64_t sysguard(void* at, std::size_t stride, std::size_t bytes,
                      std::size_t n) noexcept;

// sysprotectnone does the same at the price of a mapping (a limited resource).
std::int64_t sysprotectnone(void* at, std::size_t bytes) noexcept;

// syscommit gives n pieces of memory, of `bytes` each and `stride` apart, their pages
// now, as writing to each would, for a fifth less. What they hold stays.
// Errors  -EINVAL the system cannot; -ENOMEM, -EFAULT: some may have theirs.
std::int64_t syscommit(void* at, std::size_t stride, std::size_t bytes,
                       std::size_t n) noexcept;

// sysunused gives the memory of pages back; they read as zero when next used.
std::int64_t sysunused(void* at, std::size_t bytes) noexcept;

std::size_t pagesize() noexcept;

// ---- Processors ----

// ncpu returns the number of processors that the calling thread, and so every
// thread it makes, may run on; at least 1.
int ncpu() noexcept;

// cpuquota returns the CPU time that this process may use, in thousandths of a
// processor: the least of the limits of its control group and all the groups
// above that; 0 if there is none. Tests name other files: root is the folder
// where the groups are, self the file that says which group is the process's.
// Not for signal handlers.
std::int64_t cpuquota(const char* root, const char* self) noexcept;
std::int64_t cpuquota() noexcept;

// membarrier is a full memory barrier in every running thread of this process:
// when it returns, what each did before is visible to the caller, and what each
// does later sees what the caller did. 4 to 16 us. membarrier_init may be
// called early to move its set-up out of the way. A system that refuses every way
// ends the process (sys/refused.h).
void membarrier_init() noexcept;
void membarrier() noexcept;

// How membarrier works here, best first; tests may force one.
enum class barrierkind : std::uint32_t {
  unset,      // membarrier_init has not run, or this system has none
  expedited,  // the kernel interrupts the processors that run this process
  global,     // the kernel waits for a grace period: milliseconds
  protect,    // taking a right away from a page interrupts them as well
};
barrierkind membarrier_kind() noexcept;

// membarrier_force makes kind the way from now on.
// Errors  -ENOSYS the kernel does not offer it; nothing has changed.
std::int64_t membarrier_force(barrierkind kind) noexcept;

// ---- Processes, threads, signals ----

std::int64_t gettid() noexcept;
std::int64_t getpid() noexcept;

// tgkill sends signal sig (0: only asks) to thread tid of this process.
// Errors  -ESRCH there is no such thread.
std::int64_t tgkill(std::int64_t tid, int sig) noexcept;

// threadtime returns for how many ns thread tid of this process has run so far.
// Errors  -EINVAL there is no such thread. -ENOSYS the system does not tell.
std::int64_t threadtime(std::int64_t tid) noexcept;

// threadcount returns how many threads this process has now, or -errno.
int threadcount() noexcept;

// sigmask_all blocks every signal in this thread and stores the mask it had;
// sigmask_restore puts that back. After an error the mask is as it was; *old, too.
std::int64_t sigmask_all(std::uint64_t* old) noexcept;
std::int64_t sigmask_restore(const std::uint64_t* old) noexcept;

// newthread starts a thread that calls fn(arg) on the stack below sp with
// thread pointer tls; fn may return. *tid is the thread's id until the system has
// no more use for its memory, then 0. Look at it now and then: futexsleep on it
// would not be woken, for the system wakes as if the word were shared.
//
// Context  every signal blocked: the thread starts with the caller's mask.
//          sp is 16-byte aligned.
// Returns  the thread's id. Errors  -EAGAIN limit on threads, -ENOMEM.
std::int64_t newthread(void* sp, void* tls, std::atomic<std::uint32_t>* tid,
                       void (*fn)(void*), void* arg) noexcept;

// exitprocess ends every thread of the process; no handler runs.
[[noreturn]] void exitprocess(int code) noexcept;

// ---- Thread areas, for the code that prepares a thread for libc ----

// rseqregister tells the kernel where this thread's restartable-sequence area
// is; robustlist_get and robustlist_set read and name the head of the list of
// locks to release should the thread die with them.
std::int64_t rseqregister(void* area, std::uint32_t bytes,
                          std::uint32_t signature) noexcept;
std::int64_t robustlist_get(void** head, std::size_t* bytes) noexcept;
std::int64_t robustlist_set(void* head, std::size_t bytes) noexcept;

// ---- Output ----

// write writes up to n bytes. Returns  the number written.
// Errors  -EINTR and -EAGAIN are the caller's to handle.
std::int64_t write(int fd, const void* from, std::size_t n) noexcept;

}  // namespace burrow::sys
