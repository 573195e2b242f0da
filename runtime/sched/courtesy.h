// runtime/sched/courtesy.h - when a busy thread lets others have its processor.
//
// A thread that is never idle runs for as long as the system lets it, 3 ms and more, and
// who waits for its processor meanwhile may be who it answers. So each 50 us it asks the
// system whether others want to run. Who lives on answers has a short turn, for it is
// soon out of them. Who computes has a whole slice; giving him one each 50 us would be
// to give all (Linux takes the rest of its slice, and more, from who yields). So when
// most turns take 0.6 ms or more, the time until the next grows to 128 times as long as
// the last: a neighbour that computes gets less than a hundredth beyond its share.
//
// Rejected: to give as much as one has taken, no more: a neighbour that computes got a
// tenth of our share, and who answers waited longer.
#pragma once

#include <algorithm>
#include <cstdint>

namespace burrow::rt {

// Of one m; its own. Times in ns.
class courtesy {
 public:
  // due says whether it is time to let others run.
  bool due(std::int64_t now) const noexcept { return now >= next_; }

  // gave is told when they are done, and how long they took.
  void gave(std::int64_t now, std::int64_t took) noexcept {
    if (took >= kLong) {
      long_ = std::min(long_ + 1, kMostLong);
    } else if (took >= kTurn) {
      long_ = std::max(long_ - 1, 0);
    }
    const std::int64_t rest =
        long_ <= kFew ? 0 : std::min(took, kMostTook) << (long_ - kFew);
    next_ = now + std::max(kOften, rest);
  }

 private:
  static constexpr std::int64_t kOften = 50'000, kLong = 600'000;
  static constexpr std::int64_t kTurn = 20'000;          // less: nobody came
  static constexpr std::int64_t kMostTook = 10'000'000;  // else: it was stopped
  static constexpr int kFew = 3, kMostLong = kFew + 7;

  std::int64_t next_ = 0;
  int long_ = 0;  // long turns, less short ones
};

}  // namespace burrow::rt
