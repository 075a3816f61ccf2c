# 32-bit or clears the upper half
-- asm
	r0 = 0xf0f000000001 ll
	r1 = 0x6 ll
	w0 |= w1
	exit
-- result 0x7
