// faults - a nil dereference and a division by zero, caught as exceptions.
//
// Shows   memory_fault, arithmetic_fault
// Run     ./examples/faults
// Output  the frame is unwound
//         caught runtime error: invalid memory address or nil pointer dereference
//         caught runtime error: integer divide by zero
//         the goroutine goes on
//
// Built with -fnon-call-exceptions, so that an instruction that faults may throw
// where it stands.
#include <cstdio>

#include "burrow/burrow.h"

namespace {

// volatile: else the compiler may move the read to behind the destructor.
struct account {
  volatile int balance;
};

// As a program has it from a table that lacks an entry.
account* volatile missing = nullptr;
volatile int parts = 0;

int balance(const account* a) {
  burrow::defer d{[] { std::printf("the frame is unwound\n"); }};
  return a->balance;
}

void careless() {
  try {
    std::printf("balance: %d\n", balance(missing));
  } catch (const burrow::memory_fault& e) {
    std::printf("caught %s\n", e.what());
  }
  try {
    std::printf("a part: %d\n", 100 / parts);
  } catch (const burrow::arithmetic_fault& e) {
    std::printf("caught %s\n", e.what());
  }
  std::printf("the goroutine goes on\n");
}

}  // namespace

int main() {
  return burrow::run([] {
    burrow::wait_group wg;
    wg.go(careless);
    wg.wait();
  });
}
