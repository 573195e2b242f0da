// burrow/detail/safepoints.h - whether this file is compiled with safepoints
// (docs/hazards.md): kSafepoints. Then nothing that holds a lock is inline.
#pragma once

#if defined(BURROW_SAFEPOINTS) && !defined(__OPTIMIZE__)
// Inline functions that are not inlined exist once in a program, and the linker
// may take this file's for burrow's own code, which must have no safepoints.
#error "safepoints need optimisation: -O1 or more"
#endif

namespace burrow::detail {

#if defined(BURROW_SAFEPOINTS)
inline constexpr bool kSafepoints = true;
#else
inline constexpr bool kSafepoints = false;
#endif

}  // namespace burrow::detail
