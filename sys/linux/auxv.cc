// sys/linux/auxv.cc - sys/linux/auxv.h.
#include "sys/linux/auxv.h"

#include <cstddef>

#include "sys/linux/file.h"

namespace burrow::sys {

namespace {

// word reads one from the file; false at its end.
bool word(infile& in, std::uintptr_t* out) noexcept {
  *out = 0;
  for (std::size_t i = 0; i < sizeof *out; i++) {
    const int c = in.get();
    if (c < 0) return false;
    *out |= static_cast<std::uintptr_t>(c) << (i * 8);
  }
  return true;
}

}  // namespace

std::uintptr_t auxval(std::uintptr_t type) noexcept {
  infile in("/proc/self/auxv");
  std::uintptr_t entry, value;
  while (word(in, &entry) && word(in, &value) && entry != 0)
    if (entry == type) return value;
  return 0;
}

}  // namespace burrow::sys
