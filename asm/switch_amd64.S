// asm/switch_amd64.S - the ways into and out of contexts of our own (switch.h).
//
// A context: 0 sp, 8 pc, 16 bp, 24 mxcsr, 28 the x87's control word.
#include "asm/object.inc"

// burrow_enter: rdi, the context to go on with. Its control words are loaded
// unless they are the present ones.
FUNC(burrow_enter)
        .cfi_undefined rip
        stmxcsr -8(%rsp)
        fnstcw  -4(%rsp)
        movl    -8(%rsp), %eax
        movzwl  -4(%rsp), %ecx
        cmpl    %eax, 24(%rdi)
        jne     1f
        cmpw    %cx, 28(%rdi)
        jne     1f
2:
        movq    (%rdi), %rsp
        movq    16(%rdi), %rbp
        jmpq    *8(%rdi)
1:
        ldmxcsr 24(%rdi)
        fldcw   28(%rdi)
        jmp     2b
END(burrow_enter)

// burrow_begin: the base of a new stack. Nothing but the call has been pushed when
// it goes on to what the function returns: who is arrived at finds its returns
// foreseen, if it is the one that started this. Unwinding ends here, so that an
// exception that nobody catches terminates where it was thrown.
FUNC(burrow_begin)
        .cfi_undefined rip
#ifdef __OpenBSD__
        LANDING                         // of burrow_enter's jump (switch.h)
#endif
        movq    SYM(burrow_main)(%rip), %rdx
        jmp     SYM(burrow_beginwith)
END(burrow_begin)

// burrow_beginwith: rdx, the function.
FUNC(burrow_beginwith)
        .cfi_undefined rip
        xorl    %ebp, %ebp
        callq   *%rdx
        movq    %rax, %rdi
        jmp     SYM(burrow_enter)
END(burrow_beginwith)

// burrow_ontop: rdi the context, rsi fn, rdx arg. Past the red zone of the frame
// there, it stores the pc and bp of the context where an unwinder is told to look
// for those of its caller.
FUNC(burrow_ontop)
        pushq   %rbp
        .cfi_adjust_cfa_offset 8
        .cfi_offset rbp, -16
        pushq   %rbx
        .cfi_adjust_cfa_offset 8
        .cfi_offset rbx, -24
        pushq   %r12
        .cfi_adjust_cfa_offset 8
        .cfi_offset r12, -32
        .cfi_remember_state
        movq    %rsp, %r12
        movq    (%rdi), %rbx
        subq    $144, %rbx
        movq    8(%rdi), %rax
        movq    %rax, (%rbx)
        movq    16(%rdi), %rax
        movq    %rax, 8(%rbx)
        movq    %rbx, %rsp
        andq    $-16, %rsp
        .cfi_def_cfa rbx, 144
        .cfi_offset rip, -144
        .cfi_offset rbp, -136
        .cfi_same_value rbx
        .cfi_same_value r12
        movq    16(%rdi), %rbp          // for who walks by frame pointers
        movq    %rdx, %rdi
        callq   *%rsi
        movq    %r12, %rsp
        .cfi_restore_state
        popq    %r12
        .cfi_adjust_cfa_offset -8
        .cfi_restore r12
        popq    %rbx
        .cfi_adjust_cfa_offset -8
        .cfi_restore rbx
        popq    %rbp
        .cfi_adjust_cfa_offset -8
        .cfi_restore rbp
        ret
END(burrow_ontop)

// burrow_foresee: rdi, rsi, rdx, rcx for fn, r8 fn, which is told in r8 where this is
// called from. It returns what fn returns; dh of that says whether by a jump: never on
// OpenBSD, where a jump must not end at what follows a call.
FUNC(burrow_foresee)
        movq    %r8, %rax
        movq    (%rsp), %r8
        subq    $8, %rsp
        .cfi_adjust_cfa_offset 8
        callq   *%rax
        addq    $8, %rsp
        .cfi_adjust_cfa_offset -8
#ifndef __OpenBSD__
        testb   %dh, %dh
        jne     1f
#endif
        ret
1:
        popq    %rcx
        .cfi_adjust_cfa_offset -8
        .cfi_register rip, rcx
        jmpq    *%rcx
END(burrow_foresee)
ALIAS(burrow_foreseebool, burrow_foresee)

WORD(burrow_main)

        TAIL
