# 32-bit left shift drops what leaves the lower half
-- asm
	r0 = 0x80000001 ll
	w0 <<= 1
	exit
-- result 0x2
