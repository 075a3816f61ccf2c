# u16 load zero-extends
-- asm
	r1 = value ll
	r0 = *(u16 *)(r1 + 0)
	exit
-- result 0x7788
