# the lower half of a 64-bit immediate is not sign-extended
-- asm
	r0 = 0x80000000 ll
	exit
-- result 0x80000000
