# 32-bit or clears the upper half
-- asm
	r0 = 0xf0f000000001 ll
	w0 |= 6
	exit
-- result 0x7
