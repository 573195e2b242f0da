// sys/linux/epollbits.h - the kernel's EPOLLIN and its kin, and what they mean.
#pragma once

#include <cstdint>

#include "sys/poller.h"

namespace burrow::sys {

inline constexpr std::uint32_t kIn = 1, kPri = 2, kOut = 4, kErr = 8;
inline constexpr std::uint32_t kHup = 0x10, kRdhup = 0x2000;
inline constexpr std::uint32_t kEdge = 0x80000000;

// The kernel's struct epoll_event; packed on amd64 and 386 alone.
#if defined(__x86_64__) || defined(__i386__)
struct [[gnu::packed]] epollevent {
#else
struct epollevent {
#endif
  std::uint32_t events;
  std::uint64_t data;
};

inline constexpr int kEpollAdd = 1, kEpollDel = 2, kEpollCloexec = 02000000;

inline std::uint32_t bitsof(std::uint32_t events) noexcept {
  std::uint32_t what = 0;
  if ((events & kIn) != 0) what |= kPollRead;
  if ((events & kOut) != 0) what |= kPollWrite;
  if ((events & (kErr | kHup | kRdhup | kPri)) != 0) what |= kPollEnd;
  return what;
}

}  // namespace burrow::sys
