# 32-bit logical right shift sees the lower half only
-- asm
	r0 = 0xffffffff80000000 ll
	w0 >>= 31
	exit
-- result 0x1
