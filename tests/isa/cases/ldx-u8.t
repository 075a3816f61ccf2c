# u8 load zero-extends
-- asm
	r1 = value ll
	r0 = *(u8 *)(r1 + 0)
	exit
-- result 0x88
