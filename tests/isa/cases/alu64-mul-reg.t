# 64-bit product
-- asm
	r0 = 0x100000001 ll
	r1 = 0x10000 ll
	r0 *= r1
	exit
-- result 0x1000000010000
