# 32-bit operations zero the upper half
-- asm
	r0 = 0x5555555500000001 ll
	r1 = 0x2 ll
	w0 += w1
	exit
-- result 0x3
