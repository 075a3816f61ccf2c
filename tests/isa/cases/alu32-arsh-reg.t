# 32-bit arithmetic right shift copies bit 31 and zero-extends
-- asm
	r0 = 0x80000000 ll
	r1 = 0x1f ll
	w0 s>>= w1
	exit
-- result 0xffffffff
