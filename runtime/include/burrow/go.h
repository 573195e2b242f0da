// burrow/go.h - running a program of goroutines, and starting them.
//
//   #include <burrow/burrow.h>
//
//   int main() {
//     return burrow::run([] {
//       auto c = burrow::make_chan<int>();
//       burrow::go([c] { c.send(42); });
//       return *c.recv() == 42 ? 0 : 1;
//     });
//   }
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <new>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>

#include "burrow/detail/closure.h"

namespace burrow {

// options of a run. What is 0 is taken from the environment (BURROW_MAXPROCS,
// BURROW_STACK_SIZE), else a default: the processors that the process may use
// (affinity, cgroup quota), and 256 KiB, 64 where addresses have 32 bits.
struct options {
  int maxprocs = 0;            // at most 1024 are made
  std::size_t stack_size = 0;  // bytes, of goroutines' stacks
};

// go_options of one goroutine.
struct go_options {
  std::string_view name = {};  // shown in dumps; copied
  std::size_t stack_size = 0;  // bytes; 0: the run's
};

// run starts the scheduler on the calling thread and main_goroutine as its
// first goroutine (on a stack of 8 MiB), and returns when that returns: with
// its result if it is an int, else 0. All other goroutines are stopped then and
// never go on; their stacks are not unwound. It may be called again afterwards.
//
// Errors  std::logic_error while another run is on; std::invalid_argument for
//         a negative maxprocs; std::length_error for an absurd stack size.
//         An exception that leaves a goroutine ends the process (exit code 2).
template <typename F>
  requires std::invocable<F&>
int run(F main_goroutine, options o = {}) {
  struct mainstate {
    F f;
    int result = 0;

    static void call(void* p) {
      auto* self = static_cast<mainstate*>(p);
      if constexpr (std::is_convertible_v<std::invoke_result_t<F&>, int>) {
        self->result = std::invoke(self->f);
      } else {
        std::invoke(self->f);
      }
    }
  } state{std::move(main_goroutine)};
  detail::run_main(&mainstate::call, &state, o);
  return state.result;
}

// go starts a goroutine that calls f(args...). f and args are decay-copied, as
// std::thread does; move-only ones are accepted. It never blocks.
//
// Errors  std::logic_error outside a run; std::length_error for an absurd
//         stack size; what copying f and args throws.
template <typename F, typename... Args>
  requires std::invocable<std::decay_t<F>, std::decay_t<Args>...>
[[gnu::always_inline]] inline void go(F f, Args... args) {
  detail::start_goroutine(nullptr, std::move(f), std::move(args)...);
}
template <typename F, typename... Args>
  requires std::invocable<std::decay_t<F>, std::decay_t<Args>...>
[[gnu::always_inline]] inline void go(const go_options& o, F f, Args... args) {
  detail::start_goroutine(&o, std::move(f), std::move(args)...);
}

// yield lets the other runnable goroutines go first (runtime.Gosched).
void yield();

// goexit ends the calling goroutine after unwinding it: destructors run. A
// catch (...) on the way must rethrow. Called by the main goroutine, it lets the
// others go on (runtime.Goexit).
//
// Errors  std::logic_error on a thread that is not burrow's.
[[noreturn]] void goexit();

// maxprocs returns how many goroutines may run at the same time, and changes it
// to n if n > 0 (at most 1024), stopping the world for that (GOMAXPROCS).
int maxprocs(int n = 0);

// num_cpu is the number of processors in the process's affinity mask.
int num_cpu();

// num_goroutine is the number of goroutines that have not ended.
int num_goroutine();

// goid is the calling goroutine's number; 0 on a thread that is not burrow's.
std::uint64_t goid();

// lock_os_thread wires the calling goroutine to its current thread until as
// many calls of unlock_os_thread; no other goroutine runs on that thread
// meanwhile. A goroutine that ends locked ends its thread.
void lock_os_thread();
void unlock_os_thread();

}  // namespace burrow

// The rest of what concerns goroutines; each of these works alone, too.
#include "burrow/defer.h"   // IWYU pragma: export
#include "burrow/future.h"  // IWYU pragma: export
#include "burrow/local.h"   // IWYU pragma: export
