# unaligned stores work, as on x86
-- asm
	r1 = value ll
	r2 = -1
	*(u32 *)(r1 + 6) = r2
	r0 = *(u64 *)(r1 + 4)
	exit
-- result 0x7654ffffffff3344
