// tests/abi/core/start_amd64.S - where the program begins.
        .text
        .globl  _start
_start:
        xorl    %ebp, %ebp
        movq    %rsp, %rdi
        andq    $-16, %rsp
        call    core_start
        ud2
        .section .note.GNU-stack, "", @progbits
