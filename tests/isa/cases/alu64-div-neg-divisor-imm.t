# the immediate of a 64-bit division is sign-extended, then unsigned
-- asm
	r0 = 0x5 ll
	r0 /= -1
	exit
-- result 0x0
