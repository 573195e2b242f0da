// deadlock - two goroutines that wait for each other, and who finds out.
//
// Shows   debug::dump_goroutines, which names the cycle while others go on, and
//         the report that ends a program in which nobody does
// Run     ./examples/deadlock
// Output  the clerk goes on
//         wait-for cycle: goroutine 3 "Ann" [sync.Mutex.Lock] waits for mutex
//         0x5641797ac020 held by goroutine 4 "Ben"; goroutine 4 "Ben" ...
// Exit    2, with the report on stderr
#include <cstdio>
#include <memory>
#include <mutex>
#include <string>

#include "burrow/burrow.h"

namespace {

struct account {
  burrow::mutex mutex;
  int balance = 100;
};

// transfer locks the payer's account first: two transfers in opposite
// directions each hold what the other wants. (std::scoped_lock of both would
// not.)
void transfer(account& from, account& to, burrow::wait_group& began) {
  const std::lock_guard<burrow::mutex> payer(from.mutex);
  began.done();
  began.wait();
  const std::lock_guard<burrow::mutex> payee(to.mutex);
  from.balance -= 10;
  to.balance += 10;
}

// cycle returns the line of a dump that names a cycle, or "".
std::string cycle() {
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::tmpfile(),
                                                             &std::fclose);
  if (file == nullptr) return "";
  burrow::debug::dump_goroutines(fileno(file.get()));
  std::rewind(file.get());
  std::string line;
  for (int c; (c = std::fgetc(file.get())) != EOF;) {
    if (c != '\n') {
      line += static_cast<char>(c);
    } else if (line.starts_with("wait-for cycle: ")) {
      return line;
    } else {
      line.clear();
    }
  }
  return "";
}

}  // namespace

int main() {
  return burrow::run([] {
    account a, b;
    burrow::wait_group began, transfers;
    began.add(2);
    transfers.add(2);
    burrow::go({.name = "Ann"}, [&] {
      transfer(a, b, began);
      transfers.done();
    });
    burrow::go({.name = "Ben"}, [&] {
      transfer(b, a, began);
      transfers.done();
    });

    // While anybody goes on, no runtime can call it a deadlock.
    burrow::go({.name = "clerk"}, [&] {
      began.wait();
      std::puts("the clerk goes on");
      for (;;) {
        burrow::sleep_for(std::chrono::milliseconds(1));
        const std::string found = cycle();
        if (found.empty()) continue;
        std::puts(found.c_str());
        std::fflush(stdout);
        return;
      }
    });

    transfers.wait();  // for ever: when the clerk is done, nobody goes on
    std::puts("both transfers are done");
  });
}
