// asm/jump.h - the C++ view of asm/jump_*.S: from one stack to another. For the
// one file of runtime/ that switches (runtime/sched/gogo.cc).
#pragma once

extern "C" {

// What Boost.Context calls transfer_t: a context, and a word from who left it.
struct burrow_transfer {
  void* context;
  void* word;
};

// burrow_jump switches to the context `to` by `jump`, which is Boost.Context's
// jump_fcontext, so that the processor foresees the returns that follow.
//
// Context  any stack; returns when something jumps to the caller's context.
__attribute__((visibility("hidden"))) burrow_transfer burrow_jump(
    void* to, void* word, void* jump) noexcept;

// burrow_base is the function of every new context, for make_fcontext. It calls
// *burrow_entry, which returns the context to go to when this one is done with,
// and jump_fcontext in `word`. burrow_entry is set once, before the first.
__attribute__((visibility("hidden"))) void burrow_base();
__attribute__((visibility("hidden"))) extern burrow_transfer (*burrow_entry)(
    burrow_transfer);

}  // extern "C"
