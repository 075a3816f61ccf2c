# 32-bit moves zero-extend
-- asm
	r0 = 0xffffffffffffffff ll
	r1 = 0xfffffffffffffffe ll
	w0 = w1
	exit
-- result 0xfffffffe
