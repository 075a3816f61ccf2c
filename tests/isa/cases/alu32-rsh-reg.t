# 32-bit logical right shift sees the lower half only
-- asm
	r0 = 0xffffffff80000000 ll
	r1 = 0x1f ll
	w0 >>= w1
	exit
-- result 0x1
