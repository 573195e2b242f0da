// burrow/fd.h - files, pipes and sockets, without blocking a thread.
//
//   auto [in, out] = burrow::pipe();
//   burrow::go([&] { out.write(std::as_bytes(std::span("hello", 5))); });
//   std::byte room[100];
//   std::size_t n = in.read(room);
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <system_error>
#include <type_traits>
#include <utility>

#include "burrow/time.h"

namespace burrow::rt {
struct descriptor;
}

namespace burrow {

// room_source is a function object that says where to put what is read.
template <class F>
concept room_source = std::is_object_v<std::remove_reference_t<F>> &&
                      std::is_invocable_r_v<std::span<std::byte>, F&>;

namespace detail {

// room_ref refers to a room_source.
class room_ref {
 public:
  template <room_source F>
  explicit room_ref(F& f) noexcept
      : f_(std::addressof(f)), call_([](const void* at) {
          return std::span<std::byte>(
              (*static_cast<F*>(const_cast<void*>(at)))());
        }) {}
  std::span<std::byte> operator()() const { return call_(f_); }

 private:
  const void* f_;
  std::span<std::byte> (*call_)(const void*);
};

}  // namespace detail

// fd owns a descriptor, and closes it at the end. A goroutine that reads or
// writes waits in the netpoller, where the system can watch the descriptor
// (sockets, pipes, eventfds ...), else on its thread, while others go on.
//
// Any number of goroutines may use one fd: one at a time reads, one writes, the
// others queue up. close() may come at any time, and wakes them. Moving and
// destroying are for who owns it alone.
//
// Errors  std::system_error: burrow::errc::closed after close() and for an empty
//         fd; burrow::errc::deadline_exceeded; or the system's. The overloads with
//         an error_code set that instead, and clear it if all is well.
class fd {
 public:
  fd() = default;

  // Takes d over. Its flags are left alone, for other processes may share the
  // open file: what does not block is asked not to, call by call. Where that
  // cannot be (terminals, regular files), calls block their thread.
  explicit fd(int d);

  fd(fd&& other) noexcept : d_(std::exchange(other.d_, nullptr)) {}
  fd& operator=(fd&& other) noexcept;
  fd(const fd&) = delete;
  fd& operator=(const fd&) = delete;
  ~fd();

  // get is the number, -1 for an empty or closed fd; it is still this object's.
  // release gives it to the caller and leaves this empty.
  int get() const noexcept;
  int release() noexcept;
  explicit operator bool() const noexcept { return get() >= 0; }

  // read waits for something to read and returns how many bytes it has put into
  // `to`; 0 is the end of the stream.
  std::size_t read(std::span<std::byte> to);
  std::size_t read(std::span<std::byte> to, std::error_code& ec);

  // read(room) waits for something to read, and only then calls room(), once, which
  // says where to put it. So who has many connections that say little needs a buffer
  // for the few that do, not for each.
  //
  //   burrow::pool<std::array<std::byte, 16384>> rooms;
  //   decltype(rooms)::pointer room;
  //   n = c.read([&] { return std::span<std::byte>(*(room = rooms.get())); });
  //
  // room must not read from this fd. What it throws, read does, and has read nothing.
  // Should the system tell late of what has been read already, read asks too early,
  // and waits on with the room. The idea is .NET's read of zero bytes.
  template <room_source F>
  std::size_t read(F&& room) {
    return read_into(detail::room_ref(room));
  }
  template <room_source F>
  std::size_t read(F&& room, std::error_code& ec) {
    return read_into(detail::room_ref(room), ec);
  }

  // write writes all of `from` and returns its size; with an error, how many
  // bytes went before it.
  std::size_t write(std::span<const std::byte> from);
  std::size_t write(std::span<const std::byte> from, std::error_code& ec);

  // close makes whoever uses the descriptor, now or later, fail with
  // errc::closed. A second close does so itself.
  void close();
  void close(std::error_code& ec) noexcept;

  // After the deadline reads, or writes, or both, fail with
  // errc::deadline_exceeded, those that wait already, too; time_point{} is none.
  //
  // Errors  std::errc::operation_not_supported: nothing can watch this kind of
  //         file.
  void set_deadline(time_point when);
  void set_deadline(time_point when, std::error_code& ec);
  void set_read_deadline(time_point when);
  void set_read_deadline(time_point when, std::error_code& ec);
  void set_write_deadline(time_point when);
  void set_write_deadline(time_point when, std::error_code& ec);

 protected:
  explicit fd(rt::descriptor* d) noexcept : d_(d) {}

 private:
  friend struct fd_access;
  std::size_t read_into(detail::room_ref room);
  std::size_t read_into(detail::room_ref room, std::error_code& ec);

  rt::descriptor* d_ = nullptr;
};

// copy reads `from` to its end, or n bytes of it, and writes them to `to`; returns
// how many bytes have been written, fewer than n if the end came before. Where the
// system can, it moves them itself (sendfile, splice, copy_file_range), else they
// go through a buffer. Waiting, deadlines and close are those of reads of `from`
// and writes to `to`; others may read and write between its steps. Files are read
// and written at their position.
//
//   burrow::go([&] { copy(server, client); server.close_write(); });
//
// Errors  those of reads and writes. As with a loop of them, what has been read
//         but could not be written is lost: a megabyte at most.
std::uint64_t copy(fd& to, fd& from);
std::uint64_t copy(fd& to, fd& from, std::error_code& ec);
std::uint64_t copy(fd& to, fd& from, std::uint64_t n);
std::uint64_t copy(fd& to, fd& from, std::uint64_t n, std::error_code& ec);

// pipe returns both ends of a new pipe.
//
// Errors  std::system_error: the limit on descriptors is reached.
struct pipe_ends {
  fd read_end;
  fd write_end;
};
pipe_ends pipe();
pipe_ends pipe(std::error_code& ec);

}  // namespace burrow
