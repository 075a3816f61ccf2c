# 32-bit product keeps the low half
-- asm
	r0 = 0x10001 ll
	r1 = 0x10001 ll
	w0 *= w1
	exit
-- result 0x20001
