// thread_darwin_amd64.S - where a thread starts and ends, and a process that shares
// our memory.
//
// Layer    asm: no libc, no TLS, no upward symbol.
// Callers  the kernel (burrow_threadstart, registered by sys/darwin/thread.cc),
//          sys/bsd/exec.cc (burrow_vfork).
//
//   reg   burrow_threadstart       then
//   ---   ----------------------   -----------------------------------------
//   rdi   "pthread": the base      for the call that sets gs
//   rsi   the thread's port        r14
//   rdx   "func"                   r12
//   rcx   "arg"                    r13
//   r8    "stack": the record      rsp, rbx
//   r9    flags                    dead
//   rsp   128 below the stack up to 10.14, the stack since: not used
//
// The record (asm/bsd.h) is at the top of the stack, above rsp, 16-byte aligned.
// All signals are blocked, as in the creator, when fn begins and when it returns:
// from the store of 0 on the stack belongs to somebody else, and nothing below
// touches it.
#include "asm/object.inc"

#define SYS_exit      0x2000001
#define SYS_vfork     0x2000042
#define SYS_terminate 0x2000169
#define SYS_setbase   0x3000003

FUNC(burrow_threadstart)
        .cfi_undefined rip              // unwinders stop here: nobody called us
        movq    %r8, %rsp               // whatever rsp was
        xorl    %ebp, %ebp
        movq    %r8, %rbx
        movq    %rdx, %r12
        movq    %rcx, %r13
        movl    %esi, %r14d
        movl    $SYS_setbase, %eax      // rdi is the base
        syscall
        movq    (%rbx), %rax            // record.tid
        movl    %r14d, (%rax)
        movq    8(%rbx), %rax           // record.report: the creator goes on
        movl    %r14d, (%rax)
        movq    %r13, %rdi
        call    *%r12
        movq    (%rbx), %rax
        xorl    %edi, %edi              // no stack for the kernel to unmap
        xorl    %esi, %esi
        movl    %r14d, %edx             // the port is given back
        xorl    %r10d, %r10d            // no semaphore
        movl    $0, (%rax)              // the stack is another's now
        movl    $SYS_terminate, %eax
        syscall
        ud2
END(burrow_threadstart)

// burrow_vfork: rdi sp, rsi fn, rdx arg. Parent and child both get a process id in
// rax: the second result tells them apart, 1 in the child.
FUNC(burrow_vfork)
        movq    %rdx, %r8               // arg; rdx is the second result's
        movl    $SYS_vfork, %eax
        syscall
        jc      LOCAL(failed)
        testl   %edx, %edx
        jnz     LOCAL(child)
        ret                             // process id
LOCAL(failed):
        negq    %rax
        ret
LOCAL(child):
        .cfi_undefined rip
        movq    %rdi, %rsp              // the caller's stack stays as it is
        xorl    %ebp, %ebp
        movq    %r8, %rdi
        call    *%rsi
        movl    $127, %edi              // fn does not return; if it does
        movl    $SYS_exit, %eax
        syscall
        ud2
END(burrow_vfork)

        TAIL
