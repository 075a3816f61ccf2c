# 32-bit arithmetic right shift copies bit 31 and zero-extends
-- asm
	r0 = 0x80000000 ll
	w0 s>>= 31
	exit
-- result 0xffffffff
