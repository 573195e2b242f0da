// runtime/sched/luck.h - whether it pays to ask on before a sleep.
//
// A thread that sleeps costs itself and who wakes it some us, and the message that it
// sleeps for as long again. To ask the system's poller for that time instead is twice
// the cost at worst, when nothing comes; so it is done only as long as it mostly finds
// something, and tried ever less often when it does not: one sleep of 64, of 128, ...,
// of 4,096. A program whose messages come rarely pays a thousandth for it.
//
// Rejected: to judge by how long the last sleep took. What wakes somebody late (10 us
// on a virtual machine) may come early for who is awake, and the other way round.
#pragma once

#include <algorithm>
#include <cstdint>

namespace burrow::rt {

// Of one m; its own.
class luck {
 public:
  // ask says, once before each sleep, whether to ask on.
  bool ask() noexcept {
    if (luck_ > 0) return true;
    if (++sleeps_ < pause_) return false;
    sleeps_ = 0;
    return true;
  }

  // found says whether it was worth it; two times of three it must be.
  void found(bool any) noexcept {
    if (any) {
      if (luck_ == 0) luck_ = 2;
      luck_ = std::min(luck_ + 1, kMost);
      pause_ = kLeastPause;
      return;
    }
    if (luck_ == 0) pause_ = std::min(pause_ * 2, kMostPause);
    luck_ = std::max(luck_ - 2, 0);
  }

 private:
  static constexpr int kMost = 8;
  static constexpr std::uint32_t kLeastPause = 64, kMostPause = 4096;

  int luck_ = 0;
  std::uint32_t sleeps_ = 0;
  std::uint32_t pause_ = kLeastPause;
};

}  // namespace burrow::rt
