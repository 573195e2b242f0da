// tests/api_headers/metrics.cc - burrow/metrics.h needs no other header before it.
#include "burrow/metrics.h"

namespace {

[[maybe_unused]] auto use() {
  const burrow::metrics::snapshot s = burrow::metrics::read();
  return s.latency.quantile(0.5);
}

}  // namespace
