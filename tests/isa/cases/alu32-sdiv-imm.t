# 32-bit signed division zero-extends its result
-- asm
	r0 = 0xfffffff3 ll
	w0 s/= 3
	exit
-- result 0xfffffffc
