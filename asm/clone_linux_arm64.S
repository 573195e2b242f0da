// clone_linux_arm64.S - start a thread of this process.
//
// Layer    asm: no libc, no TLS, no stack of its own, no upward symbol.
// Caller   sys::newthread (sys/linux/thread.cc), on behalf of newosproc; all
//          signals are blocked, so the child starts with them blocked too.
// C name   intptr_t burrow_clone(uintptr_t flags, void* sp, uint32_t* tid,
//                            void* tls, void (*fn)(void*), void* arg);
// Returns  parent: thread id > 0, or -errno. Child: never returns.
//
//   reg   C argument     at SVC             child, after SVC
//   ---   ------------   ----------------   --------------------------
//   x0    flags          flags              0; then arg, popped
//   x1    sp             sp - 16            dead; then fn, popped
//   x2    tid            parent_tid = tid   dead
//   x3    tls            tls                dead
//   x4    fn             child_tid = tid    dead
//   x5    arg            unused by clone    dead
//   x8    -              SYS_clone          dead
//   x30   return         kept               kept; then 0
//   sp    parent stack   parent stack       sp - 16, then sp
//
//   child stack   sp - 16  fn
//                 sp -  8  arg
//
// tid serves two masters, and the child has no caller: see clone_linux_amd64.S.

#define SYS_exit  93
#define SYS_clone 220

        .text
        .globl  burrow_clone
        .hidden burrow_clone
        .type   burrow_clone, %function
        .balign 16
burrow_clone:
        .cfi_startproc
        hint    #34                     // bti c
        stp     x4, x5, [x1, #-16]!     // fn, arg -> child stack
        mov     x4, x2                  // child_tid = parent_tid = tid
        mov     x8, #SYS_clone
        svc     #0
        cbz     x0, .Lchild             // the child gets 0
        ret                             // tid or -errno
        .cfi_endproc

.Lchild:
        .cfi_startproc
        .cfi_undefined x30              // unwinders stop here: nobody called us
        mov     x29, #0                 // and so does the frame-pointer chain
        mov     x30, #0
        ldp     x1, x0, [sp], #16       // fn, arg
        blr     x1
        mov     x0, #0                  // fn returned: end this thread only
        mov     x8, #SYS_exit
        svc     #0
        udf     #0                      // exit does not return
        .cfi_endproc
        .size   burrow_clone, . - burrow_clone

        .section .note.GNU-stack, "", %progbits
