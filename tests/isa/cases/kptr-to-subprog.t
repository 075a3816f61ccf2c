# and in a function that it is passed to
-- asm
	call #1004
	r1 = r0
	call f
	exit
f:
	r0 = *(u64 *)(r1 + 8)
	exit
-- bad_reads 1
-- result 0x0
