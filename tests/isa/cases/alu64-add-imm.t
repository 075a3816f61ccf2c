# 64-bit addition carries into the upper half
-- asm
	r0 = 0xffffffff ll
	r0 += 1
	exit
-- result 0x100000000
