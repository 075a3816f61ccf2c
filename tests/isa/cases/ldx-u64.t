# u64 load zero-extends
-- asm
	r1 = value ll
	r0 = *(u64 *)(r1 + 0)
	exit
-- result 0x1122334455667788
