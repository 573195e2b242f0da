// signal_darwin_amd64.S - from the kernel to a signal handler and back, and from a
// fault to a C++ exception.
//
// Layer    asm: no libc, no TLS, no upward symbol.
// Callers  the kernel (burrow_sigreturn, which it is given beside each handler and
//          enters in its place), burrow_sigreturn (burrow_sigtramp).
//
//   reg   burrow_sigreturn
//   ---   --------------------------------------------------------------
//   rdi   the handler, which is called as C calls
//   esi   style, for the call sigreturn
//   edx   signal
//   rcx   siginfo
//   r8    ucontext
//   r9    token, for the call sigreturn (10.14 on; older ones ignore it)
//   rsp   16n+8; there is no return address
#include "asm/object.inc"

#define SYS_sigreturn 0x20000b8

FUNC(burrow_sigreturn)
        .cfi_undefined rip
        LANDING
        cld
        movl    %esi, %r12d             // the context has the interrupted ones
        movq    %r8, %rbx
        movq    %r9, %r13
        subq    $8, %rsp
        movq    %rdi, %rax
        movl    %edx, %edi
        movq    %rcx, %rsi
        movq    %r8, %rdx
        call    *%rax
        movq    %rbx, %rdi
        movl    %r12d, %esi
        movq    %r13, %rdx
        movl    $SYS_sigreturn, %eax
        syscall
        ud2                             // it does not return
END(burrow_sigreturn)

#include "asm/sigtramp_amd64.inc"

        TAIL
