# 32-bit left shift drops what leaves the lower half
-- asm
	r0 = 0x80000001 ll
	r1 = 0x1 ll
	w0 <<= w1
	exit
-- result 0x2
