// sys/openbsd/hosted.cc - the ways into the kernel by libc, for a hosted program.
//
// From 7.5 on the kernel ends a dynamic program that makes a system call anywhere
// but in libc, where the loader has told it of each. So here asm/bsd.h's gate is a
// table from numbers to libc's functions, for just those numbers that asm's gate is
// pinned for (asm/pins_openbsd.inc), and for the mmap before 7.1. errno, which libc's
// functions set, is put back: all of sys/ leaves it alone. None of them takes a lock or
// allocates, so that handlers may call them as before.
//
// Not here: threads, which are libc's own, and fork, whose handlers would run; who
// asks for a raw one is told that there is none.
//
// Rejected: syscall(2) of libc. 7.5 has it no more.
#include <sys/types.h>
#include <cerrno>

#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/event.h>
#include <sys/futex.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/sysctl.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "asm/bsd.h"
#include "asm/switch.h"
#include "sys/bsd/kernel.h"

extern "C" [[gnu::returns_twice]] pid_t vfork();

namespace {

namespace kernel = burrow::sys::kernel;

struct words {
  const std::uintptr_t* a;

  int num(int i) const noexcept { return static_cast<int>(a[i]); }
  std::size_t size(int i) const noexcept { return a[i]; }
  template <typename T>
  T* at(int i) const noexcept {
    return reinterpret_cast<T*>(a[i]);
  }
};

// The mask goes by value, as its old one comes back.
std::intptr_t procmask(int how, sigset_t mask) noexcept {
  sigset_t old = 0;
  return sigprocmask(how, &mask, &old) != 0 ? -1
                                            : static_cast<std::intptr_t>(old);
}

std::intptr_t map(words w) noexcept {
  return reinterpret_cast<std::intptr_t>(
      mmap(w.at<void>(0), w.size(1), w.num(2), w.num(3), w.num(4), 0));
}

// What has had two numbers. The kernel is asked which they are, by sysctl: call comes
// to that first.
std::intptr_t renumbered(std::uintptr_t nr, words w) noexcept {
  if (nr == kernel::wait4())
    return wait4(w.num(0), w.at<int>(1), w.num(2), w.at<rusage>(3));
  if (nr == kernel::clockgettime())
    return clock_gettime(w.num(0), w.at<timespec>(1));
  if (nr == kernel::nanosleep())
    return nanosleep(w.at<timespec>(0), w.at<timespec>(1));
  if (nr == kernel::kevent())
    return kevent(w.num(0), w.at<struct kevent>(1), w.num(2),
                  w.at<struct kevent>(3), w.num(4), w.at<timespec>(5));
  if (nr == kernel::kill()) return kill(w.num(0), w.num(1));
  errno = ENOSYS;
  return -1;
}

std::intptr_t files(std::uintptr_t nr, words w) noexcept {
  switch (nr) {
    case kernel::kRead:
      return read(w.num(0), w.at<void>(1), w.size(2));
    case kernel::kWrite:
      return write(w.num(0), w.at<void>(1), w.size(2));
    case kernel::kClose:
      return close(w.num(0));
    case kernel::kRecvfrom:
      return recvfrom(w.num(0), w.at<void>(1), w.size(2), w.num(3),
                      w.at<sockaddr>(4), w.at<socklen_t>(5));
    case kernel::kSendto:
      return sendto(w.num(0), w.at<void>(1), w.size(2), w.num(3),
                    w.at<sockaddr>(4), static_cast<socklen_t>(w.a[5]));
    case kernel::kAccept4:
      return accept4(w.num(0), w.at<sockaddr>(1), w.at<socklen_t>(2), w.num(3));
    case kernel::kPipe2:
      return pipe2(w.at<int>(0), w.num(1));
    case kernel::kDup2:
      return dup2(w.num(0), w.num(1));
    case kernel::kFcntl:
      return fcntl(w.num(0), w.num(1), w.a[2]);
    case kernel::kPoll:
      return poll(w.at<pollfd>(0), static_cast<nfds_t>(w.a[1]), w.num(2));
    case kernel::kKqueue:
      return kqueue();
    default:
      return renumbered(nr, w);
  }
}

std::intptr_t processes(std::uintptr_t nr, words w) noexcept {
  switch (nr) {
    case kernel::kExit:
      _exit(w.num(0));
    case kernel::kGetpid:
      return getpid();
    case kernel::kGetppid:
      return getppid();
    case kernel::kSetpgid:
      return setpgid(w.num(0), w.num(1));
    case kernel::kChdir:
      return chdir(w.at<char>(0));
    case kernel::kExecve:
      return execve(w.at<char>(0), w.at<char*>(1), w.at<char*>(2));
    case kernel::kSigaction:
      return sigaction(w.num(0), w.at<struct sigaction>(1),
                       w.at<struct sigaction>(2));
    case kernel::kSigprocmask:
      return procmask(w.num(0), static_cast<sigset_t>(w.a[1]));
    case kernel::kSigaltstack:
      return sigaltstack(w.at<stack_t>(0), w.at<stack_t>(1));
    case kernel::kThrkill:
      return thrkill(w.num(0), w.num(1), w.at<void>(2));
    case kernel::kGetthrid:
      return getthrid();
    case kernel::kYield:
      return sched_yield();
    default:
      return files(nr, w);
  }
}

std::intptr_t call(std::uintptr_t nr, words w) noexcept {
  switch (nr) {
    case kernel::kFutex:
      return futex(w.at<std::uint32_t>(0), w.num(1), w.num(2),
                   w.at<timespec>(3), w.at<std::uint32_t>(4));
    case kernel::kMmap:
    case kernel::kMmapPadded:
      return map(w);
    case kernel::kMunmap:
      return munmap(w.at<void>(0), w.size(1));
    case kernel::kMprotect:
      return mprotect(w.at<void>(0), w.size(1), w.num(2));
    case kernel::kMadvise:
      return madvise(w.at<void>(0), w.size(1), w.num(2));
    case kernel::kSysctl:
      return sysctl(w.at<int>(0), static_cast<unsigned>(w.a[1]), w.at<void>(2),
                    w.at<std::size_t>(3), w.at<void>(4), w.size(5));
    default:
      return processes(nr, w);
  }
}

}  // namespace

extern "C" int burrow_bsdcall(std::uintptr_t nr, const std::uintptr_t* args,
                              std::uintptr_t* out) noexcept {
  const int before = errno;
  const std::intptr_t r = call(nr, {args});
  const bool failed = r == -1;
  out[0] = static_cast<std::uintptr_t>(failed ? errno : r);
  out[1] = 0;
  errno = before;
  return failed ? 1 : 0;
}

// The child stands below the caller's frame until it is on a stack of its own.
extern "C" std::intptr_t burrow_vfork(void* sp, void (*fn)(void*),
                                      void* arg) noexcept {
  const int before = errno;
  const pid_t pid = vfork();
  if (pid == 0) {
    const burrow_context bottom{sp, nullptr, nullptr, 0, 0};
    burrow_ontop(&bottom, fn, arg);
    _exit(127);  // fn does not return
  }
  const std::intptr_t r = pid < 0 ? -errno : pid;
  errno = before;
  return r;
}
