// tests/abi/inject.cc - errors in the place of calls, and what a process holds.
#include <sys/syscall.h>

#include <cerrno>

#include "tests/abi/kernel.h"

namespace abibed {

holdings kernel::hold(const thread& t) const {
  const process& p = *t.proc;
  holdings h;
  h.call = out_.calls.size();
  h.mask = t.mask;
  h.maps = p.maps.size();
  for (const auto& [at, bytes] : p.maps) h.mapped += bytes;
  h.descriptors = tracees->descriptors(p.pid);
  for (const auto& [lid, other] : threads_)
    if (other->proc.get() == &p) h.threads++;
  for (const call& c : out_.calls) {
    if (c.failed || c.result == 0) continue;
    if (c.name == "fork" || c.name == "vfork") h.children++;
    if (c.name == "wait4") h.children--;
  }
  h.ports = ports();
  return h;
}

// A thread that has just ended may be there still.
bool kernel::marked(thread& t) {
  constexpr std::int64_t kWhile = 100'000'000;
  if (record(t).name != "write" || static_cast<int>(arg(t, 0)) != kMark)
    return false;
  const auto end = [this, &t] {
    if (t.sleeping) unsleep(t);
    out_.marks.push_back(hold(t));
    finish(t, error(EBADF));
  };
  const auto calm = [this, &t] {
    const holdings h = hold(t);
    const holdings& was = out_.marks[0];
    return h.threads == was.threads && h.ports == was.ports;
  };
  if (out_.marks.empty() || calm()) {
    end();
    return true;
  }
  sleep(t, ~3ULL, now() + kWhile);
  t.onlapse = end;
  t.onpoll = [calm, end] {
    if (calm()) end();
  };
  return true;
}

bool kernel::injected(thread& t) {
  const bool between =
      out_.marks.size() == 2 && (t.proc->pid == first_ || t.proc->shares);
  record(t).between = between;
  for (injection& i : how_.inject) {
    if (i.nr != t.nr || (i.between && !between)) continue;
    if (i.skip-- > 0 || i.count-- <= 0) continue;
    out_.injected++;
    const int e = i.error;
    if (i.byvalue)
      finish(t, ok(static_cast<std::uint64_t>(e)));
    else if (record(t).name == "close") {
      // The descriptor is gone all the same.
      constexpr std::int64_t kNarrowClose = 6;
      t.proc->queues.erase(static_cast<int>(arg(t, 0)));
      aslinux(t, SYS_close, kNarrowClose, {arg(t, 0)},
              [this, &t, e](std::int64_t) { finish(t, error(e)); });
    } else
      finish(t, error(e));
    return true;
  }
  return false;
}

std::vector<std::string> kernel::names() const {
  std::vector<std::string> found;
  for (const callrow& c : table())
    if (c.from <= release() && release() < c.until &&
        (c.cpus == where::all || (c.cpus == where::arm64) == how_.emulate))
      found.emplace_back(c.name);
  return found;
}

}  // namespace abibed
