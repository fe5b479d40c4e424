"""Takes a running process over, as a bug in it might: makes system calls inside it, under its
filter and with its rights, by ptrace. Needs root and x86-64."""
import ctypes
import os
import platform
import re

POSSIBLE = os.geteuid() == 0 and platform.machine() == "x86_64"

SEIZE, INTERRUPT, SINGLESTEP, GETREGS, SETREGS, DETACH = 0x4206, 0x4207, 9, 12, 13, 17
WALL = 0x40000000  # of waitpid(2): of any thread
CALLS = {
    "write": 1, "close": 3, "mmap": 9, "mprotect": 10, "ioctl": 16, "mremap": 25, "madvise": 28, "socket": 41, "connect": 42,
    "shutdown": 48, "bind": 49, "listen": 50, "clone": 56, "execve": 59, "kill": 62, "fcntl": 72, "ftruncate": 77,
    "ptrace": 101, "setpriority": 141, "sched_setscheduler": 144, "tkill": 200, "tgkill": 234, "openat": 257,
    "mkdirat": 258, "unlinkat": 263, "renameat": 264, "linkat": 265, "symlinkat": 266, "fchmodat": 268,
    "fallocate": 285, "perf_event_open": 298, "prlimit64": 302, "process_vm_readv": 310, "process_vm_writev": 311,
    "bpf": 321, "execveat": 322, "userfaultfd": 323, "io_uring_setup": 425, "pidfd_open": 434, "openat2": 437,
    "pidfd_getfd": 438, "process_madvise": 440,
}
libc = ctypes.CDLL(None, use_errno=True)
libc.ptrace.argtypes = [ctypes.c_long, ctypes.c_long, ctypes.c_void_p, ctypes.c_void_p]
libc.ptrace.restype = ctypes.c_long


class Registers(ctypes.Structure):
    """struct user_regs_struct of <sys/user.h>."""
    _fields_ = [(name, ctypes.c_ulonglong) for name in
                "r15 r14 r13 r12 rbp rbx r11 r10 r9 r8 rax rcx rdx rsi rdi orig_rax rip cs eflags rsp ss "
                "fs_base gs_base ds es fs gs".split()]


def ptrace(request, pid, address=0, data=0):
    if libc.ptrace(request, pid, address, data) == -1:
        raise OSError(ctypes.get_errno(), "ptrace %#x" % request)


class TakenOver:
    """The main thread of a process, stopped for the length of a with statement."""

    def __init__(self, pid):
        self.pid = pid

    def __enter__(self):
        ptrace(SEIZE, self.pid)
        ptrace(INTERRUPT, self.pid)
        os.waitpid(self.pid, WALL)
        self.found = Registers()
        ptrace(GETREGS, self.pid, data=ctypes.addressof(self.found))
        self.memory = open("/proc/%d/mem" % self.pid, "r+b", buffering=0)
        self.instruction = self.find(b"\x0f\x05")  # syscall
        return self

    def __exit__(self, *_):
        # With its registers it takes up the call that it was in.
        self.set(self.found)
        ptrace(DETACH, self.pid)
        self.memory.close()

    def set(self, registers):
        ptrace(SETREGS, self.pid, data=ctypes.addressof(registers))

    def maps(self):
        """Pairs of a range and the rest of the line."""
        with open("/proc/%d/maps" % self.pid, encoding="utf-8") as lines:
            for line in lines:
                low, high, rest = re.match(r"([0-9a-f]+)-([0-9a-f]+) (.*)", line).groups()
                yield int(low, 16), int(high, 16), rest

    def find(self, text):
        for low, high, rest in self.maps():
            if "r-xp" in rest and "libc" in rest:
                self.memory.seek(low)
                at = self.memory.read(high - low).find(text)
                if at != -1:
                    return low + at
        raise AssertionError("no such instruction")

    def call(self, name, *arguments):
        """The result, or minus errno. Bytes are put into its memory, below its stack."""
        registers = Registers.from_buffer_copy(self.found)
        scratch = self.found.rsp - 65536
        values = []
        for argument in arguments:
            if isinstance(argument, bytes):
                self.memory.seek(scratch)
                self.memory.write(argument + b"\0")
                argument, scratch = scratch, scratch + (len(argument) + 16 & ~15)
            values.append(argument & 0xffffffffffffffff)
        for register, value in zip(("rdi", "rsi", "rdx", "r10", "r8", "r9"), values + [0] * 6):
            setattr(registers, register, value)
        registers.orig_rax = 0xffffffffffffffff  # the call that it was in is not taken up now
        registers.rax, registers.rip = CALLS[name], self.instruction
        self.set(registers)
        ptrace(SINGLESTEP, self.pid)
        os.waitpid(self.pid, WALL)
        ptrace(GETREGS, self.pid, data=ctypes.addressof(registers))
        return ctypes.c_longlong(registers.rax).value
