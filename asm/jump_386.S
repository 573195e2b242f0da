// jump_386.S - the ways into and out of Boost's contexts.
//
// A burrow_transfer is returned in memory: its caller passes the address as a
// hidden first argument, which the function pops when it returns. jump_fcontext
// has the same shape, so burrow_jump has the same stack and only goes there:
//
//   (esp) return address, 4 where the transfer goes, 8 the context to go to,
//   12 one word for who arrives, 16 jump_fcontext
//
// Rejected: to undo the call by a `ret`, as jump_amd64.S does. The hidden argument
// would have to be copied to stand below the new return address.

        .text
        .p2align 4
        .globl burrow_jump
        .hidden burrow_jump
        .type burrow_jump, @function
burrow_jump:
        .cfi_startproc
        jmp     *16(%esp)
        .cfi_endproc
        .size burrow_jump, . - burrow_jump

// burrow_base is where a new context begins: it calls the function in
// burrow_entry with the transfer as it came (4(esp), 8(esp)), and goes on to the
// context that this returns, by the jump_fcontext that it returns beside it.
// Unwinding ends here, so that an exception that nobody catches terminates where
// it was thrown.
//
// make_fcontext of Boost 1.74 leaves the stack off by 8 bytes from where the C
// convention wants it, so it is aligned anew:
//
//   (esp) &result, 4 context, 8 word, 16 result.context, 20 result.word
        .p2align 4
        .globl burrow_base
        .hidden burrow_base
        .type burrow_base, @function
burrow_base:
        .cfi_startproc
        .cfi_undefined eip
        movl    4(%esp), %ecx
        movl    8(%esp), %edx
        xorl    %ebp, %ebp              // the end of the frame-pointer chain
        andl    $-16, %esp
        call    .Lhere                  // there is no other way to ask for eip
.Lhere:
        popl    %eax
        subl    $32, %esp
        movl    %ecx, 4(%esp)
        movl    %edx, 8(%esp)
        leal    16(%esp), %edx
        movl    %edx, (%esp)
        call    *burrow_entry - .Lhere(%eax)
        subl    $4, %esp                // the call has popped &result
        movl    16(%esp), %ecx
        movl    20(%esp), %edx
        leal    16(%esp), %eax
        movl    %eax, (%esp)
        movl    %ecx, 4(%esp)
        movl    $0, 8(%esp)
        call    *%edx                   // nobody comes back to this context
        ud2
        .cfi_endproc
        .size burrow_base, . - burrow_base

        .data
        .p2align 2
        .globl burrow_entry
        .hidden burrow_entry
        .type burrow_entry, @object
        .size burrow_entry, 4
burrow_entry:
        .long   0

        .section .note.GNU-stack, "", @progbits
