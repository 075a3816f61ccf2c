# what was never written to the frame reads 0
-- asm
	r0 = *(u64 *)(r10 - 64)
	exit
-- result 0x0
