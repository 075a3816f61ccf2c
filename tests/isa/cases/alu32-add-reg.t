# 32-bit addition wraps and clears the upper half
-- asm
	r0 = 0xffffffff ll
	r1 = 0x1 ll
	w0 += w1
	exit
-- result 0x0
