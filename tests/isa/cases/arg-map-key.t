# a map and a key
-- asm
	*(u32 *)(r10 - 4) = 0
	r1 = map ll
	r2 = r10
	r2 += -4
	call #1010
	r0 = *(u64 *)(r0 + 0)
	exit
-- result 0x1122334455667788
