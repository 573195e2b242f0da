// thread_darwin_386.S - where a thread starts and ends, and a process that shares
// our memory.
//
// Layer    asm: no libc, no TLS, no upward symbol.
// Callers  the kernel (burrow_threadstart, registered by sys/darwin/thread.cc),
//          sys/bsd/exec.cc (burrow_vfork).
//
//   reg   burrow_threadstart       then
//   ---   ----------------------   -----------------------------------------
//   eax   "pthread": the base      for the call that sets gs
//   ebx   the thread's port        kept
//   ecx   "func"                   esi
//   edx   "arg"                    on the stack
//   edi   "stack": the record      esp, kept
//   esi   flags                    dead
//   esp   16 below the stack up to 10.14, the stack since: not used
//
// As thread_darwin_amd64.S. The last call's arguments are read from memory when the
// stack is another's already: from words that are zero for ever. So the port is given
// back before, by a call of its own (10.7 on).
#include "asm/object.inc"

#define SYS_exit      1
#define SYS_vfork     66
#define SYS_terminate 361
#define SYS_setbase   3
#define TRAP_deallocate (-18)

FUNC(burrow_threadstart)
        .cfi_undefined eip              // unwinders stop here: nobody called us
        movl    %edi, %esp              // whatever esp was
        xorl    %ebp, %ebp
        movl    %ecx, %esi
        subl    $16, %esp
        movl    %edx, 12(%esp)
        movl    %eax, 4(%esp)
        movl    $SYS_setbase, %eax
        int     $0x82
        movl    (%edi), %eax            // record.tid
        movl    %ebx, (%eax)
        movl    4(%edi), %eax           // record.report: the creator goes on
        movl    %ebx, (%eax)
        movl    12(%esp), %eax
        movl    %eax, (%esp)
        call    *%esi
        movl    8(%edi), %eax           // record.task
        testl   %eax, %eax
        jz      .Lnotask
        movl    %eax, 4(%esp)
        movl    %ebx, 8(%esp)
        movl    $TRAP_deallocate, %eax
        int     $0x81
.Lnotask:
        movl    (%edi), %ecx
        movl    $.Lzeros, %esp
        movl    $0, (%ecx)              // the stack is another's now
        movl    $SYS_terminate, %eax
        int     $0x80
        ud2
END(burrow_threadstart)

// burrow_vfork(sp, fn, arg). Parent and child both get a process id in eax: the
// second result tells them apart, 1 in the child.
FUNC(burrow_vfork)
        pushl   %ebx
        pushl   %esi
        pushl   %edi
        pushl   %ebp
        .cfi_adjust_cfa_offset 16
        movl    20(%esp), %ebp
        movl    24(%esp), %esi
        movl    28(%esp), %edi
        movl    $SYS_vfork, %eax
        int     $0x80
        jc      .Lfailed
        testl   %edx, %edx
        jnz     .Lchild
        jmp     .Lparent
.Lfailed:
        negl    %eax
.Lparent:
        popl    %ebp
        popl    %edi
        popl    %esi
        popl    %ebx
        .cfi_adjust_cfa_offset -16
        ret
.Lchild:
        .cfi_undefined eip
        movl    %ebp, %esp              // the caller's stack stays as it is
        xorl    %ebp, %ebp
        subl    $12, %esp
        pushl   %edi
        call    *%esi
        pushl   $127                    // fn does not return; if it does
        pushl   $0
        movl    $SYS_exit, %eax
        int     $0x80
        ud2
END(burrow_vfork)

        .data
        .p2align 4
.Lzeros:
        .long   0, 0, 0, 0, 0, 0, 0, 0

        TAIL
