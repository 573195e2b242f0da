// bench/net/histogram.h - latencies, to 3 % of each, in 15 KB.
//
// A power of two is cut into 32 equal buckets. Rejected: keeping every sample
// for an exact percentile. A million of them a second would push the rest of the
// client out of its caches.
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>

namespace bench::net {

class histogram {
 public:
  // add counts one latency, in ns; a negative one counts as 0.
  void add(std::int64_t ns) noexcept {
    const std::uint64_t v = ns < 0 ? 0 : static_cast<std::uint64_t>(ns);
    buckets_[indexof(v)]++;
    if (v > max_) max_ = v;
    count_++;
  }

  std::uint64_t count() const noexcept { return count_; }
  std::uint64_t max() const noexcept { return max_; }  // exact; ns

  // quantile returns the latency (ns) that the share q of all did not exceed, as
  // the upper end of its bucket; 0 if there were none.
  std::uint64_t quantile(double q) const noexcept {
    const double wanted = q * static_cast<double>(count_);
    std::uint64_t seen = 0;
    for (std::size_t i = 0; i < buckets_.size(); i++) {
      seen += buckets_[i];
      if (seen != 0 && static_cast<double>(seen) >= wanted) {
        const std::uint64_t high = upper(i);
        return high < max_ ? high : max_;
      }
    }
    return max_;
  }

 private:
  static constexpr unsigned kBits = 5;
  static constexpr std::size_t kSub = std::size_t{1} << kBits;

  static std::size_t indexof(std::uint64_t v) noexcept {
    if (v < kSub) return v;
    const auto shift = static_cast<unsigned>(std::bit_width(v)) - 1 - kBits;
    return shift * kSub + (v >> shift);
  }
  static std::uint64_t upper(std::size_t i) noexcept {
    if (i < kSub) return i;
    const std::size_t shift = i / kSub - 1;
    return ((i - shift * kSub + 1) << shift) - 1;
  }

  std::array<std::uint64_t, kSub * (65 - kBits)> buckets_{};
  std::uint64_t count_ = 0, max_ = 0;
};

}  // namespace bench::net
