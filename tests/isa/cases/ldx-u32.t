# u32 load zero-extends
-- asm
	r1 = value ll
	r0 = *(u32 *)(r1 + 0)
	exit
-- result 0x55667788
