// thread_darwin_arm64.S - where a thread starts and ends, and a process that shares
// our memory.
//
// Layer    asm: no libc, no TLS, no upward symbol.
// Callers  the kernel (burrow_threadstart, registered by sys/darwin/thread.cc),
//          sys/bsd/exec.cc (burrow_vfork).
//
//   reg   burrow_threadstart       then
//   ---   ----------------------   -----------------------------------------
//   x0    "pthread": the base      for the call that sets tpidrro_el0
//   x1    the thread's port        x22
//   x2    "func"                   x20
//   x3    "arg"                    x21
//   x4    "stack": the record      sp, x19
//   x5    flags                    dead
//   sp    the stack                not used
//
// As thread_darwin_amd64.S. The stores that others wait for release what was done
// before them.
#include "asm/object.inc"

#define SYS_exit      1
#define SYS_vfork     66
#define SYS_terminate 361
#define SETBASE       2                 // of the platform's calls, in x3

FUNC(burrow_threadstart)
        .cfi_undefined x30              // unwinders stop here: nobody called us
        mov     sp, x4
        mov     x29, #0
        mov     x30, #0
        mov     x19, x4
        mov     x20, x2
        mov     x21, x3
        mov     w22, w1
        mov     x3, #SETBASE
        mov     w16, #0x80000000        // a call of the platform's; x0 is the base
        svc     #0x80
        ldr     x9, [x19]               // record.tid
        str     w22, [x9]
        ldr     x9, [x19, #8]           // record.report: the creator goes on
        stlr    w22, [x9]
        mov     x0, x21
        blr     x20
        ldr     x9, [x19]
        mov     x0, #0                  // no stack for the kernel to unmap
        mov     x1, #0
        mov     w2, w22                 // the port is given back
        mov     x3, #0                  // no semaphore
        mov     w16, #SYS_terminate
        stlr    wzr, [x9]               // the stack is another's now
        svc     #0x80
        udf     #0
END(burrow_threadstart)

// burrow_vfork: x0 sp, x1 fn, x2 arg. Parent and child both get a process id in x0:
// the second result tells them apart, 1 in the child.
FUNC(burrow_vfork)
        LANDING
        mov     x3, x1                  // x0 and x1 are the results'
        mov     x4, x0
        mov     w16, #SYS_vfork
        svc     #0x80
        b.cs    1f
        cbnz    w1, 2f
        ret                             // process id
1:      neg     x0, x0
        ret
2:      .cfi_undefined x30
        mov     sp, x4                  // the caller's stack stays as it is
        mov     x29, #0
        mov     x30, #0
        mov     x0, x2
        blr     x3
        mov     x0, #127                // fn does not return; if it does
        mov     w16, #SYS_exit
        svc     #0x80
        udf     #0
END(burrow_vfork)

        TAIL
