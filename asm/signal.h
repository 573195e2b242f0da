// asm/signal.h - the C++ view of asm/signal_*.S: how a signal reaches a handler,
// how the handler returns, and how a fault is made to look like a call.
//
// sys/ installs burrow_sigtramp and burrow_sigreturn in the kernel, and sets the
// two variables, once, before it does.
#pragma once

extern "C" {

// burrow_sigtramp is the handler that the kernel knows. It calls *burrow_sigfn
// with what it was given; on 386 and arm64 info and context are null if the handler
// was installed without SA_SIGINFO.
__attribute__((visibility("hidden"))) void burrow_sigtramp(int sig, void* info,
                                                           void* context);
__attribute__((visibility("hidden"))) extern void (*burrow_sigfn)(
    int sig, void* info, void* context);

// burrow_sigreturn is what a handler returns to. Not to be called.
__attribute__((visibility("hidden"))) void burrow_sigreturn();

// burrow_sigpanic is where a thread goes on after a fault whose context was
// edited (sys::sigctxt_inject): it calls *burrow_sigpanicfn, which must not
// return, as if the faulting instruction had called it. Not to be called.
//
// Stack at its start, 16-byte aligned: the fault's pc, the fault's sp, then what
// the processor's signal_*.S says.
__attribute__((visibility("hidden"))) void burrow_sigpanic();
__attribute__((visibility("hidden"))) extern void (*burrow_sigpanicfn)();

}  // extern "C"
