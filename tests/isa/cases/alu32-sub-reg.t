# 32-bit subtraction wraps and clears the upper half
-- asm
	r0 = 0xdead00000000 ll
	r1 = 0x1 ll
	w0 -= w1
	exit
-- result 0xffffffff
