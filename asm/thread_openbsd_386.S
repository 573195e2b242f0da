// thread_openbsd_386.S - start a thread or a process that shares our memory.
//
// Layer    asm: no libc, no TLS, no upward symbol.
// Callers  sys/openbsd/thread.cc (burrow_tfork, burrow_tfork51), sys/bsd/exec.cc
//          (burrow_vfork); all signals are blocked, and so in the child.
//
// The call's arguments are on the stack, above a word where a return address would
// be: the wrapper pushes copies. The child finds the rest in callee-saved registers,
// which is why the parent saves them.
//
//   reg   at INT 0x80            child
//   ---   --------------------   -------------------------------------
//   eax   8 or 328               0
//   edx   -                      1 on old kernels
//   ebx   tid                    tid, over fn
//   esi   fn                     called
//   edi   arg                    pushed
//   ebp   the child's sp (328)   0
//   esp   0 | param | bytes      8: param's stack; 328: the parent's, until we
//                                load ebp; it is not touched before
//
// The child has no caller: the return address is undefined in the CFI, and ebp,
// from which frame-pointer walkers start, is zero.
#include "asm/object.inc"
#include "asm/pins_openbsd.inc"

#define SYS_exit      1
#define SYS_tfork     8
#define SYS_vfork     66
#define SYS_threxit   302
#define SYS_tfork51   328

#define SAVE pushl %ebx; pushl %esi; pushl %edi; pushl %ebp; \
        .cfi_adjust_cfa_offset 16
#define RESTORE popl %ebp; popl %edi; popl %esi; popl %ebx; \
        .cfi_adjust_cfa_offset -16
#define ARG(n) (16 + 4 * n)(%esp)       // of the C function, after SAVE

// burrow_tfork(param, bytes, fn, arg, tid)
FUNC(burrow_tfork)
        SAVE
        movl    ARG(1), %eax
        movl    ARG(2), %ecx
        movl    ARG(3), %esi
        movl    ARG(4), %edi
        movl    ARG(5), %ebx
        pushl   %ecx
        pushl   %eax
        pushl   $0
        .cfi_adjust_cfa_offset 12
        movl    $SYS_tfork, %eax
.Ltfork:
        int     $0x80
        jc      .Lfailed
        testl   %eax, %eax              // the child gets 0
        jz      .Lthread
        leal    12(%esp), %esp
        .cfi_adjust_cfa_offset -12
        RESTORE
        ret                             // tid
END(burrow_tfork)

// burrow_tfork51(param, sp, fn, arg, tid)
FUNC(burrow_tfork51)
        SAVE
        movl    ARG(1), %eax
        movl    ARG(2), %ebp
        movl    ARG(3), %esi
        movl    ARG(4), %edi
        movl    ARG(5), %ebx
        pushl   $0                      // as many words as in burrow_tfork
        pushl   %eax
        pushl   $0
        .cfi_adjust_cfa_offset 12
        movl    $SYS_tfork51, %eax
        int     $0x80
        jc      .Lfailed
        testl   %eax, %eax
        jz      .Lswitch
        jmp     .Lparent
.Lfailed:
        negl    %eax                    // -errno
.Lparent:
        leal    12(%esp), %esp
        .cfi_adjust_cfa_offset -12
        RESTORE
        ret
.Lswitch:
        .cfi_undefined eip              // unwinders stop here: nobody called us
        movl    %ebp, %esp              // before anything else
.Lthread:
        xorl    %ebp, %ebp              // and so does the frame-pointer chain
        subl    $12, %esp
        pushl   %edi                    // arg; esp is 16n again
        call    *%esi
        pushl   %ebx                    // fn returned: end this thread only
        pushl   $0
        movl    $SYS_threxit, %eax
.Lthrexit:
        int     $0x80
        ud2                             // threxit does not return
END(burrow_tfork51)

// burrow_vfork(sp, fn, arg). The child leaves the caller's stack, on which the
// return address must stay as it is, at once.
FUNC(burrow_vfork)
        SAVE
        movl    ARG(1), %ebp
        movl    ARG(2), %esi
        movl    ARG(3), %edi
        movl    $SYS_vfork, %eax
.Lvfork:
        int     $0x80
        jc      .Lvfailed
        testl   %eax, %eax
        jz      .Lchild
        jmp     .Lvparent
.Lvfailed:
        negl    %eax
.Lvparent:
        RESTORE
        ret
.Lchild:
        .cfi_undefined eip
        movl    %ebp, %esp
        xorl    %ebp, %ebp
        subl    $12, %esp
        pushl   %edi
        call    *%esi
        pushl   $127                    // fn does not return; if it does
        pushl   $0
        movl    $SYS_exit, %eax
.Lexit:
        int     $0x80
        ud2
END(burrow_vfork)

        PINS
        PIN(.Ltfork, SYS_tfork)
        PIN(.Lthrexit, SYS_threxit)
        PIN(.Lvfork, SYS_vfork)
        PIN(.Lexit, SYS_exit)
        TAIL
