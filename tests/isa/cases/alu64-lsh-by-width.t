# a shift by the width is a shift by 0
-- asm
	r0 = 0x8000000000000003 ll
	r1 = 64
	r0 <<= r1
	exit
-- result 0x8000000000000003
