# the sign of the divisor does not matter
-- asm
	r0 = 0xd ll
	r0 s%= -3
	exit
-- result 0x1
