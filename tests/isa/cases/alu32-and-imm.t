# 32-bit and clears the upper half
-- asm
	r0 = 0x123456789abcdef0 ll
	w0 &= -256
	exit
-- result 0x9abcde00
