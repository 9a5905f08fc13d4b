"""What of a file the kernel holds in memory: how much a program has read of it, by another account than its own."""

import ctypes
import mmap
import os

LIBC = ctypes.CDLL(None, use_errno=True)
LIBC.mmap.restype = ctypes.c_void_p
LIBC.mmap.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int, ctypes.c_int, ctypes.c_int, ctypes.c_long]
LIBC.mincore.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_void_p]
LIBC.munmap.argtypes = [ctypes.c_void_p, ctypes.c_size_t]


def resident(path):
	"""Bytes of a file in the page cache."""
	size = os.path.getsize(path)
	held = (ctypes.c_ubyte * ((size + mmap.PAGESIZE - 1) // mmap.PAGESIZE))()
	with open(path, "rb") as file:
		address = LIBC.mmap(None, size, mmap.PROT_READ, mmap.MAP_SHARED, file.fileno(), 0)
	if LIBC.mincore(address, size, held) != 0:
		raise OSError(ctypes.get_errno())
	LIBC.munmap(address, size)
	return sum(byte & 1 for byte in held) * mmap.PAGESIZE


def drop(path):
	"""Asks the kernel to forget it; returns what it holds all the same."""
	with open(path, "rb") as file:
		os.fsync(file.fileno())
		os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
	return resident(path)
