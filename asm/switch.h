// asm/switch.h - the context switch of our own, where there is one (BURROW_SWITCH):
// amd64. Elsewhere, and with -Dswitch=boost, contexts are Boost's (jump.h).
//
// A context is what a stack that was left is gone on with. The switch is inlined
// where goroutines park and yield: the compiler saves what of the callee-saved
// registers it needs, once, where a function that switches saves them all, after
// its caller has. And no call is entered that is left by a jump: a processor
// predicts where a `ret` goes by a stack of its own, and goroutines that left by
// the same chain of calls come back with every return foreseen.
//
// The control words of SSE and x87 belong to a context; they are loaded if they
// differ, for that costs more than to compare.
//
// Rejected: to push all of it onto the stack that is left. It would be over the red
// zone, 128 bytes away from the frame, and one more line to miss in the cache.
#pragma once

#include <cstddef>
#include <cstdint>

// (Not where the compiler has r16 to r31, which nobody has seen here.)
#if defined(__x86_64__) && !defined(__ILP32__) && !defined(__APX_F__) && \
    !defined(BURROW_SWITCH_BOOST)
#define BURROW_SWITCH 1
#endif

extern "C" {

// burrow_context: sp null means that there is none. Boost's contexts use sp alone.
struct burrow_context {
  void* sp;
  void* pc;
  void* bp;
  std::uint32_t mxcsr;
  std::uint16_t fpcw;
};

// What a function that has switched returns through burrow_foresee. more: the second byte
// says whether to return by a jump.
struct burrow_waited {
  std::size_t index;
  std::size_t more;
};
using burrow_waitfn = burrow_waited (*)(const void* a, void* b, void* c,
                                        std::size_t d,
                                        const void* from) noexcept;

#if defined(BURROW_SWITCH)

// What else there is to be lost: a compiler that may use these keeps even integers
// there, and lets nobody name them otherwise.
#if defined(__AVX512F__)
#define BURROW_SWITCH_MORE                                                    \
  "xmm16", "xmm17", "xmm18", "xmm19", "xmm20", "xmm21", "xmm22", "xmm23",     \
      "xmm24", "xmm25", "xmm26", "xmm27", "xmm28", "xmm29", "xmm30", "xmm31", \
      "k0", "k1", "k2", "k3", "k4", "k5", "k6", "k7",
#else
#define BURROW_SWITCH_MORE
#endif

// The symbol of a C name: Mach-O's begin with an underscore.
#if defined(__MACH__)
#define BURROW_SYMBOL(name) "_" #name
#else
#define BURROW_SYMBOL(name) #name
#endif

// Where an indirect jump ends: OpenBSD's kernel, from 7.4 on, lets it end nowhere else.
#if defined(__OpenBSD__)
#define BURROW_LANDING "endbr64\n\t"
#else
#define BURROW_LANDING
#endif

// What is lost over a switch: all but the stack and frame pointers.
#define BURROW_SWITCHED "rdx", BURROW_SWITCHED_NOT_RDX
#define BURROW_SWITCHED_NOT_RDX                                               \
  "rax", "rbx", "rcx", "r8", "r9", "r10", "r11", "r12", "r13", "r14", "r15",  \
      "xmm0", "xmm1", "xmm2", "xmm3", "xmm4", "xmm5", "xmm6", "xmm7", "xmm8", \
      "xmm9", "xmm10", "xmm11", "xmm12", "xmm13", "xmm14", "xmm15", "st",     \
      "st(1)", "st(2)", "st(3)", "st(4)", "st(5)", "st(6)", "st(7)",          \
      BURROW_SWITCH_MORE "memory", "cc"

// burrow_switch leaves the stack it is on, of which *from becomes the context, and
// goes on with *to. It returns when something goes on with *from, perhaps on
// another thread.
[[gnu::always_inline]] inline void burrow_switch(
    burrow_context* from, const burrow_context* to) noexcept {
  asm volatile(
      "leaq 1f(%%rip), %%rax\n\t"
      "movq %%rsp, (%0)\n\t"
      "movq %%rax, 8(%0)\n\t"
      "movq %%rbp, 16(%0)\n\t"
      "stmxcsr 24(%0)\n\t"
      "fnstcw 28(%0)\n\t"
      "movl 24(%0), %%eax\n\t"
      "movzwl 28(%0), %%ecx\n\t"
      "cmpl %%eax, 24(%1)\n\t"
      "jne 2f\n\t"
      "cmpw %%cx, 28(%1)\n\t"
      "jne 2f\n"
      "3:\n\t"
      "movq (%1), %%rsp\n\t"
      "movq 16(%1), %%rbp\n\t"
      "jmpq *8(%1)\n"
      "2:\n\t"
      "ldmxcsr 24(%1)\n\t"
      "fldcw 28(%1)\n\t"
      "jmp 3b\n"
      "1:" BURROW_LANDING
      : "+D"(from), "+S"(to)
      :
      : BURROW_SWITCHED);
}

// What runs on a new context: it returns the context to go to when that is done with.
using burrow_mainfn = const burrow_context* (*)();

// burrow_start is burrow_switch to a new context on the stack below sp, which is
// aligned to 16 bytes: at burrow_beginwith, with the control words as they are.
[[gnu::always_inline]] inline void burrow_start(burrow_context* from, void* sp,
                                                burrow_mainfn main) noexcept {
  asm volatile(
      "leaq 1f(%%rip), %%rax\n\t"
      "movq %%rsp, (%0)\n\t"
      "movq %%rax, 8(%0)\n\t"
      "movq %%rbp, 16(%0)\n\t"
      "stmxcsr 24(%0)\n\t"
      "fnstcw 28(%0)\n\t"
      "movq %1, %%rsp\n\t"
      "jmp " BURROW_SYMBOL(burrow_beginwith) "\n"
      "1:" BURROW_LANDING
      : "+D"(from), "+S"(sp), "+d"(main)
      :
      : BURROW_SWITCHED_NOT_RDX);
}

// burrow_enter goes on with *to and leaves nothing behind.
[[gnu::visibility("hidden"), noreturn]] void burrow_enter(
    const burrow_context* to) noexcept;

// burrow_begin is where a new context begins, on an empty stack, aligned to 16
// bytes. It calls *burrow_main and goes to what that returns. burrow_main is set once,
// before the first. burrow_beginwith does so with the function in rdx.
[[gnu::visibility("hidden")]] void burrow_begin();
[[gnu::visibility("hidden")]] void burrow_beginwith();
[[gnu::visibility("hidden")]] extern burrow_mainfn burrow_main;

// burrow_foresee returns fn(a, b, c, d, its own return address), where fn has switched:
// by `ret`, if the processor's own stack foresees that, else by a jump, which is
// foreseen by what has gone before. A return that is not foreseen costs 11 ns, and who
// leaves and who arrives have seldom been called from the same place.
[[gnu::visibility("hidden")]] burrow_waited burrow_foresee(
    const void* a, void* b, void* c, std::size_t d, burrow_waitfn fn) noexcept;

// burrow_foreseebool is the same for an fn whose index is 0 or 1, and is all.
[[gnu::visibility("hidden")]] bool burrow_foreseebool(
    const void* a, void* b, void* c, std::size_t d, burrow_waitfn fn) noexcept;

// burrow_ontop calls fn(arg) on the stack of *c, below its frames: a trace from
// there goes on with them. *c stays as it is.
[[gnu::visibility("hidden")]] void burrow_ontop(const burrow_context* c,
                                                void (*fn)(void*),
                                                void* arg) noexcept;
#endif

}  // extern "C"
