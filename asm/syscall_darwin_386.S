// syscall_darwin_386.S - the one gate into Darwin's kernel: bsdcall_386.inc. The
// call's number has its class in bits 24 and up, as on amd64; here each class has an
// interrupt of its own, and Mach's numbers are negative.
//
// Layer    asm: no libc, no TLS, no upward symbol.
// Caller   sys/bsd/syscall.h.
#include "asm/object.inc"

#define GATE \
        movl    %eax, %ecx; \
        andl    $0xffffff, %eax; \
        shrl    $24, %ecx; \
        cmpl    $1, %ecx; \
        je      1f; \
        cmpl    $3, %ecx; \
        je      2f; \
        clc; \
        int     $0x80; \
        jmp     3f; \
1:      negl    %eax; \
        clc; \
        int     $0x81; \
        jmp     3f; \
2:      clc; \
        int     $0x82; \
3:
#include "asm/bsdcall_386.inc"

        TAIL
