# the remainder of a negative number is that of the unsigned one
-- asm
	r0 = 0xffffffffffffffff ll
	r0 %= 10
	exit
-- result 0x5
