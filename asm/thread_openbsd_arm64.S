// thread_openbsd_arm64.S - start a thread or a process that shares our memory.
//
// Layer    asm: no libc, no TLS, no upward symbol.
// Callers  sys/openbsd/thread.cc (burrow_tfork), sys/bsd/exec.cc (burrow_vfork); all
//          signals are blocked, and so in the child.
//
//   reg   burrow_tfork   at SVC   child
//   ---   ------------   ------   ----------------------------
//   x0    param          param    0; then arg
//   x1    bytes          bytes    destroyed
//   x2    fn             fn       called
//   x3    arg            arg      dead
//   x4    tid            tid      x19
//   x8    -              8        dead
//   x30   return         kept     0
//   sp    parent's       kept     param's stack
//
// OpenBSD/arm64 is younger than 5.1, so that there is no burrow_tfork51. The child
// has no caller: the return address is undefined in the CFI, and x29, from which
// frame-pointer walkers start, is zero.
#include "asm/object.inc"
#include "asm/pins_openbsd.inc"

#define SYS_exit      1
#define SYS_tfork     8
#define SYS_vfork     66
#define SYS_threxit   302

        .macro  gate                    // syscall_openbsd_arm64.S says why
        svc     #0
        dsb     nsh
        isb
        .endm

FUNC(burrow_tfork)
        LANDING
        mov     x8, #SYS_tfork
.Ltfork:
        gate
        b.cs    .Lfailed
        cbz     x0, .Lthread            // the child gets 0
        ret                             // tid
.Lfailed:
        neg     x0, x0                  // -errno
        ret
.Lthread:
        .cfi_undefined x30              // unwinders stop here: nobody called us
        mov     x29, #0                 // and so does the frame-pointer chain
        mov     x30, #0
        mov     x19, x4                 // tid, over the call
        mov     x0, x3
        blr     x2
        mov     x0, x19                 // fn returned: end this thread only
        mov     x8, #SYS_threxit
.Lthrexit:
        gate
        udf     #0                      // threxit does not return
END(burrow_tfork)

// burrow_vfork: x0 sp, x1 fn, x2 arg. The child leaves the caller's stack at once.
FUNC(burrow_vfork)
        LANDING
        mov     x3, x1                  // x0 and x1 are the results'
        mov     x4, x0
        mov     x8, #SYS_vfork
.Lvfork:
        gate
        b.cs    .Lvfailed
        cbz     x0, .Lchild
        ret                             // process id
.Lvfailed:
        neg     x0, x0
        ret
.Lchild:
        .cfi_undefined x30
        mov     sp, x4
        mov     x29, #0
        mov     x30, #0
        mov     x0, x2
        blr     x3
        mov     x0, #127                // fn does not return; if it does
        mov     x8, #SYS_exit
.Lexit:
        gate
        udf     #0
END(burrow_vfork)

        PINS
        PIN(.Ltfork, SYS_tfork)
        PIN(.Lthrexit, SYS_threxit)
        PIN(.Lvfork, SYS_vfork)
        PIN(.Lexit, SYS_exit)
        TAIL
