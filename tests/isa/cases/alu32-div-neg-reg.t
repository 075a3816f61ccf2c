# 32-bit unsigned division by 0xfffffffe
-- asm
	r0 = 0xfffffff8 ll
	r1 = 0xfffffffffffffffe ll
	w0 /= w1
	exit
-- result 0x0
