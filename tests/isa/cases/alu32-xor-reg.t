# 32-bit exclusive or clears the upper half
-- asm
	r0 = 0xffffffffffffffff ll
	r1 = 0xf ll
	w0 ^= w1
	exit
-- result 0xfffffff0
