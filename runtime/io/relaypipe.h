// runtime/io/relaypipe.h - pipes of ours, through which splice relays.
//
// A pipe is taken when there is something to relay, and given back when it is
// empty again: a copy that waits for its input holds none. A few are kept.
#pragma once

namespace burrow::rt {

struct relaypipe {
  int out = -1;  // to read from
  int in = -1;   // to write to
  relaypipe* next = nullptr;
};

// takepipe returns an empty pipe that does not block; null: none can be had.
// givepipe takes it back, droppipe what is not empty. They do not block.
relaypipe* takepipe() noexcept;
void givepipe(relaypipe* p) noexcept;
void droppipe(relaypipe* p) noexcept;

}  // namespace burrow::rt
