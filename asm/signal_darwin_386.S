// signal_darwin_386.S - from the kernel to a signal handler and back, and from a
// fault to a C++ exception.
//
// Layer    asm: no libc, no TLS, no upward symbol.
// Callers  the kernel (burrow_sigreturn, which it is given beside each handler and
//          enters in its place), burrow_sigreturn (burrow_sigtramp).
//
//   at burrow_sigreturn: 0(esp) -1, 4 handler, 8 style, 12 signal, 16 siginfo,
//   20 ucontext, 24 token (10.14 on); esp + 4 is 16-byte aligned
#include "asm/object.inc"

#define SYS_sigreturn 184

FUNC(burrow_sigreturn)
        .cfi_undefined eip
        cld
        movl    %esp, %ebx              // the context has the interrupted one
        subl    $28, %esp
        movl    12(%ebx), %eax
        movl    16(%ebx), %ecx
        movl    20(%ebx), %edx
        movl    %eax, (%esp)
        movl    %ecx, 4(%esp)
        movl    %edx, 8(%esp)
        call    *4(%ebx)
        movl    20(%ebx), %eax
        movl    8(%ebx), %ecx
        movl    24(%ebx), %edx
        movl    %eax, 4(%esp)
        movl    %ecx, 8(%esp)
        movl    %edx, 12(%esp)
        movl    $SYS_sigreturn, %eax
        int     $0x80
        ud2                             // it does not return
END(burrow_sigreturn)

#include "asm/sigtramp_386.inc"

        TAIL
