# 32-bit moves zero-extend
-- asm
	r0 = 0xffffffffffffffff ll
	w0 = -2
	exit
-- result 0xfffffffe
