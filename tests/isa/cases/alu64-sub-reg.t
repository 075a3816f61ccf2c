# subtraction wraps
-- asm
	r0 = 0x0 ll
	r1 = 0x1 ll
	r0 -= r1
	exit
-- result 0xffffffffffffffff
