// tests/abi/prog/start_amd64.S - where a test program begins, and what C++ cannot
// say: registers.
        .text
        .globl  _start
_start:
        xorl    %ebp, %ebp
        movq    %rsp, %rdi
        andq    $-16, %rsp
        call    abi_main
        ud2

// uint32_t abi_keeps(void (*fn)(void*), void* arg): calls fn with patterns in the
// callee-saved registers. Returns a bit for each that came back changed.
        .globl  abi_keeps
abi_keeps:
        pushq   %rbx
        pushq   %rbp
        pushq   %r12
        pushq   %r13
        pushq   %r14
        pushq   %r15
        subq    $8, %rsp
        movq    %rdi, %rax
        movq    %rsi, %rdi
        movabsq $0x1111222233334444, %rbx
        leaq    1(%rbx), %rbp
        leaq    2(%rbx), %r12
        leaq    3(%rbx), %r13
        leaq    4(%rbx), %r14
        leaq    5(%rbx), %r15
        call    *%rax
        xorl    %eax, %eax
        movabsq $0x1111222233334444, %rcx
        cmpq    %rcx, %rbx
        setne   %al
        .irp    r, rbp, r12, r13, r14, r15
        incq    %rcx
        shll    $1, %eax
        cmpq    %rcx, %\r
        setne   %dl
        orb     %dl, %al
        .endr
        addq    $8, %rsp
        popq    %r15
        popq    %r14
        popq    %r13
        popq    %r12
        popq    %rbp
        popq    %rbx
        ret

// void abi_trap(const uint64_t* in, uint64_t* out): loads every register, traps,
// and stores every register. Order: rax rbx rcx rdx rsi rdi rbp r8..r15, rflags,
// then xmm0, xmm7, xmm15 (two words each).
#define ALL(op) \
        op(8, rbx); op(16, rcx); op(24, rdx); op(32, rsi); op(40, rdi); \
        op(48, rbp); op(56, r8); op(64, r9); op(72, r10); op(80, r11); \
        op(88, r12); op(96, r13); op(104, r14); op(112, r15)
#define LOAD(at, reg) movq at(%rax), %reg
#define STORE(at, reg) movq %reg, at(%rax)
        .globl  abi_trap
abi_trap:
        pushq   %rbx
        pushq   %rbp
        pushq   %r12
        pushq   %r13
        pushq   %r14
        pushq   %r15
        pushq   %rsi
        movq    %rdi, %rax
        movups  128(%rax), %xmm0
        movups  144(%rax), %xmm7
        movups  160(%rax), %xmm15
        pushq   120(%rax)
        popfq
        ALL(LOAD)
        movq    (%rax), %rax
        .globl  abi_trap_here
abi_trap_here:
        int3
        pushfq
        pushq   %rax
        movq    16(%rsp), %rax
        ALL(STORE)
        popq    (%rax)
        popq    120(%rax)
        cld
        movups  %xmm0, 128(%rax)
        movups  %xmm7, 144(%rax)
        movups  %xmm15, 160(%rax)
        popq    %rsi
        popq    %r15
        popq    %r14
        popq    %r13
        popq    %r12
        popq    %rbp
        popq    %rbx
        ret

// uint64_t abi_spin(uint32_t* word): waits, with a pattern in each register, until
// the word is not 0; returns how many registers have changed.
        .globl  abi_spin
abi_spin:
        pushq   %rbx
        pushq   %rbp
        pushq   %r12
        movabsq $0x5555666677778888, %rax
        .irp    r, rbx, rcx, rdx, rsi, rbp, r8, r9, r10, r11, r12
        movq    %rax, %\r
        .endr
        movq    %rax, %xmm3
        movq    %rax, -64(%rsp)         // the red zone is ours
1:      pause
        cmpl    $0, (%rdi)
        je      1b
        movq    %rax, %rdi
        xorl    %eax, %eax
        .irp    r, rbx, rcx, rdx, rsi, rbp, r8, r9, r10, r11, r12
        cmpq    %rdi, %\r
        je      2f
        incl    %eax
2:
        .endr
        cmpq    %rdi, -64(%rsp)
        je      3f
        incl    %eax
3:      movq    %xmm3, %rcx
        cmpq    %rdi, %rcx
        je      4f
        incl    %eax
4:      popq    %r12
        popq    %rbp
        popq    %rbx
        ret

// void* abi_self(): the first word of the thread's own block.
        .globl  abi_self
abi_self:
#ifdef __APPLE__
        movq    %gs:0, %rax
#else
        movq    %fs:0, %rax
#endif
        ret

// uintptr_t abi_badload(uintptr_t at)
        .globl  abi_badload
abi_badload:
        movq    (%rdi), %rax
        ret
        .section .note.GNU-stack, "", @progbits
