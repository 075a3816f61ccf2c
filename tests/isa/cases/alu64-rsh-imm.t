# logical right shift
-- asm
	r0 = 0x8000000000000000 ll
	r0 >>= 63
	exit
-- result 0x1
