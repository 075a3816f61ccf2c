# u64 store of a register
-- asm
	r1 = value ll
	r2 = 0x33445566778899aa ll
	*(u64 *)(r1 + 0) = r2
	r0 = *(u64 *)(r1 + 0)
	exit
-- result 0x33445566778899aa
