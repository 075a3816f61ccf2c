# left shift up to width - 1
-- asm
	r0 = 0x1 ll
	r0 <<= 63
	exit
-- result 0x8000000000000000
