#!/usr/bin/env python3
"""Deliberate mistakes in asm/ and sys/, each of which the test bed must catch.

    tests/abi/mutants.py SOURCE_DIR ABI_TEST [PART_OF_A_NAME_OR_PORT]

Each mutant is made in a copy of the files, built by tests/abi/build.sh, and run
under ABI_TEST. It is caught when a test fails. Prints a table for docs/played_kernels.md;
the exit status says whether all were caught.
"""
import glob
import os
import shutil
import subprocess
import sys
import tempfile

O64, O32 = ("openbsd", "amd64"), ("openbsd", "386")
D64, D32 = ("darwin", "amd64"), ("darwin", "386")
OARM, DARM = ("openbsd", "arm64"), ("darwin", "arm64")

# What is wrong, in which port's program, file, and from what to what.
MUTANTS = [
    ("gate: 4th argument in rcx", O64, "asm/bsdcall_amd64.inc",
     "24(%rsi), %r10", "24(%rsi), %rcx"),
    ("gate: carry taken for its opposite", O64, "asm/bsdcall_amd64.inc",
     "setc    %al", "setnc   %al"),
    ("gate: the 7th argument is the 6th", O64, "asm/bsdcall_amd64.inc",
     "pushq   48(%rsi)", "pushq   40(%rsi)"),
    ("gate: arguments a word too high", O32, "asm/bsdcall_386.inc",
     "pushl   $0\n        .cfi_adjust_cfa_offset 36\n        GATE",
     "GATE\n        leal -4(%esp), %esp"),
    ("gate: carry of before a Mach trap", D64, "asm/bsdcall_amd64.inc",
     "clc\n", "stc\n"),
    ("gate: a Mach number not negative", D32, "asm/syscall_darwin_386.S",
     "negl    %eax;", "nop;"),
    ("pins: a call is missing", O64, "asm/pins_openbsd.inc",
     "PIN(site, 48);", ""),
    ("tfork: arg is fn", O64,
     "asm/thread_openbsd_amd64.S", "movq    %rcx, %r9", "movq    %rdx, %r9"),
    ("tfork: the child is who does not get 0", O64,
     "asm/thread_openbsd_amd64.S", "jz      .Lthread", "jnz     .Lthread"),
    ("tfork51: the child stays on its parent's stack", O64,
     "asm/thread_openbsd_amd64.S", "movq    %rsi, %rsp ", "movq    %rsi, %rsi "),
    ("tfork51: stack left by a push before the switch", O32,
     "asm/thread_openbsd_386.S", "movl    %ebp, %esp              // before",
     "pushl   %ebp; popl %eax; movl %ebp, %esp; subl $4, %esp //"),
    ("tfork: errno is not negated", O64, "asm/thread_openbsd_amd64.S",
     ".Lfailed:\n        negq    %rax", ".Lfailed:\n        nop"),
    ("threxit: tid not given", O64, "asm/thread_openbsd_amd64.S",
     "movq    %rbx, %rdi              // fn", "xorl    %edi, %edi //"),
    ("threxit: ends the process", O32, "asm/thread_openbsd_386.S",
     "#define SYS_threxit   302", "#define SYS_threxit   1"),
    ("__tfork: members in another order", O64, "sys/openbsd/newthread.cc",
     "const tforkparam p{tls, word, top};",
     "const tforkparam p{word, static_cast<std::uint32_t*>(tls), top};"),
    ("__tfork: a size too large", O64, "sys/openbsd/newthread.cc",
     "burrow_tfork(&p, sizeof p,", "burrow_tfork(&p, sizeof p + 8,"),
    ("stack pointer at the mapping's end", O64, "sys/openbsd/newthread.cc",
     "kInside = 16", "kInside = 0"),
    ("stack pointer not aligned", O32, "sys/openbsd/newthread.cc",
     "kInside = 16", "kInside = 12"),
    ("memory without MAP_STACK", O64, "sys/openbsd/kernel.h",
     "kMapAny = kMapStack", "kMapAny = 0"),
    ("mmap: the padding is forgotten", O64, "sys/openbsd/memory.cc",
     "kernel::kMapAnon, -1, 0, 0, 0);", "kernel::kMapAnon, 0, 0, 0, 0);"),
    ("sigaction: the flags for the mask", O64, "sys/openbsd/signal.cc",
     "static_cast<std::uint32_t>(wanted->mask),",
     "static_cast<std::uint32_t>(wanted->flags),"),
    ("sigprocmask: numbers of Linux", O64, "sys/bsd/signal.cc",
     "kBlock = 1, kSetmask = 3", "kBlock = 0, kSetmask = 2"),
    ("the mask is not put back", O64, "sys/bsd/signal.cc",
     "static_cast<std::uint32_t>(*old), &was)", "static_cast<std::uint32_t>(*old) | kAll, &was)"),
    ("sigaltstack: SS_DISABLE of Linux", O64, "sys/bsd/signal.cc",
     "kDisable = 4", "kDisable = 2"),
    ("handler without a landing pad", O64, "asm/sigtramp_amd64.inc",
     "        LANDING\n", ""),
    ("handler's stack not aligned", O64, "asm/sigtramp_amd64.inc",
     "pushq   %rbp\n", "pushq   %rbp; pushq %rbp\n"),
    ("handler's stack not aligned", O32, "asm/sigtramp_386.inc",
     "andl    $-16, %esp", "nop"),
    ("siginfo: code where Linux has it", O64, "sys/openbsd/context_amd64.h",
     ".code = 4", ".code = 8"),
    ("context: sp where Linux has it", O64, "sys/openbsd/context_amd64.h",
     ".sp = 192", ".sp = 160"),
    ("context: mask of another word", O32, "sys/openbsd/context_386.h",
     ".mask = 68", ".mask = 72"),
    ("context: two registers exchanged", O32, "sys/openbsd/context_386.h",
     '{"ebx", 28}', '{"ebx", 32}'),
    ("thrsleep: the abort word is not set", O64, "sys/openbsd/thrsleep.cc",
     "nullptr, &s->abort", "&s->abort, nullptr"),
    ("thrsleep: a time that is not absolute", O64, "sys/openbsd/thrsleep.cc",
     "nanotime() + ns", "ns"),
    ("futex: operations of Linux", O64, "sys/openbsd/futex.cc",
     "kWait = 1, kWake = 2", "kWait = 0, kWake = 1"),
    ("timespec: 32-bit seconds on 386", O32, "sys/openbsd/kernel.h",
     "sizeof(long) == 4 && release() < k55 ? 4 : 8",
     "sizeof(long) == 4 ? 4 : 8"),
    ("kevent: the layout of before 5.5", O64, "sys/openbsd/kernel.h",
     "keventlayout{8, 10, 12, 16, 24, 32, 8, 8}",
     "keventlayout{4, 6, 8, 12, 16, 24, 4, 4}"),
    ("kevent: a wake that stays", D64, "sys/bsd/waitone.cc",
     "kAdd | kOneshot", "kAdd"),
    ("poll: half of the time", O64, "sys/bsd/waitone.cc",
     "ns / kMs + (ns % kMs != 0 ? 1 : 0)", "ns / kMs / 2"),
    ("poll: waits to write for what is read", O32, "sys/bsd/waitone.cc",
     "{{from, kPollIn, 0}, {to, kPollOut, 0}}",
     "{{from, kPollIn, 0}, {to, kPollIn, 0}}"),
    ("vfork: the child returns on the caller's stack", O64,
     "asm/thread_openbsd_amd64.S", "movq    %rdi, %rsp", "nop"),
    ("exec: signals stay blocked in the child", O64, "sys/bsd/exec.cc",
     "r = sigmask_restore(&kNone);", "r = kNone;"),
    ("exec: handlers are not reset", D64, "sys/bsd/exec.cc",
     "= setsig(sig, {}, nullptr);", "= 0;"),
    ("threadstart: rsp as old kernels have it", D64,
     "asm/thread_darwin_amd64.S", "movq    %r8, %rsp ",
     "leaq    128(%rsp), %rsp //"),
    ("threadstart: func and arg exchanged", D64, "asm/thread_darwin_amd64.S",
     "movq    %rdx, %r12\n        movq    %rcx, %r13",
     "movq    %rcx, %r12\n        movq    %rdx, %r13"),
    ("threadstart: gs is not set", D64, "asm/thread_darwin_amd64.S",
     "movl    $SYS_setbase, %eax      // rdi is the base\n        syscall", "nop"),
    ("threadstart: the base is not where it is read", D32,
     "asm/thread_darwin_386.S", "movl    %eax, 4(%esp)", "movl    %eax, (%esp)"),
    ("threadstart: 0 is not stored at the end", D64, "asm/thread_darwin_amd64.S",
     "movl    $0, (%rax) ", "nop //"),
    ("terminate: arguments of the lost stack", D32, "asm/thread_darwin_386.S",
     "movl    $.Lzeros, %esp", "nop"),
    ("vfork: told apart by the first result", D64, "asm/thread_darwin_amd64.S",
     "testl   %edx, %edx\n        jnz", "testl   %eax, %eax\n        jz"),
    ("mask of the whole process", D64, "sys/darwin/signal.cc",
     "kernel::kBsd + 329", "kernel::kBsd + 48"),
    ("sigaction: no trampoline", D64, "sys/darwin/signal.cc",
     "reinterpret_cast<std::uintptr_t>(&burrow_sigreturn)", "0"),
    ("sigreturn: no token", D64, "asm/signal_darwin_amd64.S",
     "movq    %r13, %rdx\n        movl    $SYS", "movl    $SYS"),
    ("sigreturn: style and signal exchanged", D32, "asm/signal_darwin_386.S",
     "movl    8(%ebx), %ecx\n", "movl    12(%ebx), %ecx\n"),
    ("context: registers without the pointer to them", D64,
     "sys/darwin/context_amd64.h", " + 48, sizeof at", " + 40, sizeof at"),
    ("siginfo: address where OpenBSD has it", D32, "sys/darwin/context_386.h",
     ".addr = 24", ".addr = 12"),
    ("ulock: the value is one word", D32, "sys/darwin/futex.cc",
     "return syscall(kWait, kCompare, addr, val, 0, us);",
     "return syscall(kWait, kCompare, addr, val, us);"),
    ("a port's reference is given back twice", D64, "sys/darwin/thread.cc",
     "    syscall(kDeallocate, self, port);\n",
     "    syscall(kDeallocate, self, port), syscall(kDeallocate, self, port);\n"),
    ("clock: scale without the upper half", D32, "sys/darwin/ticks_x86.h",
     "t.ns + (d >> 32) * scale + (", "t.ns + ("),
    ("gate: two arguments exchanged", OARM, "asm/bsdcall_arm64.inc",
     "ldp     x2, x3, [x9, #16]", "ldp     x3, x2, [x9, #16]"),
    ("gate: carry taken for its opposite", OARM, "asm/bsdcall_arm64.inc",
     "cset    w0, cs", "cset    w0, cc"),
    ("gate: the 7th argument is the 5th", OARM, "asm/bsdcall_arm64.inc",
     "ldp     x6, x7, [x9, #48]", "ldp     x6, x7, [x9, #32]"),
    ("gate: the first argument is not kept", DARM, "asm/bsdcall_arm64.inc",
     "mov     x11, x0", "nop"),
    ("gate: the number where Darwin has it", OARM, "asm/syscall_openbsd_arm64.S",
     "mov     x8, x0", "mov     x16, x0"),
    ("gate: no barriers for the kernel to skip", OARM,
     "asm/syscall_openbsd_arm64.S", "dsb     nsh\n        isb\n", ""),
    ("gate: carry of before a Mach trap", DARM, "asm/bsdcall_arm64.inc",
     "cmn     xzr, xzr", "cmp     xzr, xzr"),
    ("gate: a Mach number not negative", DARM, "asm/syscall_darwin_arm64.S",
     "cneg    x16, x16, eq", "nop"),
    ("gate: a register that the system keeps for itself", DARM,
     "asm/bsdcall_arm64.inc", "FUNC(burrow_bsdcall)",
     "#define x10 x18\nFUNC(burrow_bsdcall)"),
    ("tfork: arg is fn", OARM, "asm/thread_openbsd_arm64.S",
     "mov     x0, x3", "mov     x0, x2"),
    ("tfork: the child is who does not get 0", OARM, "asm/thread_openbsd_arm64.S",
     "cbz     x0, .Lthread", "cbnz    x0, .Lthread"),
    ("tfork: errno is not negated", OARM, "asm/thread_openbsd_arm64.S",
     ".Lfailed:\n        neg     x0, x0", ".Lfailed:\n        nop"),
    ("vfork: fn is not kept from the second result", OARM,
     "asm/thread_openbsd_arm64.S", "mov     x3, x1 ", "mov     x3, x3 //"),
    ("threxit: tid not given", OARM, "asm/thread_openbsd_arm64.S",
     "mov     x0, x19 ", "mov     x0, xzr //"),
    ("vfork: the child returns on the caller's stack", OARM,
     "asm/thread_openbsd_arm64.S", "mov     sp, x4", "nop"),
    ("handler without a landing pad", OARM, "asm/sigtramp_arm64.inc",
     "        LANDING\n", ""),
    ("handler's caller is lost", OARM, "asm/sigtramp_arm64.inc",
     "ldp     x29, x30, [sp], #16", "ldp     x29, x9, [sp], #16"),
    ("handler: vectors are not kept", OARM, "asm/signal_openbsd_arm64.S",
     "str     q\\n, [sp, #-16]!", "sub     sp, sp, #16"),
    ("handler's stack not aligned", OARM, "asm/signal_openbsd_arm64.S",
     "stp     x9, x10, [sp, #-16]!", "stp     x9, x10, [sp, #-24]!"),
    ("context: sp where the link is", OARM, "sys/openbsd/context_arm64.h",
     ".sp = 8", ".sp = 16"),
    ("context: two registers exchanged", OARM, "sys/openbsd/context_arm64.h",
     '{"x19", 192}', '{"x19", 200}'),
    ("siginfo: address where Darwin has it", OARM, "sys/openbsd/context_arm64.h",
     ".addr = 16", ".addr = 24"),
    ("threadstart: func and arg exchanged", DARM, "asm/thread_darwin_arm64.S",
     "mov     x20, x2\n        mov     x21, x3",
     "mov     x20, x3\n        mov     x21, x2"),
    ("threadstart: the base is asked, not set", DARM, "asm/thread_darwin_arm64.S",
     "#define SETBASE       2", "#define SETBASE       3"),
    ("threadstart: 0 is not stored at the end", DARM, "asm/thread_darwin_arm64.S",
     "stlr    wzr, [x9]", "nop    "),
    ("vfork: told apart by the first result", DARM, "asm/thread_darwin_arm64.S",
     "cbnz    w1, 2f", "cbz     w0, 2f"),
    ("sigreturn: no token", DARM, "asm/signal_darwin_arm64.S",
     "mov     x2, x21", "nop"),
    ("sigreturn: style and signal exchanged", DARM, "asm/signal_darwin_arm64.S",
     "mov     w20, w1", "mov     w20, w2"),
    ("context: pc where sp is", DARM, "sys/darwin/context_arm64.h",
     ".pc = 272", ".pc = 264"),
    ("clock: the fraction upside down", DARM, "sys/darwin/ticks_arm64.h",
     "numer = timebase() & 0xffffffff, denom = timebase() >> 32",
     "numer = timebase() >> 32, denom = timebase() & 0xffffffff"),
    # Which only errors show (AnErrorAtEachCall).
    ("error: a descriptor stays, of a pipe that is not finished", O64, "sys/bsd/file.h",
     "  close(fd);\n  return r;", "  return r;"),
    ("error: a kqueue stays that an exec would inherit", D64, "sys/bsd/kevent.cc",
     "  close(static_cast<int>(kq));\n", ""),
    ("error: a pipe stays, of a poller that is not finished", O32,
     "sys/bsd/poller.cc", "if (ends[0] >= 0) close(ends[0]);", ""),
    ("error: a sleep that is canceled ends with a number of its own", O64,
     "sys/openbsd/futex.cc", "err == -ECANCELED ? -EINTR : err", "err"),
    ("error: a mask that was not set is put back", O64, "sys/bsd/exec.cc",
     "if (const std::int64_t r = sigmask_all(&mask); r < 0) return r;",
     "sigmask_all(&mask);"),
    ("error: signals stay masked after a process is made", D64,
     "sys/bsd/exec.cc", "  unmask(&mask);", "  sigmask_restore(&mask);"),
    ("error: no barrier, and nobody is told", O32, "sys/bsd/membarrier.cc",
     "if (err < 0) refused(\"mprotect\", err);", ""),
    ("error: a wake-up is lost", D32, "sys/bsd/kevent.cc",
     "if (r != -EINTR && r != -ENOMEM) return;", "return;"),
    ("error: a thread's port is kept", D32, "asm/thread_darwin_386.S",
     "movl    8(%edi), %eax ", "xorl    %eax, %eax //"),
    ("error: a thread for which memory lacks is there", OARM,
     "asm/thread_openbsd_arm64.S", ".Lfailed:\n        neg     x0, x0",
     ".Lfailed:\n        cmp     x0, #12\n        cneg    x0, x0, ne"),
    ("error: a process is always refused with EAGAIN", DARM,
     "asm/thread_darwin_arm64.S", "1:      neg     x0, x0", "1:      mov     x0, #-35"),
    ("error: signals stay masked, for want of memory", OARM, "sys/bsd/exec.cc",
     "  unmask(&mask);", "  if (pid != -12) unmask(&mask);"),
    ("error: a thread's port is kept", DARM, "asm/thread_darwin_arm64.S",
     "mov     w2, w22  ", "mov     w2, wzr //"),
    ("error: the clock goes on without its fraction", DARM,
     "sys/darwin/ticks_arm64.h", "refused(\"mach_timebase_info\", -r);", ";"),
]


def files(root, os_name, arch):
    found = [f"asm/{w}_{os_name}_{arch}.S" for w in ("signal", "syscall", "thread")]
    for pattern in ("sys/bsd/*.cc", f"sys/{os_name}/*.cc", "tests/abi/prog/*.cc"):
        found += sorted(glob.glob(pattern, root_dir=root))
    found.append(f"tests/abi/prog/start_{arch}.S")
    # By libc, of which there is none in these programs.
    return [os.path.join(root, f) for f in found if not f.endswith("/hosted.cc")]


def verdict(source, test, mutant, work):
    _, port, path, before, after = mutant
    root = os.path.join(work, "src")
    shutil.rmtree(root, ignore_errors=True)
    for part in ("asm", "sys", "tests/abi"):
        shutil.copytree(os.path.join(source, part), os.path.join(root, part))
    with open(os.path.join(root, path), encoding="utf-8") as f:
        text = f.read()
    if before not in text:
        return "NOT MADE: the text is not there"
    with open(os.path.join(root, path), "w", encoding="utf-8") as f:
        f.write(text.replace(before, after, 1))
    program = os.path.join(work, f"abi_{port[0]}_{port[1]}")
    built = subprocess.run(
        ["sh", os.path.join(root, "tests/abi/build.sh"), program, *port, root,
         os.environ.get("CLANG", "clang-14"), *files(root, *port)],
        capture_output=True, text=True, check=False)
    if built.returncode != 0:
        return "NOT MADE: " + built.stderr.strip().splitlines()[-1]
    try:
        ran = subprocess.run(
            [test, f"--gtest_filter=*{port[0]}_{port[1]}_*", "--gtest_fail_fast"],
            env=dict(os.environ, ABI_PROGRAMS=work, ABI_PATIENCE="8"), capture_output=True,
            text=True, timeout=300, check=False)
    except subprocess.TimeoutExpired:
        return "caught: no end"
    if ran.returncode == 0:
        return "SURVIVED"
    for line in ran.stdout.splitlines():
        if line.startswith("[  FAILED  ] All/"):
            return "caught by " + line.split("/")[1].split(".")[1]
    return "caught"


def main():
    source, test = os.path.realpath(sys.argv[1]), os.path.realpath(sys.argv[2])
    wanted = sys.argv[3] if len(sys.argv) > 3 else ""
    bad = 0
    print("| mistake | port | result |\n|---|---|---|")
    with tempfile.TemporaryDirectory() as work:
        for mutant in MUTANTS:
            if wanted not in f"{mutant[0]}, {'/'.join(mutant[1])}":
                continue
            said = verdict(source, test, mutant, work)
            bad += not said.startswith("caught")
            print(f"| {mutant[0]} | {'/'.join(mutant[1])} | {said} |", flush=True)
    print(f"\n{bad} not caught", flush=True)
    return bad != 0


if __name__ == "__main__":
    sys.exit(main())
