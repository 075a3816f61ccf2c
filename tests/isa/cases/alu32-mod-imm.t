# 32-bit remainder looks at the lower halves
-- asm
	r0 = 0xffffffff00000064 ll
	w0 %= 7
	exit
-- result 0x2
