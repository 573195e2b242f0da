// asm/jump_amd64.S - a context switch whose returns the processor foresees.
//
// A processor predicts where a `ret` goes by a stack of its own, which every
// `call` pushes on. Boost's jump_fcontext is entered by a call and left by an
// indirect jump: that stack is then one too deep, and each function that returns
// after the switch is guessed wrong, at some 20 cycles each. Here the call that
// entered is undone by a `ret`: goroutines that left by the same chain of calls,
// as they all do that park, come back with every return foreseen.
//
// The switch itself stays Boost's, entered by a jump with `arrived` as its return
// address.
//
//   rdi  the context to go to         in, for jump_fcontext
//   rsi  one word for who arrives     in, for jump_fcontext
//   rdx  jump_fcontext                in
//   rax  the context that was left    out; and rdx the word
//
// This is for a build with -Dswitch=boost, and for what amd64 has in common with
// processors that have no switch of our own (switch.h).
//
// Rejected: Boost's switch as it is. See above: the guesses cost more than it does.

        .text
        .p2align 4
        .globl burrow_jump
        .hidden burrow_jump
        .type burrow_jump, @function
burrow_jump:
        .cfi_startproc
        subq    $8, %rsp                // aligned: ontop_fcontext calls from here
        .cfi_adjust_cfa_offset 8
        leaq    .Larrived(%rip), %rax
        pushq   %rax
        .cfi_adjust_cfa_offset 8
        jmp     *%rdx
        .cfi_adjust_cfa_offset -8
        nop                             // an unwinder looks before the address
.Larrived:
        addq    $8, %rsp
        .cfi_adjust_cfa_offset -8
        ret
        .cfi_endproc
        .size burrow_jump, . - burrow_jump

// burrow_base is where a new context begins: it calls the function in
// burrow_entry with the transfer as it came (rdi, rsi), and goes on to the
// context that this returns (rax), by the jump_fcontext that it returns (rdx).
// Nothing but the call has been pushed by then, and its return is over: who is
// arrived at finds its returns foreseen, if it is the one that started this.
// Unwinding ends here, so that an exception that nobody catches terminates where
// it was thrown.
        .p2align 4
        .globl burrow_base
        .hidden burrow_base
        .type burrow_base, @function
burrow_base:
        .cfi_startproc
        .cfi_undefined rip
        subq    $8, %rsp
        call    *burrow_entry(%rip)
        movq    %rax, %rdi
        xorl    %esi, %esi
        jmp     *%rdx
        .cfi_endproc
        .size burrow_base, . - burrow_base

        .data
        .p2align 3
        .globl burrow_entry
        .hidden burrow_entry
        .type burrow_entry, @object
        .size burrow_entry, 8
burrow_entry:
        .quad   0

        .section .note.GNU-stack, "", @progbits
