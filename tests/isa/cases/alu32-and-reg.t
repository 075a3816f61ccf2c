# 32-bit and clears the upper half
-- asm
	r0 = 0x123456789abcdef0 ll
	r1 = 0xffffffffffffff00 ll
	w0 &= w1
	exit
-- result 0x9abcde00
