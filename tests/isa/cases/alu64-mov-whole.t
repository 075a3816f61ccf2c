# 64-bit move
-- asm
	r1 = 0x123456789abcdef0 ll
	r0 = r1
	exit
-- result 0x123456789abcdef0
