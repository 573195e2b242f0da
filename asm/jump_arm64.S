// jump_arm64.S - the ways into and out of Boost's contexts.
//
//   x0  the context to go to         in, for jump_fcontext; out: the one left
//   x1  one word for who arrives     in, for jump_fcontext; out: the word
//   x2  jump_fcontext                in
//
// jump_fcontext is left by a `ret`, so that returns are foreseen here without the
// trick of jump_amd64.S: burrow_jump only goes there. By x16, from which a jump may
// land where a call may.

        .text
        .p2align 4
        .globl burrow_jump
        .hidden burrow_jump
        .type burrow_jump, %function
burrow_jump:
        .cfi_startproc
        hint    #34                     // bti c
        mov     x16, x2
        br      x16
        .cfi_endproc
        .size burrow_jump, . - burrow_jump

// burrow_base is where a new context begins: it calls the function in
// burrow_entry with the transfer as it came (x0, x1), and goes on to the context
// that this returns (x0), by the jump_fcontext that it returns (x1). Unwinding ends
// here, so that an exception that nobody catches terminates where it was thrown.
        .p2align 4
        .globl burrow_base
        .hidden burrow_base
        .type burrow_base, %function
burrow_base:
        .cfi_startproc
        .cfi_undefined x30
        hint    #36                     // bti j: a new context may be jumped to
        mov     x29, #0                 // the end of the frame-pointer chain
        mov     x30, #0
        adrp    x2, burrow_entry
        ldr     x2, [x2, :lo12:burrow_entry]
        blr     x2
        mov     x16, x1
        mov     x1, #0
        br      x16
        .cfi_endproc
        .size burrow_base, . - burrow_base

        .data
        .p2align 3
        .globl burrow_entry
        .hidden burrow_entry
        .type burrow_entry, %object
        .size burrow_entry, 8
burrow_entry:
        .quad   0

        .section .note.GNU-stack, "", %progbits
