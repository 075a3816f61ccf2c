# writable memory
-- asm
	r1 = value ll
	call #1009
	r1 = value ll
	r0 = *(u64 *)(r1 + 0)
	exit
-- result 0x1111111111111111
