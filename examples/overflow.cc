// overflow - a recursion without an end is reported, never silent.
//
// Shows   the guard page of a goroutine's stack
// Run     ./examples/overflow
// Output  following a list without an end
//
// Then, on stderr, "fatal error: stack overflow", which goroutine and where, and
// what makes its stack larger; exit code 2.
#include <cstdio>

#include "burrow/burrow.h"

namespace {

struct node {
  const node* next;
};

int length(const node* n) {
  return n == nullptr ? 0 : 1 + length(n->next) % 1000;
}

}  // namespace

int main() {
  return burrow::run([] {
    std::printf("following a list without an end\n");
    std::fflush(stdout);
    burrow::wait_group wg;
    wg.go([] {
      static node ring{&ring};
      std::printf("it has %d nodes\n", length(&ring));
    });
    wg.wait();
  });
}
