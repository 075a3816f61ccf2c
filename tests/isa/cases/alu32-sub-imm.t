# 32-bit subtraction wraps and clears the upper half
-- asm
	r0 = 0xdead00000000 ll
	w0 -= 1
	exit
-- result 0xffffffff
