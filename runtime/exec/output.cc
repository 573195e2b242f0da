// runtime/exec/output.cc - what a child writes, and when it is no longer waited for.
//
// A child of the child's, which the command may not know of, has the other end of the
// pipe as well, and lives on where the child has been killed. With wait_delay the child
// is waited for beside the reading, and its end gives the reading a deadline.
//
// Rejected: to kill all that has the pipe. Nobody knows who has it.

#include <algorithm>
#include <cstddef>
#include <span>
#include <system_error>

#include "burrow/defer.h"
#include "burrow/error.h"
#include "burrow/exec.h"
#include "burrow/future.h"
#include "burrow/time.h"

namespace burrow::exec {

namespace {

// readall appends all that comes from `from` to text. False: the deadline has passed.
bool readall(fd& from, std::string& text) {
  std::size_t room = 4096;
  std::size_t n = 1;
  while (n != 0) {
    const std::size_t had = text.size();
    text.resize(had + room);
    n = 0;
    const defer fit{[&] { text.resize(had + n); }};
    try {
      n = from.read(std::as_writable_bytes(std::span(text).subspan(had)));
    } catch (const std::system_error& e) {
      if (e.code() == errc::deadline_exceeded) return false;
      throw;
    }
    room = std::min<std::size_t>((had + n) * 2, std::size_t{1} << 20);
  }
  return true;
}

}  // namespace

std::string command::output() {
  out = connection::pipe;
  for (stream* s : {&in, &err})
    if (!s->file_ && s->how_ == connection::pipe) *s = connection::null;
  start();
  std::string text;
  fd from = out_pipe();
  if (!wait_delay) {
    readall(from, text);
    wait();
    return text;
  }
  auto ended = async([&] {
    const defer limit{
        [&] { from.set_read_deadline(detail::from_now(wait_delay->count())); }};
    wait();
  });
  const defer join{[&] {  // it uses what is ours
    if (ended.valid()) ended.wait();
  }};
  const bool whole = readall(from, text);
  ended.get();
  state_.pipe_left_open = !whole;
  return text;
}

}  // namespace burrow::exec
