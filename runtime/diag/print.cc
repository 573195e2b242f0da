// runtime/diag/print.cc - writing reports to stderr.
#include "runtime/diag/print.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <time.h>
#include <unistd.h>

#include <charconv>

#include "runtime/diag/progress.h"
#include "runtime/os/libc.h"
#include "sys/os.h"

namespace burrow::rt {
namespace {

// sigpipeguard keeps a write to a broken pipe from killing the process with
// SIGPIPE: the signal is blocked, and taken back if this write raised it.
class sigpipeguard {
 public:
  sigpipeguard() noexcept {
    sigset_t pending;
    sigemptyset(&pending);
    sigpending(&pending);
    waspending_ = sigismember(&pending, SIGPIPE) == 1;
    sigemptyset(&set_);
    sigaddset(&set_, SIGPIPE);
    pthread_sigmask(SIG_BLOCK, &set_, &old_);
  }
  sigpipeguard(const sigpipeguard&) = delete;
  sigpipeguard& operator=(const sigpipeguard&) = delete;
  ~sigpipeguard() {
    if (broken && !waspending_) takepending(SIGPIPE);
    pthread_sigmask(SIG_SETMASK, &old_, nullptr);
  }

  bool broken = false;

 private:
  bool waspending_;
  sigset_t set_, old_;
};

// writable waits until fd takes more. Returns false after ten seconds.
bool writable(int fd) noexcept {
  pollfd p{fd, POLLOUT, 0};
  int n;
  do {
    n = poll(&p, 1, 10'000);
  } while (n < 0 && errno == EINTR);
  return n > 0;
}

}  // namespace

void writeall(int fd, const char* p, std::size_t n) noexcept {
  const int saved = errno;
  progress_writing(true);
  {
    sigpipeguard guard;
    while (n > 0) {
      const ssize_t done = write(fd, p, n);
      if (done >= 0) {
        p += done;
        n -= static_cast<std::size_t>(done);
      } else if (errno == EAGAIN) {
        if (!writable(fd)) break;
      } else if (errno != EINTR) {
        guard.broken = errno == EPIPE;
        break;
      }
    }
  }
  progress_writing(false);
  progress_step();
  errno = saved;
}

printer& printer::str(std::string_view text) noexcept {
  while (!text.empty()) {
    if (used_ == sizeof buf_) flush();
    const std::size_t n = text.copy(buf_ + used_, sizeof buf_ - used_);
    used_ += n;
    text.remove_prefix(n);
  }
  return *this;
}

printer& printer::indented(std::string_view text) noexcept {
  for (;;) {
    const std::size_t eol = text.find('\n');
    if (eol == text.npos) return str(text);
    str(text.substr(0, eol)).str("\n\t");
    text.remove_prefix(eol + 1);
  }
}

printer& printer::dec(std::int64_t value) noexcept {
  char digits[24];
  const auto r = std::to_chars(digits, digits + sizeof digits, value);
  return str({digits, r.ptr});
}

printer& printer::udec(std::uint64_t value) noexcept {
  char digits[24];
  const auto r = std::to_chars(digits, digits + sizeof digits, value);
  return str({digits, r.ptr});
}

printer& printer::hex(std::uintptr_t value) noexcept {
  char digits[24];
  const auto r = std::to_chars(digits, digits + sizeof digits, value, 16);
  return str("0x").str({digits, r.ptr});
}

void printer::flush() noexcept {
  if (used_ == 0) return;
  if (to_ != nullptr)
    to_(arg_, buf_, used_);
  else
    writeall(fd_, buf_, used_);
  used_ = 0;
}

std::uint64_t threadid() noexcept {
  return static_cast<std::uint64_t>(sys::gettid());
}

}  // namespace burrow::rt
