# subtraction wraps
-- asm
	r0 = 0x0 ll
	r0 -= 1
	exit
-- result 0xffffffffffffffff
