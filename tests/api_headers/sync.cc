// tests/api_headers/sync.cc - burrow/sync.h needs no other header before it.
#include "burrow/sync.h"

namespace {

[[maybe_unused]] void use(burrow::wait_group& group, burrow::mutex& m) {
  group.go([&] {
    m.lock();
    m.unlock();
  });
  group.wait();
}

}  // namespace
