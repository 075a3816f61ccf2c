# 64-bit product
-- asm
	r0 = 0x100000001 ll
	r0 *= 65536
	exit
-- result 0x1000000010000
