// burrow/signals.h - signals as values on channels.
//
//     auto c = burrow::make_chan<int>(1);
//     burrow::signals::notify(c, {SIGINT, SIGTERM});
//     int sig = *c.recv();  // Ctrl-C no longer ends the program
//
// As Go's package os/signal. A signal that nobody has asked for does what it does
// in a Go program: SIGHUP, SIGINT and SIGTERM end the process, SIGQUIT ends it
// with a dump of every goroutine and exit code 2, and so on (docs/signals.md).
#pragma once

#include <initializer_list>
#include <utility>

#include "burrow/chan.h"
#include "burrow/context.h"
#include "burrow/error.h"

namespace burrow::signals {

// What a signal becomes that the program's own mistake has sent (burrow/error.h).
using burrow::arithmetic_fault;
using burrow::memory_fault;

// notify sends each of these signals that arrives from now on to c, as its
// number; no signal given: all but the C library's own. Sending does not block:
// c needs a capacity that keeps up, 1 for a single signal. Called again for the
// same channel it adds to the set; several channels each get a copy. Signals of
// one kind that arrive faster than they are handed on are one, as for any
// process.
//
// It lasts until stop, reset, or the end of the run.
//
// Errors  panic_error: c is nil. std::invalid_argument: a number that is no
//         signal, or is the C library's own; nothing has changed then.
//         std::logic_error: no run is on. std::system_error: no thread can be
//         made. SIGKILL and SIGSTOP are accepted, and never come.
void notify(const chan<int>& c, std::initializer_list<int> sigs = {});

// stop takes back all that notify has arranged for c. When it returns, c has all
// signals that had arrived (and for which it has room), and gets no more. A signal
// that no other channel waits for does again what it did before.
void stop(const chan<int>& c);

// ignore makes the process ignore these signals; none given: all. It undoes
// notify for them, as stop does. A fault is ignored if somebody sends it.
//
// Errors  as notify.
void ignore(std::initializer_list<int> sigs = {});

// reset undoes notify and ignore for these signals; none given: all.
//
// Errors  as notify.
void reset(std::initializer_list<int> sigs = {});

// ignored says whether sig is ignored, as under nohup or after ignore; a fault's:
// when somebody sends it.
bool ignored(int sig);

// stop_func undoes a notify_context. Copyable, idempotent; dropping it does not
// stop.
class stop_func {
 public:
  stop_func() = default;
  stop_func(chan<int> c, cancel_func cancel)
      : c_(std::move(c)), cancel_(std::move(cancel)) {}

  void operator()() const {
    if (!c_) return;
    cancel_();
    stop(c_);
  }

 private:
  chan<int> c_;
  cancel_func cancel_;
};

// notify_context returns a context that is cancelled when one of these signals
// arrives, when stop is called, or when its parent ends.
//
// Errors  as notify.
std::pair<context, stop_func> notify_context(const context& parent,
                                             std::initializer_list<int> sigs);

}  // namespace burrow::signals
