// runtime/sched/syscall.h - for who is about to block the thread; see syscall.cc.
#pragma once

namespace burrow::rt {

// entersyscall and exitsyscall enclose a call that may block. They nest. exit may
// park, so the thread may be another one afterwards; errno stays.
//
// Context  g, not in the runtime, no lock held; on other threads they do nothing.
//          exitsyscall does not return if the run is over.
void entersyscall() noexcept;
void exitsyscall() noexcept;

// entersyscallblock is entersyscall for a call that is known to block.
void entersyscallblock() noexcept;

}  // namespace burrow::rt
