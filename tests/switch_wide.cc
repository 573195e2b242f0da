// tests/switch_wide.cc - a switch in code that is compiled for AVX-512 (asm_test).
#include "asm/switch.h"

#if defined(BURROW_SWITCH)
long keepwide(burrow_context* from, const burrow_context* to, const long* p);

// More lives over the switch than the registers that everybody has can keep.
long keepwide(burrow_context* from, const burrow_context* to, const long* p) {
  const long a = p[0], b = p[1], c = p[2], d = p[3], e = p[4], f = p[5],
             g = p[6], h = p[7];
  burrow_switch(from, to);
  return a + b * 2 + c * 3 + d * 4 + e * 5 + f * 6 + g * 7 + h * 8;
}
#endif
