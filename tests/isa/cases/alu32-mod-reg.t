# 32-bit remainder looks at the lower halves
-- asm
	r0 = 0xffffffff00000064 ll
	r1 = 0x7 ll
	w0 %= w1
	exit
-- result 0x2
