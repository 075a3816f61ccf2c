# a shift by the width is a shift by 0
-- asm
	r0 = 0x80000003 ll
	r1 = 32
	w0 <<= w1
	exit
-- result 0x80000003
