// tests/abi/emulated_calls.cc - Linux's calls, as the emulated machine makes them for
// a program. By the numbers of 64-bit programs of ours; what is not here is an error.
#include <fcntl.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "tests/abi/emulated.h"

namespace abibed {

namespace {

std::int64_t result(std::int64_t r) { return r < 0 ? -errno : r; }

// Whether a call would wait for that.
bool waits(int fd, short wanted) {
  pollfd p{fd, wanted, 0};
  return (fcntl(fd, F_GETFL) & O_NONBLOCK) == 0 && ::poll(&p, 1, 0) == 0;
}

}  // namespace

// None: it is not over yet; or the thread has been stopped otherwise, or is no more.
emulatedmachine::answer emulatedmachine::call(T& t) {
  switch (t.nr) {
    case SYS_read:
    case SYS_write:
    case SYS_close:
    case SYS_dup2:
    case SYS_fcntl:
    case SYS_accept4:
    case SYS_recvfrom:
    case SYS_sendto:
    case SYS_pipe:
    case SYS_pipe2:
    case SYS_epoll_create1:
      return callfile(t);
    case SYS_mmap:
    case SYS_munmap:
    case SYS_mprotect:
    case SYS_madvise:
      return callmemory(t);
    case SYS_clone:
    case SYS_fork:
    case SYS_vfork:
      return callbirth(t);
    default:
      return callprocess(t);
  }
}

// ---- Descriptors ----

int emulatedmachine::lowest(const emulatedprocess& p, int from) {
  while (p.fds.count(from) != 0) from++;
  return from;
}

descriptor emulatedmachine::owned(int fd, bool cloexec) {
  return {{new int(fd),
           [](const int* own) {
             ::close(*own);
             delete own;
           }},
          cloexec};
}

int emulatedmachine::give(emulatedprocess& p, int fd, bool cloexec) {
  const int n = lowest(p, 0);
  p.fds[n] = owned(fd, cloexec);
  return n;
}

emulatedmachine::answer emulatedmachine::callfile(T& t) {
  emulatedprocess& p = *t.proc;
  switch (t.nr) {
    case SYS_pipe:
      return callpipe(t, 0);
    case SYS_pipe2:
      return callpipe(t, static_cast<int>(t.args[1]));
    case SYS_epoll_create1:
      return give(p, epoll_create1(EPOLL_CLOEXEC), t.args[0] != 0);
    default:
      break;
  }
  const auto it = p.fds.find(static_cast<int>(t.args[0]));
  if (it == p.fds.end()) return -EBADF;
  const auto other = static_cast<int>(t.args[1]);
  switch (t.nr) {
    case SYS_read:
    case SYS_recvfrom:
      return callbytes(t, false);
    case SYS_write:
    case SYS_sendto:
      return callbytes(t, true);
    case SYS_accept4:
      return callaccept(t, *it->second.fd);
    case SYS_close:
      p.fds.erase(it);
      return 0;
    case SYS_dup2:
      if (other != it->first) p.fds[other] = {it->second.fd, false};
      return other;
    default:
      return callfcntl(t, it->second);
  }
}

// A call that would wait is tried again. Those with addresses and flags have none
// (sockets.cc).
emulatedmachine::answer emulatedmachine::callbytes(T& t, bool out) {
  constexpr std::size_t kMost = 65536;
  const int fd = *t.proc->fds.at(static_cast<int>(t.args[0])).fd;
  std::vector<char> b(std::min<std::size_t>(t.args[2], kMost));
  if (waits(fd, out ? POLLOUT : POLLIN)) return {};
  if (!out) {
    const std::int64_t n = result(::read(fd, b.data(), b.size()));
    if (n > 0 &&
        !t.proc->mem->write(t.args[1], b.data(), static_cast<std::size_t>(n)))
      return -EFAULT;
    return n;
  }
  if (!t.proc->mem->read(t.args[1], b.data(), b.size())) return -EFAULT;
  const std::int64_t n = result(::write(fd, b.data(), b.size()));
  if (n == -EPIPE) {
    emulatedstop s;
    s.status = SIGPIPE << 8 | 0x7f;
    s.info.si_signo = SIGPIPE;
    s.info.si_pid = t.proc->pid;
    t.more.push_back(s);
  }
  return n;
}

emulatedmachine::answer emulatedmachine::callaccept(T& t, int fd) {
  const auto flags = static_cast<int>(t.args[3]);
  if (waits(fd, POLLIN)) return {};
  const int ours = ::accept4(fd, nullptr, nullptr, flags | SOCK_CLOEXEC);
  if (ours < 0) return -errno;
  return give(*t.proc, ours, (flags & SOCK_CLOEXEC) != 0);
}

std::int64_t emulatedmachine::callfcntl(T& t, const descriptor& d) {
  emulatedprocess& p = *t.proc;
  const auto arg = static_cast<int>(t.args[2]);
  switch (t.args[1]) {
    case F_DUPFD:
    case F_DUPFD_CLOEXEC: {
      const int n = lowest(p, arg);
      p.fds[n] = {d.fd, t.args[1] == F_DUPFD_CLOEXEC};
      return n;
    }
    case F_GETFD:
      return d.cloexec ? FD_CLOEXEC : 0;
    case F_SETFD:
      p.fds[static_cast<int>(t.args[0])].cloexec = (arg & FD_CLOEXEC) != 0;
      return 0;
    case F_GETFL:
    case F_SETFL:
      return result(fcntl(*d.fd, static_cast<int>(t.args[1]), arg));
    default:
      fail("bed: Linux's fcntl %lu", t.args[1]);
  }
}

std::int64_t emulatedmachine::callpipe(T& t, int flags) {
  int ours[2];
  if (::pipe2(ours, (flags & O_NONBLOCK) | O_CLOEXEC) < 0) return -errno;
  std::int32_t ends[2];
  for (int i = 0; i < 2; i++)
    ends[i] = give(*t.proc, ours[i], (flags & O_CLOEXEC) != 0);
  if (t.proc->mem->write(t.args[0], ends, sizeof ends)) return 0;
  for (const std::int32_t fd : ends) t.proc->fds.erase(fd);
  return -EFAULT;
}

// ---- Memory ----

emulatedmachine::answer emulatedmachine::callmemory(T& t) {
  space& m = *t.proc->mem;
  const std::uint64_t at = t.args[0], bytes = t.args[1];
  const auto prot = static_cast<int>(t.args[2]);
  if (at % space::kPage != 0 || bytes == 0) return -EINVAL;
  switch (t.nr) {
    case SYS_mmap: {
      const auto flags = static_cast<int>(t.args[3]);
      const bool fixed = (flags & MAP_FIXED) != 0;
      if (fixed != (at != 0)) fail("bed: mmap with a hint");
      return static_cast<std::int64_t>(
          m.map(at, bytes, prot, (flags & MAP_SHARED) != 0));
    }
    case SYS_munmap:
      m.unmap(at, bytes);
      return 0;
    case SYS_mprotect:
      return m.protect(at, bytes, prot) ? 0 : -ENOMEM;
    default:
      return m.zero(at, bytes) ? 0 : -ENOMEM;  // MADV_DONTNEED
  }
}

// ---- Threads and processes ----

emulatedmachine::answer emulatedmachine::callprocess(T& t) {
  emulatedprocess& p = *t.proc;
  switch (t.nr) {
    case SYS_exit:
      endthread(t, 0);
      return {};
    case SYS_exit_group:
      endprocess(p, static_cast<int>(t.args[0] & 255) << 8);
      return {};
    case SYS_sched_yield:
    case SYS_setpgid:
      return 0;
    case SYS_getppid:
      return p.parent;
    case SYS_chdir: {
      std::string folder;
      struct stat s {};
      if (!p.mem->text(t.args[0], folder)) return -EFAULT;
      if (folder[0] != '/') fail("bed: chdir to %s", folder.c_str());
      if (::stat(folder.c_str(), &s) < 0) return -errno;
      p.folder = folder;
      return S_ISDIR(s.st_mode) ? 0 : -ENOTDIR;
    }
    case SYS_wait4:
      return callwait(t);
    case SYS_execve:
      return callexec(t);
    default:
      fail("bed: Linux's call %ld", t.nr);
  }
}

emulatedmachine::answer emulatedmachine::callwait(T& t) {
  constexpr std::uint64_t kNohang = 1;
  auto& ended = t.proc->ended;
  const auto pid = static_cast<pid_t>(t.args[0]);
  const auto it = pid == -1 ? ended.begin() : ended.find(pid);
  if (it != ended.end()) {
    const auto [id, status] = *it;
    if (t.args[1] != 0 && !t.proc->mem->write(t.args[1], &status, 4))
      return -EFAULT;
    ended.erase(it);
    return id;
  }
  bool any = false;
  for (const auto& [id, p] : processes_)
    any |= p->parent == t.proc->pid && (pid == -1 || pid == id);
  if (!any) return -ECHILD;
  return (t.args[2] & kNohang) != 0 ? answer{0} : answer{};
}

emulatedmachine::answer emulatedmachine::callexec(T& t) {
  const auto p = t.proc;
  std::string path;
  if (!p->mem->text(t.args[0], path)) return -EFAULT;
  if (path[0] != '/') path = p->folder + "/" + path;
  if (::access(path.c_str(), X_OK) < 0) return -errno;
  std::vector<std::string> args;
  std::uint64_t at = t.args[1];
  for (std::uint64_t word = 0; p->mem->read(at, &word, 8) && word != 0; at += 8)
    if (!p->mem->text(word, args.emplace_back())) return -EFAULT;
  if (!p->mem->read(t.args[2], &at, 8)) return -EFAULT;
  if (at != 0) fail("bed: a new program with an environment");
  for (const auto& [id, other] : threads_)
    if (other->proc == p && id != t.tid) fail("bed: exec beside other threads");
  enter(t, path, args);
  std::erase_if(p->fds, [](const auto& e) { return e.second.cloexec; });
  released(p->pid);
  event(t, PTRACE_EVENT_EXEC, 0);
  emulatedstop end;
  end.status = (SIGTRAP | 0x80) << 8 | 0x7f;
  t.more.push_front(end);
  t.value = 0;
  return {};
}

// The event comes first, then the call's end; vfork's not before the child has let
// go of the memory.
emulatedmachine::answer emulatedmachine::callbirth(T& t) {
  auto c = std::make_unique<T>();
  c->tid = ++lastid_;
  c->regs = t.regs;
  c->proc = t.proc;
  if (t.nr != SYS_clone) {
    c->proc = std::make_shared<emulatedprocess>(*t.proc);
    c->proc->pid = c->tid;
    c->proc->parent = t.proc->pid;
    c->proc->ended.clear();
    if (t.nr == SYS_fork) c->proc->mem = t.proc->mem->copy();
    processes_[c->tid] = c->proc;
  }
  event(t,
        t.nr == SYS_clone  ? PTRACE_EVENT_CLONE
        : t.nr == SYS_fork ? PTRACE_EVENT_FORK
                           : PTRACE_EVENT_VFORK,
        c->tid);
  t.value = c->tid;
  if (t.nr == SYS_vfork) {
    t.child = c->tid;
  } else {
    emulatedstop end;
    end.status = (SIGTRAP | 0x80) << 8 | 0x7f;
    t.more.push_front(end);
  }
  threads_[c->tid] = std::move(c);
  return {};
}

}  // namespace abibed
