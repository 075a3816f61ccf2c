# 32-bit operations zero the upper half
-- asm
	r0 = 0x5555555500000001 ll
	w0 += 2
	exit
-- result 0x3
