// signals - a graceful end: Ctrl-C, and the workers finish what they have begun.
//
// Shows   signals::notify_context, and a drain: close, range, wait_group
// Run     ./examples/signals [MS]     (sends itself SIGINT after MS milliseconds)
// Output  interrupted: no new jobs
//         every job that was made is done
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <csignal>
#include <cstdio>

#include "burrow/burrow.h"
#include "examples/args.h"

using namespace burrow;
using namespace std::chrono_literals;

namespace {

// produce makes jobs until ctx ends, and says how many.
int produce(const chan<int>& jobs, const context& ctx) {
  int made = 0;
  while (!ctx.err())
    select(send(jobs, made, [&made] { made++; }), recv(ctx.done()));
  return made;
}

void serve(std::chrono::milliseconds life) {
  // The first SIGINT or SIGTERM ends ctx; after stop() the next one ends the
  // program, as it would have from the start.
  auto [ctx, stop] = signals::notify_context(background(), {SIGINT, SIGTERM});
  go([life] {
    sleep_for(life);
    kill(getpid(), SIGINT);
  });

  auto jobs = make_chan<int>(16);
  std::atomic<int> done{0};
  wait_group workers;
  for (int i = 0; i < 4; i++)
    workers.go([&done, jobs] {
      for ([[maybe_unused]] const int job : jobs) {
        sleep_for(1ms);
        done++;
      }
    });

  const int made = produce(jobs, ctx);
  stop();
  std::printf("interrupted: no new jobs\n");
  jobs.close();
  workers.wait();
  std::printf("%s\n", made == done ? "every job that was made is done"
                                   : "jobs were lost");
}

}  // namespace

int main(int argc, char** argv) {
  const long ms = examples::one_number(argc, argv, "MS", 200, 1, 3'600'000);
  return run([ms] { serve(std::chrono::milliseconds(ms)); });
}
