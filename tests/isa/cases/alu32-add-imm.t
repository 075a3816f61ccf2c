# 32-bit addition wraps and clears the upper half
-- asm
	r0 = 0xffffffff ll
	w0 += 1
	exit
-- result 0x0
