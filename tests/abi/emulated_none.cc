// tests/abi/emulated_none.cc - in place of the emulated machine where its library is
// not installed.
#include "tests/abi/tracee.h"

namespace abibed {

std::unique_ptr<machine> emulated() { return nullptr; }

}  // namespace abibed
