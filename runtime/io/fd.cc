// runtime/io/fd.cc - burrow/fd.h on descriptors.

#include "burrow/fd.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>

#include "burrow/error.h"
#include "runtime/io/copy.h"
#include "runtime/io/descriptor.h"
#include "runtime/io/error.h"
#include "runtime/os/libc.h"

namespace burrow {

using rt::polldir;

namespace {

std::int64_t nanoseconds(time_point when) noexcept {
  return when.time_since_epoch().count();
}

// Of a handle that may be empty.
std::int64_t readsome(rt::descriptor* d, std::span<std::byte> to) {
  return d == nullptr ? rt::kIoClosed : rt::descread(d, to.data(), to.size());
}

std::int64_t readlater(rt::descriptor* d, detail::room_ref room) {
  return d == nullptr ? rt::kIoClosed : rt::descreadlater(d, room);
}

std::int64_t writeall(rt::descriptor* d, std::span<const std::byte> from,
                      std::size_t& done) {
  return d == nullptr ? rt::kIoClosed
                      : rt::descwrite(d, from.data(), from.size(), &done);
}

std::int64_t setdeadline(rt::descriptor* d, polldir dir, time_point when) {
  return d == nullptr ? rt::kIoClosed
                      : rt::descdeadline(d, dir, nanoseconds(when));
}

std::int64_t setdeadlines(rt::descriptor* d, time_point when) {
  const std::int64_t r = setdeadline(d, polldir::read, when);
  return r < 0 ? r : setdeadline(d, polldir::write, when);
}

void throwunset(rt::descriptor* d, std::int64_t r) {
  if (r < 0) rt::throwio(d, "set deadline", r);
}

// Returns 0 or -errno, or throws: it cannot be watched.
std::int64_t makepipe(pipe_ends& p) {
  int ends[2];
  if (rt::newpipe(ends, false) != 0) return -errno;
  try {
    p.read_end = rt::makefd(ends[0], rt::ioway::polled, true);
  } catch (...) {
    ::close(ends[1]);
    throw;
  }
  p.write_end = rt::makefd(ends[1], rt::ioway::polled, true);
  return 0;
}

}  // namespace

fd::fd(int d) : d_(rt::descgiven(d)) {}

fd& fd::operator=(fd&& other) noexcept {
  if (this != &other) {
    if (d_ != nullptr) rt::descfree(d_);
    d_ = std::exchange(other.d_, nullptr);
  }
  return *this;
}

fd::~fd() {
  if (d_ != nullptr) rt::descfree(d_);
}

int fd::get() const noexcept {
  if (d_ == nullptr) return -1;
  d_->lock.lock();
  const int n = d_->closing ? -1 : d_->fd;
  d_->lock.unlock();
  return n;
}

int fd::release() noexcept {
  if (get() < 0) return -1;
  return rt::descrelease(std::exchange(d_, nullptr));
}

std::size_t fd::read(std::span<std::byte> to, std::error_code& ec) {
  const std::int64_t r = readsome(d_, to);
  ec = rt::ioerror(r);
  return r < 0 ? 0 : static_cast<std::size_t>(r);
}

// Once closed, this may be gone.
std::size_t fd::read(std::span<std::byte> to) {
  rt::descriptor* const d = d_;
  const std::int64_t r = readsome(d, to);
  if (r < 0) rt::throwio(d, "read", r);
  return static_cast<std::size_t>(r);
}

std::size_t fd::read_into(detail::room_ref room, std::error_code& ec) {
  const std::int64_t r = readlater(d_, room);
  ec = rt::ioerror(r);
  return r < 0 ? 0 : static_cast<std::size_t>(r);
}

std::size_t fd::read_into(detail::room_ref room) {
  rt::descriptor* const d = d_;
  const std::int64_t r = readlater(d, room);
  if (r < 0) rt::throwio(d, "read", r);
  return static_cast<std::size_t>(r);
}

std::size_t fd::write(std::span<const std::byte> from, std::error_code& ec) {
  std::size_t done = 0;
  const std::int64_t r = writeall(d_, from, done);
  ec = rt::ioerror(r);
  return done;
}

std::size_t fd::write(std::span<const std::byte> from) {
  std::size_t done = 0;
  rt::descriptor* const d = d_;
  const std::int64_t r = writeall(d, from, done);
  if (r < 0) rt::throwio(d, "write", r);
  return done;
}

void fd::close(std::error_code& ec) noexcept {
  const bool done = d_ != nullptr && rt::descclose(d_);
  ec = done ? std::error_code() : make_error_code(errc::closed);
}

void fd::close() {
  std::error_code ec;
  close(ec);
  if (ec) rt::throwio(nullptr, "close", rt::kIoClosed);
}

void fd::set_deadline(time_point when, std::error_code& ec) {
  ec = rt::ioerror(setdeadlines(d_, when));
}

void fd::set_deadline(time_point when) {
  throwunset(d_, setdeadlines(d_, when));
}

void fd::set_read_deadline(time_point when, std::error_code& ec) {
  ec = rt::ioerror(setdeadline(d_, polldir::read, when));
}

void fd::set_read_deadline(time_point when) {
  throwunset(d_, setdeadline(d_, polldir::read, when));
}

void fd::set_write_deadline(time_point when, std::error_code& ec) {
  ec = rt::ioerror(setdeadline(d_, polldir::write, when));
}

void fd::set_write_deadline(time_point when) {
  throwunset(d_, setdeadline(d_, polldir::write, when));
}

std::uint64_t copy(fd& to, fd& from, std::uint64_t n, std::error_code& ec) {
  const rt::copyresult r =
      rt::desccopy(fd_access::of(to), fd_access::of(from), n);
  ec = rt::ioerror(r.error);
  return r.n;
}

std::uint64_t copy(fd& to, fd& from, std::uint64_t n) {
  rt::descriptor* there = fd_access::of(to);
  rt::descriptor* here = fd_access::of(from);
  const rt::copyresult r = rt::desccopy(there, here, n);
  if (r.error < 0) rt::throwcopy(there, here, r.error);
  return r.n;
}

std::uint64_t copy(fd& to, fd& from, std::error_code& ec) {
  return copy(to, from, UINT64_MAX, ec);
}

std::uint64_t copy(fd& to, fd& from) { return copy(to, from, UINT64_MAX); }

pipe_ends pipe(std::error_code& ec) {
  pipe_ends p;
  try {
    ec = rt::ioerror(makepipe(p));
  } catch (const std::system_error& e) {
    ec = e.code();
    return {};
  }
  return p;
}

pipe_ends pipe() {
  pipe_ends p;
  if (const std::int64_t r = makepipe(p); r < 0)
    rt::throwio(nullptr, "pipe", r);
  return p;
}

}  // namespace burrow
