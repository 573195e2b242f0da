// sys/bsd/offsets.h - what the tables of sys/bsd/context.h are made of.
#pragma once

#include <cstddef>
#include <cstdint>

namespace burrow::sys::kernel {

struct contextoffsets {
  std::uint16_t code, addr;                       // in siginfo
  std::uint16_t mask;                             // in the context
  std::uint16_t pc, sp, flags, result, firstarg;  // in registers(ctxt)
  std::uint16_t link = 0;                         // x30, where there is one
};

struct registeroffset {
  const char* name;
  std::uint16_t offset;
};

}  // namespace burrow::sys::kernel
