# logical right shift
-- asm
	r0 = 0x8000000000000000 ll
	r1 = 0x3f ll
	r0 >>= r1
	exit
-- result 0x1
