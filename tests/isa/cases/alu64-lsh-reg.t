# left shift up to width - 1
-- asm
	r0 = 0x1 ll
	r1 = 0x3f ll
	r0 <<= r1
	exit
-- result 0x8000000000000000
