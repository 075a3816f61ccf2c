# 64-bit addition carries into the upper half
-- asm
	r0 = 0xffffffff ll
	r1 = 0x1 ll
	r0 += r1
	exit
-- result 0x100000000
