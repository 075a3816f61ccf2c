# pointers in memory of a caller may be kernel pointers
-- asm
	call #1004
	*(u64 *)(r10 - 8) = r0
	r1 = r10
	r1 += -8
	call f
	exit
f:
	r1 = *(u64 *)(r1 + 0)
	r0 = *(u64 *)(r1 + 8)
	exit
-- bad_reads 1
-- result 0x0
