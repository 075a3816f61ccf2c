# 32-bit exclusive or clears the upper half
-- asm
	r0 = 0xffffffffffffffff ll
	w0 ^= 15
	exit
-- result 0xfffffff0
