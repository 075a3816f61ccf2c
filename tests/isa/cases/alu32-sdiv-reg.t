# 32-bit signed division zero-extends its result
-- asm
	r0 = 0xfffffff3 ll
	r1 = 0x3 ll
	w0 s/= w1
	exit
-- result 0xfffffffc
