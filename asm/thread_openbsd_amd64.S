// thread_openbsd_amd64.S - start a thread or a process that shares our memory.
//
// Layer    asm: no libc, no TLS, no upward symbol.
// Callers  sys/openbsd/thread.cc (burrow_tfork, burrow_tfork51), sys/bsd/exec.cc
//          (burrow_vfork); all signals are blocked, and so in the child.
//
//   reg   burrow_tfork   burrow_tfork51   at SYSCALL         child
//   ---   ------------   --------------   ----------------   -----------------
//   rax   -              -                8 or 328           0
//   rdi   param          param            param              arg
//   rsi   bytes          sp               bytes (328: sp)    dead
//   rdx   fn             fn               -                  1 on old kernels
//   rcx   arg            arg              destroyed          dead
//   r8    tid            tid              tid                tid, then rbx
//   r9    -              -                arg                dead
//   r10   -              -                fn                 called
//   r11   -              -                destroyed          dead
//   rsp   parent's       parent's         parent's           8: param's stack
//                                                            328: the parent's,
//                                                            until we load rsi
//
// On 5.1 both threads run on one stack pointer for a moment: the child neither
// reads nor writes the stack before it has switched, all it needs is in registers.
//
// The child has no caller: the return address is undefined in the CFI, and rbp,
// from which frame-pointer walkers start, is zero.
#include "asm/object.inc"
#include "asm/pins_openbsd.inc"

#define SYS_exit      1
#define SYS_tfork     8
#define SYS_vfork     66
#define SYS_threxit   302
#define SYS_tfork51   328

FUNC(burrow_tfork)
        movq    %rcx, %r9               // arg; rcx is the kernel's
        movq    %rdx, %r10              // fn; rdx is the second result's
        movl    $SYS_tfork, %eax
.Ltfork:
        syscall
        jc      .Lfailed
        testl   %eax, %eax              // the child gets 0
        jz      .Lthread
        ret                             // tid
END(burrow_tfork)

FUNC(burrow_tfork51)
        movq    %rcx, %r9
        movq    %rdx, %r10
        movl    $SYS_tfork51, %eax
        syscall
        jc      .Lfailed
        testl   %eax, %eax
        jz      .Lswitch
        ret
.Lfailed:
        negq    %rax                    // -errno
        ret
.Lswitch:
        .cfi_undefined rip              // unwinders stop here: nobody called us
        movq    %rsi, %rsp              // before anything else
.Lthread:
        xorl    %ebp, %ebp              // and so does the frame-pointer chain
        movq    %r8, %rbx               // tid, over the call
        movq    %r9, %rdi
        call    *%r10
        movq    %rbx, %rdi              // fn returned: end this thread only
        movl    $SYS_threxit, %eax
.Lthrexit:
        syscall
        ud2                             // threxit does not return
END(burrow_tfork51)

// burrow_vfork: rdi sp, rsi fn, rdx arg. The child leaves the caller's stack, on
// which the return address must stay as it is, at once.
FUNC(burrow_vfork)
        movq    %rdx, %r8               // arg; rdx is the second result's
        movl    $SYS_vfork, %eax
.Lvfork:
        syscall
        jc      .Lvfailed
        testl   %eax, %eax
        jz      .Lchild
        ret                             // process id
.Lvfailed:
        negq    %rax
        ret
.Lchild:
        .cfi_undefined rip
        movq    %rdi, %rsp
        xorl    %ebp, %ebp
        movq    %r8, %rdi
        call    *%rsi
        movl    $127, %edi              // fn does not return; if it does
        movl    $SYS_exit, %eax
.Lexit:
        syscall
        ud2
END(burrow_vfork)

        PINS
        PIN(.Ltfork, SYS_tfork)
        PIN(.Lthrexit, SYS_threxit)
        PIN(.Lvfork, SYS_vfork)
        PIN(.Lexit, SYS_exit)
        TAIL
