# 32-bit unsigned division by 0xfffffffe
-- asm
	r0 = 0xfffffff8 ll
	w0 /= -2
	exit
-- result 0x0
