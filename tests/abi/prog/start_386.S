// tests/abi/prog/start_386.S - where a test program begins, and what C++ cannot
// say: registers. As start_amd64.S.
        .text
        .globl  _start
_start:
        xorl    %ebp, %ebp
        movl    %esp, %eax
        andl    $-16, %esp
        subl    $12, %esp
        pushl   %eax
        call    abi_main
        ud2

        .globl  abi_keeps
abi_keeps:
        pushl   %ebx
        pushl   %ebp
        pushl   %esi
        pushl   %edi
        movl    20(%esp), %eax
        movl    24(%esp), %ecx
        subl    $8, %esp
        pushl   %ecx
        movl    $0x11112222, %ebx
        leal    1(%ebx), %ebp
        leal    2(%ebx), %esi
        leal    3(%ebx), %edi
        call    *%eax
        addl    $12, %esp
        xorl    %eax, %eax
        movl    $0x11112222, %ecx
        cmpl    %ecx, %ebx
        setne   %al
        .irp    r, ebp, esi, edi
        incl    %ecx
        shll    $1, %eax
        cmpl    %ecx, %\r
        setne   %dl
        orb     %dl, %al
        .endr
        popl    %edi
        popl    %esi
        popl    %ebp
        popl    %ebx
        ret

// Order: eax ebx ecx edx esi edi ebp, eflags; then xmm0, xmm7 (four words each).
#define ALL(op) \
        op(4, ebx); op(8, ecx); op(12, edx); op(16, esi); op(20, edi); \
        op(24, ebp)
#define LOAD(at, reg) movl at(%eax), %reg
#define STORE(at, reg) movl %reg, at(%eax)
        .globl  abi_trap
abi_trap:
        pushl   %ebx
        pushl   %ebp
        pushl   %esi
        pushl   %edi
        pushl   24(%esp)                // out
        movl    24(%esp), %eax          // in
        movups  32(%eax), %xmm0
        movups  48(%eax), %xmm7
        pushl   28(%eax)
        popfl
        ALL(LOAD)
        movl    (%eax), %eax
        .globl  abi_trap_here
abi_trap_here:
        int3
        pushfl
        pushl   %eax
        movl    8(%esp), %eax
        ALL(STORE)
        popl    (%eax)
        popl    28(%eax)
        cld
        movups  %xmm0, 32(%eax)
        movups  %xmm7, 48(%eax)
        popl    %ecx
        popl    %edi
        popl    %esi
        popl    %ebp
        popl    %ebx
        ret

        .globl  abi_spin
abi_spin:
        pushl   %ebx
        pushl   %ebp
        pushl   %esi
        movl    16(%esp), %esi
        movl    $0x55556666, %eax
        .irp    r, ebx, ecx, edx, ebp
        movl    %eax, %\r
        .endr
        movd    %eax, %xmm3
1:      pause
        cmpl    $0, (%esi)
        je      1b
        movl    %eax, %esi
        xorl    %eax, %eax
        .irp    r, ebx, ecx, edx, ebp
        cmpl    %esi, %\r
        je      2f
        incl    %eax
2:
        .endr
        movd    %xmm3, %ecx
        cmpl    %esi, %ecx
        je      4f
        incl    %eax
4:      popl    %esi
        popl    %ebp
        popl    %ebx
        ret

        .globl  abi_self
abi_self:
        movl    %gs:0, %eax
        ret

        .globl  abi_badload
abi_badload:
        movl    4(%esp), %eax
        movl    (%eax), %eax
        ret
        .section .note.GNU-stack, "", @progbits
