// tests/support/contexttest.h - what the tests of contexts share.
#pragma once

#include <gtest/gtest.h>

#include <system_error>

#include "burrow/context.h"
#include "runtime/context/node.h"

namespace burrow::testsupport {

inline bool isclosed(const recv_chan<unit>& c) {
  return detail::chan_access::get(c)->is(detail::kClosed);
}

inline void expectlive(const context& ctx) {
  EXPECT_EQ(ctx.err(), std::error_code());
  EXPECT_EQ(ctx.cause(), std::error_code());
  EXPECT_TRUE(!ctx.done() || !isclosed(ctx.done()));
}

inline void expectended(const context& ctx, std::error_code err,
                        std::error_code cause) {
  EXPECT_EQ(ctx.err(), err);
  EXPECT_EQ(ctx.cause(), cause);
  EXPECT_TRUE(isclosed(ctx.done()));
}

// haschildren says whether some context would end with ctx.
inline bool haschildren(const context& ctx) {
  return detail::context_access::canceler(ctx)->children != nullptr;
}

}  // namespace burrow::testsupport
