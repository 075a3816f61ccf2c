# and when a function returns it
-- asm
	call f
	r0 = *(u64 *)(r0 + 8)
	exit
f:
	call #1004
	exit
-- bad_reads 1
-- result 0x0
